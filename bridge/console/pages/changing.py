"""Changing deliveries from the console: the question with its count, the change, and taking a hold back."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.choice import Choice, Text, fixed, given
from bridge.api.errors import Declined, invalid
from bridge.api.guard import Endpoint, guarded, person_of
from bridge.api.verbs import deliveries as verbs
from bridge.console.forms import Undo, done, form, query
from bridge.console.pages import lists
from bridge.console.rendering import office_of, render
from bridge.console.views.changing import HELD, question

PATH = "/deliveries"
_SURELY = 100  # up to so many no number has to be typed
_Back = Annotated[str, msgspec.Meta(max_length=4_000)]


class _Wanted(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries, and the query of the list to go back to."""

    back: _Back = ""


class _Meant(_Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries, why, and the number that was shown and, where there are many, typed."""

    expected: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)]
    reason: Text = ""
    typed: Annotated[str, msgspec.Meta(max_length=20)] = ""


def _back_to(wanted: _Wanted) -> str:
    """Say where to go on: to the list as it was, or to the one delivery."""
    if not wanted.back and len(wanted.id) == 1:
        return f"{PATH}/{wanted.id[0]}" if wanted.id[0].startswith("dlv_") else f"/events/{wanted.id[0]}"
    return f"{PATH}?{wanted.back}" if wanted.back else PATH


def _asking(verb: verbs.Verb) -> Endpoint:
    async def ask(request: Request) -> Response:
        return await _ask(request, verb, query(request, _Wanted))

    return ask


async def _ask(request: Request, verb: verbs.Verb, wanted: _Wanted, *, changed: bool = False) -> Response:
    office = office_of(request)
    choice = fixed(lists.choice_of(wanted), office)
    found = await verbs.preview(office, verb, choice)
    fields: dict[str, Any] = {**_fields(choice), "expected": found.number, "back": wanted.back}
    return await render(
        request,
        "change.html",
        status=409 if changed else 200,
        verb=verb,
        asked=question(verb, found, by_ids=len(choice.id)),
        found=found,
        fields=fields,
        typed=found.number if found.number > _SURELY else None,
        back=_back_to(wanted),
        changed=changed,
    )


def _fields(choice: Choice) -> Mapping[str, Any]:
    return {name: "true" if value is True else value for name, value in given(choice).items()}


def _doing(verb: verbs.Verb) -> Endpoint:
    async def do(request: Request) -> Response:
        office, person, meant = office_of(request), person_of(request), await form(request, _Meant)
        if meant.expected > _SURELY and meant.typed.strip() != str(meant.expected):
            raise invalid(f"type the number {meant.expected} to say that you mean all of them; nothing was changed")
        choice = lists.choice_of(meant)
        try:
            changed = await verbs.change(office, person, verb, choice, reason=meant.reason, expected=meant.expected)
        except Declined as declined:
            if declined.status != 409:
                raise
            return await _ask(request, verb, meant, changed=True)
        said = f"{HELD[verb](changed.number)}."
        return done(_back_to(meant), said, undo=_undo(meant, changed.at) if verb == "hold" else None)

    return do


def _undo(meant: _Meant, held_at: int) -> Undo:
    return Undo(
        "Undo",
        f"{PATH}/hold/undo",
        {"held_at": str(held_at), "reason": meant.reason.strip(), "to": _back_to(meant)},
    )


class _HeldThen(msgspec.Struct, frozen=True, kw_only=True):
    """Which hold, by its time (ms) and reason, and where to go on."""

    held_at: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)]
    reason: Text
    to: _Back = PATH


async def _take_back(request: Request) -> Response:
    held = await form(request, _HeldThen)
    number = await verbs.take_back_hold(
        office_of(request), person_of(request), held_at=held.held_at, reason=held.reason
    )
    noun = "delivery waits" if number == 1 else "deliveries wait"
    return done(held.to, f"{number:,} {noun} again as before." if number else "None of them is held any more.")


def _routes(verb: verbs.Verb) -> tuple[Route, Route]:
    return (
        guarded(f"{PATH}/{verb}", _asking(verb), policy="operator", name=f"ask to {verb}"),
        guarded(f"{PATH}/{verb}", _doing(verb), policy="operator", name=verb, methods=["POST"]),
    )


ROUTES: tuple[Route, ...] = (
    *_routes("cancel"),
    *_routes("hold"),
    *_routes("release"),
    guarded(f"{PATH}/hold/undo", _take_back, policy="operator", name="undo a hold", methods=["POST"]),
)
