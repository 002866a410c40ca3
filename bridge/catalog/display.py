"""Shows the line of a file that a problem is about, with a caret under its column."""

import re
from collections.abc import Iterable, Sequence

from bridge.catalog.references import LITERAL
from bridge.core.errors import Problem

_WIDEST = 160
_BEFORE_VALUE = re.compile(r"\s*(?:-\s+)?(?:[^:#'\"\[{]*:(?:\s+|$))?")
_KEY = re.compile(r"[^\s:'\"]+:(?:\s|$)")
_SECRET_KEY = re.compile(
    r"(?i)(token|secret|passw|credential|api[-_]?key|access[-_]?key|authorization|cookie)[^:]*:(\s|$)"
)
# A whole address, pasted where its beginning belongs, has the keys of the target in it.
_ADDRESS_KEY = re.compile(r"(?i)(?:^|[\s{,_'\"])url['\"]?:\s+")
_PLAIN_ADDRESS = re.compile(r"\s*['\"]?https?://[^\s?#@'\",}]*['\"]?(?=[\s,}]|$)")
_REFERENCE = re.compile(r"\$\{(secret:[a-z0-9][a-z0-9._-]{0,63}|env:\w+)\}")


def show(problem: Problem, text: str) -> str:
    """Give the source line and a caret, both indented; nothing if the problem has no place in the text.

    What may be a secret that stands in the file is not shown, nor is the value of a key that is itself the problem.
    """
    lines = text.split("\n")
    if not 0 < problem.line <= len(lines):
        return ""
    is_secret = LITERAL in problem.message or _may_be_secret(lines, problem.line - 1)
    line, column = _masked(lines[problem.line - 1], max(problem.column, 1), is_secret=is_secret)
    if len(line) > _WIDEST:
        start = max(0, min(column - _WIDEST // 2, len(line) - _WIDEST))
        line, column = line[start : start + _WIDEST], column - start
    return f"    {line}\n    {' ' * (column - 1)}^"


def masked_text(text: str, problems: Iterable[Problem], file: str) -> str:
    """Give a file's text without what may be a secret that stands in it, for files that do not check clean."""
    lines = text.split("\n")
    literal = {problem.line - 1 for problem in problems if problem.file == file and LITERAL in problem.message}
    secret = [number in literal or _may_be_secret(lines, number) for number in range(len(lines))]
    return "\n".join(
        _masked(line, 1, is_secret=True)[0] if hide else line for line, hide in zip(lines, secret, strict=True)
    )


def _may_be_secret(lines: Sequence[str], number: int) -> bool:
    """Say whether a line holds more than references under a key that names a secret; entries stand below theirs."""
    line = _REFERENCE.sub("", lines[number])
    address = _ADDRESS_KEY.search(line)
    if address and not _PLAIN_ADDRESS.match(line, address.end()):
        return True
    if key := _SECRET_KEY.search(line):
        return bool(re.search(r"\w", line[key.end() :]))
    if not line.lstrip().startswith("- "):
        return False
    above = next((other for other in reversed(lines[:number]) if not other.lstrip().startswith(("- ", "#"))), "")
    return bool(_SECRET_KEY.search(above))


def _masked(line: str, column: int, *, is_secret: bool) -> tuple[str, int]:
    line = "".join(sign if sign.isprintable() else " " for sign in line.rstrip("\r"))  # also commands to a terminal
    prefix = _BEFORE_VALUE.match(line)
    value = prefix.end() if prefix else 0
    if is_secret:
        return line[:value] + "***", min(column, value + 1)
    if key := _KEY.match(line, column - 1):
        return line[: key.end()] + ("…" if line[key.end() :].strip() else ""), column
    return line, column
