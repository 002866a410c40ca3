"""Reading a field path or a list's element: the commonest pieces, so each length has its own function."""

from collections.abc import Callable
from typing import Any

from bridge.core.language.context import Context

Run = Callable[[Any, Context], Any]


def field_path(names: tuple[str, ...]) -> Run:
    """Read `a`, `a.b` and so on; null where a name is missing or what it is asked of is no object."""
    if len(names) > 3:
        return _long(names)
    return (_one, _two, _three)[len(names) - 1](*names)


def _one(name: str) -> Run:
    def run(value: Any, _context: Context) -> Any:
        # Only objects have `get`; asking the type first would cost more than the failure that is rare.
        try:
            return value.get(name)
        except AttributeError:
            return None

    return run


def _two(first: str, second: str) -> Run:
    def run(value: Any, _context: Context) -> Any:
        try:
            return value.get(first).get(second)
        except AttributeError:
            return None

    return run


def _three(first: str, second: str, third: str) -> Run:
    def run(value: Any, _context: Context) -> Any:
        try:
            return value.get(first).get(second).get(third)
        except AttributeError:
            return None

    return run


def _long(names: tuple[str, ...]) -> Run:
    def run(value: Any, _context: Context) -> Any:
        try:
            for name in names:
                value = value.get(name)
        except AttributeError:
            return None
        return value

    return run


def item(place: int) -> Run:
    """Read the element of a list, counted from 0 or, negative, from the end; null where there is none."""

    def run(value: Any, _context: Context) -> Any:
        if isinstance(value, list) and -len(value) <= place < len(value):
            return value[place]
        return None

    return run
