"""What events and deliveries are found by, in spans of ids: what is new stands together, however much there is."""

from collections.abc import Iterable
from typing import Any

from bridge.core.model import Mark
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import marking as sql

# Events and deliveries in a span, whose marks then take some 8 MB. With 20,000 taking an order in costs 7 % less than
# with 60,000; but every span costs a search up to 30 µs, and ten million deliveries make 500 spans of this length.
SPAN = 40_000
_DELIVERY = ""  # the kind of the mark by which a delivery is found


class Marking:
    """The marks of one transaction, which go in together."""

    __slots__ = ("_marks", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._marks: list[dict[str, Any]] = []

    def event(self, event_id: str, marks: Iterable[Mark]) -> None:
        """Let the event be found by these, each given once."""
        self._marks.extend({"digest": mark.digest, "id": event_id, "kind": mark.kind} for mark in marks)

    def deliveries(self, contacts: Iterable[tuple[str, bytes | None]]) -> None:
        """Let deliveries be found by their contacts, those that have one; given are their ids and contacts."""
        self._marks.extend(
            {"digest": contact, "id": delivery_id, "kind": _DELIVERY}
            for delivery_id, contact in contacts
            if contact is not None
        )

    def write(self) -> None:
        """Write the rows, after those of the events and deliveries; then begin another span if this one is full."""
        if not self._marks:
            return
        number, first, things = self._transaction.rows(sql.NEWEST_SPAN)[0]
        for mark in self._marks:
            mark["span"] = number if mark["id"][4:] >= first else None
        self._transaction.run_many(sql.INSERT_MARK, self._marks)
        if things >= SPAN:
            self._transaction.run(sql.BEGIN_SPAN)
        self._marks.clear()


def contact_leaves(transaction: Transaction, delivery_id: str, contact: bytes | None) -> None:
    """Let the delivery no longer be found by its contact, if it has one."""
    if contact is not None:
        transaction.run(sql.MARK_LEAVES, {"digest": contact, "id": delivery_id, "kind": _DELIVERY})
