"""What happened hour by hour, from how the counters stood at each: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.outbox.figures import HOUR, HourBegun

Counters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened in the hour that began at `begins` (ms), and how much waited and was held at its end.

    None where nothing is known, as the bridge was off. The last hour is the one that is not over yet.
    """

    begins: int
    received: int | None = None
    delivered: int | None = None
    dead: int | None = None
    waiting: int | None = None
    held: int | None = None

    @property
    def is_known(self) -> bool:
        """Say whether there are figures."""
        return self.received is not None


def hourly(standings: Sequence[HourBegun], counters: Counters, *, now: int, number: int = 24) -> list[Hour]:
    """Give the last hours up to `now` (ms), in order: from how the counters stood, and how they stand now.

    What happened between two that are known belongs to the first: the bridge was stopped in that hour.
    """
    current = now // HOUR * HOUR
    known = sorted((each for each in standings if each.hour <= current), key=lambda each: each.hour)
    ends = [*(each.counters for each in known[1:]), counters]
    between = {each.hour: _hour(each, end) for each, end in zip(known, ends, strict=False)}
    begins = range(current - (number - 1) * HOUR, current + HOUR, HOUR)
    return [between.get(begin, Hour(begin)) for begin in begins]


def _hour(standing: HourBegun, end: Counters) -> Hour:
    begin = standing.counters
    return Hour(
        standing.hour,
        received=_grown(begin, end, "events.accepted"),
        delivered=_grown(begin, end, "deliveries.delivered"),
        dead=_grown(begin, end, "deliveries.dead"),
        waiting=stored(end, "deliveries.pending"),
        held=stored(end, "deliveries.held"),
    )


def _grown(begin: Counters, end: Counters, name: str) -> int:
    """Counters of what happened only grow, unless an older copy of the database was put back."""
    return max(0, end.get(name, 0) - begin.get(name, 0))


def stored(counters: Counters, name: str) -> int:
    """Give what is there now of what is counted: less what was pruned."""
    return max(0, counters.get(name, 0) - counters.get(f"pruned.{name}", 0))
