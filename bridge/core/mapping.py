"""What one mapping says of one event: whether, about what, to whom and with which body. Never raises."""

import math
from collections.abc import Callable, Mapping as Table
from typing import Any

from bridge.core.configuration import CONTACT_FIELD, Field, Mapping
from bridge.core.contact import digest, normal_email, normal_phone
from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import kind
from bridge.core.language.context import STEPS, Context
from bridge.core.model import Failed, Plan, Proposal, Scalar, Skipped
from bridge.core.sending import timed

MOST_ELEMENTS = 1_000  # decisions that one mapping may make of one event
LARGEST_BODY = 64 * 1024  # characters of keys and values of one enqueue body
LONGEST_KEY = 512  # characters
LARGEST_NUMBER = 1_000  # bits of a whole number; JSON parsers refuse some hundred digits
_NORMAL: Table[str, Callable[[str], str]] = {"email": normal_email, "phone": normal_phone}


def propose(
    mapping: Mapping, context: Context, *, index_key: bytes, new_delivery_id: Callable[[], str]
) -> list[Proposal]:
    """Work out the mapping on the event in `context`: one proposal, or one per element with `for_each`."""
    try:
        elements = _elements(mapping, context)
    except MappingFailed as error:
        return [Proposal(mapping.name, 0, Failed(f"for_each: {error}"))]
    if not elements:
        return [Proposal(mapping.name, 0, Skipped("for_each: the list is empty"))]
    outcomes = (_outcome(mapping, element, context, index_key, new_delivery_id) for element in elements)
    return [Proposal(mapping.name, number, outcome) for number, outcome in enumerate(outcomes)]


def _elements(mapping: Mapping, context: Context) -> list[Any]:
    if mapping.for_each is None:
        return [context.payload]
    context.steps = STEPS
    elements = mapping.for_each.evaluate(context.payload, context)
    if elements is None:
        return []
    if not isinstance(elements, list):
        raise MappingFailed("this is not a list")
    if len(elements) > MOST_ELEMENTS:
        raise MappingFailed(f"the list has {len(elements)} elements; {MOST_ELEMENTS} are allowed")
    return elements


def _outcome(
    mapping: Mapping, element: Any, context: Context, index_key: bytes, new_delivery_id: Callable[[], str]
) -> Plan | Skipped | Failed:
    context.steps = STEPS
    name = "when"
    try:
        if mapping.when is not None and (no := refusal(mapping.when.evaluate(element, context))):
            return Skipped(f"when is {no}")
        name = "key"
        key = None if mapping.key is None else _key(mapping, mapping.key.evaluate(element, context))
        name = ""  # what follows names the field itself
        body = _body(mapping, element, context)
        contact = _contact(mapping, body)
        mark = digest(index_key, contact) if contact else None
        plan = Plan(new_delivery_id(), mapping.touchpoint, body, mark, key, mapping.repeat, mapping.cap)
        if mapping.sending is None:
            return plan
        return timed(plan, mapping.sending, mapping=mapping.name, element=element, context=context)
    except MappingFailed as error:
        return Failed(f"{name}: {error}" if name else str(error))


def refusal(verdict: Any) -> str:
    """Name what makes a condition say no: JMESPath's false-like values, of which 0 is none; empty for yes."""
    if verdict is None:
        return "null"
    if verdict is False:
        return "false"
    return "empty" if verdict in ("", [], {}) else ""


def number_text(value: float) -> str:
    """Write a number so that the same number is the same text: 1001.0 is `1001`, and 1e16 has no exponent.

    Raises ValueError for infinities, NaN and whole numbers beyond 1,000 bits.
    """
    if isinstance(value, int):
        if value.bit_length() > LARGEST_NUMBER:
            raise ValueError("is too large a number")
        return str(value)
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return str(int(value) if value.is_integer() else value)


def _key(mapping: Mapping, value: Any) -> str | None:
    if value is None or value == "":
        if mapping.repeat != "send" or mapping.is_cancelled:
            raise MappingFailed("it is null, so nothing says what this event is about")
        return None
    return key_text(value)


def key_text(value: Any) -> str:
    """Write a key as a text, the same for the same thing. Raises MappingFailed if it is no text, number or boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _key_number(value)
    if not isinstance(value, str):
        raise MappingFailed(f"it is {kind(value)}, not a text or a number")
    if len(value) > LONGEST_KEY:
        raise MappingFailed(f"it is longer than {LONGEST_KEY} characters")
    if not _is_writable(value):
        raise MappingFailed("it is not text that can be written in UTF-8")
    return value


def _key_number(value: float) -> str:
    try:
        return number_text(value)
    except ValueError as error:
        raise MappingFailed(f"it {error}") from None


def _is_writable(text: str) -> bool:
    """Say whether the text is without lone surrogates, which escapes in a mapping's JSON literal can make."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _body(mapping: Mapping, element: Any, context: Context) -> dict[str, Scalar]:
    body: dict[str, Scalar] = {}
    size = 0
    for field in mapping.body:
        value = _value(field, element, context)
        if value is None:
            if field.required:
                raise MappingFailed(f"{field.name} is required, but is missing, null or empty")
            continue
        if isinstance(value, str) and not _is_writable(value):
            raise MappingFailed(f"{field.name} is not text that can be written in UTF-8")
        size += len(field.name) + len(str(value))
        if size > LARGEST_BODY:
            raise MappingFailed(f"the body is larger than {LARGEST_BODY} characters at {field.name}")
        body[field.name] = value
    return body


def _value(field: Field, element: Any, context: Context) -> Scalar | None:
    """Give the field's value, its default for null and empty, or None to leave it out."""
    if field.expression is None:
        return field.constant if field.constant != "" else None
    try:
        value = field.expression.evaluate(element, context)
    except MappingFailed as error:
        raise MappingFailed(f"{field.name}: {error}") from None
    if value is None or value in ("", [], {}):
        return field.default if field.default != "" else None
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, int | float):
        raise MappingFailed(f"{field.name} is {kind(value)}; only texts, numbers and booleans fit")
    try:
        number_text(value)
    except ValueError as error:
        raise MappingFailed(f"{field.name} {error}") from None
    return value


def _contact(mapping: Mapping, body: dict[str, Scalar]) -> str | None:
    """Check and normalise the address or number; give the one that is asked, if the channel has one."""
    wanted = CONTACT_FIELD[mapping.channel]
    if wanted and wanted not in body:
        raise MappingFailed(f"{wanted} is required, but is missing, null or empty")
    if mapping.channel != "http":
        for name in ("email", wanted) if wanted == "phone" else ("email",):
            if name in body:
                body[name] = _normal(name, body[name])
    asked = body.get(wanted or "email") or body.get("phone")
    return asked if isinstance(asked, str) else None


def _normal(name: str, value: Scalar) -> str:
    if not isinstance(value, str):
        raise MappingFailed(f"{name} is not a text")
    try:
        return _NORMAL[name](value)
    except ValueError as error:
        raise MappingFailed(f"{name} {error}") from None
