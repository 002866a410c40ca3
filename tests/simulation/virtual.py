"""Time that passes only when nobody has anything to do: an event loop that jumps to its next timer, and a clock."""

import asyncio
import selectors
from typing import Any


class _Unblocking(selectors.SelectSelector):
    """Instead of waiting for the next timer, makes it now."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self.elapsed += max(0.0, timeout)
        return []  # no sockets here; who wakes the loop from another thread has no place in a simulation


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop without sockets and threads, whose time is that of its timers."""

    def __init__(self) -> None:
        self._unblocking = _Unblocking()
        super().__init__(self._unblocking)

    def time(self) -> float:
        return self._unblocking.elapsed


class Clock:
    """What the wall clock shows, in ms. It runs with the loop, and may be put forward while nothing happens."""

    def __init__(self, loop: VirtualLoop, begins: int) -> None:
        self._loop = loop
        self._ahead = begins

    def __call__(self) -> int:
        return self._ahead + int(self._loop.time() * 1000)

    def put_forward(self, until: int) -> None:
        """Let it show `until` (ms), if that is later."""
        self._ahead += max(0, until - self())
