"""The books at a glance, as of one moment: counters and short looks, none of which grows with the history."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from bridge.outbox import hourly, reading
from bridge.outbox.figures import HOUR, LATELY, MOST_COUNTED, MOST_GROUPED, Count, Group, GroupKind, Overview
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, overviewing as sql, reading as reading_sql

_NUMBER = 4  # the column of a group that says how many
_LONG_AGO = -(1 << 62)
_GROUPS: dict[GroupKind, str] = {
    "held": sql.HELD,
    "dead": sql.DEAD,
    "failed": sql.FAILED,
    "refused": sql.REFUSED,
}


def overview(transaction: Transaction, *, now: int, due_by: Sequence[int], most: int = MOST_GROUPED) -> Overview:
    """Give the overview; see `figures.Figures.overview`. Of each kind of group the newest `most` rows are looked at."""
    return Overview(
        counters=dict(transaction.rows(reading_sql.COUNTERS)),
        totals=reading.touchpoint_totals(transaction),
        hours=hourly.hours(transaction, since=now - 24 * HOUR, until=now),
        groups=tuple(_groups(transaction, now, most)),
        due=tuple(_due(transaction, bounds) for bounds in pairwise((_LONG_AGO, *due_by))),
        oldest=next(iter(transaction.records(sql.OLDEST)), None),
    )


def _groups(transaction: Transaction, now: int, most: int) -> Iterator[Group]:
    since = now - LATELY
    bounds = {
        "since": since,
        "events": filters.lowest_id("evt", since),
        "refused": filters.lowest_id("ref", since),
        "limit": most,
    }
    for kind, statement in _GROUPS.items():
        rows = transaction.rows(statement, bounds)
        exact = sum(row[_NUMBER] for row in rows) < most
        for place, reason, is_unsure, is_mended, number, first, last, newest in rows:
            if not is_mended:
                yield Group(kind, place, reason, number, exact, first, last, newest, bool(is_unsure))


def _due(transaction: Transaction, bounds: tuple[int, int]) -> Count:
    after, until = bounds
    limits: dict[str, Any] = {"after": after, "until": until, "limit": MOST_COUNTED + 1}
    numbers = [number for (number,) in transaction.rows(sql.DUE, limits)]
    return Count(sum(min(number, MOST_COUNTED) for number in numbers), exact=max(numbers, default=0) <= MOST_COUNTED)
