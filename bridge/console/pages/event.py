"""The page of one event: its decisions and the lines that made them, its payload, its copies."""

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import Declined
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.api.verbs import events as verbs
from bridge.catalog.outline import outline
from bridge.console.pages.payload import FOLDED, ON_DEMAND, shown_tree
from bridge.console.rendering import office_of, render
from bridge.console.views import curl, deciding, usage
from bridge.console.views.tree import tree
from bridge.outbox.terms import Row

_RAW = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


async def _page(request: Request) -> Response:
    office = office_of(request)
    row = await verbs.show(office, request.path_params["id"])
    source = office.in_force.catalog.sources.get(row["source"])
    files = await _files(office, row["config"])
    file = source.file if source else f"{row['source']}.yaml"
    written = outline(files.get(file, ""))
    return await render(
        request,
        "event.html",
        row=row,
        standing=deciding.standing(row),
        decisions=deciding.lines(row["decisions"], written, deliveries=row["deliveries"], source=row["source"]),
        file=file,
        is_current=row["config"] == office.in_force.catalog.fingerprint,
        headers=sorted((row["headers"] or {}).items()),
        curl=_curl(office, row),
        has_source=source is not None,
        looked_up=_looked_up(row),
        may_change=person_of(request).role != "viewer",
        **_payload(office, row, is_wanted="payload" in request.query_params),
    )


def _curl(office: Office, row: Row) -> str:
    """Give the request as a command where it is short enough to be copied."""
    base = office.settings.public_url or f"http://{office.settings.host}:{office.settings.port}"
    return curl.as_received(row, base=base) if row["body"] and row["size"] <= FOLDED else ""


async def _files(office: Office, fingerprint: str) -> dict[str, str]:
    """Give the mapping files by which it was decided; today's where those are not kept."""
    if fingerprint == office.in_force.catalog.fingerprint:
        return dict(office.in_force.files)
    kept = await office.read(lambda store: store.strongbox.configuration(fingerprint))
    return kept or {}


def _payload(office: Office, row: Row, *, is_wanted: bool) -> dict[str, Any]:
    if row["body"] is None:
        return {"tree": None, "on_demand": False, "is_folded": False}
    on_demand = row["size"] > ON_DEMAND and not is_wanted
    source = office.in_force.catalog.sources.get(row["source"])
    rules = [rule for rule in source.mappings if rule.takes(row["topic"])] if source else []
    folded = row["size"] > FOLDED
    shown: Markup | None = None
    if not on_demand:
        shown = shown_tree(row["body"], name=row["topic"] or "payload", used=usage.paths_of(rules), folded=folded)
    return {"tree": shown, "on_demand": on_demand, "is_folded": folded}


def _looked_up(row: Row) -> Markup | None:
    results = (row["lookup"] or {}).get("results")
    return tree(results, name="answers") if results else None


async def _raw(request: Request) -> Response:
    """Give the payload as it is kept, as a file: a browser must never take it for a page."""
    office, event_id = office_of(request), request.path_params["id"]
    entry = await office.read(lambda store: store.ledger.entry(event_id))
    if entry is None:
        raise Declined(404, f"there is no payload of {event_id}, or it is not kept any more")
    headers = {**_RAW, "content-disposition": f'attachment; filename="{entry.event.id}.json"'}
    return Response(entry.event.body, media_type="application/octet-stream", headers=headers)


async def _example(request: Request) -> Response:
    event_id = request.path_params["id"]
    example = await verbs.example(office_of(request), event_id)
    return await render(request, "event_example.html", event_id=event_id, example=example)


ROUTES: tuple[Route, ...] = (
    guarded("/events/{id}", _page, policy="viewer", name="event"),
    guarded("/events/{id}/payload", _raw, policy="viewer", name="payload of an event"),
    guarded("/events/{id}/example", _example, policy="viewer", name="event as an example"),
)
