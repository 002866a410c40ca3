"""How much a source's system may be asked now: calls at the same time, its rate, and the rest it asked for."""

from bridge.core.configuration import Rate, Source

AT_ONCE = 4  # lookups of one source at the same time
BURST = 250  # ms of its rate that a source may catch up with at once


class Pace:
    """What the scout knows of one source.

    `busy`: lookups under way. `seen_empty`: the scout's count of news when a claim last found less than it could take.
    `not_before`: the system wants no question before that time. `answered_at`: when it last gave an answer.
    """

    __slots__ = ("answered_at", "busy", "not_before", "refilled", "seen_empty", "tokens")

    def __init__(self, now: int) -> None:
        self.busy = 0
        self.seen_empty = -1
        self.not_before = 0
        self.answered_at: int | None = None
        self.tokens = 1.0
        self.refilled = now

    def may_ask(self, rate: Rate | None, now: int) -> int:
        """Say how many more lookups may begin at `now` (ms)."""
        free = AT_ONCE - self.busy if now >= self.not_before else 0
        if rate is None:
            return max(0, free)
        allowed = rate.count / rate.period
        self.tokens = min(max(1.0, allowed * BURST), self.tokens + max(0, now - self.refilled) * allowed)
        self.refilled = now
        return max(0, min(free, int(self.tokens)))

    def took(self, count: int, rate: Rate | None) -> None:
        """Count lookups that were claimed."""
        self.busy += count
        if rate is not None:
            self.tokens -= count

    def wait(self, rate: Rate | None, now: int) -> float:
        """Say in how many ms another lookup may begin, as far as the rate and the system have a say."""
        token = max(0.0, (1.0 - self.tokens) * rate.period / rate.count) if rate else 0.0
        return max(token, self.not_before - now)


def lookup_rate(source: Source) -> Rate | None:
    """Give how many lookups a source may make: its slowest rate, which counts every request that a lookup can need."""
    rates = [
        Rate(lookup.rate.count, lookup.rate.period * len(lookup.requests)) for lookup in source.lookups if lookup.rate
    ]
    return min(rates, key=lambda rate: rate.count / rate.period, default=None)
