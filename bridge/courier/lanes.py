"""Who may send how much now: a lane per touchpoint, with its circuit and its rate, and fair shares of the slots."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heapreplace

from bridge.core.circuit import Breaker, Turn
from bridge.core.configuration import Rate, Touchpoint
from bridge.core.outcome import Outcome
from bridge.courier.troubles import Troubles
from bridge.outbox.terms import Claimed

BURST = 100  # ms of its rate that a touchpoint may catch up with at once; claims are not made every millisecond


class Lane:
    """What the courier knows of one touchpoint.

    `busy`: deliveries being sent. `seen_empty`: the courier's count of news when a claim last found less than it
    could take; until there is news again, asking is useless. `turn`: the circuit's, when it was last asked. `credit`:
    what the rate allows now, in whole numbers: each ms adds the rate's count, each request costs its period. So in no
    time T more than T * count / period requests begin, plus what `BURST` allows and at least one.
    """

    __slots__ = ("breaker", "busy", "credit", "refilled", "seen_empty", "touchpoint", "turn")

    def __init__(self, touchpoint: Touchpoint, now: int) -> None:
        self.touchpoint = touchpoint
        self.breaker = Breaker(touchpoint)
        self.turn = self.breaker.turn
        self.busy = 0
        self.seen_empty = -1
        self.credit = touchpoint.rate.period if touchpoint.rate else 0
        self.refilled = now

    def follow(self, touchpoint: Touchpoint) -> bool:
        """Take over the touchpoint as it is now; True if it was changed: its circuit then begins anew."""
        before, self.touchpoint = self.touchpoint, touchpoint
        if touchpoint is before or replace(touchpoint, line=before.line) == before:
            return False
        self.breaker = Breaker(touchpoint)
        if touchpoint.rate != before.rate and touchpoint.rate is not None:
            self.credit = touchpoint.rate.period
        return True

    def may_take(self, now: int) -> int:
        """Say how many more deliveries may be sent at `now` (ms)."""
        room = self.breaker.room(self.busy, now)
        self.turn = self.breaker.turn
        rate = self.touchpoint.rate
        if rate is None:
            return room
        most = max(rate.period, rate.count * BURST) + rate.count - 1  # what is left of a ms is not lost
        self.credit = min(most, self.credit + max(0, now - self.refilled) * rate.count)
        self.refilled = now
        return min(room, self.credit // rate.period)

    def took(self, count: int) -> None:
        """Count deliveries that were claimed."""
        self.busy += count
        self.breaker.begin(self.turn, count)
        if self.touchpoint.rate is not None:
            self.credit -= count * self.touchpoint.rate.period

    def next_token(self, rate: Rate) -> int:
        """Say in how many ms the rate allows one more; 0 if it does now."""
        return max(0, -(-(rate.period - self.credit) // rate.count))


class Lanes:
    """The lanes of all touchpoints. `until_token`: in how many ms a rate allows one more; None if none is awaited."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._lanes: dict[str, Lane] = {}
        self.until_token: int | None = None

    def free(
        self,
        touchpoints: Mapping[str, Touchpoint],
        *,
        is_ready: Callable[[Touchpoint], bool],
        news: int,
        spare: int,
        now: int,
    ) -> dict[str, int]:
        """Say how many deliveries of each touchpoint to claim at `now`; `news` is the courier's count of them."""
        wanted = []
        self.until_token = None
        for name, touchpoint in touchpoints.items():
            lane = self._lane(touchpoint, now)
            if lane.seen_empty == news or lane.busy >= touchpoint.concurrency or not is_ready(touchpoint):
                continue
            want = lane.may_take(now)
            if want:
                wanted.append((name, want, lane.busy))
            elif touchpoint.rate is not None and (wait := lane.next_token(touchpoint.rate)):
                self.until_token = wait if self.until_token is None else min(wait, self.until_token)
        return shares(wanted, spare)

    def _lane(self, touchpoint: Touchpoint, now: int) -> Lane:
        lane = self._lanes.get(touchpoint.name)
        if lane is None:
            lane = self._lanes[touchpoint.name] = Lane(touchpoint, now)
        elif lane.follow(touchpoint):
            self._troubles.note(touchpoint.name, None)
        return lane

    def took(self, free: Mapping[str, int], found: Claimed, *, news: int) -> None:
        """Take in what a claim of `free` found, made when there was so much news."""
        counts = Counter(delivery.touchpoint for delivery in found.deliveries)
        for name, could in free.items():
            lane = self._lanes[name]
            lane.took(counts[name])
            if counts[name] < could and name not in found.unfinished:
                lane.seen_empty = news

    def turn(self, name: str) -> Turn:
        """Give the circuit's turn to which what was claimed last belongs."""
        return self._lanes[name].turn

    def ended(self, name: str, outcome: Outcome, *, turn: Turn | None, now: int) -> None:
        """Free a slot, and let the circuit hear how the attempt of that turn ended; without one it does not count."""
        lane = self._lanes[name]
        lane.busy -= 1
        if turn is not None and lane.breaker.end(turn, outcome, now):
            self._troubles.note(name, lane.breaker.trouble)

    def hasten(self, name: str, *, now: int) -> None:
        """Let one request try a failing touchpoint at `now`."""
        lane = self._lanes.get(name)
        if lane is not None and lane.breaker.hasten(now):
            self._troubles.note(name, lane.breaker.trouble)

    def retain(self, names: Iterable[str]) -> None:
        """Forget all other touchpoints, as soon as nothing is on its way to them."""
        for name in [name for name, lane in self._lanes.items() if not lane.busy and name not in names]:
            del self._lanes[name]
            self._troubles.note(name, None)


def shares(wanted: Sequence[tuple[str, int, int]], spare: int) -> dict[str, int]:
    """Divide the spare slots among (touchpoint, how many more it could take, how many it has): who has fewest is first.

    A touchpoint that has none gets one even when none is spare: however many sick touchpoints sit on all the slots,
    the healthy ones go on, and with each slot that comes free they get nearer to as many as the others.
    """
    if sum(want for _, want, _ in wanted) <= spare:
        return {name: want for name, want, _ in wanted}
    granted = {name: 1 for name, _, busy in wanted if not busy}
    spare -= len(granted)
    queue = [(busy + granted.get(name, 0), name, want - granted.get(name, 0)) for name, want, busy in wanted]
    queue = [entry for entry in queue if entry[2]]
    heapify(queue)
    while spare > 0:
        busy, name, want = queue[0]
        granted[name] = granted.get(name, 0) + 1
        spare -= 1
        if want > 1:
            heapreplace(queue, (busy + 1, name, want - 1))
        else:
            heappop(queue)
    return granted
