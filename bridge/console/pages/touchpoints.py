"""Touchpoints: how they stand, what mends it, and trying one that fails at once."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.verbs import touchpoints as verbs
from bridge.app.standing import pause_of
from bridge.console.destination import destination
from bridge.console.forms import done, form, query
from bridge.console.rendering import office_of, render
from bridge.console.views import touchpoint as view
from bridge.outbox.terms import Paused


class Named(msgspec.Struct, frozen=True):
    """The filter of a list by name."""

    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class _Back(msgspec.Struct, frozen=True):
    to: Annotated[str, msgspec.Meta(max_length=500)] = ""


async def everything_paused(request: Request) -> Paused | None:
    """Give the pause of all sending."""
    pauses = await office_of(request).read(lambda store: store.ledger.pauses())
    return pause_of([each for each in pauses if each.scope == "all"], "all", "")


async def _list(request: Request) -> Response:
    wanted = query(request, Named).name
    rows = await verbs.rows(office_of(request))
    return await render(
        request,
        "touchpoints/list.html",
        title=view.headline(rows, "touchpoint"),
        all_rows=len(rows),
        rows=view.chosen(rows, "touchpoint", wanted),
        name=wanted,
        filters=len(rows) >= view.FILTER_FROM,
        everything=await everything_paused(request),
        address=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        chips=view.CHIPS,
        answered=view.answered,
        shortly=view.shortly,
    )


async def _show(request: Request) -> Response:
    row = await verbs.row(office_of(request), request.path_params["name"])
    return await render(
        request,
        "touchpoints/show.html",
        row=row,
        title=view.title(row, row["touchpoint"]),
        summary=view.summary(row),
        refusal=view.refusal(row),
        waiting=view.waiting(row),
        waits_said=view.waits_said(row),
        follows=view.follows(row),
        facts=view.facts(row),
        secrets=view.secrets_in_order(row),
        everything=await everything_paused(request),
        chips=view.CHIPS,
        also_used=view.also_used,
        answered=view.answered,
        shortly=view.shortly,
    )


async def _try(request: Request) -> Response:
    name, given = request.path_params["name"], await form(request, _Back)
    await verbs.hasten(office_of(request), person_of(request), name=name)
    to = destination(given.to) if given.to else f"/touchpoints/{quote(name, safe='')}"
    return done(to, f"One request tries {name} now.")


ROUTES: tuple[Route, ...] = (
    guarded("/touchpoints", _list, policy="viewer", name="touchpoints"),
    guarded("/touchpoints/{name}", _show, policy="viewer", name="touchpoint"),
    guarded("/touchpoints/{name}/try", _try, policy="operator", name="touchpoint_try", methods=["POST"]),
)
