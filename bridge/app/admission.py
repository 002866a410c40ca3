"""Whether there is room for more: undelivered work, the size of the store, free disk."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bridge.settings import Settings


@dataclass(frozen=True, slots=True)
class Room:
    """What takes room now: deliveries and events that wait, bytes of the store, free bytes of its disk."""

    waiting: int
    store: int
    free: int

    def shortage(self, settings: Settings) -> str | None:
        """Say what there is too much or too little of, in words for whoever operates the bridge."""
        if self.waiting >= settings.max_waiting:
            return f"{self.waiting} deliveries wait; {settings.max_waiting} may (BRIDGE_MAX_WAITING)"
        if self.store >= settings.max_store:
            return f"the database has {self.store} bytes; {settings.max_store} are allowed (BRIDGE_MAX_STORE)"
        if self.free < settings.min_free_disk:
            return f"{self.free} bytes of disk are free; {settings.min_free_disk} must be (BRIDGE_MIN_FREE_DISK)"
        return None


def measure(database: Path, counters: dict[str, int]) -> Room:
    """Look at the disk and the counters."""
    names = ("events.waiting", *(f"deliveries.{state}" for state in ("pending", "sending", "held")))
    waiting = sum(counters.get(name, 0) for name in names)
    size = sum(_size(Path(f"{database}{suffix}")) for suffix in ("", "-wal"))
    return Room(waiting, size, shutil.disk_usage(database.parent).free)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - once a second; a Path makes three objects of it
    except FileNotFoundError:
        return 0
