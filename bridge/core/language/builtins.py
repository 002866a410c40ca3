"""The 26 functions of JMESPath itself, giving what jmespath 1.1 gives, but within the budget."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, Reference, is_number, read_list, read_text, refuse, table
from bridge.core.language.comparisons import charge_comparison
from bridge.core.language.context import TEXT_CHARACTERS, Context, weigh

Sort = Literal["text", "a number"]


# -- numbers ----------------------------------------------------------------------------------------------


def _number(name: str, value: Any) -> int | float:
    if is_number(value):
        number: int | float = value
        return number
    raise refuse(name, "a number", value)


def _numbers(name: str, context: Context, value: Any) -> list[Any]:
    elements = read_list(name, value)
    context.charge(len(elements))
    for element in elements:
        if not is_number(element):
            raise refuse(name, "a list of numbers", element)
    return elements


def _avg(context: Context, value: Any) -> float | None:
    numbers = _numbers("avg", context, value)
    return sum(numbers) / len(numbers) if numbers else None


def _to_number(context: Context, value: Any) -> int | float | None:
    if is_number(value):
        number: int | float = value
        return number
    if not isinstance(value, str):
        return None
    context.charge_text(value)
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return None


# -- text -------------------------------------------------------------------------------------------------


def _to_string(context: Context, value: Any) -> str:
    if isinstance(value, str):
        return value
    context.charge(weigh(value, nodes=TEXT_CHARACTERS, characters=TEXT_CHARACTERS))
    text = json.dumps(value, separators=(",", ":"))
    context.charge_text(text)
    if len(text) > TEXT_CHARACTERS:
        raise MappingFailed(f"to_string would give more than {TEXT_CHARACTERS:,} characters")
    return text


def _join(context: Context, separator: Any, value: Any) -> str:
    glue, texts = read_text("join", separator), read_list("join", value)
    context.charge(len(texts))
    size = len(glue) * max(0, len(texts) - 1) + sum(len(read_text("join", text)) for text in texts)
    if size > TEXT_CHARACTERS:
        raise MappingFailed(f"join would give more than {TEXT_CHARACTERS:,} characters")
    return glue.join(texts)


def _reverse(context: Context, value: Any) -> Any:
    if not isinstance(value, str | list):
        raise refuse("reverse", "text or a list", value)
    context.charge(len(value) >> 5)
    return value[::-1]


def _contains(context: Context, subject: Any, wanted: Any) -> bool:
    if isinstance(subject, str):
        context.charge_text(subject)
        return read_text("contains", wanted) in subject
    elements = read_list("contains", subject)
    context.charge(len(elements))
    if isinstance(wanted, str | list | dict):
        # What is sought may be compared with every element; charging it as often would forbid `contains` in
        # ordinary lists, so only those that could be equal count.
        for element in elements:
            if type(element) is type(wanted) and len(element) == len(wanted):
                charge_comparison(context, wanted)
    return wanted in elements


def _length(_context: Context, value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise refuse("length", "text, a list or an object", value)


# -- lists and objects ------------------------------------------------------------------------------------


def _not_null(_context: Context, *values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _object(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise refuse(name, "an object", value)


def _merge(context: Context, *values: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in values:
        members = _object("merge", value)
        context.charge(len(members))
        merged.update(members)
    return merged


def _keys(context: Context, value: Any) -> list[str]:
    members = _object("keys", value)
    context.charge(len(members) >> 2)
    return list(members)


def _values(context: Context, value: Any) -> list[Any]:
    members = _object("values", value)
    context.charge(len(members) >> 2)
    return list(members.values())


def _type(_context: Context, value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _sortable(name: str, context: Context, value: Any) -> list[Any]:
    elements = read_list(name, value)
    context.charge(2 * len(elements))
    if elements:
        _one_sort(name, context, elements)
    return elements


def _one_sort(name: str, context: Context, keys: Sequence[Any]) -> None:
    wanted = _sort(name, keys[0])
    for key in keys:
        if isinstance(key, str):
            context.charge_text(key)
        if _sort(name, key) != wanted:
            raise MappingFailed(f"{name} takes numbers only or texts only, not both")


def _sort(name: str, value: Any) -> Sort:
    if isinstance(value, str):
        return "text"
    if is_number(value):
        return "a number"
    raise refuse(name, "numbers or texts", value)


def _extreme(name: str, choose: Callable[..., Any]) -> Callable[[Context, Any], Any]:
    def run(context: Context, value: Any) -> Any:
        elements = _sortable(name, context, value)
        return choose(elements) if elements else None

    return run


# -- functions that take an expression --------------------------------------------------------------------


def _map(context: Context, reference: Reference, value: Any) -> list[Any]:
    elements = read_list("map", value)
    context.charge(len(elements) * reference.steps)
    return [reference.run(element, context) for element in elements]


def _by_key(name: str, context: Context, value: Any, reference: Reference) -> tuple[list[Any], list[Any]]:
    """Give the elements and their keys, which are all numbers or all texts."""
    elements = read_list(name, value)
    context.charge(len(elements) * (reference.steps + 2))
    keys = [reference.run(element, context) for element in elements]
    if keys:
        _one_sort(name, context, keys)
    return elements, keys


def _sort_by(context: Context, value: Any, reference: Reference) -> list[Any]:
    elements, keys = _by_key("sort_by", context, value, reference)
    return [elements[place] for place in sorted(range(len(keys)), key=keys.__getitem__)]


def _extreme_by(name: str, choose: Callable[..., int]) -> Callable[[Context, Any, Reference], Any]:
    def run(context: Context, value: Any, reference: Reference) -> Any:
        elements, keys = _by_key(name, context, value, reference)
        return elements[choose(range(len(keys)), key=keys.__getitem__)] if keys else None

    return run


def _starts(_context: Context, text: Any, start: Any) -> bool:
    return read_text("starts_with", text).startswith(read_text("starts_with", start))


def _ends(_context: Context, text: Any, end: Any) -> bool:
    return read_text("ends_with", text).endswith(read_text("ends_with", end))


BUILTINS = table(
    Function("abs", 1, 1, lambda _, n: abs(_number("abs", n)), "the number without its sign"),
    Function("avg", 1, 1, _avg, "the mean of a list of numbers; null for an empty list"),
    Function("ceil", 1, 1, lambda _, n: math.ceil(_number("ceil", n)), "the next whole number upwards"),
    Function("contains", 2, 2, _contains, "whether a list has this element, or a text this part"),
    Function("ends_with", 2, 2, _ends, "whether a text ends with another"),
    Function("floor", 1, 1, lambda _, n: math.floor(_number("floor", n)), "the next whole number downwards"),
    Function("join", 2, 2, _join, "the texts of a list in one, with the first argument between them"),
    Function("keys", 1, 1, _keys, "the names in an object, as a list"),
    Function("length", 1, 1, _length, "how many characters, elements or members there are"),
    Function("map", 2, 2, _map, "the expression's result for every element, nulls kept", reference=0),
    Function("max", 1, 1, _extreme("max", max), "the greatest of a list of numbers or texts; null if empty"),
    Function("max_by", 2, 2, _extreme_by("max_by", max), "the element with the greatest key", reference=1),
    Function("merge", 1, None, _merge, "one object of several; later ones win"),
    Function("min", 1, 1, _extreme("min", min), "the least of a list of numbers or texts; null if empty"),
    Function("min_by", 2, 2, _extreme_by("min_by", min), "the element with the least key", reference=1),
    Function("not_null", 1, None, _not_null, "the first argument that is not null"),
    Function("reverse", 1, 1, _reverse, "the list or the text backwards"),
    Function("sort", 1, 1, lambda c, v: sorted(_sortable("sort", c, v)), "a list of numbers or texts in order"),
    Function("sort_by", 2, 2, _sort_by, "the list in the order of a key", reference=1),
    Function("starts_with", 2, 2, _starts, "whether a text starts with another"),
    Function("sum", 1, 1, lambda c, v: sum(_numbers("sum", c, v)), "the sum of a list of numbers"),
    Function("to_array", 1, 1, lambda _, v: v if isinstance(v, list) else [v], "the value as a list"),
    Function("to_number", 1, 1, _to_number, "the number that a text holds; null if it holds none"),
    Function("to_string", 1, 1, _to_string, 'the value as JSON text; a text stays as it is, null gives "null"'),
    Function("type", 1, 1, _type, "the name of the value's type, such as 'string'"),
    Function("values", 1, 1, _values, "the values in an object, as a list"),
)
