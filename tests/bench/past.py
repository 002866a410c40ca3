"""A long past for the scenarios that need one: a store with so many deliveries, made once and then copied."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.machine import PROJECT
from tests.bench.programs import Spoiled, command


def past(folder: Path, count: int) -> Path:
    """Give a folder with a store of `count` deliveries and its mapping files, making it if it is not there yet."""
    made = folder / f"past-{count}"
    if not made.exists():
        database = made / "data" / "bridge.db"
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.console", str(database), str(count)],
            check=False,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            raise Spoiled(f"the past could not be made: {done.returncode}")
    return made


def behind(folder: Path, count: int) -> Path:
    """Give a folder with such a store of which nothing waits any more, so that only what is new is sent."""
    made = folder / f"behind-{count}"
    if not made.exists():
        shutil.copytree(past(folder, count), made)
        command(made, "cancel", "--state", "pending", "--state", "held")
    return made
