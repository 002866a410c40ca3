"""The counters of the books, kept from what the code intends and written once per transaction."""

from collections import Counter

from bridge.core.model import State
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql

DAY = 86_400_000  # ms

SourceDay = tuple[str, int]  # a source, and the day on which its event was received, in days since 1970


def source_day(source: str, received_at: int) -> SourceDay:
    """Say under which source and day an event that was received at this time (ms) is counted."""
    return source, received_at // DAY


class Tally:
    """What one transaction changes in the counters, overall and by source and day, and in the touchpoints' totals."""

    __slots__ = ("_changes", "_daily", "_totals")

    def __init__(self) -> None:
        self._changes: Counter[str] = Counter()
        self._daily: Counter[tuple[SourceDay, str]] = Counter()
        self._totals: Counter[tuple[str, State]] = Counter()

    def count(self, name: str, by: int = 1, *, of: SourceDay | None = None) -> None:
        """Add to a counter; `of` says whose event it is about, None for what is about no event."""
        self._changes[name] += by
        if of is not None:
            self._daily[of, name] += by

    def appear(self, touchpoint: str, *, of: SourceDay) -> None:
        """Note a new delivery, which is pending."""
        self.count("deliveries.pending", of=of)
        self._totals[touchpoint, "pending"] += 1

    def move(self, touchpoint: str, before: State, after: State, by: int = 1, *, of: SourceDay) -> None:
        """Note that deliveries went from one state to another."""
        self.count(f"deliveries.{before}", -by, of=of)
        self.count(f"deliveries.{after}", by, of=of)
        self._totals[touchpoint, before] -= by
        self._totals[touchpoint, after] += by

    def forget(self, touchpoint: str, state: State, by: int, *, of: SourceDay) -> None:
        """Note that deliveries were pruned: counters still count them, totals do not."""
        self.count(f"pruned.deliveries.{state}", by, of=of)
        self._totals[touchpoint, state] -= by

    def write(self, transaction: Transaction) -> None:
        """Write what has changed."""
        transaction.run_many(
            sql.ADD_TO_COUNTER,
            [{"name": name, "change": change} for name, change in self._changes.items() if change],
        )
        transaction.run_many(
            sql.ADD_TO_DAY,
            [
                {"source": source, "day": day, "name": name, "change": change}
                for ((source, day), name), change in self._daily.items()
                if change
            ],
        )
        transaction.run_many(
            sql.ADD_TO_TOTAL,
            [
                {"touchpoint": touchpoint, "state": state, "change": change}
                for (touchpoint, state), change in self._totals.items()
                if change
            ],
        )
