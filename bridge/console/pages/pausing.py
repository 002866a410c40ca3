"""Stopping and going on from any page: a button each, and the way back in the notice."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.verbs import pauses as verbs
from bridge.console.destination import destination
from bridge.console.forms import Undo, done, form
from bridge.console.rendering import office_of
from bridge.outbox.terms import PauseScope

Handler = Callable[[Request], Awaitable[Response]]


class _Wanted(msgspec.Struct, frozen=True):
    """The reason of a pause, and the page to come back to."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    to: Annotated[str, msgspec.Meta(max_length=500)] = ""


def _name(scope: PauseScope, request: Request) -> str:
    """Give the name of what is meant from the address."""
    path = request.path_params
    if scope == "mapping":
        return f"{path['source']}/{path['name']}"
    return str(path.get("name", ""))


def _place(scope: PauseScope, name: str) -> str:
    """Give the beginning of the addresses at which it is paused and resumed."""
    if scope == "all":
        return ""
    return f"/{scope}s/{'/'.join(quote(part, safe='') for part in name.split('/', 1))}"


def _action(scope: PauseScope, name: str, verb: str) -> str:
    return f"/{verb}-all" if scope == "all" else f"{_place(scope, name)}/{verb}"


def _home(scope: PauseScope, name: str) -> str:
    """Give the page about it."""
    if scope == "mapping":
        return f"/sources/{quote(name.partition('/')[0], safe='')}"
    return _place(scope, name) or "/touchpoints"


def _said(scope: PauseScope, name: str) -> str:
    return "All sending" if scope == "all" else f"{scope.capitalize()} {name}"


def _pausing(scope: PauseScope) -> Handler:
    async def pause(request: Request) -> Response:
        name, given = _name(scope, request), await form(request, _Wanted)
        to = destination(given.to) if given.to else _home(scope, name)
        if not await verbs.pause(office_of(request), person_of(request), scope=scope, name=name, reason=given.reason):
            return done(to, f"{_said(scope, name)} was paused already.")
        undo = Undo("Undo", _action(scope, name, "resume"), {"to": to})
        return done(to, f"{_said(scope, name)} is paused. Nothing is lost: what is due waits.", undo=undo)

    return pause


def _resuming(scope: PauseScope) -> Handler:
    async def resume(request: Request) -> Response:
        office, name, given = office_of(request), _name(scope, request), await form(request, _Wanted)
        to = destination(given.to) if given.to else _home(scope, name)
        pauses = await office.read(lambda store: store.ledger.pauses())
        reason = next((each.reason for each in pauses if (each.scope, each.name) == (scope, name)), "")
        if not await verbs.resume(office, person_of(request), scope=scope, name=name):
            return done(to, f"{_said(scope, name)} was not paused.")
        undo = Undo("Undo", _action(scope, name, "pause"), {"to": to, "reason": reason})
        return done(to, f"{_said(scope, name)} goes on.", undo=undo)

    return resume


def _routes(scope: PauseScope, place: str) -> tuple[Route, ...]:
    """Make the two routes of a scope; both are for operators."""
    pairs = (("pause", _pausing(scope)), ("resume", _resuming(scope)))
    return tuple(
        guarded(
            f"/{verb}-all" if scope == "all" else f"{place}/{verb}",
            handler,
            policy="operator",
            name=f"{verb}_{scope}",
            methods=["POST"],
        )
        for verb, handler in pairs
    )


ROUTES: tuple[Route, ...] = (
    *_routes("all", ""),
    *_routes("touchpoint", "/touchpoints/{name}"),
    *_routes("source", "/sources/{name}"),
    *_routes("mapping", "/mappings/{source}/{name}"),
)
