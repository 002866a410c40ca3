"""Says in plain words why a text is not YAML, and what people usually meant."""

import re
from typing import Any

from bridge.core.errors import Problem

_SPECIAL = "check the indentation, and put values with special characters in quotes"

# What the parser says, what we say, and what to do. `{0}` is the group of the pattern.
_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"character '\\t' that cannot", "a tab stands where blanks must", "indent with blanks"),
    (r"character '(.)' that cannot", "a value cannot begin with {0}", "put it in quotes"),
    (r"mapping values are not", "a colon and a blank make a key, and none can be here", "put the value in quotes"),
    (r"unexpected end of stream", "this quote is never closed", "add the closing quote"),
    (r"unexpected document separator", "this quote is never closed", "add the closing quote"),
    (r"unknown escape character '(.)'", "\\{0} means nothing in double quotes", "use single quotes, or write \\\\"),
    (r"expected escape sequence", "this escape is not complete", "use single quotes, or write \\\\"),
    (r"expected ',' or '([\]}])', but got '\{'", "a {{ cannot be here", "put ${{…}} in quotes inside [ ] and {{ }}"),
    (
        r"expected ',' or '([\]}])'",
        "a comma or the closing {0} is missing",
        "put values with special characters in quotes",
    ),
    (r"could not find expected ':'", "a colon is missing after this key", "write `key: value`"),
    (
        r"expected alphabetic or numeric",
        "a value that begins with & or * is an anchor or alias in YAML",
        "put the value in quotes",
    ),
    (r"block end>|document start>|node content", "this does not fit what stands before it", _SPECIAL),
    (r"indentation indicator|chomping", "what follows | or > is wrong", "put the value in quotes"),
)
_TAG = re.compile(r"(?:^\s*|[:\-?]\s+|[\[{,]\s*)(!)")


def explain(error: Exception, source: str) -> Problem:
    """Give place, message and suggestion for what the parser raised; never repeats more than one sign of the file."""
    said = str(getattr(error, "problem", "") or "")
    line, column = _where(error, source, at_start="unexpected end of stream" in said)
    text = source.split("\n")[line - 1] if 0 < line <= source.count("\n") + 1 else ""
    if (tag := _TAG.search(text)) and tag.start(1) < column:
        return Problem(
            "", line, tag.start(1) + 1, "a value that begins with ! is a tag in YAML", "put the value in quotes"
        )
    if (character := getattr(error, "character", None)) is not None:
        return Problem("", line, column, f"the character {_code(character)} is not allowed in YAML", "remove it")
    for pattern, message, suggestion in _WORDS:
        if found := re.search(pattern, said):
            sign = found[1] if found.groups() else ""
            return Problem("", line, column, message.format(sign), suggestion.format(sign))
    return Problem("", line, column, "this is not valid YAML", _SPECIAL)


def _where(error: Any, source: str, *, at_start: bool) -> tuple[int, int]:
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    mark = next((mark for mark in (reversed(marks) if at_start else marks) if mark is not None), None)
    if mark is not None:
        return mark.line + 1, mark.column + 1
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return 1, 1
    return source.count("\n", 0, position) + 1, position - source.rfind("\n", 0, position)


def _code(character: int | str) -> str:
    return f"U+{character if isinstance(character, int) else ord(character):04X}"
