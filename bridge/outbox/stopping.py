"""Stopping what waits: for a key that an event cancels, for a contact that is not to be asked any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.core.model import Cancel, State, Unsubscribe
from bridge.outbox import suppressing
from bridge.outbox.facts import Origin
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import stopping as sql
from bridge.outbox.tally import DAY, SourceDay, Tally
from bridge.outbox.terms import Suppression

CANCELLED_FOR = 30 * DAY  # from the receipt of the cancelling event


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is pending or held, and where it counts."""

    id: str
    touchpoint: str
    state: State
    of: SourceDay


def replace(transaction: Transaction, waiting: Iterable[Waiting], origin: Origin, tally: Tally) -> None:
    """Cancel these deliveries, since the event takes their place."""
    _stop(transaction, sql.GIVE_WAY, waiting, tally, {"reason": f"replaced by {origin.event_id}", "now": origin.now})


def cancel(transaction: Transaction, wanted: Cancel, origin: Origin, tally: Tally) -> int:
    """Cancel what waits for the key, and remember it for what comes; gives how many deliveries waited."""
    row = {"source": wanted.source, "mapping": wanted.mapping, "tenant": origin.tenant, "key": wanted.key}
    tombstone = {
        "event_id": origin.event_id,
        "topic": origin.topic,
        "cancelled_at": origin.received_at,
        "expires_at": origin.received_at + CANCELLED_FOR,
    }
    transaction.run(sql.REMEMBER, row | tombstone)
    waiting = [
        Waiting(delivery_id, touchpoint, state, (source, day))
        for delivery_id, touchpoint, state, source, day in transaction.rows(sql.WAITING_FOR_KEY, row)
    ]
    effect = {"reason": f"cancelled by {origin.topic} ({origin.event_id})", "now": origin.now}
    _stop(transaction, sql.STOP, waiting, tally, effect)
    return len(waiting)


def unsubscribe(transaction: Transaction, wanted: Unsubscribe, origin: Origin) -> int:
    """Never ask the contact again, and cancel what waits for it; gives how many deliveries waited."""
    reason = f"unsubscribed by {origin.topic}"
    entry = Suppression(wanted.contact, wanted.shown, reason, origin.now, origin.event_id)
    return suppressing.suppress(transaction, entry) or 0


def _stop(
    transaction: Transaction, statement: str, waiting: Iterable[Waiting], tally: Tally, effect: dict[str, Any]
) -> None:
    for each in waiting:
        transaction.run(statement, effect | {"id": each.id})
        tally.move(each.touchpoint, each.state, "cancelled", of=each.of)
