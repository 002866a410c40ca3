"""Mapping files looked at and checked: what is in force, what is in the folder, what is wrong with either."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

import msgspec

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.app.checking import Checked
from bridge.app.drafts import Draft, Edit, mark_of, unwritable
from bridge.app.versions import showable
from bridge.core.errors import ConfigInvalid, Problem, Severity
from bridge.core.language.arguments import Function
from bridge.core.language.functions import FUNCTIONS, OWN_FUNCTIONS

LARGEST = 256 * 1024  # characters of a file's text
Standing = Literal["in force", "stale", "not applied"]
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as it is to be; `opened` is the mark of the text that was edited, empty for a new file."""

    name: FileName
    text: Annotated[str, msgspec.Meta(max_length=LARGEST)]
    opened: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Fault(msgspec.Struct, frozen=True, order=True):
    """What is wrong, where (line and column from 1, 0 for the whole file), and what to write."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str
    severity: Severity


class MappingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder, or one that is in force and not there any more. `opened` is the mark of its text."""

    name: str
    opened: str
    lines: int
    in_folder: bool
    in_force: bool
    differs: bool
    mappings: int
    waits: str
    errors: int
    warnings: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """How the folder stands to what is in force.

    `standing` is `stale` where a changed folder has errors, so that the last good version stays; `read_only` says why
    the folder cannot be written to here, empty if it can.
    """

    configuration: str
    since: int | None
    how: str
    standing: Standing
    apply: str
    folder: str
    read_only: str
    examples: int
    files: list[MappingFile]
    problems: list[Fault]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What checking found; `ok` without errors. `configuration` is the fingerprint that the files would have.

    `restates` names examples that become something else than they say; accepting that mends those errors.
    """

    ok: bool
    restates: list[str]
    configuration: str
    examples: int
    problems: list[Fault]


class FileText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a file; without what may be a secret in it where the folder does not check clean: `hides`."""

    name: str
    text: str
    opened: str
    hides: bool


class FunctionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A function of the mapping language: how many arguments it takes (`most` null: any number), and what it gives."""

    name: str
    least: int
    most: int | None
    gives: str
    is_own: bool


@contextmanager
def declining() -> Iterator[None]:
    """Decline what the mapping files do not allow."""
    try:
        yield
    except ConfigInvalid as error:
        raise invalid("; ".join(str(problem) for problem in error.problems[:10])) from None


def edits_of(files: Sequence[Written]) -> list[Edit]:
    """Give the files as edits of the folder."""
    return [Edit(each.name, each.text, each.opened) for each in files]


def fault(problem: Problem) -> Fault:
    """Give a problem as a value of the API."""
    return msgspec.convert(problem, Fault, from_attributes=True)


async def overview(office: Office) -> Overview:
    """Compare the folder, checked with its examples, with what is in force. Raises Declined if there is no folder."""
    with declining():
        made, checked = await office.workshop.folder()
    versions = await office.read(lambda store: store.strongbox.versions(limit=1))
    names = sorted({*made.files, *office.in_force.files})
    return Overview(
        configuration=office.in_force.catalog.fingerprint,
        since=versions[0].since if versions else None,
        how=versions[0].how if versions else "unknown",
        standing=standing(office, made, checked),
        apply=office.settings.apply,
        folder=str(office.settings.mappings),
        read_only=unwritable(office.settings.mappings, made.files) or "",
        examples=checked.examples,
        files=[
            _row(office, name, made, checked) for name in names if name in made.files or name in office.in_force.files
        ],
        problems=[fault(each) for each in checked.problems],
    )


def standing(office: Office, made: Draft, checked: Checked) -> Standing:
    """Say how the folder stands to what is in force."""
    if made.files == office.in_force.files:
        return "in force"
    return "stale" if checked.errors else "not applied"


def _row(office: Office, name: str, made: Draft, checked: Checked) -> MappingFile:
    text, running = made.files.get(name), office.in_force.files.get(name)
    own = [each.severity for each in checked.problems if each.file == name or _is_example(each.file, name)]
    stem = name.removesuffix(".yaml")
    catalog = checked.loaded.catalog if checked.loaded else office.in_force.catalog
    source, live = catalog.sources.get(stem), office.in_force.sources.get(stem)
    return MappingFile(
        name=name,
        opened=mark_of(text),
        lines=(text if text is not None else running or "").count("\n"),
        in_folder=text is not None,
        in_force=running is not None,
        differs=text != running,
        mappings=len(source.mappings) if source else 0,
        waits=live.waiting if live else "",
        errors=own.count("error"),
        warnings=own.count("warning"),
    )


def _is_example(file: str, name: str) -> bool:
    return file.startswith(f"examples/{name.removesuffix('.yaml')}/")


async def text_of(office: Office, name: str) -> FileText:
    """Give a file of the folder, as far as it may be shown. Raises Declined."""
    with declining():
        made, _ = await office.workshop.folder()
    if name not in made.files:
        raise not_found(f"mapping file {name[:80]} in {office.settings.mappings}", "the list of files has them all")
    shown = showable(made.files, office.environment, known=office.in_force.files)[name]
    return FileText(name=name, text=shown, opened=mark_of(made.files[name]), hides=shown != made.files[name])


async def check(office: Office, files: Sequence[Written], *, quick: bool = False) -> Findings:
    """Check the folder with these files in place of its own, examples included. Raises Declined.

    A `quick` check runs only the examples of these files.
    """
    with declining():
        made, checked = await office.workshop.edited(edits_of(files), quick=quick)
    return Findings(
        ok=not checked.errors,
        restates=sorted(checked.restated),
        configuration=made.mark,
        examples=checked.examples,
        problems=[fault(each) for each in checked.problems],
    )


def functions() -> list[FunctionRow]:
    """Give the functions of the mapping language: the bridge's own first."""
    rows = [_function(each) for each in FUNCTIONS.values()]
    return sorted(rows, key=lambda row: (not row.is_own, row.name))


def _function(row: Function) -> FunctionRow:
    return FunctionRow(name=row.name, least=row.least, most=row.most, gives=row.doc, is_own=row.name in OWN_FUNCTIONS)


def conflict(names: Sequence[str]) -> Declined:
    """Decline to write over what somebody else wrote meanwhile."""
    listed = ", ".join(names)
    return Declined(
        409, f"{listed} changed in the folder since you opened it; look at what changed, then write yours again"
    )
