"""How many requests a source may still make: a bucket of tokens that refills evenly."""

from bridge.core.configuration import Rate


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
