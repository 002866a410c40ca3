"""Who is never asked again."""

from bridge.outbox import operating
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import suppressing as sql
from bridge.outbox.terms import Filter, Suppression

_AFTER_ALL = (1 << 62, b"")  # ms, and a contact


def suppress(transaction: Transaction, suppression: Suppression) -> int | None:
    """Add the contact, and cancel what waits for it; gives how many that were, None if it was there already."""
    row = {
        "contact": suppression.contact,
        "shown": suppression.shown,
        "reason": suppression.reason,
        "since": suppression.since,
        "added_by": suppression.added_by,
    }
    if not transaction.run(sql.SUPPRESS, row):
        return None
    reason = f"not to be asked: {suppression.reason}"
    return operating.cancel(transaction, Filter(contact=suppression.contact), reason=reason, now=suppression.since)


def unsuppress(transaction: Transaction, contact: bytes) -> bool:
    """Take the contact off the list; False if it was not there."""
    return bool(transaction.run(sql.UNSUPPRESS, {"contact": contact}))


def suppression(transaction: Transaction, contact: bytes) -> Suppression | None:
    """Give the contact's entry."""
    rows = transaction.rows(sql.SUPPRESSION, {"contact": contact})
    return Suppression(*rows[0]) if rows else None


def suppressions(transaction: Transaction, *, limit: int, before: tuple[int, bytes] | None) -> list[Suppression]:
    """Give a page of the list, the latest first."""
    since, contact = before or _AFTER_ALL
    rows = transaction.rows(sql.SUPPRESSIONS, {"limit": limit, "since": since, "contact": contact})
    return [Suppression(*row) for row in rows]
