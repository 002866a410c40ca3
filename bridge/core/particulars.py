"""The particulars of an event, read by its source's expressions: total, since no event is refused for them. Pure."""

from hashlib import sha256
from typing import Any

from bridge.core.errors import MappingFailed
from bridge.core.language.context import STEPS, Context
from bridge.core.language.expression import Expression
from bridge.core.language.moments import read_moment
from bridge.core.mapping import number_text

LONGEST_NAME = 512  # characters of a topic; of an id or a tenant, before its digest takes its place


def text_of(expression: Expression | None, context: Context) -> str:
    """Read a text; a number is written as one, and whatever else it is, or is missing, is empty."""
    value = _evaluate(expression, context)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        return number_text(value)
    except ValueError:
        return ""


def name_of(expression: Expression | None, context: Context) -> str:
    """Read an id or a tenant: bounded without making two of them one, which would take a new event for a duplicate."""
    text = text_of(expression, context)
    return text if len(text) <= LONGEST_NAME else digest_id(text.encode(errors="replace"))


def time_of(expression: Expression | None, context: Context) -> int | None:
    """Read a time, in ms since 1970; None where it is none."""
    try:
        moment = read_moment(_evaluate(expression, context)).time
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)


def digest_id(content: bytes) -> str:
    """Give the id of what has none of its own: `sha256:` and the digest."""
    return "sha256:" + sha256(content).hexdigest()


def _evaluate(expression: Expression | None, context: Context) -> Any:
    if expression is None:
        return None
    context.steps = STEPS
    try:
        return expression.evaluate(context.payload, context)
    except MappingFailed:
        return None
