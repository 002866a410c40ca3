"""Reads single words, numbers, durations and rates, in the words of an operator where they do not fit."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, did_you_mean, shown
from bridge.catalog.scalars import constant, is_null, is_old_switch, looks_like
from bridge.catalog.shapes import Choice, Constant, Decimal, Duration, Rating, Shape, Switch, Whole, Word
from bridge.core.durations import format_duration, parse_duration, parse_rate
from bridge.core.model import Scalar


class _Unfit(Exception):
    """The value does not fit: what it must be, and a suggestion."""

    def __init__(self, wanted: str, suggestion: str = "") -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.suggestion = suggestion


def read_scalar(shape: Shape, node: Node, name: str, report: Report) -> Any:
    """Read a scalar of this shape; None after reporting that it does not fit."""
    if isinstance(shape, Constant) and is_old_switch(node):
        hint = "put it in quotes, or write true or false"
        report.warn(node, f"{name} is the text {node.text!r}, which is neither true nor false", hint)
    try:
        return _SCALARS[type(shape)](shape, node)
    except _Unfit as unfit:
        what = (looks_like(node) if isinstance(shape, Word) else "") or shown(node)
        if node.kind == "text" and (is_null(node) or not node.text):
            report.error(node, f"{name} is empty", "write a value, or leave the key out")
        else:
            report.error(node, f"{name} must be {unfit.wanted}, not {what}", unfit.suggestion)
    except ValueError as error:
        report.error(node, f"{name} {error}")
    return None


def _word(shape: Word, node: Node) -> str:
    if node.kind != "text" or not node.text:
        raise _Unfit("a text")
    if looks_like(node):
        raise _Unfit("a text", "put it in quotes")
    if shape.pattern and not re.fullmatch(shape.pattern, node.text):
        raise _Unfit(shape.hint)
    return node.text


def _choice(shape: Choice, node: Node) -> str:
    if node.kind == "text" and node.text in shape.words:
        return node.text
    guess = did_you_mean(node.text, shape.words) if node.kind == "text" else ""
    raise _Unfit(_either(shape.words), guess)


def _whole(shape: Whole, node: Node) -> int:
    wanted = f"a whole number from {shape.least} to {shape.most}"
    number = _number(node, wanted)
    if not isinstance(number, int) or not shape.least <= number <= shape.most:
        raise _Unfit(wanted)
    return number


def _decimal(shape: Decimal, node: Node) -> float:
    wanted = f"a number from {shape.least:g} to {shape.most:g}"
    number = _number(node, wanted)
    if not shape.least <= number <= shape.most:
        raise _Unfit(wanted)
    return float(number)


def _number(node: Node, wanted: str) -> int | float:
    if node.kind == "text" and node.style and re.fullmatch(r"[0-9.]+", node.text):
        raise _Unfit(wanted, "remove the quotes")
    if node.kind != "text" or not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", node.text, re.ASCII):
        raise _Unfit(wanted)
    return float(node.text) if "." in node.text else int(node.text)


def _switch(_: Switch, node: Node) -> bool:
    value = constant(node) if node.kind == "text" and looks_like(node) in {"true", "false"} else None
    if not isinstance(value, bool):
        raise _Unfit("true or false")
    return value


def _duration(shape: Duration, node: Node) -> int:
    try:
        duration = parse_duration(node.text)
    except ValueError:
        raise _Unfit("a duration such as 500ms, 15s, 5m, 6h or 3d") from None
    if not shape.least <= duration <= shape.most:
        raise _Unfit(f"from {format_duration(shape.least)} to {format_duration(shape.most)}")
    return duration


def _rating(_: Rating, node: Node) -> tuple[int, int]:
    try:
        return parse_rate(node.text)
    except ValueError:
        raise _Unfit("a rate such as 10/s, 100/m or 5/10s") from None


def _constant(_: Constant, node: Node) -> Scalar:
    if node.kind != "text":
        raise _Unfit("a text, a number, true or false")
    return constant(node)


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


_SCALARS: Mapping[type, Callable[[Any, Node], Any]] = {
    Word: _word,
    Choice: _choice,
    Whole: _whole,
    Decimal: _decimal,
    Switch: _switch,
    Duration: _duration,
    Rating: _rating,
    Constant: _constant,
}
