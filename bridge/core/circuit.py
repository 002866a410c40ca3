"""The circuit of one touchpoint: while its target fails nothing is sent there; then one request tries, then more."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from bridge.core.configuration import Touchpoint
from bridge.core.outcome import Answered, NotSent, Outcome
from bridge.core.retry import meaning, read_retry_after

WINDOW = 30  # seconds over which outcomes are counted
FEWEST = 10  # outcomes of which half must have failed
FEWEST_AGAIN = 2  # the same while the target recovers: it was failing a moment ago
UNREACHED = 5  # attempts in a row that did not reach the target
FIRST_PAUSE = 30_000  # ms; doubled each time the target fails again before it has recovered
LONGEST_PAUSE = 600_000
STEP = 10_000  # ms after which twice as many requests may be on their way, if as many successes do not come first

Weight = Literal["fine", "failed", "unreached", "nothing"]
_PATIENT = (429, 503)  # the statuses whose Retry-After speaks for the whole target, not for one request


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing is sent to a touchpoint, since when, and until when (ms); then one request tries."""

    reason: str
    since: int
    until: int


def weigh(outcome: Outcome, touchpoint: Touchpoint) -> Weight:
    """Say what an outcome tells of the target: a request that is refused for what it says is no failure of it."""
    if isinstance(outcome, NotSent):
        return "unreached" if outcome.tried else "nothing"
    return "failed" if meaning(outcome, touchpoint) in {"retry", "unknown"} else "fine"


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A stretch of time from one opening of a circuit to the next; attempts belong to that in which they began."""

    circuit: object


class Breaker:
    """Says how many more attempts at one touchpoint may begin, by the outcomes of those that ended.

    Closed: all its slots. Open: none until the pause is over, then one request, the canary. Recovering: 1, 2, 4, …
    slots. An attempt belongs to the `turn` in which it was claimed; what was on its way when the circuit opened neither
    opens nor closes it. Times are ms by a clock that may be set back.
    """

    __slots__ = ("_openings", "_outcomes", "_pace", "_paced_at", "_seen", "_touchpoint", "_under_way", "_unreached",
                 "_until", "_wins", "trouble", "turn")  # fmt: skip

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.trouble: Trouble | None = None
        self.turn = Turn(self)
        self._touchpoint = touchpoint
        self._pace: int | None = None  # slots while recovering; 0 while open, None while closed
        self._paced_at = 0
        self._wins = 0
        self._until = 0
        self._openings = 0
        self._under_way = 0  # attempts of this turn
        self._unreached = 0
        self._outcomes: deque[tuple[int, int, int]] = deque()  # a second, the outcomes and the failures in it
        self._seen = 0

    def room(self, busy: int, now: int) -> int:
        """Say how many more attempts may begin at `now`, when `busy` are on their way."""
        self._keep_time(now)
        spare = max(0, self._touchpoint.concurrency - busy)
        if now < self._until:
            return 0
        if self._pace:
            self._speed_up(now)
        if self._pace is None:
            return spare
        return min(spare, max(0, max(1, self._pace) - self._under_way))

    def begin(self, turn: Turn, count: int) -> None:
        """Count attempts that begin in the turn of which `room` spoke."""
        if turn is self.turn:
            self._under_way += count

    def end(self, turn: Turn, outcome: Outcome, now: int) -> bool:
        """Take the outcome of an attempt of that turn; True if `trouble` is another one now.

        One that began with another circuit, before the touchpoint was changed, says nothing of this one's target.
        """
        if turn.circuit is not self:
            return False
        self._keep_time(now)
        before = self.trouble
        if turn is self.turn:
            self._under_way -= 1
            self._count(outcome, weigh(outcome, self._touchpoint), now)
        self._obey(outcome, now)
        return self.trouble != before

    def hasten(self, now: int) -> bool:
        """Let one request try at `now`, as if the pause were over; False where nothing waits for that."""
        self._keep_time(now)
        if self.trouble is None or now >= self._until:
            return False
        self._until, self._pace, self._wins, self._under_way = now, 0, 0, 0
        self.turn = Turn(self)  # what is on its way from before says nothing of this try
        self.trouble = replace(self.trouble, until=now)
        return True

    # -- counting --------------------------------------------------------------------------------------------

    def _count(self, outcome: Outcome, weight: Weight, now: int) -> None:
        if weight == "nothing":
            return
        if self._pace == 0 and weight != "fine":
            self._open(f"it still fails: {_told(outcome)}", now)
            return
        self._unreached = self._unreached + 1 if weight == "unreached" else 0
        self._add(now // 1000, failed=weight != "fine")
        if weight == "fine":
            self._succeed(now)
        elif excess := self._excess():
            self._open(f"{excess}; the last: {_told(outcome)}", now)

    def _add(self, second: int, *, failed: bool) -> None:
        while self._outcomes and self._outcomes[0][0] <= second - WINDOW:
            self._outcomes.popleft()
        outcomes = failures = 0
        if self._outcomes and self._outcomes[-1][0] == second:
            _, outcomes, failures = self._outcomes.pop()
        self._outcomes.append((second, outcomes + 1, failures + failed))

    def _excess(self) -> str:
        """Say why there are too many failures; empty if there are not."""
        if self._unreached >= UNREACHED:
            return f"{self._unreached} attempts in a row did not reach the target"
        outcomes = sum(each[1] for each in self._outcomes)
        failures = sum(each[2] for each in self._outcomes)
        fewest = FEWEST if self._pace is None else FEWEST_AGAIN
        if outcomes < fewest or 2 * failures < outcomes:
            return ""
        return f"{failures} of {outcomes} attempts within {WINDOW} s failed"

    def _succeed(self, now: int) -> None:
        if now >= self._until:
            self.trouble = None
        if self._pace is None:
            return
        self._wins += 1
        if self._wins >= self._pace:
            self._pace, self._wins, self._paced_at = max(1, 2 * self._pace), 0, now

    # -- opening and closing ---------------------------------------------------------------------------------

    def _open(self, reason: str, now: int) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE << min(self._openings, 10))
        self._openings += 1
        self._until = max(self._until, now + pause)
        self._pace, self._wins, self._unreached, self._under_way = 0, 0, 0, 0
        self._outcomes.clear()
        self.turn = Turn(self)
        self.trouble = Trouble(reason, self.trouble.since if self.trouble else now, self._until)

    def _speed_up(self, now: int) -> None:
        """Allow what the time since the last step allows; closed again once that is all the touchpoint may use."""
        pace = self._pace or 1
        while pace < self._touchpoint.concurrency and now - self._paced_at >= STEP:
            pace *= 2
            self._paced_at += STEP
        self._pace = pace
        if pace >= self._touchpoint.concurrency:
            self._pace, self._openings = None, 0

    def _obey(self, outcome: Outcome, now: int) -> None:
        """Hold everything for as long as the target asks, at most `retry.longest`; whose answer it was is no matter."""
        if not isinstance(outcome, Answered) or outcome.status not in _PATIENT:
            return
        if meaning(outcome, self._touchpoint) != "retry":
            return
        until = now + min(read_retry_after(outcome.retry_after, now), self._touchpoint.retry.longest)
        if until <= max(now, self._until):
            return
        self._until = until
        trouble = self.trouble or Trouble(f"{_told(outcome)} and asked to wait", now, until)
        self.trouble = replace(trouble, until=until)

    def _keep_time(self, now: int) -> None:
        """Let what was to last so long last so long, also when the clock was set back."""
        back = self._seen - now
        if back > 0:
            self._until -= back
            self._paced_at -= back
            self._outcomes = deque((second - back // 1000, all_, bad) for second, all_, bad in self._outcomes)
        self._seen = now


def _told(outcome: Outcome) -> str:
    """Say what happened without the target's own words, which may name a person and are on record elsewhere."""
    return f"the target answered {outcome.status}" if isinstance(outcome, Answered) else outcome.reason
