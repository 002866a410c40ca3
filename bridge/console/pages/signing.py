"""Signing in and out, and the one-time links by which somebody begins."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bridge.api.access import LONGEST, StoredAccess, session_of
from bridge.api.cookies import give_token, is_secure, take_token
from bridge.api.errors import Declined
from bridge.api.guard import guarded
from bridge.api.person import meaning
from bridge.api.signing_in import begin_session, sign_in
from bridge.api.verbs.people import readable
from bridge.app import people
from bridge.app.passwords import LEAST, Crowded, weakness
from bridge.console.destination import destination
from bridge.console.forms import form, query
from bridge.console.rendering import office_of, render
from bridge.console.zones import zones
from bridge.outbox.registry import Account, Invitation

_Text = Annotated[str, msgspec.Meta(max_length=2_000)]


class _Wanted(msgspec.Struct, frozen=True):
    next: _Text = ""


class _SignIn(msgspec.Struct, frozen=True):
    name: _Text = ""
    password: _Text = ""
    next: _Text = ""


class _Join(msgspec.Struct, frozen=True):
    name: _Text = ""
    password: _Text = ""
    again: _Text = ""
    zone: _Text = "UTC"


def access_of(request: Request) -> StoredAccess:
    """Give what knows passwords and proxies."""
    access: StoredAccess = request.app.state.access
    return access


# -- in and out ----------------------------------------------------------------------------------------------------


async def _sign_in_page(request: Request) -> Response:
    wanted = destination(query(request, _Wanted).next)
    if request.scope["person"] is not None:
        return RedirectResponse(wanted, 303)
    return await render(request, "sign_in.html", name="", next=wanted, wrong="")


async def _sign_in(request: Request) -> Response:
    given = await form(request, _SignIn)
    wanted = destination(given.next)
    try:
        done = await sign_in(office_of(request), access_of(request), request, name=given.name, password=given.password)
    except Declined as error:
        return await render(
            request, "sign_in.html", status=error.status, name=given.name, next=wanted, wrong=error.message
        )
    return _let_in(request, done.token, wanted)


async def _sign_out(request: Request) -> Response:
    session = session_of(request)
    if session is not None:
        await office_of(request).write(lambda store: store.registry.end_session(session.number))
    response = RedirectResponse("/sign-in", 303)
    take_token(response)
    # What the browser keeps of the pages goes, too: nobody reads them by the Back button.
    response.headers["clear-site-data"] = '"cache"'
    return response


def _let_in(request: Request, token: str, to: str) -> Response:
    response = RedirectResponse(to, 303)
    give_token(response, token, secure=is_secure(request), seconds=LONGEST // 1000)
    return response


# -- links ---------------------------------------------------------------------------------------------------------


async def _join_page(request: Request) -> Response:
    found = await _invitation(request)
    return await _joining(request, found, _Join(name=found.person), wrong="")


async def _join(request: Request) -> Response:
    found, given = await _invitation(request), await form(request, _Join)
    try:
        account = await _accepted(request, found, given)
    except Declined as error:
        return await _joining(request, found, given, wrong=error.message, status=error.status)
    return _let_in(request, await begin_session(office_of(request), request, account), "/")


async def _invitation(request: Request) -> Invitation:
    office, token = office_of(request), request.path_params["token"]
    now = office.now()
    found = await office.read(lambda store: people.invitation_of(store, token, now=now))
    if found is None:
        raise Declined(404, "this link was used, has expired, or was replaced by a newer one; ask for another")
    return found


async def _joining(request: Request, found: Invitation, given: _Join, *, wrong: str, status: int = 200) -> Response:
    return await render(
        request,
        "join.html",
        status=status,
        link=found,
        given=given,
        wrong=wrong,
        zones=zones(),
        least=LEAST,
        may=meaning(found.role),
    )


async def _accepted(request: Request, found: Invitation, given: _Join) -> Account:
    """Use the link up. Raises Declined for what will not do as name or password."""
    office, token, name = office_of(request), request.path_params["token"], found.person or readable(given.name)
    hashed = await new_password(request, name, given.password, given.again)
    now, zone = office.now(), given.zone if given.zone in zones() else "UTC"
    changed, account = await office.write(
        lambda store: people.accept_invitation(store, token, name=name, hashed=hashed, zone=zone, now=now)
    )
    if changed == "taken":
        raise Declined(409, people.said(changed, name))
    if changed != "done" or account is None:
        raise Declined(404, "somebody used this link a moment ago; ask for another")
    return account


async def new_password(request: Request, name: str, password: str, again: str) -> str:
    """Give the hash of a password that was typed twice. Raises Declined for one that will not do."""
    if password != again:
        raise Declined(422, "the two passwords are not the same")
    if weak := weakness(password, name):
        raise Declined(422, weak)
    try:
        return await access_of(request).passwords.hashed(password)
    except Crowded as error:
        raise Declined(503, str(error)) from None


ROUTES: tuple[Route, ...] = (
    guarded("/sign-in", _sign_in_page, policy="public", name="sign_in_page"),
    guarded("/sign-in", _sign_in, policy="public", name="sign_in", methods=["POST"]),
    guarded("/sign-out", _sign_out, policy="public", name="sign_out", methods=["POST"]),
    guarded("/join/{token}", _join_page, policy="public", name="join_page"),
    guarded("/join/{token}", _join, policy="public", name="join", methods=["POST"]),
)
