"""What came in, and what was decided of it, over the API."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec

from bridge.api.choice import Choice, Text, to_filter
from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.operations.deliveries import Before, DeliveryRow, Limit
from bridge.api.verbs import events as verbs
from bridge.core.model import State, Verdict

_TAG = "events"


class EventsWanted(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events, and how many of them."""

    limit: Limit = 50
    before: Before | None = None


class EventCore(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a source said happened. `size` is that of its payload in bytes."""

    id: str
    source: str
    topic: str
    source_event_id: str
    tenant: str
    received_at: int
    occurred_at: int | None
    config: str
    size: int


class EventRow(EventCore, frozen=True, kw_only=True):
    """An event with the numbers of its decisions and deliveries."""

    verdicts: Mapping[Verdict, int]
    deliveries: Mapping[State, int]


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one mapping said of an event, or of its element; with `replay_id` what a replay made of it later."""

    event_id: str
    mapping: str
    element: int
    verdict: Verdict
    reason: str
    delivery_id: str | None
    replay_id: str | None
    replay_of: str | None


class MarkRow(msgspec.Struct, frozen=True):
    """Something the event is found by, as a keyed hash (hex)."""

    kind: str
    digest: str


class EventShown(EventCore, frozen=True, kw_only=True):
    """An event with everything that is kept of it; `query`, `headers` and `body` are null once they are pruned."""

    dedupe_until: int
    marks: list[MarkRow]
    query: str | None
    headers: dict[str, str] | None
    body: str | None
    secret: str
    lookup: dict[str, Any] | None
    decisions: list[DecisionRow]
    deliveries: list[DeliveryRow]


class Sought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address, a number, an order or another reference."""

    text: Annotated[Text, msgspec.Meta(min_length=1)]


class ExampleMade(msgspec.Struct, frozen=True):
    """The texts of an example's two files; `otherwise` says what the stand-ins make different."""

    payload: str
    expect: str
    otherwise: list[str]


async def _list(call: Call[EventsWanted, Nothing]) -> Page[EventRow]:
    query = call.query
    wanted = replace(to_filter(query, call.office), before=query.before)
    found = await call.office.read(lambda store: store.ledger.page("events", wanted, limit=query.limit))
    return Page([msgspec.convert(row, EventRow) for row in found.rows], found.older)


async def _show(call: Call[Nothing, Nothing]) -> EventShown:
    return msgspec.convert(await verbs.show(call.office, call.path["id"]), EventShown)


async def _decisions(call: Call[Nothing, Nothing]) -> Page[DecisionRow]:
    shown = await verbs.show(call.office, call.path["id"])
    return Page([msgspec.convert(row, DecisionRow) for row in shown["decisions"]], None)


async def _example(call: Call[Nothing, Nothing]) -> ExampleMade:
    made = await verbs.example(call.office, call.path["id"])
    return ExampleMade(made.payload, made.expect, list(made.otherwise))


async def _find(call: Call[Nothing, Sought]) -> verbs.Found:
    return await verbs.find(call.office, call.body.text)


def _operation(name: str, path: str, summary: str, **others: Any) -> Operation:
    return Operation(name=name, path=path, summary=summary, tag=_TAG, role="viewer", **({"method": "GET"} | others))


OPERATIONS: tuple[Operation, ...] = (
    _operation("list_events", "/events", "Events, newest first", run=_list, query=EventsWanted, answer=Page[EventRow]),
    _operation(
        "show_event",
        "/events/{id}",
        "An event: what it said, what every mapping decided, what became of it",
        run=_show,
        answer=EventShown,
    ),
    _operation(
        "list_decisions",
        "/events/{id}/decisions",
        "What every mapping decided of an event",
        run=_decisions,
        answer=Page[DecisionRow],
    ),
    _operation(
        "show_example",
        "/events/{id}/example",
        "The event as a masked example with its expected outcome, as `bridge example` writes it",
        run=_example,
        answer=ExampleMade,
        declines=(409,),
    ),
    _operation(
        "find",
        "/find",
        "The events that name an address, number or reference, and the hash under which lists are filtered by it",
        method="POST",
        run=_find,
        body=Sought,
        answer=verbs.Found,
    ),
)
