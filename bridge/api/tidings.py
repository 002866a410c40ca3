"""What happened between two looks at the store: new events, deliveries that are new or elsewhere, counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from bridge.core.model import State
from bridge.core.outcome import Answered, Settled
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter, Row
from bridge.telemetry.story import outcome_name, ruling_name

MOST = 50  # of a kind that are told of at a time


class EventNews(msgspec.Struct, frozen=True):
    """An event that came."""

    id: str
    source: str
    topic: str
    received_at: int


class DeliveryNews(msgspec.Struct, frozen=True):
    """A delivery that is new, or in another state than before."""

    id: str
    event_id: str
    source: str
    mapping: str
    touchpoint: str
    state: State
    state_at: int


class AttemptNews(msgspec.Struct, frozen=True):
    """An attempt that ended. `outcome` and `ruling` are as in the lists of attempts; `status` only where answered."""

    delivery_id: str
    event_id: str
    source: str
    touchpoint: str
    number: int
    outcome: str
    status: int | None
    ruling: str
    ended_at: int


class Tidings(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. `counters` has those that changed, as they are now; with `anew` it has all of them.

    `anew`: news before this one were not told; what is shown should be read again. `more`: more happened than is named.
    """

    anew: bool = False
    counters: Mapping[str, int] = {}
    events: Sequence[EventNews] = ()
    deliveries: Sequence[DeliveryNews] = ()
    attempts: Sequence[AttemptNews] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """How the store was when it was last looked at; `unsettled` are attempted deliveries that were still `sending`."""

    counters: Mapping[str, int]
    events: Sequence[Row]
    deliveries: Sequence[Row]
    attempted: Sequence[Row] = ()
    unsettled: tuple[str, ...] = field(default=())


def look(store: Store, before: Seen | None, attempted: Sequence[str]) -> Seen | None:
    """Look at the newest rows, and at the deliveries that were attempted; None where nothing has changed."""
    counters = store.ledger.counters()
    ids = tuple(dict.fromkeys((*(before.unsettled if before else ()), *attempted)))[-MOST:]
    if before is not None and counters == before.counters and not ids:
        return None
    rows = store.ledger.deliveries(Filter(ids=ids), limit=MOST) if ids else []
    return Seen(
        counters,
        store.ledger.events(Filter(), limit=MOST),
        store.ledger.deliveries(Filter(), limit=MOST),
        [row for row in rows if row["id"] in ids and row["state"] != "sending"],
        tuple(row["id"] for row in rows if row["id"] in ids and row["state"] == "sending"),
    )


def tidings(before: Seen, after: Seen, attempts: Sequence[Settled]) -> Tidings:
    """Say what happened between two looks; what only moved into view, as newer rows went, is no news."""
    events = _fresh(before.events, after.events)
    states = {row["id"]: row["state"] for row in before.deliveries}
    moved = [row for row in after.deliveries if row["id"] in states and row["state"] != states[row["id"]]]
    deliveries = {row["id"]: row for row in (*_fresh(before.deliveries, after.deliveries), *moved, *after.attempted)}
    changed = {name: value for name, value in after.counters.items() if before.counters.get(name) != value}
    return Tidings(
        counters=changed,
        events=[msgspec.convert(row, EventNews) for row in events],
        deliveries=[msgspec.convert(row, DeliveryNews) for row in sorted(deliveries.values(), key=_id, reverse=True)],
        attempts=[_attempt(each) for each in attempts[-MOST:]],
        more=len(events) == MOST or len(deliveries) >= MOST or len(attempts) > MOST,
    )


def _fresh(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    known = {row["id"] for row in before}
    oldest = min(known) if len(known) == MOST else ""
    return [row for row in after if row["id"] not in known and row["id"] > oldest]


def _id(row: Row) -> str:
    return str(row["id"])


def _attempt(settled: Settled) -> AttemptNews:
    delivery, outcome = settled.delivery, settled.outcome
    return AttemptNews(
        delivery.id,
        delivery.event_id,
        delivery.source,
        delivery.touchpoint,
        delivery.attempts + 1,
        outcome_name(outcome),
        outcome.status if isinstance(outcome, Answered) else None,
        ruling_name(settled.ruling),
        settled.ended_at,
    )
