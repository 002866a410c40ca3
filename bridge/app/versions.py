"""Versions of the mapping files: what differs between two of them, and how one is put back into the folder."""

import difflib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.app.inforce import differing
from bridge.catalog import Loaded, load_texts, masked_text, read_texts
from bridge.core.errors import ConfigInvalid, Problem

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """How one file differs: `added`, `removed` or `changed`, and the unified diff."""

    file: str
    change: str
    diff: str


def diffs(old: Files, new: Files, *, old_name: str, new_name: str) -> list[FileDiff]:
    """Compare two versions file by file; the names stand before the files' in the headers."""
    return [_diff(name, old.get(name), new.get(name), old_name, new_name) for name in differing(old, new)]


def _diff(name: str, old: str | None, new: str | None, old_name: str, new_name: str) -> FileDiff:
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True),
        (new or "").splitlines(keepends=True),
        "/dev/null" if old is None else f"{old_name}/{name}",
        "/dev/null" if new is None else f"{new_name}/{name}",
    )
    change = "added" if old is None else "removed" if new is None else "changed"
    return FileDiff(name, change, "".join(map(_ended, lines)))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def folder_texts(folder: Path, environment: Mapping[str, str]) -> Files:
    """Give the folder's files as they may be shown: what may be a secret that stands in a wrong file is masked.

    Raises ConfigInvalid if there is no such folder.
    """
    texts, _ = read_texts(folder)
    try:
        load_texts(texts, environment)
    except ConfigInvalid as error:
        return {name: masked_text(text, error.problems, name) for name, text in texts.items()}
    return texts


@dataclass(frozen=True, slots=True)
class Restoration:
    """What putting a version back means: the files to `write`, those `kept` that it does not have, and the outcome."""

    folder: Path
    write: Files
    kept: tuple[str, ...]
    before: Files
    loaded: Loaded


def restoration(folder: Path, version: Files, environment: Mapping[str, str]) -> Restoration:
    """Work out what restoring a version into the folder would write.

    Raises ConfigInvalid if the folder would not check clean then, with the files of it that are kept.
    """
    texts, _ = read_texts(folder)
    try:
        loaded = load_texts({**texts, **version}, environment)
    except ConfigInvalid as error:
        first = Problem(str(folder), 0, 0, "restoring this version would not check clean; nothing was written")
        raise ConfigInvalid([first, *error.problems]) from None
    write = {name: text for name, text in version.items() if texts.get(name) != text}
    return Restoration(folder, write, tuple(sorted(set(texts) - set(version))), texts, loaded)


def foreign(restoration: Restoration) -> str | None:
    """Say which file is a link, which writing would replace: then somebody else fills the folder."""
    links = [name for name in restoration.write if (restoration.folder / name).is_symlink()]
    return f"{restoration.folder / links[0]} is a link: the folder is filled from elsewhere" if links else None


def stage(restoration: Restoration) -> dict[Path, Path]:
    """Write the files beside those they replace, under hidden names, onto the disk; gives new by old path.

    Raises OSError; then nothing is left behind.
    """
    staged: dict[Path, Path] = {}
    try:
        for name, text in restoration.write.items():
            path = restoration.folder / name
            staged[path] = path.with_name(f".{name}.{secrets.token_hex(4)}.new")
            _write(staged[path], text, like=path)
    except BaseException:
        discard(staged)
        raise
    return staged


def put(staged: Mapping[Path, Path]) -> None:
    """Let the staged files take their places: each as a whole, and all within an instant. Raises OSError."""
    for path, beside in staged.items():
        beside.replace(path)
    for folder in {path.parent for path in staged}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def discard(staged: Mapping[Path, Path]) -> None:
    """Remove staged files that did not take their places."""
    for beside in staged.values():
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _write(path: Path, text: str, *, like: Path) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        with suppress(OSError):
            os.fchmod(file.fileno(), like.stat().st_mode & 0o777)
        os.fsync(file.fileno())


def patch(restoration: Restoration) -> Iterator[str]:
    """Give the diff that restores the version, for `git apply` or `patch -p1` where the folder's files come from."""
    folder = restoration.folder.as_posix().strip("/")
    after = {**restoration.before, **restoration.write}
    for each in diffs(restoration.before, after, old_name=f"a/{folder}", new_name=f"b/{folder}"):
        yield each.diff
