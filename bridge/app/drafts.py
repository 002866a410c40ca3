"""Edited mapping files: the folder with some of its files written anew, before anything of it is on disk."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from bridge.app.versions import FolderChange, foreign, showable
from bridge.catalog import Loaded, fingerprint, read_texts
from bridge.core.errors import ConfigInvalid, Problem

NAME = r"[a-z0-9][a-z0-9-]{0,63}\.yaml"
HIDDEN = "***"  # what stands in place of what may be a secret
_MANY = 2_000  # lines from which the commonest are not compared, since that would take long
_NAME = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Edit:
    """A file's new text; `opened` is the mark of the text that was edited (`mark_of`), empty for a new file."""

    name: str
    text: str
    opened: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The `files` as they would be, those that are in the folder now, and which of them were `edited`.

    `problems` are of files that could not be read. `conflicts` names files that somebody else changed meanwhile.
    """

    folder: Path
    files: Mapping[str, str]
    before: Mapping[str, str]
    edited: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def mark(self) -> str:
        """The fingerprint that these files would have in force."""
        return fingerprint(self.files)

    def change(self, loaded: Loaded, examples: Mapping[str, str]) -> FolderChange:
        """Give what writing the draft into the folder means, after it was loaded, with the examples' new texts."""
        write = {name: text for name, text in self.files.items() if self.before.get(name) != text} | dict(examples)
        return FolderChange(self.folder, write, (), self.before, loaded)


def draft(folder: Path, edits: Sequence[Edit], environment: Mapping[str, str]) -> Draft:
    """Read the folder and write the edits over it. Lines that were shown without their secrets keep these.

    Raises ConfigInvalid for a folder that is not there, and for a name that is none of a mapping file.
    """
    before, problems = read_texts(folder)
    hides = any(HIDDEN in edit.text for edit in edits)
    shown = showable(before, environment) if hides else before
    _check_names(edits, before)
    texts = {edit.name: _with_hidden(edit, before, shown) for edit in edits}
    conflicts = [
        edit.name
        for edit in edits
        if mark_of(before.get(edit.name)) != edit.opened and before.get(edit.name) != texts[edit.name]
    ]
    edited = tuple(name for name, text in texts.items() if before.get(name) != text)
    return Draft(folder, {**before, **texts}, before, edited, tuple(conflicts), tuple(problems))


def mark_of(text: str | None) -> str:
    """Give what tells one text of a file from another; empty where there is none."""
    return "" if text is None else fingerprint({"": text})


def unwritable(folder: Path, names: Iterable[str]) -> str | None:
    """Say why these files of the folder are not to be written here; None if they can be."""
    if why := foreign(folder, names):
        return why
    return None if os.access(folder, os.W_OK) else f"the folder {folder} cannot be written to"


def _check_names(edits: Sequence[Edit], before: Mapping[str, str]) -> None:
    for edit in edits:
        if edit.name not in before and not _NAME.fullmatch(edit.name):
            raise ConfigInvalid.because(
                f"{edit.name[:80]!r} is not the name of a mapping file",
                "use lower-case letters, digits and hyphens, and .yaml at the end",
            )
    if len({edit.name for edit in edits}) < len(edits):
        raise ConfigInvalid.because("a file is given twice", "send each file once")


def _with_hidden(edit: Edit, before: Mapping[str, str], shown: Mapping[str, str]) -> str:
    """Give the edited text with what was not shown of unchanged lines."""
    text = edit.text.replace("\r\n", "\n")
    old = before.get(edit.name)
    if old is None or shown[edit.name] == old or mark_of(old) != edit.opened:
        return text
    lines, seen, real = (each.split("\n") for each in (text, shown[edit.name], old))
    for block in SequenceMatcher(None, seen, lines, autojunk=len(lines) > _MANY).get_matching_blocks():
        lines[block.b : block.b + block.size] = real[block.a : block.a + block.size]
    return "\n".join(lines)
