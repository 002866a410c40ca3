"""Reads the texts of a folder of mapping files; what cannot be read is a problem, never an exception."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from bridge.catalog.document import LARGEST_FILE
from bridge.core.errors import ConfigInvalid, Problem

_HINTS = {
    ".yml": "rename it to end in .yaml",
    ".YAML": "rename it to end in .yaml",
    ".YML": "rename it to end in .yaml",
}
_SUFFIXES = frozenset({".yaml", *_HINTS})
_READINGS = 10  # tries to read all files without one of them changing meanwhile

Look = frozenset[tuple[str, tuple[int, ...]]]


def look(folder: Path) -> Look | None:
    """Give what tells one state of the folder's mapping files and examples from any other, without reading them.

    None where there is no folder. Links are followed, so that a swapped link is another state.
    """
    files = _look_at(folder, _matters)
    if files is None:
        return None
    examples = (_look_at(path, _is_example) or frozenset() for path in example_folders(folder))
    return files.union(*examples)


def example_folders(folder: Path) -> list[Path]:
    """Give the folders that hold the examples of one source each."""
    try:
        with os.scandir(folder / "examples") as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _look_at(folder: Path, matters: Callable[[str], bool]) -> Look | None:
    try:
        with os.scandir(folder) as entries:
            paths = [Path(entry.path) for entry in entries if matters(entry.name)]
        return frozenset((str(path), _state(path)) for path in paths)
    except OSError:
        return None


def _is_example(name: str) -> bool:
    return not name.startswith((".", "#")) and name.endswith((".json", ".expect.yaml"))


def _matters(name: str) -> bool:
    return not name.startswith((".", "#")) and Path(name).suffix in _SUFFIXES


def _state(path: Path) -> tuple[int, ...]:
    try:
        seen = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def read_folder(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """Give the texts of all `*.yaml` by file name as they were at one moment, and what is wrong with the others.

    Hidden files and folders are left alone. Raises ConfigInvalid if there is no such folder.
    """
    for _ in range(_READINGS):
        before = _look_at(folder, _matters)
        texts, problems = _read(folder)
        if _look_at(folder, _matters) == before:
            return texts, problems
    return texts, [*problems, Problem(str(folder), 0, 0, "the files keep changing", "try again when they are complete")]


def _read(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    try:
        paths = sorted(path for path in folder.iterdir() if _matters(path.name))
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise ConfigInvalid.because(
            f"the folder of mapping files {folder} {why}", "set BRIDGE_MAPPINGS, or make the folder"
        ) from None
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.suffix != ".yaml":
            if path.is_file():
                problems.append(Problem(str(path), 0, 0, "this file is ignored", _HINTS[path.suffix], "warning"))
        else:
            text = read_text(path, folder)
            if isinstance(text, Problem):
                problems.append(text)
            else:
                texts[path.name] = text
    return texts, problems


def read_text(path: Path, folder: Path) -> str | Problem:
    """Give the text of a file that lies in the folder (also through links), or why there is none."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return Problem(str(path), 0, 0, "this is a link that leads out of the folder", "put the file itself here")
        if not stat.S_ISREG(path.stat().st_mode):
            return Problem(str(path), 0, 0, "this is not a file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        return Problem(
            str(path), 0, 0, f"the file cannot be read: {getattr(error, 'strerror', None) or 'a loop of links'}"
        )
    if len(content) > LARGEST_FILE:
        return too_large(str(path))
    return _decoded(content, str(path))


def too_large(file: str) -> Problem:
    """Give the problem of a file over the limit."""
    return Problem(file, 0, 0, f"the file is larger than {LARGEST_FILE // 1024} KiB", "split it")


def _decoded(content: bytes, file: str) -> str | Problem:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Problem(file, line, column, "the file is not UTF-8", "save it as UTF-8")
