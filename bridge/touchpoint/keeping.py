"""Keeping connections for the next request, within limits: none is used that its target may be about to close."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bridge.touchpoint.dial import Origin
from bridge.touchpoint.wire import Wire


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection is used: seconds of idleness and in all, and how many requests."""

    idle: float = 4.0  # targets commonly close after five, and a request must not meet that close
    age: float = 60.0  # so that a target that moves to other addresses is followed
    requests: int = 1_000


class Line:
    """An open connection to an origin, with what its limits are about."""

    __slots__ = ("_idle_until", "_opened_at", "_requests", "origin", "wire")

    def __init__(self, origin: Origin, wire: Wire, now: float) -> None:
        self.origin = origin
        self.wire = wire
        self._opened_at = now
        self._idle_until = now
        self._requests = 0

    def rest(self, limits: Limits, now: float) -> bool:
        """Note that a request has ended, `now` in seconds; False if it was the last one here."""
        self._requests += 1
        said = self.wire.open_for
        # A second less than the target says: its clock runs since it sent the answer, and ours since it came.
        idle = limits.idle if said is None else min(limits.idle, said - 1.0)
        self._idle_until = min(now + idle, self._opened_at + limits.age)
        return self._requests < limits.requests and now < self._idle_until and self.wire.is_at_rest()

    def is_usable(self, now: float) -> bool:
        """Say whether another request may go out here."""
        return now < self._idle_until and self.wire.is_usable()


class Lines:
    """The idle connections of each origin, newest last; what is too old is closed by a timer."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._idle: dict[Origin, deque[Line]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, origin: Origin) -> Line | None:
        """Give the newest usable one, if any."""
        lines = self._idle.get(origin)
        while lines:
            line = lines.pop()
            if line.is_usable(self._clock()):
                return line
            line.wire.abort()
        return None

    def add(self, origin: Origin, wire: Wire) -> Line:
        """Make a line of a new connection."""
        return Line(origin, wire, self._clock())

    def give_back(self, line: Line) -> None:
        """Keep a connection whose request has ended, or close it."""
        if not line.rest(self._limits, self._clock()):
            line.wire.abort()
            return
        self._idle.setdefault(line.origin, deque()).append(line)
        self._sweep_later()

    def close(self) -> None:
        """Close what is idle."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for lines in self._idle.values():
            for line in lines:
                line.wire.abort()
        self._idle.clear()

    def _sweep_later(self) -> None:
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._limits.idle / 2, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle too long, so that quiet touchpoints hold no sockets."""
        self._sweeping = None
        swept = {origin: self._swept(lines) for origin, lines in self._idle.items()}
        self._idle = {origin: lines for origin, lines in swept.items() if lines}
        if self._idle:
            self._sweep_later()

    def _swept(self, lines: deque[Line]) -> deque[Line]:
        now = self._clock()
        kept: deque[Line] = deque()
        for line in lines:
            if line.is_usable(now):
                kept.append(line)
            else:
                line.wire.abort()
        return kept
