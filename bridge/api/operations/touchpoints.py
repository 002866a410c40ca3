"""Touchpoints over the API: how they stand, what they answered, and trying one that fails."""

from typing import Literal

import msgspec

from bridge.api.operation import Call, Changed, Nothing, Operation, Page
from bridge.api.operations.secrets import Secret
from bridge.api.verbs import touchpoints as verbs
from bridge.app.standing import Word
from bridge.core.configuration import Ambiguous, Channel, Format
from bridge.core.drift import ValueType

_TAG = "touchpoints"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a delivery, and what was answered; `status` is null where no answer came."""

    delivery_id: str
    event_id: str
    number: int
    started_at: int
    ended_at: int
    outcome: Literal["answered", "not_sent", "unknown"]
    status: int | None
    message: str
    ruling: Literal["delivered", "retry", "hold", "pause", "dead"]
    reason: str


class Touchpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A touchpoint, why it is not open where it is not, and how many deliveries are in each state. Times are ms.

    `since` says when it was paused or began to fail, `until` when the next request tries, `by` who paused it.
    """

    touchpoint: str
    channel: Channel
    state: Word
    why: str
    reason: str
    since: int | None
    until: int | None
    by: str
    pending: int
    sending: int
    held: int
    delivered: int
    cancelled: int
    dead: int
    last_answer: Answer | None


class Rate(msgspec.Struct, frozen=True):
    """At most `count` in `period` ms."""

    count: int
    period: int


class Retry(msgspec.Struct, frozen=True):
    """How it is tried again; times in ms."""

    first: int
    factor: float
    longest: int
    give_up_after: int


class Cap(msgspec.Struct, frozen=True):
    """At most so many requests to one person in `per` ms, at this touchpoint or across all."""

    at_most: int
    per: int
    across: Literal["touchpoint", "all"]


class Day(msgspec.Struct, frozen=True):
    """What came within 24 hours and was delivered, or is dead; at least so many where not `exact`."""

    delivered: int
    dead: int
    exact: bool


class Attribute(msgspec.Struct, frozen=True):
    """An attribute that the target has accepted."""

    name: str
    type: ValueType
    first_seen: int
    last_seen: int


class Feeding(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping, and whether it is paused by itself."""

    source: str
    name: str
    topics: list[str]
    touchpoint: str
    line: int
    paused: bool
    reason: str
    since: int | None


class WholeTouchpoint(Touchpoint, frozen=True, kw_only=True):
    """A touchpoint with its settings, what waits for it and since when, its last answers and what feeds it."""

    line: int
    sends_to: str
    format: Format
    rate: Rate | None
    concurrency: int
    timeout: int
    retry: Retry
    ambiguous: Ambiguous
    contact: Cap | None
    due: int
    earliest_due_at: int | None
    next_due_at: int | None
    day: Day
    answers: list[Answer]
    secrets: list[Secret]
    attributes: list[Attribute]
    mappings: list[Feeding]


async def _list(call: Call[Nothing, Nothing]) -> Page[Touchpoint]:
    return Page(msgspec.convert(await verbs.rows(call.office), list[Touchpoint]), None)


async def _show(call: Call[Nothing, Nothing]) -> WholeTouchpoint:
    return msgspec.convert(await verbs.row(call.office, call.path["name"]), WholeTouchpoint)


async def _try(call: Call[Nothing, Nothing]) -> Changed:
    await verbs.hasten(call.office, call.person, name=call.path["name"])
    return Changed(changed=True)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_touchpoints",
        method="GET",
        path="/touchpoints",
        role="viewer",
        tag=_TAG,
        summary="The touchpoints: open, failing, waiting or paused, why, and what lies there",
        run=_list,
        answer=Page[Touchpoint],
    ),
    Operation(
        name="show_touchpoint",
        method="GET",
        path="/touchpoints/{name}",
        role="viewer",
        tag=_TAG,
        summary="One touchpoint: its settings, last answers, what waits and when it goes on",
        run=_show,
        answer=WholeTouchpoint,
        declines=(404,),
    ),
    Operation(
        name="try_touchpoint",
        method="POST",
        path="/touchpoints/{name}/try",
        role="operator",
        tag=_TAG,
        summary="Let one request try a failing touchpoint now, instead of when its wait ends",
        run=_try,
        answer=Changed,
        declines=(404, 409),
    ),
)
