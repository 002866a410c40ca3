"""Sources: how they stand, where they are called, what came and what was refused."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded
from bridge.api.verbs import sources as verbs
from bridge.console.forms import query
from bridge.console.pages.touchpoints import Named, everything_paused
from bridge.console.rendering import office_of, render
from bridge.console.views import source as view, touchpoint as alike
from bridge.outbox.terms import Filter, Row

_MOST_SHOWN = 8  # events and refused requests on a source's page


async def _list(request: Request) -> Response:
    wanted = query(request, Named).name
    rows = await verbs.rows(office_of(request))
    return await render(
        request,
        "sources/list.html",
        title=alike.headline(rows, "source"),
        all_rows=len(rows),
        rows=alike.chosen(rows, "source", wanted),
        name=wanted,
        filters=len(rows) >= alike.FILTER_FROM,
        everything=await everything_paused(request),
        address=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        chips=alike.CHIPS,
    )


async def _show(request: Request) -> Response:
    name = request.path_params["name"]
    row = await verbs.row(office_of(request), name)
    return await render(
        request,
        "sources/show.html",
        row=row,
        title=alike.title(row, name),
        everything=await everything_paused(request),
        limit=alike.per(row["limit"]) if row["limit"] else "none",
        chips=alike.CHIPS,
        also_used=alike.also_used,
        arrived=view.arrived(row),
        sentence=alike.sentence,
        shortly=alike.shortly,
        verdicts_said=view.verdicts_said,
        **await latest(request, name),
    )


async def latest(request: Request, name: str) -> dict[str, Any]:
    """Give the latest events and refused requests of a source."""

    def work(store: Any) -> tuple[list[Row], list[Row]]:
        wanted = Filter(source=name)
        return store.ledger.events(wanted, limit=_MOST_SHOWN), store.ledger.refused(wanted, limit=_MOST_SHOWN)

    events, refused = await office_of(request).read(work)
    return {"events": events, "refused": refused}


ROUTES: tuple[Route, ...] = (
    guarded("/sources", _list, policy="viewer", name="sources"),
    guarded("/sources/{name}", _show, policy="viewer", name="source"),
)
