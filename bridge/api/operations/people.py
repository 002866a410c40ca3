"""People and API keys over the API."""

from typing import Annotated, Any

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.person import Role
from bridge.api.verbs import people as verbs

_NAME = Annotated[str, msgspec.Meta(max_length=64, description="letters a-z, digits and . _ @ + -", examples=["anna"])]
_TIME = Annotated[int, msgspec.Meta(ge=0, le=1 << 52, description="time in ms since 1970 UTC")]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in."""

    name: str
    role: Role
    zone: str
    created_at: int
    created_by: str
    seen_at: int | None


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link, valid for 24 hours: the path of its page, which is shown only now."""

    path: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be invited; without a name they choose it themselves."""

    role: Role
    name: _NAME = ""


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The role that somebody is to have."""

    role: Role


class SignedOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions ended."""

    ended: int


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without itself."""

    name: str
    role: Role
    created_at: int
    created_by: str
    used_at: int | None
    expires_at: int | None


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API key to be made."""

    name: _NAME
    role: Role
    expires_at: _TIME | None = None


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh API key: it is shown only now."""

    name: str
    key: str


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What is no more."""

    name: str


async def _users(call: Call[Nothing, Nothing]) -> Page[User]:
    return Page(msgspec.convert(await verbs.everybody(call.office), list[User], from_attributes=True), None)


async def _add_user(call: Call[Nothing, NewUser]) -> Invited:
    token = await verbs.invite(call.office, call.person, name=call.body.name, role=call.body.role)
    return Invited(path=f"/join/{token}")


async def _change_role(call: Call[Nothing, NewRole]) -> User:
    account = await verbs.change_role(call.office, call.person, name=call.path["name"], role=call.body.role)
    return msgspec.convert(account, User, from_attributes=True)


async def _remove_user(call: Call[Nothing, Nothing]) -> Gone:
    await verbs.remove(call.office, call.person, name=call.path["name"])
    return Gone(name=call.path["name"])


async def _password_link(call: Call[Nothing, Nothing]) -> Invited:
    return Invited(path=f"/join/{await verbs.password_link(call.office, call.person, name=call.path['name'])}")


async def _sign_out(call: Call[Nothing, Nothing]) -> SignedOut:
    return SignedOut(ended=await verbs.sign_out(call.office, call.person, name=call.path["name"]))


async def _keys(call: Call[Nothing, Nothing]) -> Page[ApiKey]:
    return Page(msgspec.convert(await verbs.keys(call.office), list[ApiKey], from_attributes=True), None)


async def _add_key(call: Call[Nothing, NewKey]) -> MadeKey:
    wanted = call.body
    name = verbs.readable(wanted.name)
    text = await verbs.add_key(call.office, call.person, name=name, role=wanted.role, expires_at=wanted.expires_at)
    return MadeKey(name=name, key=text)


async def _remove_key(call: Call[Nothing, Nothing]) -> Gone:
    await verbs.remove_key(call.office, call.person, name=call.path["name"])
    return Gone(name=call.path["name"])


_ADMIN: dict[str, Any] = {"role": "admin", "tag": "people"}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_users",
        method="GET",
        path="/users",
        role="viewer",
        tag="people",
        summary="List who may sign in",
        run=_users,
        answer=Page[User],
    ),
    Operation(
        name="add_user",
        method="POST",
        path="/users",
        summary="Invite somebody by a one-time link",
        run=_add_user,
        body=NewUser,
        answer=Invited,
        status=201,
        declines=(409, 422),
        **_ADMIN,
    ),
    Operation(
        name="change_role",
        method="PATCH",
        path="/users/{name}",
        summary="Give somebody another role; the last admin stays one",
        run=_change_role,
        body=NewRole,
        answer=User,
        declines=(404, 409, 422),
        **_ADMIN,
    ),
    Operation(
        name="remove_user",
        method="DELETE",
        path="/users/{name}",
        summary="Remove somebody, who is signed out at once; the last admin stays",
        run=_remove_user,
        answer=Gone,
        declines=(404, 409),
        **_ADMIN,
    ),
    Operation(
        name="add_password_link",
        method="POST",
        path="/users/{name}/password-link",
        summary="Make a one-time link by which somebody sets a new password",
        run=_password_link,
        answer=Invited,
        status=201,
        declines=(404,),
        **_ADMIN,
    ),
    Operation(
        name="sign_out_user",
        method="DELETE",
        path="/users/{name}/sessions",
        summary="Sign somebody out everywhere",
        run=_sign_out,
        answer=SignedOut,
        declines=(404,),
        **_ADMIN,
    ),
    Operation(
        name="list_keys",
        method="GET",
        path="/keys",
        role="viewer",
        tag="people",
        summary="List the API keys, without themselves",
        run=_keys,
        answer=Page[ApiKey],
    ),
    Operation(
        name="add_key",
        method="POST",
        path="/keys",
        summary="Make an API key; the answer is the only place that shows it",
        run=_add_key,
        body=NewKey,
        answer=MadeKey,
        status=201,
        declines=(409, 422),
        **_ADMIN,
    ),
    Operation(
        name="remove_key",
        method="DELETE",
        path="/keys/{name}",
        summary="Remove an API key; it opens nothing from now on",
        run=_remove_key,
        answer=Gone,
        declines=(404,),
        **_ADMIN,
    ),
)
