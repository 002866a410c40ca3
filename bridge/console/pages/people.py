"""Who may use the console and the API: people, invitations, keys."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import not_found
from bridge.api.guard import guarded, person_of
from bridge.api.person import ROLES, Role, meaning
from bridge.api.verbs import people as verbs
from bridge.app.people import LINK_LASTS
from bridge.console.forms import done, form, query
from bridge.console.rendering import office_of, render
from bridge.outbox.registry import Account

_Name = Annotated[str, msgspec.Meta(max_length=200)]
_DAY = 86_400_000  # ms
_MOST_SHOWN = 50


class _Wanted(msgspec.Struct, frozen=True):
    name: _Name = ""


class _NewPerson(msgspec.Struct, frozen=True):
    role: Role
    name: _Name = ""


class _NewRole(msgspec.Struct, frozen=True):
    role: Role


class _NewKey(msgspec.Struct, frozen=True):
    name: _Name
    role: Role
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] | None = None


# -- people --------------------------------------------------------------------------------------------------------


async def _page(request: Request) -> Response:
    office, wanted = office_of(request), query(request, _Wanted).name.strip().lower()
    now = office.now()
    people, keys, links, sessions = await office.read(
        lambda store: (
            store.registry.accounts(),
            store.registry.keys(),
            store.registry.invitations(now=now),
            store.registry.sessions(None, now=now),
        )
    )
    browsers = {each.name: sum(session.person == each.name for session in sessions) for each in people}
    found = [each for each in people if wanted in each.name]
    return await render(
        request,
        "people.html",
        people=people,
        found=found[:_MOST_SHOWN],
        more=len(found) - _MOST_SHOWN,
        wanted=wanted,
        keys=keys,
        links=[each for each in links if each.kind != "first" or not people],
        browsers=browsers,
        roles=[(role, meaning(role)) for role in ROLES],
        lonely=sum(each.role == "admin" for each in people) == 1,
    )


async def _invite(request: Request) -> Response:
    given = await form(request, _NewPerson)
    token = await verbs.invite(office_of(request), person_of(request), name=given.name, role=given.role)
    return await _link(request, token, f"A link for a new {given.role}", back="/people")


async def _withdraw(request: Request) -> Response:
    number = request.path_params["number"]
    await verbs.withdraw(office_of(request), person_of(request), number=number)
    return done("/people", "The link is of no use any more.")


async def _link(request: Request, token: str, title: str, *, back: str) -> Response:
    """Show a link the only time. Not after a redirect: it would have to be kept somewhere meanwhile."""
    hours = LINK_LASTS // 3_600_000
    return await render(request, "link.html", status=201, path=f"/join/{token}", title=title, hours=hours, back=back)


# -- one person ----------------------------------------------------------------------------------------------------


async def _person(request: Request) -> Account:
    name = request.path_params["name"]
    account = await office_of(request).read(lambda store: store.registry.account(name))
    if account is None:
        raise not_found(f"person {name}", "see People")
    return account


async def _person_page(request: Request) -> Response:
    account = await _person(request)
    return await render(
        request,
        "person.html",
        account=account,
        sessions=await verbs.sessions(office_of(request), name=account.name),
        roles=[(role, meaning(role)) for role in ROLES],
    )


async def _change_role(request: Request) -> Response:
    name, given = request.path_params["name"], await form(request, _NewRole)
    await verbs.change_role(office_of(request), person_of(request), name=name, role=given.role)
    return done(f"/people/{name}", f"{name} is {given.role} now.")


async def _password_link(request: Request) -> Response:
    name = request.path_params["name"]
    token = await verbs.password_link(office_of(request), person_of(request), name=name)
    return await _link(request, token, f"A link for {name} to set a new password", back=f"/people/{name}")


async def _sign_out(request: Request) -> Response:
    name = request.path_params["name"]
    ended = await verbs.sign_out(office_of(request), person_of(request), name=name)
    return done(f"/people/{name}", f"{name} is signed out in {ended} browsers." if ended else "Nobody was signed in.")


async def _removal(request: Request) -> Response:
    account = await _person(request)
    keys = [each.name for each in await verbs.keys(office_of(request)) if each.created_by == account.name]
    return await render(request, "remove_person.html", account=account, keys=keys)


async def _remove(request: Request) -> Response:
    name = request.path_params["name"]
    await verbs.remove(office_of(request), person_of(request), name=name)
    return done("/people", f"{name} was removed, and is signed out.")


# -- keys ----------------------------------------------------------------------------------------------------------


async def _add_key(request: Request) -> Response:
    given, office = await form(request, _NewKey), office_of(request)
    expires_at = None if given.days is None else office.now() + given.days * _DAY
    name = verbs.readable(given.name)
    text = await verbs.add_key(office, person_of(request), name=name, role=given.role, expires_at=expires_at)
    return await render(request, "key.html", status=201, name=name, key=text, role=given.role)


async def _key_removal(request: Request) -> Response:
    name = request.path_params["name"]
    key = next((each for each in await verbs.keys(office_of(request)) if each.name == name), None)
    if key is None:
        raise not_found(f"key {name}", "see People")
    return await render(request, "remove_key.html", key=key)


async def _remove_key(request: Request) -> Response:
    name = request.path_params["name"]
    await verbs.remove_key(office_of(request), person_of(request), name=name)
    return done("/people", f"The key {name} opens nothing any more.")


ROUTES: tuple[Route, ...] = (
    guarded("/people", _page, policy="viewer", name="people"),
    guarded("/people/invite", _invite, policy="admin", name="invite", methods=["POST"]),
    guarded("/people/links/{number:int}/withdraw", _withdraw, policy="admin", name="withdraw", methods=["POST"]),
    guarded("/people/keys", _add_key, policy="admin", name="add_key_form", methods=["POST"]),
    guarded("/people/keys/{name}/remove", _key_removal, policy="admin", name="key_removal"),
    guarded("/people/keys/{name}/remove", _remove_key, policy="admin", name="remove_key_form", methods=["POST"]),
    guarded("/people/{name}", _person_page, policy="admin", name="person"),
    guarded("/people/{name}/role", _change_role, policy="admin", name="change_role_form", methods=["POST"]),
    guarded("/people/{name}/link", _password_link, policy="admin", name="password_link", methods=["POST"]),
    guarded("/people/{name}/sign-out", _sign_out, policy="admin", name="sign_out_person", methods=["POST"]),
    guarded("/people/{name}/remove", _removal, policy="admin", name="person_removal"),
    guarded("/people/{name}/remove", _remove, policy="admin", name="remove_person_form", methods=["POST"]),
)
