"""One's own account: password, time zone, browsers."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.access import session_of
from bridge.api.errors import Declined, invalid, not_found
from bridge.api.guard import guarded, person_of
from bridge.api.person import meaning
from bridge.api.signing_in import confirmed
from bridge.api.verbs import people as verbs
from bridge.app import people
from bridge.app.passwords import LEAST
from bridge.console.forms import done, form
from bridge.console.pages.signing import access_of, new_password
from bridge.console.rendering import office_of, render
from bridge.console.zones import zones
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account

_Text = Annotated[str, msgspec.Meta(max_length=2_000)]


class _NewPassword(msgspec.Struct, frozen=True):
    password: _Text
    again: _Text
    current: _Text = ""


class _Zone(msgspec.Struct, frozen=True):
    zone: _Text


async def _account(request: Request) -> Account:
    name = person_of(request).name
    account = await office_of(request).read(lambda store: store.registry.account(name))
    if account is None:
        raise not_found("account of an API key", "people have accounts; sign in as one")
    return account


async def _page(request: Request) -> Response:
    return await _show(request, wrong="")


async def _show(request: Request, *, wrong: str, status: int = 200) -> Response:
    account, session = await _account(request), session_of(request)
    return await render(
        request,
        "account.html",
        status=status,
        account=account,
        may=meaning(account.role),
        sessions=await verbs.sessions(office_of(request), name=account.name),
        current=session.number if session else None,
        zones=zones(),
        least=LEAST,
        wrong=wrong,
    )


async def _set_password(request: Request) -> Response:
    given, account, office = await form(request, _NewPassword), await _account(request), office_of(request)
    session = session_of(request)
    try:
        if account.password:  # one who came through a proxy so far has none yet
            access = access_of(request)
            await confirmed(office, access, request, name=account.name, password=given.current)
        hashed = await new_password(request, account.name, given.password, given.again)
    except Declined as error:
        return await _show(request, wrong=error.message, status=error.status)
    now, but = office.now(), session.number if session else None
    await office.write(
        lambda store: people.set_password(store, account.name, hashed, who=account.name, now=now, but=but)
    )
    return done("/account", "The new password holds. You are signed out in all other browsers.")


async def _set_zone(request: Request) -> Response:
    given, account = await form(request, _Zone), await _account(request)
    if given.zone not in zones():
        raise invalid(f"there is no time zone {given.zone[:80]!r}; choose one of the list, such as Europe/Vienna")
    await office_of(request).write(lambda store: store.registry.change_account(account.name, zone=given.zone))
    return done("/account", f"Times are written as in {given.zone} now.")


async def _end_session(request: Request) -> Response:
    account, number = await _account(request), request.path_params["number"]

    def work(store: Store) -> bool:
        with store.together():
            mine = store.registry.sessions(account.name, now=0)
            return any(each.number == number for each in mine) and store.registry.end_session(number)

    if not await office_of(request).write(work):
        raise not_found("such browser of yours", "it may have been signed out already")
    return done("/account", "That browser is signed out.")


async def _sign_out_elsewhere(request: Request) -> Response:
    session = session_of(request)
    person, but = person_of(request), session.number if session else None
    ended = await verbs.sign_out(office_of(request), person, name=person.name, but=but)
    return done(
        "/account", f"You are signed out in {ended} other browsers." if ended else "There was no other browser."
    )


ROUTES: tuple[Route, ...] = (
    guarded("/account", _page, policy="viewer", name="account"),
    guarded("/account/password", _set_password, policy="viewer", name="set_password", methods=["POST"]),
    guarded("/account/zone", _set_zone, policy="viewer", name="set_zone", methods=["POST"]),
    guarded("/account/sessions/{number:int}/end", _end_session, policy="viewer", name="end_session", methods=["POST"]),
    guarded("/account/sign-out", _sign_out_elsewhere, policy="viewer", name="sign_out_elsewhere", methods=["POST"]),
)
