"""Collects what is wrong in one mapping file, so that everything is said at once."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.catalog.nodes import Node, place
from bridge.core.errors import Problem, Severity

_LONGEST_ECHO = 40  # characters of a file that a message repeats
_MOST_PROBLEMS = 200  # errors, and warnings, of one file; who has more mends the first ones first


@dataclass(slots=True)
class Report:
    """The problems of one file. `file` is how messages name it, `source` its text."""

    file: str
    source: str = field(repr=False, default="")
    problems: list[Problem] = field(default_factory=list)

    def error(self, node: Node | None, message: str, suggestion: str = "", *, position: int | None = None) -> None:
        """Report an error at a node (None: at the file), or at a character of a scalar's text."""
        self._add(node, message, suggestion, "error", position)

    def warn(self, node: Node | None, message: str, suggestion: str = "", *, position: int | None = None) -> None:
        """Report what is allowed but probably not meant."""
        self._add(node, message, suggestion, "warning", position)

    @property
    def failed(self) -> bool:
        """Say whether there was an error."""
        return any(problem.severity == "error" for problem in self.problems)

    def _add(self, node: Node | None, message: str, suggestion: str, severity: Severity, position: int | None) -> None:
        if sum(problem.severity == severity for problem in self.problems) >= _MOST_PROBLEMS:
            return
        line, column = (0, 0) if node is None else (node.line, node.column)
        if node is not None and node.kind == "text" and position is not None:
            line, column = place(node, position, self.source)
        self.problems.append(Problem(self.file, line, column, printable(message), printable(suggestion), severity))


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """Give a suggestion if one of the possible words is close, else nothing."""
    names = sorted(possible)
    close = difflib.get_close_matches(word[:64].lower(), [name.lower() for name in names], n=1)
    found = [name for name in names if close and name.lower() == close[0]]
    return f"did you mean {found[0]!r}?" if found else ""


def printable(text: str) -> str:
    """Escape what could break the line or command the terminal that a message is printed on."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def echo(text: str) -> str:
    """Repeat a word of a file in a message, in quotes, bounded."""
    return repr(text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…")


def shown(node: Node) -> str:
    """Say in a message what stands where something else should."""
    if node.kind == "list":
        return "a list"
    if node.kind == "table":
        return "a table of keys and values"
    return echo(node.text) if node.text else "empty"
