"""Whose turn it is to write: a queue of the processes that share one SQLite file, so that none sleeps in its lock."""

import contextlib
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

_TOKEN = b"."
# Seconds after which one writes without its turn: SQLite's own lock guards the file, the turn only saves waiting.
_PATIENCE = 0.5


class Turn:
    """Two pipes with a token each: who holds `next` waits for `now`, and gives `next` on once it has both.

    So nobody who has just written comes before one who waits. A token that is lost with a killed process costs a wait
    of at most `patience` seconds: who waited so long goes on without, and puts a new one back. One too many, as the
    holder was only slow, is dropped when both are put back. For one thread of each process.
    """

    __slots__ = ("_next", "_now", "_patience", "descriptors")

    def __init__(self, descriptors: tuple[int, int, int, int], *, patience: float = _PATIENCE) -> None:
        self.descriptors = descriptors
        self._next, self._now = _Token(*descriptors[:2]), _Token(*descriptors[2:])
        self._patience = patience

    @classmethod
    def new(cls, *, patience: float = _PATIENCE) -> Self:
        """Make a turn that is free; a process that is given `descriptors` shares it as `Turn(descriptors)`."""
        turn = cls((*os.pipe(), *os.pipe()), patience=patience)
        for descriptor in turn.descriptors:
            os.set_blocking(descriptor, False)
        turn._next.put_back()
        turn._now.put_back()
        return turn

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Wait for the turn and hold it; False means that it did not come in time, which is no reason not to write."""
        end = time.monotonic() + self._patience
        came = self._next.take(end)
        try:
            came = self._now.take(end) and came
        finally:
            self._next.put_back()
        try:
            yield came
        finally:
            self._now.put_back()

    def close(self) -> None:
        """Close this process's ends."""
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)


class _Token:
    """One byte in a pipe; who has read it, holds it."""

    __slots__ = ("_reading", "_ready", "_writing")

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._ready = select.poll()
        self._ready.register(reading, select.POLLIN)

    def take(self, end: float) -> bool:
        while True:
            with contextlib.suppress(BlockingIOError):
                if os.read(self._reading, 1):
                    return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._ready.poll(left * 1_000)

    def put_back(self) -> None:
        if not self._ready.poll(0):
            os.write(self._writing, _TOKEN)
