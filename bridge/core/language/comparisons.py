"""The six comparisons, as JMESPath defines them, and cheaper ones where one side is a literal."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import is_number, kind
from bridge.core.language.context import Context, weigh

Run = Callable[[Any, Context], Any]
Literals = tuple[Mapping[str, Any] | None, ...]

_ORDERINGS: Mapping[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def compile_comparison(name: str, left: Run, right: Run, *, literals: Literals) -> Run:
    """Make the comparison called `eq`, `ne`, `lt`, `lte`, `gt` or `gte`; `literals` are sides that are literals."""
    if name in _ORDERINGS:
        return _ordering(_ORDERINGS[name], left, right)
    equal = _equality(left, right, literals)
    if name == "eq":
        return equal
    return lambda value, context: not equal(value, context)


def equals(left: Any, right: Any) -> bool:
    """Compare two JSON values; 0 and 1 are not false and true, except within lists, as in jmespath."""
    return bool(left == right) and isinstance(left, bool) is isinstance(right, bool)


def charge_comparison(context: Context, value: Any) -> None:
    """Take the steps that comparing the value with another may cost, before it does."""
    if isinstance(value, str):
        context.charge_text(value)
    elif isinstance(value, list | dict):
        context.charge(weigh(value))


def _equality(left: Run, right: Run, literals: Literals) -> Run:
    first, second = literals
    if second is not None:
        return _equals_constant(left, second["value"])
    if first is not None:
        return _equals_constant(right, first["value"])

    def run(value: Any, context: Context) -> bool:
        one, other = left(value, context), right(value, context)
        charge_comparison(context, one)
        return equals(one, other)

    return run


def _equals_constant(operand: Run, constant: Any) -> Run:
    if isinstance(constant, str):
        return lambda value, context: operand(value, context) == constant
    if constant is None or isinstance(constant, bool):
        return lambda value, context: operand(value, context) is constant
    return lambda value, context: equals(operand(value, context), constant)


def _ordering(compare: Callable[[Any, Any], Any], left: Run, right: Run) -> Run:
    def run(value: Any, context: Context) -> Any:
        one, other = left(value, context), right(value, context)
        if type(one) is int and type(other) is int:  # the common case first; a boolean is no int here
            return compare(one, other)
        if not (_has_order(one) and _has_order(other)):
            return None
        if isinstance(one, str) is not isinstance(other, str):
            raise MappingFailed(f"{kind(one)} cannot be compared with {kind(other)}; use text() or to_number()")
        if isinstance(one, str):
            context.charge_text(one)
        return compare(one, other)

    return run


def _has_order(value: Any) -> bool:
    return isinstance(value, str) or is_number(value)
