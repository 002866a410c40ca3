"""How the books are told: whether they balance, in sentences and as the record that commands and API give."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bridge.core.model import STATES, VERDICTS
from bridge.outbox.books import Balance, Imbalance

_DAY = 86_400_000  # ms
_EARLIER = "earlier"  # what was counted before it was counted by day
# Columns of the balance sheet, and the counts that they show.
COLUMNS: Mapping[str, str] = {
    "events": "events.accepted",
    "waiting": "events.waiting",
    "decisions": "decisions",
    **{verdict: f"decisions.{verdict}" for verdict in VERDICTS},
    "replayed": "deliveries.replayed",
    **{state: f"deliveries.{state}" for state in STATES},
}


def as_record(balance: Balance) -> dict[str, Any]:
    """Give the books as plain values."""
    return {
        "balanced": not balance.imbalances,
        "imbalances": [_dated(asdict(each)) for each in balance.imbalances],
        "counters": dict(balance.counters),
        "days": [_dated(row) for row in balance.days],
    }


def sheet_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a line of the balance sheet, by column."""
    counts = {column: row.get(name) for column, name in COLUMNS.items()}
    return {"day": date_of(row["day"]), "source": row["source"], **counts}


def date_of(day: int) -> str:
    """Write a day, in days since 1970, as a date."""
    return datetime.fromtimestamp(day * _DAY / 1000, UTC).strftime("%Y-%m-%d") if day else _EARLIER


def where(imbalance: Imbalance) -> str:
    """Say of which source and day an equation does not hold; `` of all."""
    return "" if imbalance.day is None else f"{date_of(imbalance.day)} {imbalance.source}".rstrip()


def sentence(imbalance: Imbalance) -> str:
    """Say what does not balance."""
    place = f"{where(imbalance)}: " if where(imbalance) else ""
    rows = f": {', '.join(imbalance.rows)}" if imbalance.rows else ""
    more = f" and {imbalance.more} more" if imbalance.more else ""
    return f"{place}{imbalance.equation}: {imbalance.left} against {imbalance.right}{rows}{more}"


def counts_of(balance: Balance, *, is_part: bool) -> Mapping[str, int]:
    """Give the counters, or of a part of the books what its days add up to."""
    return _sum(balance.days) if is_part else balance.counters


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "day": None if row["day"] is None else date_of(row["day"])}


def _sum(days: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for row in days:
        for name in row.keys() - {"day", "source"}:
            whole[name] = whole.get(name, 0) + row[name]
    return whole
