"""The page of one delivery: what happened, what is sent, why, and what came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import not_found
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.app.inforce import missing_secrets
from bridge.app.replays import rule_of
from bridge.catalog.outline import Outline, outline
from bridge.console.pages.payload import FOLDED, shown_tree
from bridge.console.rendering import office_of, render
from bridge.console.views import curl, usage
from bridge.console.views.attempts import attempt_lines
from bridge.console.views.standing import gives_up, is_unknown, obstacle_of, standing, target_of
from bridge.console.views.subject import about, attributes, plain
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Circuit, Filter, Paused, Row

_MOST_BESIDE = 20  # deliveries of the same event, and replays, that are shown


@dataclass(frozen=True, slots=True)
class _Read:
    """What one look at the store gave; `files` are those by which it was decided, if others than today's."""

    row: Row
    attempts: list[Row]
    event: Row | None
    decisions: list[Row]
    siblings: list[Row]
    replays: list[Row]
    pauses: list[Paused]
    circuits: list[Circuit]
    files: Mapping[str, str] | None


async def _page(request: Request) -> Response:
    office, delivery_id = office_of(request), request.path_params["id"]
    fingerprint = office.in_force.catalog.fingerprint
    read = await office.read(lambda store: _look(store, delivery_id, fingerprint))
    if read is None:
        raise not_found(f"delivery {delivery_id}", "the list of deliveries has those that are kept")
    row, now = read.row, office.now()
    touchpoint = office.in_force.touchpoints.get(row["touchpoint"])
    person = about(row["body"], key=row["key"], delivery_id=row["id"])
    lacking = missing_secrets(touchpoint, office.in_force.secrets) if touchpoint else []
    obstacle = obstacle_of(row, pauses=read.pauses, circuits=read.circuits, lacking=lacking, now=now)
    lines, left_out = attempt_lines(
        read.attempts, is_secure=not (touchpoint and touchpoint.base_url.startswith("http:"))
    )
    return await render(
        request,
        "delivery.html",
        row=row,
        about=person,
        standing=standing(row, now=now, who=person.name or person.address, what=person.what, obstacle=obstacle),
        obstacle=obstacle,
        is_unknown=is_unknown(row),
        reason=plain(row["reason"]),
        lines=lines,
        left_out=left_out,
        first_shown=min((line.number for line in lines), default=0),
        event=read.event,
        siblings=[each for each in read.siblings if each["id"] != row["id"]],
        others=[each for each in read.decisions if each["delivery_id"] is None],
        replays=read.replays,
        touchpoint=touchpoint,
        target=target_of(touchpoint) if touchpoint else "",
        gives_up=gives_up(row, touchpoint),
        curl=curl.as_sent(touchpoint, row["id"], row["body"]) if touchpoint and row["body"] else "",
        may_change=person_of(request).role != "viewer",
        **_written(office, read),
        **_came_in(office, read),
    )


def _look(store: Store, delivery_id: str, fingerprint: str) -> _Read | None:
    ledger = store.ledger
    row = ledger.delivery(delivery_id)
    if row is None:
        return None
    waits = row["state"] == "pending"
    return _Read(
        row,
        ledger.attempts(delivery_id),
        ledger.event(row["event_id"]),
        ledger.decisions(row["event_id"]),
        ledger.deliveries(Filter(ids=(row["event_id"],)), limit=_MOST_BESIDE + 1),
        ledger.replays_of(delivery_id, limit=_MOST_BESIDE),
        ledger.pauses() if waits else [],
        ledger.circuits() if waits else [],
        None if row["config"] == fingerprint else store.strongbox.configuration(row["config"]),
    )


def _written(office: Office, read: _Read) -> dict[str, Any]:
    """Give the mapping as it was written when it decided, as far as that is kept: its file, lines and attributes."""
    row, body = read.row, attributes(read.row["body"])
    source = office.in_force.catalog.sources.get(row["source"])
    file = source.file if source else f"{row['source']}.yaml"
    is_current = row["config"] == office.in_force.catalog.fingerprint
    files = office.in_force.files if is_current else read.files or {}
    text = files.get(file, "")
    found: Outline | None = outline(text).get(row["mapping"]) if text else None
    return {
        "file": file,
        "is_current": is_current,
        "code": usage.deciding_lines(text, found, said_no=False) if found else [],
        "sent": usage.sent(body, found),
        "when_line": found.keys.get("when", 0) if found else 0,
    }


def _came_in(office: Office, read: _Read) -> dict[str, Any]:
    """Give the event's payload as a tree with what the mapping used; a large one is on the event's own page."""
    event = read.event
    if event is None or event["body"] is None or event["size"] > FOLDED:
        return {"tree": None}
    rule = rule_of(office.in_force.catalog, read.row["source"], read.row["mapping"])
    tree: Markup | None = shown_tree(
        event["body"], name=event["topic"] or "payload", used=usage.paths_of([rule] if rule else [])
    )
    return {"tree": tree}


ROUTES: tuple[Route, ...] = (guarded("/deliveries/{id}", _page, policy="viewer", name="delivery"),)
