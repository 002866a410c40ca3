"""Sources over the API: how they stand, where they are called, what came and what was refused."""

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.operations.secrets import Secret
from bridge.api.operations.touchpoints import Feeding, Rate
from bridge.api.verbs import sources as verbs
from bridge.app.standing import Word

_TAG = "sources"


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A source, and why it is not open where it is not. Times are ms.

    `address` is what it calls, empty where BRIDGE_PUBLIC_URL is not set. At least so many events where not exact.
    """

    source: str
    preset: str
    path: str
    address: str
    state: Word
    why: str
    reason: str
    since: int | None
    until: int | None
    by: str
    lookup: str
    last_event_at: int | None
    events_24h: int
    events_24h_exact: bool
    refused_24h: int


class Source(_Standing, frozen=True, kw_only=True):
    """A source, with the names of its mappings."""

    mappings: list[str]


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that were refused within 24 hours for the same reason."""

    status: int
    reason: str
    count: int
    last_at: int


class WholeSource(_Standing, frozen=True, kw_only=True):
    """A source with its mappings, its secrets, and what was refused within 24 hours, by reason."""

    file: str
    limit: Rate | None
    secrets: list[Secret]
    lookups_waiting: int
    refused: list[Refusals]
    mappings: list[Feeding]


async def _list(call: Call[Nothing, Nothing]) -> Page[Source]:
    return Page(msgspec.convert(await verbs.rows(call.office), list[Source]), None)


async def _show(call: Call[Nothing, Nothing]) -> WholeSource:
    return msgspec.convert(await verbs.row(call.office, call.path["name"]), WholeSource)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_sources",
        method="GET",
        path="/sources",
        role="viewer",
        tag=_TAG,
        summary="The sources: open, waiting for their secret or paused, and what came within 24 hours",
        run=_list,
        answer=Page[Source],
    ),
    Operation(
        name="show_source",
        method="GET",
        path="/sources/{name}",
        role="viewer",
        tag=_TAG,
        summary="One source: its address, mappings and secrets, and what was refused by reason",
        run=_show,
        answer=WholeSource,
        declines=(404,),
    ),
)
