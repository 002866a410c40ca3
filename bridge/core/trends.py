"""Finds what changed in the payloads of a source: paths that appeared, vanished, or are null far more or less often."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Literal

from bridge.core.shape import MOST_PATHS, paths_of

DAY = 86_400_000
RECENT = 7  # days in which a change may have begun
LEAST_BEFORE, LEAST_AFTER = 10, 5  # events of a topic on either side, from which shares say something
STRONG = 0.2  # a share's difference that is worth a line
USUAL = 0.5  # of the events had a path whose absence is worth a line
RARE = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """What changed at one path since a day (ms, UTC). The shares are of null or absent values; 0 to 1."""

    source: str
    topic: str
    path: str
    what: Literal["appeared", "vanished", "nulls"]
    since: int
    before: float
    after: float


@dataclass(slots=True)
class _Days:
    """The events of one topic by day, and by path and day those that had it and those where it held something."""

    events: Counter[int] = field(default_factory=Counter)
    seen: dict[str, Counter[int]] = field(default_factory=dict)
    filled: dict[str, Counter[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Trends:
    """The paths of payloads by source, topic and day; bounded, however many events there are."""

    _topics: dict[tuple[str, str], _Days] = field(default_factory=dict)

    def take(self, source: str, topic: str, received_at: int, payload: Any) -> None:
        """Count the paths of one payload."""
        days = self._topics.setdefault((source, topic), _Days())
        day = received_at // DAY
        days.events[day] += 1
        for path, is_filled in paths_of(payload).items():
            if path in days.seen or len(days.seen) < MOST_PATHS:
                days.seen.setdefault(path, Counter())[day] += 1
                days.filled.setdefault(path, Counter())[day] += is_filled

    def changes(self) -> list[Change]:
        """Give what changed within the last days, of nested paths the outermost, source by source."""
        return [
            change
            for (source, topic), days in sorted(self._topics.items())
            for change in _outermost(_changes(source, topic, days))
        ]


def _changes(source: str, topic: str, days: _Days) -> Iterator[Change]:
    newest = max(days.events)
    starts = [day for day in sorted(days.events) if newest - RECENT < day]
    for path in sorted(days.seen):
        best: tuple[float, Change] | None = None
        for start in starts:
            if found := _change(days, path, start, (source, topic)):
                best = max(best, found, key=lambda pair: pair[0]) if best else found
        if best:
            yield best[1]


def _change(days: _Days, path: str, start: int, name: tuple[str, str]) -> tuple[float, Change] | None:
    """Compare the days before a start with those from it on; give the change with how telling it is."""
    total = _split(days.events, start)
    if total[0] < LEAST_BEFORE or total[1] < LEAST_AFTER:
        return None
    seen, filled = _split(days.seen[path], start), _split(days.filled[path], start)
    shares = 1 - filled[0] / total[0], 1 - filled[1] / total[1]
    weight = sqrt(total[0] * total[1] / (total[0] + total[1]))
    change = Change(*name, path, "nulls", start * DAY, *shares)
    if not seen[0] and seen[1] / total[1] > RARE and seen[1] > 1:
        return weight * seen[1] / total[1], Change(*name, path, "appeared", start * DAY, *shares)
    if not seen[1] and seen[0] / total[0] >= USUAL:
        return weight, Change(*name, path, "vanished", start * DAY, *shares)
    difference = abs(shares[1] - shares[0])
    return (weight * difference, change) if difference >= STRONG else None


def _split(counts: Counter[int], start: int) -> tuple[int, int]:
    before = sum(count for day, count in counts.items() if day < start)
    return before, counts.total() - before


def _outermost(changes: Iterator[Change]) -> list[Change]:
    """Leave out what follows from a change of the object around it."""
    kept: list[Change] = []
    for change in changes:  # in the order of their paths, so that what is around comes first
        if not any(change.path.startswith(f"{other.path}.") and other.since == change.since for other in kept):
            kept.append(change)
    return kept
