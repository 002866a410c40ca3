"""Who changed what, and when: kept for those who answer for it."""

from bridge.outbox.protocol import Action
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import journal as sql

_NEWEST = (1 << 63) - 1


def note(transaction: Transaction, action: Action) -> None:
    """Put an action on record."""
    row = {"at": action.at, "who": action.who, "verb": action.verb, "about": action.about, "detail": action.detail}
    transaction.run(sql.NOTE, row)


def actions(transaction: Transaction, *, limit: int, before: int | None) -> list[Action]:
    """Give a page of the journal, the latest first."""
    page = {"limit": limit, "before": _NEWEST if before is None else before}
    return [Action(*row) for row in transaction.rows(sql.ACTIONS, page)]
