"""Pages of lists in bounded time, also where a filter finds nothing in a long history.

A page is asked for as a whole first. What takes too long is searched anew in spans of time, the newest first and each
as wide as the one before lets hope, so that it is known how far back the search came and where it goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from bridge.core.ids import Kind, time_of
from bridge.outbox import reading
from bridge.outbox.allowance import Allowance
from bridge.outbox.figures import Counted, Page
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, reading as sql
from bridge.outbox.terms import Filter, Row

AT_ONCE = 10  # ms for the page as a whole; where an index leads to it, one is enough
FROM_FEW = 20  # ms for that where all of few deliveries lead to events
IN_SPANS = 10  # ms for searching in spans of time
_GOING_ON = 28  # ms for that where a search that was broken off goes on: a page as a whole is not tried again
_LEAST = 4  # ms for a span as long as none came to its end
_SPANS = 512  # of the whole history: as wide as the first one is
_NOTHING_RANDOM = "0" * 16  # how the lowest id of a time ends
_FOREVER = 3_600_000  # ms
_WIDER = 8  # times as wide is the next one at most

_KINDS: Mapping[Counted, Kind] = {"events": "evt", "deliveries": "dlv", "refused": "ref"}
_Read = Callable[..., list[Row]]
_WHOLE: Mapping[Counted, _Read] = {
    "events": reading.events,
    "deliveries": reading.deliveries,
    "refused": reading.refused,
}
_SPAN: Mapping[Counted, _Read] = {**_WHOLE, "events": partial(reading.events, walks=True)}


def page(
    transaction: Transaction,
    what: Counted,
    wanted: Filter,
    *,
    limit: int,
    at_once: float | None = None,
    ms: float | None = None,
) -> Page:
    """Give a page; see `figures.Figures.page`. `at_once` and `ms` are for the whole and then for spans of time."""
    goes_on = (wanted.before or "").endswith(_NOTHING_RANDOM)
    if at_once is None:
        at_once = 0 if goes_on else FROM_FEW if what == "events" and filters.are_rare(wanted.states) else AT_ONCE
    if ms is None:
        ms = _GOING_ON if goes_on else IN_SPANS
    rows = transaction.within(at_once, lambda: _WHOLE[what](transaction, wanted, limit=limit + 1))
    return _Search(transaction, what, wanted, limit, ms).page() if rows is None else _full(rows, limit)


def _full(rows: list[Row], limit: int) -> Page:
    return Page(rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None)


class _Search:
    """Looks for a page span by span, from the newest to the oldest."""

    def __init__(self, transaction: Transaction, what: Counted, wanted: Filter, limit: int, ms: float) -> None:
        self._transaction, self._wanted, self._limit = transaction, wanted, limit
        self._kind, self._read = _KINDS[what], _SPAN[what]
        oldest, newest = transaction.rows(sql.ENDS[what])[0]
        self._bottom = max(time_of(oldest or ""), wanted.since or 0)
        top = time_of(min(filter(None, (newest, wanted.before)), default="")) + 1
        self._top = top if wanted.until is None else min(top, wanted.until)
        self._allowance = Allowance.of(ms)

    def page(self) -> Page:
        """Give what is found until the time is over."""
        rows: list[Row] = []
        reached, width = self._top, max((self._top - self._bottom) // _SPANS, 1)
        while reached > self._bottom and len(rows) <= self._limit:
            left = self._allowance.left
            if left <= 0 and reached < self._top:
                return Page(rows, filters.lowest_id(self._kind, reached), reached)
            begins = max(reached - width, self._bottom)
            found = self._span(begins, reached, self._limit + 1 - len(rows), max(left, _LEAST))
            if found is None:
                width = max(width // _WIDER, 1)
                continue
            rows, reached = rows + found, begins
            still = self._allowance.left
            width = max(int(width * min(_WIDER, still / 2 / max(left - still, 0.1))), 1)
        return _full(rows, self._limit)

    def _span(self, begins: int, ends: int, limit: int, ms: float) -> list[Row] | None:
        # A span of one ms cannot be narrower: it is read to its end.
        ms = ms if ends - begins > 1 else _FOREVER
        wanted = replace(self._wanted, since=begins, until=ends)
        return self._transaction.within(ms, lambda: self._read(self._transaction, wanted, limit=limit))
