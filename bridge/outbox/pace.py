"""How long a request that came now would wait for its commit: by how many wait, and how fast they were taken lately."""

from dataclasses import dataclass

MOST_WAIT = 0.1  # seconds; with what else an answer takes it is there within a quarter of a second
ALWAYS_ADMITTED = 64  # requests that may wait in any case: a slow disk takes as long for one of them as for all
FIRST = 0.0003  # seconds for a request where nothing was measured yet: what a small machine takes
_TELLING = 32  # requests in a commit from which on its time tells the pace; a smaller one mostly waits for the disk
_MEMORY = 1_000  # requests after which what was measured before them has all but faded
_CALMING = 0.1  # of what is left of a crowd's pace, that each quiet commit takes away


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds that each request takes while others wait, from commit to commit as its senders see them."""

    per_request: float = FIRST

    def after(self, requests: int, seconds: float) -> "Pace":
        """Give the pace after a commit of so many requests that came so many seconds after the one before it."""
        if requests < _TELLING:
            return self
        return self._nearer(seconds / requests, min(1.0, requests / _MEMORY))

    def calmed(self) -> "Pace":
        """Give the pace after a commit that left nobody waiting: that of the last crowd says less and less."""
        return self if self.per_request == FIRST else self._nearer(FIRST, _CALMING)

    def _nearer(self, other: float, weight: float) -> "Pace":
        return Pace(self.per_request + weight * (other - self.per_request))

    def wait(self, waiting: int, lag: float) -> float:
        """Give the seconds until so many requests are answered by a loop that lags by so many seconds.

        A request meets the lag twice: until it is read, and until its answer is written.
        """
        return waiting * self.per_request + 2 * lag

    def is_too_much(self, waiting: int, lag: float) -> bool:
        """Say whether one more request would wait too long for its answer."""
        return waiting >= ALWAYS_ADMITTED and self.wait(waiting, lag) > MOST_WAIT
