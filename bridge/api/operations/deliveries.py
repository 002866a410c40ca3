"""What was, is or will be sent, over the API: looked at, cancelled, held, sent again."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec

from bridge.api.choice import Choice, Text, to_filter
from bridge.api.errors import not_found
from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.verbs import deliveries as verbs
from bridge.core.model import State
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter

_TAG = "deliveries"
_MOST_REPLAYS = 100

Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
Before = Annotated[str, msgspec.Meta(max_length=40, description="`next` of the page before")]


class DeliveriesWanted(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries, and how many of them."""

    limit: Limit = 50
    before: Before | None = None


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One request to be made. `contact` is a keyed hash; `hours` say when in the contact's zone it may be sent.

    `wanted_at` is when its mapping wanted it, `due_at` when it is tried next, `asked_at` when it was last sent.
    """

    id: str
    event_id: str
    source: str
    mapping: str
    element: int
    tenant: str
    touchpoint: str
    contact: str | None
    key: str | None
    config: str
    state: State
    attempts: int
    due_at: int
    wanted_at: int
    expires_at: int | None
    asked_at: int | None
    age_from: int
    created_at: int
    state_at: int
    reason: str
    message: str
    replay_id: str | None
    replay_of: str | None
    replaces: str | None
    hours: dict[str, Any] | None


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One try at a delivery: how it went, what the target answered, what followed from it."""

    delivery_id: str
    number: int
    started_at: int
    ended_at: int
    outcome: str
    status: int | None
    message: str
    ruling: str
    reason: str
    effective: int


class DeliveryShown(DeliveryRow, frozen=True, kw_only=True):
    """A delivery with its body (JSON text, null once pruned), its attempts, and the deliveries that replay it."""

    body: str | None
    attempts_made: list[AttemptRow]
    replays: list[DeliveryRow]


class Change(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries to change, and why. With `dry_run` they are only counted.

    `expected` is the number that a dry run gave: where it is another by now, nothing is changed.
    """

    reason: Text = ""
    dry_run: bool = False
    expected: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)] | None = None


class ShareRow(msgspec.Struct, frozen=True):
    """How many of them go to one touchpoint and are in one state; `unknown` of them may have been taken."""

    touchpoint: str
    state: State
    number: int
    unknown: int


class ChangeDone(msgspec.Struct, frozen=True, kw_only=True):
    """How many were changed or, after a dry run, would be; and when (ms) they were."""

    number: int
    at: int | None = None
    by: list[ShareRow] = []


async def _list(call: Call[DeliveriesWanted, Nothing]) -> Page[DeliveryRow]:
    query = call.query
    wanted = replace(to_filter(query, call.office), before=query.before)
    found = await call.office.read(lambda store: store.ledger.page("deliveries", wanted, limit=query.limit))
    return Page([msgspec.convert(row, DeliveryRow) for row in found.rows], found.older)


async def _show(call: Call[Nothing, Nothing]) -> DeliveryShown:
    delivery_id = call.path["id"]

    def work(store: Store) -> dict[str, Any] | None:
        row = store.ledger.delivery(delivery_id)
        return row and {
            **row,
            "attempts_made": store.ledger.attempts(delivery_id),
            "replays": store.ledger.replays_of(delivery_id, limit=_MOST_REPLAYS),
        }

    return msgspec.convert(_found(await call.office.read(work), delivery_id), DeliveryShown)


async def _attempts(call: Call[Nothing, Nothing]) -> Page[AttemptRow]:
    delivery_id = call.path["id"]
    wanted = Filter(ids=(delivery_id,))

    def work(store: Store) -> tuple[bool, list[dict[str, Any]]]:
        return bool(store.ledger.deliveries(wanted, limit=1)), store.ledger.attempts(delivery_id)

    is_there, rows = await call.office.read(work)
    _found({} if is_there else None, delivery_id)
    return Page([msgspec.convert(row, AttemptRow) for row in rows], None)


def _found(row: dict[str, Any] | None, delivery_id: str) -> dict[str, Any]:
    if row is None:
        raise not_found(f"delivery {delivery_id}", "the list of deliveries has those that are kept")
    return row


def _changing(verb: verbs.Verb, summary: str) -> Operation:
    async def run(call: Call[Nothing, Change]) -> ChangeDone:
        wanted = call.body
        if wanted.dry_run:
            found = await verbs.preview(call.office, verb, _choice(wanted))
            by = [msgspec.convert(each, ShareRow, from_attributes=True) for each in found.shares]
            return ChangeDone(number=found.number, by=by)
        done = await verbs.change(
            call.office, call.person, verb, _choice(wanted), reason=wanted.reason, expected=wanted.expected
        )
        return ChangeDone(number=done.number, at=done.at)

    return Operation(
        name=f"{verb}_deliveries",
        method="POST",
        path=f"/deliveries/{verb}",
        role="operator",
        tag=_TAG,
        summary=summary,
        run=run,
        body=Change,
        answer=ChangeDone,
        declines=(409, 422),
    )


def _choice(wanted: Change) -> Choice:
    return Choice(**{each: getattr(wanted, each) for each in Choice.__struct_fields__})


def _operation(name: str, path: str, summary: str, **others: Any) -> Operation:
    return Operation(name=name, method="GET", path=path, summary=summary, tag=_TAG, role="viewer", **others)


OPERATIONS: tuple[Operation, ...] = (
    _operation(
        "list_deliveries",
        "/deliveries",
        "Deliveries, newest first",
        run=_list,
        query=DeliveriesWanted,
        answer=Page[DeliveryRow],
    ),
    _operation(
        "show_delivery",
        "/deliveries/{id}",
        "A delivery: its body, every attempt at it, its replays",
        run=_show,
        answer=DeliveryShown,
    ),
    _operation(
        "list_attempts",
        "/deliveries/{id}/attempts",
        "Every attempt at a delivery",
        run=_attempts,
        answer=Page[AttemptRow],
    ),
    _changing("cancel", "Cancel what waits or is held; what was sent cannot be called back"),
    _changing("hold", "Hold what waits, until it is released"),
    _changing("release", "Send what is held; one whose fate is unknown may reach the person twice"),
)
