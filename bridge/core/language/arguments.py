"""What a function of the mapping language is, and how it reads its arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bridge.core.errors import MappingFailed

_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_NO_CHECKS: Mapping[int, Callable[[Any], object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the function table.

    `run` gets the context and the values of the arguments. `least` and `most` count arguments; None is no
    limit. `cost` is in steps. With `skips_null`, a null first argument gives null and `run` is not called. A
    `lazy` function gets the value and, instead of the arguments' values, functions of value and context that
    give them. `reference` is the place of an argument written with `&`, which `run` gets as a Reference.
    `checks` raise MappingFailed for a literal argument, by its place, that is wrong for every event. `doc` is
    one line for the reader of the documentation.
    """

    name: str
    least: int
    most: int | None
    run: Callable[..., Any]
    doc: str
    cost: int = 2
    skips_null: bool = False
    lazy: bool = False
    reference: int | None = None
    checks: Mapping[int, Callable[[Any], object]] = field(default_factory=lambda: _NO_CHECKS)


@dataclass(frozen=True, slots=True)
class Reference:
    """An expression handed to a function with `&`, and the steps that one run of it costs."""

    run: Callable[[Any, Any], Any]
    steps: int


def table(*rows: Function) -> dict[str, Function]:
    """Index rows by their names."""
    return {row.name: row for row in rows}


def kind(value: Any) -> str:
    """Name the kind of a JSON value in words, for messages that must not show the value."""
    return _KINDS.get(type(value), "something else")


def refuse(name: str, wanted: str, value: Any) -> MappingFailed:
    """Make the error for a function that got the wrong kind of value."""
    return MappingFailed(f"{name} takes {wanted}, not {kind(value)}")


def read_text(name: str, value: Any) -> str:
    """Give the value if it is text. Raises MappingFailed otherwise."""
    if isinstance(value, str):
        return value
    raise refuse(name, "text", value)


def read_list(name: str, value: Any) -> list[Any]:
    """Give the value if it is a list. Raises MappingFailed otherwise."""
    if isinstance(value, list):
        return value
    raise refuse(name, "a list", value)


def is_number(value: Any) -> bool:
    """Say whether a JSON value is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_integer(name: str, value: Any) -> int:
    """Give the value if it is a whole number. Raises MappingFailed otherwise."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise refuse(name, "a whole number", value)


def is_true(value: Any) -> bool:
    """Decide as JMESPath does: null, false, empty text, lists and objects are false; all numbers are true."""
    return bool(value) or is_number(value)
