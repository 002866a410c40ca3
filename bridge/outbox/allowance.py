"""Time that a search may take: what it works, whatever else keeps the machine busy, and in the end what passes."""

import time
from dataclasses import dataclass
from typing import Self

_PASSES = 2  # times as long may pass as is worked, on a busy machine or a slow disk


@dataclass(frozen=True, slots=True)
class Allowance:
    """Until when the thread may work, and until when at the latest (s)."""

    worked: float
    passed: float

    @classmethod
    def of(cls, ms: float) -> Self:
        """Begin now."""
        return cls(time.thread_time() + ms / 1000, time.monotonic() + _PASSES * ms / 1000)

    @property
    def left(self) -> float:
        """The ms that are left to work; not above 0 when it is over."""
        return 1000 * min(self.worked - time.thread_time(), (self.passed - time.monotonic()) / _PASSES)

    def is_over(self) -> bool:
        """Say whether time is over."""
        return time.thread_time() >= self.worked or time.monotonic() >= self.passed
