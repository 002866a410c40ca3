"""Versions of the mapping files: what differs between two of them, and how one is put back into the folder."""

import difflib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bridge.app.inforce import differing
from bridge.catalog import Loaded, load_texts, masked_text, read_texts
from bridge.core.errors import ConfigInvalid, Problem
from bridge.outbox.safekeeping import Strongbox, Version

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
    """Give the folder's files as they may be shown. Raises ConfigInvalid if there is no such folder."""
    return showable(read_texts(folder)[0], environment)


def showable(texts: Files, environment: Mapping[str, str], *, known: Files | None = None) -> Files:
    """Give files as they may be shown: what may be a secret that stands in a wrong file is masked.

    Not in lines that the same file of `known` has, which checked clean: the files in force.
    """
    try:
        load_texts(texts, environment)
    except ConfigInvalid as error:
        masked = {name: masked_text(text, error.problems, name) for name, text in texts.items()}
        return {name: _revealed(masked[name], text, (known or {}).get(name, "")) for name, text in texts.items()}
    return texts


def _revealed(masked: str, text: str, known: str) -> str:
    clean = set(known.split("\n"))
    pairs = zip(masked.split("\n"), text.split("\n"), strict=True)
    return "\n".join(line if line in clean else hidden for hidden, line in pairs)


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What changing the folder means: the files to `write`, and the outcome.

    `before` are its files as they are, `kept` names those that a version which is put back does not have.
    """

    folder: Path
    write: Files
    kept: tuple[str, ...]
    before: Files
    loaded: Loaded


def restoration(folder: Path, version: Files, environment: Mapping[str, str]) -> FolderChange:
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
    return FolderChange(folder, write, tuple(sorted(set(texts) - set(version))), texts, loaded)


def foreign(folder: Path, names: Iterable[str]) -> str | None:
    """Say which of these files is a link, which writing would replace: then somebody else fills the folder."""
    links = [name for name in names if (folder / name).is_symlink()]
    return f"{folder / links[0]} is a link: the folder is filled from elsewhere" if links else None


def stage(change: FolderChange) -> dict[Path, Path]:
    """Write the files beside those they replace, under hidden names, onto the disk; gives new by old path.

    Raises OSError; then nothing is left behind.
    """
    staged: dict[Path, Path] = {}
    try:
        for name, text in change.write.items():
            path = change.folder / name
            staged[path] = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
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


def patch(change: FolderChange, *, shown: Callable[[Files], Files] = lambda files: files) -> Iterator[str]:
    """Give the diff that makes the change, for `git apply` or `patch -p1` where the folder's files come from."""
    folder = change.folder.as_posix().strip("/")
    before, after = shown(change.before), shown({**change.before, **change.write})
    for each in diffs(before, after, old_name=f"a/{folder}", new_name=f"b/{folder}"):
        yield each.diff


@dataclass(frozen=True, slots=True)
class Listed:
    """One time that a version came into force, and the files by which it differs from the one before."""

    version: Version
    changed: tuple[FileDiff, ...]


def history(strongbox: Strongbox, *, limit: int) -> list[Listed]:
    """Give when which version came into force, newest first."""
    versions = strongbox.versions(limit=limit + 1)
    texts = {each.fingerprint: strongbox.configuration(each.fingerprint) or {} for each in versions}
    return [
        _listed(version, before, texts) for version, before in zip_longest(versions[:limit], versions[1:]) if version
    ]


def _listed(version: Version, before: Version | None, texts: Mapping[str, Files]) -> Listed:
    old = texts[before.fingerprint] if before else {}
    return Listed(version, tuple(diffs(old, texts[version.fingerprint], old_name="before", new_name="after")))


def in_force(strongbox: Strongbox) -> tuple[str, Files]:
    """Give the version that came into force last. Raises ConfigInvalid where there is none."""
    kept = strongbox.last_configuration()
    if kept is None:
        raise ConfigInvalid.because("nothing was ever in force here", "start the bridge, or run `bridge apply`")
    return kept


def found(strongbox: Strongbox, beginning: str) -> tuple[str, Files] | None:
    """Give the version of which this is the fingerprint or its beginning; None where there is none.

    Raises ConfigInvalid where it is the beginning of several.
    """
    names = strongbox.fingerprints(beginning)
    if len(names) > 1:
        raise ConfigInvalid.because(f"{beginning} is the beginning of {', '.join(names[:5])}; write more of it.")
    files = strongbox.configuration(names[0]) if names else None
    return None if files is None else (names[0], files)
