"""A number that one process counts up and others read, in a shared page of a file."""

import mmap
from pathlib import Path


class Gauge:
    """How many requests the target has taken. Only one process may add; a machine word is read whole."""

    def __init__(self, path: Path | str) -> None:
        with Path(path).open("a+b") as file:
            file.truncate(8)
            self._page = mmap.mmap(file.fileno(), 8)
        self._number = memoryview(self._page).cast("Q")

    def add(self) -> None:
        self._number[0] += 1

    def read(self) -> int:
        return self._number[0]
