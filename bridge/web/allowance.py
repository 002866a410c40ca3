"""How many requests a source may still make: a bucket of tokens that refills evenly."""

from collections.abc import Awaitable, Callable

from bridge.core.configuration import Rate, Source


class Allowance:
    """At most `rate.count` at once, and as many per `rate.period` ms; a clock that jumps back grants nothing."""

    __slots__ = ("_at", "_left", "rate")

    def __init__(self, rate: Rate, now: int) -> None:
        self.rate = rate
        self._left = float(rate.count)
        self._at = now

    def take(self, now: int) -> float:
        """Take one at the time `now` in ms. Gives 0, or the ms until there is one again."""
        count, period = self.rate.count, self.rate.period
        self._left = min(float(count), self._left + max(0, now - self._at) * count / period)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return (1 - self._left) * period / count


class Allowances:
    """What each source with a limit may still send; a changed limit begins anew."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[str, Allowance] = {}

    def take(self, source: Source, now: int) -> float:
        """Take one of the source's at the time `now` in ms. Gives 0, or the ms until there is one again."""
        if source.limit is None:
            return 0
        allowance = self._of.get(source.name)
        if allowance is None or allowance.rate != source.limit:
            allowance = self._of[source.name] = Allowance(source.limit, now)
        return allowance.take(now)


def counted_here() -> Callable[[Source, int], Awaitable[float]]:
    """Give allowances of this process's own, for one that receives alone."""
    allowances = Allowances()

    async def allow(source: Source, now: int) -> float:
        return allowances.take(source, now)

    return allow
