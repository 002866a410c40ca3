"""Who may send how much now: a lane per touchpoint, fair shares of the slots, and the touchpoint's rate."""

from collections.abc import Sequence

from bridge.core.configuration import Rate

BURST = 100  # ms of its rate that a touchpoint may catch up with at once; claims are not made every millisecond


class Lane:
    """What the courier knows of one touchpoint.

    `busy`: deliveries being sent. `seen_empty`: the courier's count of news when a claim last found less than it
    could take; until there is news again, asking is useless. `tokens`: what its rate allows now.
    """

    __slots__ = ("busy", "refilled", "seen_empty", "tokens")

    def __init__(self, now: int) -> None:
        self.busy = 0
        self.seen_empty = -1
        self.tokens = 1.0
        self.refilled = now

    def may_take(self, concurrency: int, rate: Rate | None, now: int) -> int:
        """Say how many more deliveries may be sent at `now` (ms)."""
        free = max(0, concurrency - self.busy)
        if rate is None:
            return free
        allowed = rate.count / rate.period
        self.tokens = min(max(1.0, allowed * BURST), self.tokens + max(0, now - self.refilled) * allowed)
        self.refilled = now
        return min(free, int(self.tokens))

    def took(self, count: int, rate: Rate | None) -> None:
        """Count deliveries that were claimed."""
        self.busy += count
        if rate is not None:
            self.tokens -= count

    def next_token(self, rate: Rate) -> float:
        """Say in how many ms the rate allows one more."""
        return max(0.0, (1.0 - self.tokens) * rate.period / rate.count)


def shares(wanted: Sequence[tuple[str, int, bool]], spare: int) -> dict[str, int]:
    """Divide the spare slots fairly among (touchpoint, how many it could take, whether it sends nothing now).

    What one does not want goes to the others. A touchpoint that sends nothing gets one slot even when none is
    spare: however many sick touchpoints sit on all the slots, the healthy ones go on.
    """
    granted: dict[str, int] = {}
    ordered = sorted(wanted, key=lambda item: item[1])
    for index, (name, want, is_idle) in enumerate(ordered):
        fair = -(-spare // (len(ordered) - index))
        share = min(want, max(fair, 1 if is_idle else 0))
        if share > 0:
            granted[name] = share
            spare = max(0, spare - share)
    return granted
