"""Pages of lists in bounded time, also where a filter finds nothing in a long history.

A page is asked for as a whole first. What takes too long is searched anew in spans of time, the newest first and each as
wide as the one before lets hope, so that it is known how far back the search came and where it goes on.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from bridge.core.ids import Kind, time_of
from bridge.outbox import reading
from bridge.outbox.figures import Counted, Page
from bridge.outbox.protocol import Filter, Row
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, reading as sql

AT_ONCE = 8  # ms for the page as a whole; an index answers in one
IN_SPANS = 16  # ms for searching in spans of time
_LEAST = 4  # ms for a span as long as none came to its end
_SPANS = 256  # of the whole history: as wide as the first one is
_FOREVER = 3_600_000  # ms
_WIDER = 8  # times as wide is the next one at most

_Read = Callable[[Transaction, Filter, int], list[Row]]
_READS: Mapping[Counted, tuple[Kind, _Read]] = {
    "events": ("evt", lambda transaction, wanted, limit: reading.events(transaction, wanted, limit=limit)),
    "deliveries": ("dlv", lambda transaction, wanted, limit: reading.deliveries(transaction, wanted, limit=limit)),
    "refused": ("ref", lambda transaction, wanted, limit: reading.refused(transaction, wanted, limit=limit)),
}


def page(
    transaction: Transaction,
    what: Counted,
    wanted: Filter,
    *,
    limit: int,
    at_once: float = AT_ONCE,
    ms: float = IN_SPANS,
) -> Page:
    """Give a page; see `figures.Figures.page`. `at_once` and `ms` are for the whole and then for spans of time."""
    _, read = _READS[what]
    rows = transaction.within(at_once, lambda: read(transaction, wanted, limit + 1))
    return _Search(transaction, what, wanted, limit, ms).page() if rows is None else _full(rows, limit)


def _full(rows: list[Row], limit: int) -> Page:
    return Page(rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None)


class _Search:
    """Looks for a page span by span, from the newest to the oldest."""

    def __init__(self, transaction: Transaction, what: Counted, wanted: Filter, limit: int, ms: float) -> None:
        self._transaction, self._wanted, self._limit = transaction, wanted, limit
        self._kind, self._read = _READS[what]
        oldest, newest = transaction.rows(sql.ENDS[what])[0]
        self._bottom = max(time_of(oldest or ""), wanted.since or 0)
        top = time_of(min(filter(None, (newest, wanted.before)), default="")) + 1
        self._top = top if wanted.until is None else min(top, wanted.until)
        self._deadline = time.monotonic() + ms / 1000

    def page(self) -> Page:
        """Give what is found until the time is over."""
        rows: list[Row] = []
        reached, width = self._top, max((self._top - self._bottom) // _SPANS, 1)
        while reached > self._bottom and len(rows) <= self._limit:
            left = self._deadline - time.monotonic()
            if left <= 0 and reached < self._top:
                return Page(rows, filters.lowest_id(self._kind, reached), reached)
            begins, began = max(reached - width, self._bottom), time.monotonic()
            found = self._span(begins, reached, self._limit + 1 - len(rows), max(left, _LEAST / 1000))
            if found is None:
                width = max(width // _WIDER, 1)
                continue
            rows, reached = rows + found, begins
            took = max(time.monotonic() - began, 0.0001)
            width = max(int(width * min(_WIDER, (self._deadline - time.monotonic()) / 2 / took)), 1)
        return _full(rows, self._limit)

    def _span(self, begins: int, ends: int, limit: int, seconds: float) -> list[Row] | None:
        # A span of one ms cannot be narrower: it is read to its end.
        patience = seconds * 1000 if ends - begins > 1 else _FOREVER
        wanted = replace(self._wanted, since=begins, until=ends)
        return self._transaction.within(patience, lambda: self._read(self._transaction, wanted, limit))
