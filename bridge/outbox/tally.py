"""The counters of the books, kept from what the code intends and written once per transaction."""

from collections import Counter

from bridge.core.model import State
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql


class Tally:
    """What one transaction changes in the counters and in the totals of the touchpoints."""

    __slots__ = ("_changes", "_totals")

    def __init__(self) -> None:
        self._changes: Counter[str] = Counter()
        self._totals: Counter[tuple[str, State]] = Counter()

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        self._changes[name] += by

    def appear(self, touchpoint: str) -> None:
        """Note a new delivery, which is pending."""
        self._changes["deliveries.pending"] += 1
        self._totals[touchpoint, "pending"] += 1

    def move(self, touchpoint: str, before: State, after: State, by: int = 1) -> None:
        """Note that deliveries went from one state to another."""
        self._changes[f"deliveries.{before}"] -= by
        self._changes[f"deliveries.{after}"] += by
        self._totals[touchpoint, before] -= by
        self._totals[touchpoint, after] += by

    def forget(self, touchpoint: str, state: State, by: int) -> None:
        """Note that deliveries were pruned: counters still count them, totals do not."""
        self._changes[f"pruned.deliveries.{state}"] += by
        self._totals[touchpoint, state] -= by

    def write(self, transaction: Transaction) -> None:
        """Write what has changed."""
        transaction.run_many(
            sql.ADD_TO_COUNTER,
            [{"name": name, "change": change} for name, change in self._changes.items() if change],
        )
        transaction.run_many(
            sql.ADD_TO_TOTAL,
            [
                {"touchpoint": touchpoint, "state": state, "change": change}
                for (touchpoint, state), change in self._totals.items()
                if change
            ],
        )
