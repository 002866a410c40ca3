"""Applying the retention: chunk after chunk, each so small that whoever wants to write next hardly waits."""

from collections import Counter

from bridge.app.clock import now
from bridge.outbox.books import Place
from bridge.outbox.protocol import Store
from bridge.settings import Settings

_LONGEST = 20  # ms that a chunk may keep the writer
_FEWEST, _MOST = 8, 1_000  # rows that a chunk looks at


class Sweep:
    """One walk over everything that is old. It begins with small chunks and finds out what fits in the time."""

    def __init__(self, settings: Settings) -> None:
        self._begun = now()
        self._settings = settings
        self._place: Place | None = None
        self._limit = 64
        self.counts: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        """How many rows were let go so far."""
        return self.counts.total()

    def step(self, store: Store) -> bool:
        """Do one chunk; False when that was the last."""
        began = now()
        pruned = store.controls.prune(**bounds(self._settings, self._begun), limit=self._limit, place=self._place)
        self._limit = fitting(self._limit, now() - began)
        self._place = pruned.place
        self.counts.update(pruned.counts)
        return pruned.place is not None


def bounds(settings: Settings, time: int) -> dict[str, int]:
    """Say what is old at this time: the arguments of `prune` and `prunable`."""
    return {
        "now": time,
        "payloads_before": time - settings.keep_payloads,
        "history_before": time - settings.keep_history,
    }


def fitting(limit: int, took: int) -> int:
    """Give the next chunk's number of rows after one of `limit` rows that took so many ms."""
    if took > _LONGEST:
        return max(_FEWEST, limit * _LONGEST // (2 * took))
    if took < _LONGEST // 2:
        return min(_MOST, limit + limit // 4 + 1)
    return limit
