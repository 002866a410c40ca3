"""Secrets over the API: stored and removed; a value goes in and never comes out."""

from typing import Annotated, Literal

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.verbs import secrets as verbs
from bridge.vault import LONGEST_SECRET

_TAG = "secrets"


class Use(msgspec.Struct, frozen=True):
    """What needs a secret: a touchpoint to send, a source to check signatures, or the lookups of a source."""

    kind: Literal["touchpoint", "source", "lookup"]
    name: str


class FirstSuccess(msgspec.Struct, frozen=True):
    """What first went well with a secret since it was stored: a delivery `by` a touchpoint, an event `by` a source."""

    at: int
    kind: Literal["delivery", "event"]
    id: str
    by: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that is stored or needed; `stored_at` (ms) is null for one that is needed only."""

    name: str
    stored_at: int | None
    set_by: str | None
    master_key: str | None
    used_by: list[Use]
    first_success: FirstSuccess | None


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret itself, as it is: nothing is trimmed."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SECRET, description="Write-only")] = (
        msgspec.field()
    )

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Value(…)"


class Stored(msgspec.Struct, frozen=True):
    """The secret is in use from now on; `resumed` names the touchpoints that go on with it."""

    name: str
    resumed: list[str]


class Removed(msgspec.Struct, frozen=True):
    """The secret is forgotten."""

    name: str


async def _list(call: Call[Nothing, Nothing]) -> Page[Secret]:
    return Page(msgspec.convert(await verbs.rows(call.office), list[Secret]), None)


async def _show(call: Call[Nothing, Nothing]) -> Secret:
    return msgspec.convert(await verbs.row(call.office, call.path["name"]), Secret)


async def _store(call: Call[Nothing, Value]) -> Stored:
    name = call.path["name"]
    return Stored(name, await verbs.store(call.office, call.person, name=name, value=call.body.value))


async def _remove(call: Call[Nothing, Nothing]) -> Removed:
    name = call.path["name"]
    await verbs.remove(call.office, call.person, name=name)
    return Removed(name)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_secrets",
        method="GET",
        path="/secrets",
        role="viewer",
        tag=_TAG,
        summary="The secrets that are stored or needed: who uses each, who set it when, its first success",
        run=_list,
        answer=Page[Secret],
    ),
    Operation(
        name="show_secret",
        method="GET",
        path="/secrets/{name}",
        role="viewer",
        tag=_TAG,
        summary="What is known of one secret, never its value",
        run=_show,
        answer=Secret,
        declines=(404,),
    ),
    Operation(
        name="store_secret",
        method="PUT",
        path="/secrets/{name}",
        role="operator",
        tag=_TAG,
        summary="Store a secret; what waited for it, or was refused without it, goes on",
        run=_store,
        body=Value,
        answer=Stored,
        declines=(422,),
    ),
    Operation(
        name="remove_secret",
        method="DELETE",
        path="/secrets/{name}",
        role="operator",
        tag=_TAG,
        summary="Forget a secret; what needs it waits until it is stored again",
        run=_remove,
        answer=Removed,
        declines=(404, 409),
    ),
)
