"""Running many seeds, each on a fresh copy of an empty database, on all processors."""

import logging
import multiprocessing
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.outbox.store import open_store
from tests.simulation.simulation import Ended, simulate

_IN_MEMORY = Path("/dev/shm")  # a folder in memory, where there is one: simulations are no test of disks
_SHARE = 50  # seeds that a process takes at a time
_MOST_BROKEN = 5  # seeds of a share after which the rest of it tells nothing new


@dataclass(slots=True)
class Ran:
    """How often each thing happened in all seeds, and what was wrong with those that failed."""

    seeds: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)


def run_all(seeds: range) -> Ran:
    """Run the seeds, in as many processes as there are processors."""
    shares = [seeds[first : first + _SHARE] for first in range(0, len(seeds), _SHARE)]
    context = multiprocessing.get_context("spawn")  # nothing of the test's own process is shared
    ran = Ran()
    with ProcessPoolExecutor(min(len(shares), os.cpu_count() or 1), mp_context=context) as pool:
        for part in pool.map(run_share, shares):
            ran.seeds += part.seeds
            ran.seen += part.seen
            ran.broken |= part.broken
    return ran


def run_share(seeds: Sequence[int]) -> Ran:
    """Run these seeds, one after the other."""
    ran = Ran()
    with _databases() as (folder, empty):
        for seed in seeds:
            try:
                ran.seen += _run(seed, folder, empty).seen
            except Exception as error:  # noqa: BLE001 - whatever is wrong, the seed must be told
                ran.broken[seed] = f"{type(error).__name__}: {error}"
            ran.seeds += 1
            if len(ran.broken) >= _MOST_BROKEN:
                break
    return ran


def run_one(seed: int) -> Ended:
    """Run this seed; raises Broken, with the end of the log as a note, at the first promise that does not hold."""
    with _databases() as (folder, empty):
        return _run(seed, folder, empty)


@contextmanager
def _databases() -> Iterator[tuple[Path, Path]]:
    """Give a folder and an empty database in it. What the bridge logs is no news here."""
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as name:
            empty = Path(name) / "empty.db"
            open_store(empty, create=True).close()
            yield Path(name), empty
    finally:
        logging.disable(logging.NOTSET)


def _run(seed: int, folder: Path, empty: Path) -> Ended:
    database = folder / f"{seed}.db"
    shutil.copyfile(empty, database)
    try:
        return simulate(seed, database)
    finally:
        for left in folder.glob(f"{seed}.db*"):
            left.unlink()
