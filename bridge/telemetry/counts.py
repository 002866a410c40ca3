"""Counts of what the hooks did in an intake process, as they go to the main process, which shows them."""

from collections import Counter

import msgspec


class Counts(msgspec.Struct, frozen=True):
    """How many more of each: answers by source and status, events by source and result, drifts by touchpoint."""

    requests: tuple[tuple[str, str, int], ...] = ()
    events: tuple[tuple[str, str, int], ...] = ()
    drifts: tuple[tuple[str, int], ...] = ()


class Counting:
    """Counts like Metrics, and gives away what it has counted."""

    __slots__ = ("_drifts", "_events", "_requests")

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str]] = Counter()
        self._events: Counter[tuple[str, str]] = Counter()
        self._drifts: Counter[str] = Counter()

    def answered(self, source: str, status: int) -> None:
        """Count an answer of the hooks; `source` is empty where no such source is configured."""
        self._requests[source, str(status)] += 1

    def received(self, source: str, *, accepted: int, duplicates: int) -> None:
        """Count the events of an accepted request."""
        if accepted:
            self._events[source, "accepted"] += accepted
        if duplicates:
            self._events[source, "duplicate"] += duplicates

    def drifted(self, touchpoint: str) -> None:
        """Count an attribute that drifts."""
        self._drifts[touchpoint] += 1

    def take(self) -> Counts:
        """Give what was counted since this was last called."""
        requests = tuple((*labels, number) for labels, number in self._requests.items())
        events = tuple((*labels, number) for labels, number in self._events.items())
        counts = Counts(requests, events, tuple(self._drifts.items()))
        for counter in (self._requests, self._events, self._drifts):
            counter.clear()
        return counts
