"""Previews on SQLite: see `previews.Previews`; and taking back a hold."""

from collections.abc import Collection, Sequence

from bridge.core.model import State
from bridge.outbox.previews import Share, Subject
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, previewing as sql
from bridge.outbox.tally import Tally
from bridge.outbox.terms import Filter


def subjects(transaction: Transaction, ids: Sequence[str]) -> dict[str, Subject]:
    """Give by id what deliveries, or the first deliveries of events, are about."""
    events = [each for each in ids if each.startswith("evt_")]
    found = {row.event_id: row for row in _subjects(transaction, sql.FIRST_SUBJECTS, events)}
    others = [each for each in ids if not each.startswith("evt_")]
    return found | {row.delivery_id: row for row in _subjects(transaction, sql.SUBJECTS, others)}


def _subjects(transaction: Transaction, statement: str, ids: Sequence[str]) -> list[Subject]:
    if not ids:
        return []
    names, parameters = filters.placeholders(ids)
    return [Subject(*row) for row in transaction.rows(statement.format(ids=names), parameters)]


def shares(transaction: Transaction, wanted: Filter, states: Collection[State]) -> list[Share]:
    """Count what a change of these states would take; each state apart, as each has an index."""
    found = []
    for state in states:
        if wanted.states and state not in wanted.states:
            continue
        conditions, parameters = filters.of_deliveries(wanted, state)
        statement = sql.SHARES.format(conditions=filters.joined(conditions))
        found += [Share(*row) for row in transaction.rows(statement, parameters)]
    return sorted(found, key=lambda share: (-share.number, share.touchpoint, share.state))


def let_wait_again(transaction: Transaction, *, held_at: int, reason: str, now: int) -> int:
    """Take back one hold; see `protocol.Controls.let_wait_again`."""
    row = {"held_at": held_at, "old_reason": reason}
    tally, number = Tally(), 0
    for touchpoint, source, day, held in transaction.rows(sql.HELD_THEN, row):
        tally.move(touchpoint, "held", "pending", held, of=(source, day))
        number += held
    transaction.run(sql.LET_WAIT_AGAIN, row | {"now": now})
    tally.write(transaction)
    return number
