"""What an operator may stop, hold, cancel and let go again."""

from typing import Any

from bridge.core.model import State
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, operating as sql, reading, sending
from bridge.outbox.tally import Tally
from bridge.outbox.terms import Filter, Paused, PauseScope


def pause(transaction: Transaction, paused: Paused) -> bool:
    """Stop sending; False if it was paused already."""
    row = {"scope": paused.scope, "name": paused.name, "reason": paused.reason, "since": paused.since}
    return bool(transaction.run(sending.PAUSE_IF_RUNNING, row | {"paused_by": paused.by}))


def resume(transaction: Transaction, scope: PauseScope, name: str, *, now: int) -> bool:
    """Go on; what waits becomes younger by the time paused. False if it was not paused."""
    rows = transaction.rows(sql.RESUME, {"scope": scope, "name": name})
    for (since,) in rows:
        transaction.run(sql.REJUVENATE[scope], {"name": name, "since": since, "now": max(now, since)})
    return bool(rows)


def pauses(transaction: Transaction) -> list[Paused]:
    """Give what is paused."""
    return [Paused(*row) for row in transaction.rows(reading.PAUSES)]


def cancel(transaction: Transaction, wanted: Filter, *, reason: str, now: int) -> int:
    """Cancel what is pending or held.

    What the target may have taken goes on counting towards its contact's cap: the person may have been asked.
    """
    return _change(transaction, wanted, ("pending", "held"), sql.CANCEL, "cancelled", reason=reason, now=now)


def hold(transaction: Transaction, wanted: Filter, *, reason: str, now: int) -> int:
    """Hold what is pending."""
    return _change(transaction, wanted, ("pending",), sql.HOLD, "held", reason=reason, now=now)


def release(transaction: Transaction, wanted: Filter, *, now: int) -> int:
    """Make what is held due now; it is judged when it is claimed, and sent within its contact's hours."""
    return _change(transaction, wanted, ("held",), sql.RELEASE, "pending", reason="", now=now)


def _change(
    transaction: Transaction,
    wanted: Filter,
    states: tuple[State, ...],
    statement: str,
    after: State,
    *,
    reason: str,
    now: int,
) -> int:
    tally = Tally()
    changed = 0
    for state in states:
        if wanted.states and state not in wanted.states:
            continue
        conditions, parameters = filters.of_deliveries(wanted, state)
        text = filters.joined(conditions)
        for touchpoint, source, day, number in transaction.rows(sql.AFFECTED.format(conditions=text), parameters):
            tally.move(touchpoint, state, after, number, of=(source, day))
            changed += number
        changes: dict[str, Any] = {"new_reason": reason, "now": now}
        transaction.run(statement.format(conditions=text), parameters | changes)
    tally.write(transaction)
    return changed
