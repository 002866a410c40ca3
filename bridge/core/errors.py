"""The errors, one class per different reaction.

BridgeError
 ├─ ConfigInvalid       settings, key or mapping files are wrong: every problem listed, exit status 2
 ├─ VerificationFailed  nobody proved who sent this: 401
 ├─ Unreadable          the body cannot be understood: 400
 ├─ TooLarge            the body is over its limit: 413
 ├─ StoreUnavailable    the outbox cannot be used now: 503, the sender retries; exit status 70
 ├─ StoreBroken         the outbox's file or disk is broken: the process ends with status 70
 ├─ NotStorable         the outbox cannot hold this one record: another try would fail the same way; 400
 ├─ ExpressionInvalid   an expression does not compile: a problem of a mapping file
 └─ MappingFailed       an expression went wrong on this event: lives inside a decision

Duplicates, skipped events, refusals by the target and lost leases are expected, so they are values, not errors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class BridgeError(Exception):
    """The root of all errors that this program raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file or a setting, and what to write instead. Line and column count from 1."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """Give `file:line:column: message (suggestion)`, without the parts that are unknown."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        hint = f" ({self.suggestion})" if self.suggestion else ""
        warning = "warning: " if self.severity == "warning" else ""
        return f"{place}: {warning}{self.message}{hint}" if place else f"{warning}{self.message}{hint}"


class ConfigInvalid(BridgeError):
    """Settings, key or mapping files are wrong; carries every problem at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that must be mended, without the warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @classmethod
    def because(cls, message: str, suggestion: str = "", *, file: str = "") -> "ConfigInvalid":
        """Make the error for a single problem that has no place in a file."""
        return cls([Problem(file, 0, 0, message, suggestion)])


class VerificationFailed(BridgeError):
    """Nobody proved who sent this request; the message never holds a secret or an expected signature."""


class Unreadable(BridgeError):
    """The body cannot be understood as what its content type says."""


class TooLarge(BridgeError):
    """The body is over its limit."""


class StoreUnavailable(BridgeError):
    """The outbox cannot be used now: full disk, locked or read-only file. It may recover by itself."""


class StoreBroken(BridgeError):
    """The outbox's file or disk failed; what was committed is unknown, so the process must end."""


class NotStorable(BridgeError):
    """The outbox cannot hold this one record (a text or number no database takes); others are not affected."""


class ExpressionInvalid(BridgeError):
    """An expression does not compile. `position` counts characters from 0 within the expression."""

    def __init__(self, message: str, *, position: int = 0, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.suggestion = suggestion


class MappingFailed(BridgeError):
    """An expression or a body field went wrong on this event; the message names the field, never its content."""
