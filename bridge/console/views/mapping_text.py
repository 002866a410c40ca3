"""A mapping file as lines with what is wrong at them: marks under the columns, keys and comments told apart."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.api.verbs.mappings import Fault, MappingFile, Overview
from bridge.console.wording import several

LONG = 1_000  # lines from which a file is shown as plain text
_WIDEST = 100  # characters of a line around a problem, in a long file
_KEY = re.compile(r"(\s*(?:- )*(?:\{)?)([\w.${}/-]+|\"[^\"]*\"|'[^']*')(?=:(?:\s|$))")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[\w.$*\[\]-]+|\S|$")

Piece = tuple[str, str]  # what it is: `k` a key, `c` a comment, `` anything else; and the text


@dataclass(frozen=True, slots=True)
class Mark:
    """A problem of a line: blanks and carets under its columns, what is wrong and what to write."""

    severity: str
    carets: str
    message: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file; `severity` is the worst of its marks, empty without any."""

    number: int
    pieces: tuple[Piece, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def severity(self) -> str:
        """The worst of its marks."""
        return worst(each.severity for each in self.marks)


def worst(severities: Iterable[str]) -> str:
    """Give `error` or `warning`, whichever is worse among them; empty for none."""
    found = set(severities)
    return "error" if "error" in found else "warning" if found else ""


def lines_of(text: str, faults: Sequence[Fault]) -> list[Line]:
    """Give the lines of a text with the faults that have a place in it."""
    by_line: dict[int, list[Fault]] = {}
    for each in faults:
        by_line.setdefault(each.line, []).append(each)
    return [
        Line(number, pieces_of(line), tuple(_mark(each, line) for each in by_line.get(number, ())))
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1)
    ]


def troubled(text: str, faults: Sequence[Fault]) -> list[Line]:
    """Give only the lines that a fault is about, cut around it: for files that are too long to show line by line."""
    lines = text.split("\n")
    found = []
    for number in sorted({each.line for each in faults if 0 < each.line <= len(lines)}):
        line = lines[number - 1][:_WIDEST]
        marks = tuple(_mark(each, line) for each in faults if each.line == number)
        found.append(Line(number, (("", line),), marks))
    return found


def _mark(fault: Fault, line: str) -> Mark:
    start = min(max(fault.column - 1, 0), len(line))
    word = _WORD.match(line, start) if fault.column else None
    width = max(len(word[0]), 1) if word else 0
    return Mark(fault.severity, " " * start + "^" * width, fault.message, fault.suggestion)


def pieces_of(line: str) -> tuple[Piece, ...]:
    """Tell the key and the comment of a line from the rest, for the eye; what the line means is decided elsewhere."""
    if line.lstrip().startswith("#"):
        return (("c", line),)
    body, sign, comment = line.partition(" #")
    if sign and (body.count('"') % 2 or body.count("'") % 2):
        body, sign, comment = line, "", ""
    found = _KEY.match(body)
    pieces = [("", found[1]), ("k", found[2]), ("", body[found.end() :])] if found else [("", body)]
    return tuple(piece for piece in (*pieces, ("c", sign + comment)) if piece[1])


def of_file(faults: Iterable[Fault], name: str) -> list[Fault]:
    """Give the faults of a file and of its examples."""
    examples = f"examples/{name.removesuffix('.yaml')}/"
    return [each for each in faults if each.file == name or each.file.startswith(examples)]


def verdict(errors: int, warnings: int) -> str:
    """Say how many problems there are: `1 error, 2 warnings`, `no problems`."""
    said = [several(number, word) for number, word in ((errors, "error"), (warnings, "warning")) if number]
    return ", ".join(said) or "no problems"


def headline(overview: Overview, since: str) -> str:
    """Say in a sentence how the folder stands; `since` is when what is in force came into force."""
    wrong = [each for each in overview.files if each.errors]
    errors = sum(each.severity == "error" for each in overview.problems)
    differing = [each.name for each in overview.files if each.differs]
    if overview.standing == "stale":
        where = wrong[0].name if len(wrong) == 1 else "The folder"
        return f"{where} has {several(errors, 'error')}, so the bridge keeps the version of {since}"
    if overview.standing == "not applied":
        return (
            f"{several(len(differing), 'file')} {'differs' if len(differing) == 1 else 'differ'} from what is in force"
        )
    if errors:
        return f"The mapping files are in force, but {several(errors, 'example')} would become something else"
    warnings = len(overview.problems)
    number = several(len(overview.files), "mapping file")
    is_are = "is" if len(overview.files) == 1 else "are"
    return f"{number} {is_are} in force" + (f", with {several(warnings, 'warning')}" if warnings else ", no problems")


def chosen(files: Sequence[MappingFile], name: str) -> list[MappingFile]:
    """Give the files whose names contain this."""
    return [each for each in files if name.lower() in each.name.lower()]
