"""Problems as GitHub's workflow commands, which show them at their lines in a pull request.

Source of the form and its escapes: actions/toolkit, packages/core/src/command.ts.
"""

from pathlib import Path

from bridge.core.errors import Problem

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}
_FOR_MESSAGE, _FOR_PROPERTY = str.maketrans(_IN_MESSAGE), str.maketrans(_IN_PROPERTY)


def annotation(problem: Problem, *, base: Path) -> str:
    """Give the one line for a problem; its file is named from `base`, the root of the checkout, if it lies in there."""
    hint = f" ({problem.suggestion})" if problem.suggestion else ""
    places = {
        "file": _from_base(problem.file, base) if problem.file else None,
        "line": problem.line or None,
        "col": problem.column or None,
    }
    properties = ",".join(
        f"{name}={str(value).translate(_FOR_PROPERTY)}" for name, value in places.items() if value is not None
    )
    before = f"::{problem.severity} {properties}".rstrip()
    return f"{before}::{(problem.message + hint).translate(_FOR_MESSAGE)}"


def _from_base(file: str, base: Path) -> str:
    path = Path(file)
    return str(path.relative_to(base)) if path.is_absolute() and path.is_relative_to(base) else str(path)
