"""Functions of the mapping language on numbers and money, in decimals, so that 0.1 + 0.2 is 0.3."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context as Arithmetic, Decimal, DivisionByZero, InvalidOperation, Overflow
from math import isfinite
from typing import Any

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, kind, read_integer, read_text, table
from bridge.core.language.context import Context

# Digits of a plain number; more than any amount, and short enough that working with it costs nothing.
_DIGITS = 60
_ARITHMETIC = Arithmetic(
    prec=2 * _DIGITS + 4, rounding=ROUND_HALF_UP, traps=[DivisionByZero, InvalidOperation, Overflow]
)
_PLAIN = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LARGEST = 10**_DIGITS
_MOST_PLACES = 15  # what a floating-point number holds

# ISO 4217, "minor unit", where it is not 2.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

Number = int | float


def _decimal(name: str, value: Any) -> Decimal:
    """Read a number, or a text that is a plain one such as `19.10`."""
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = "a text that is no plain number" if isinstance(value, str) else kind(value)
        raise MappingFailed(f"{name} takes numbers, not {what}")
    if not -_LARGEST < value < _LARGEST:  # NaN fails this too
        raise MappingFailed(f"{name} takes numbers of at most {_DIGITS} digits")
    return Decimal(value) if isinstance(value, int) else Decimal(repr(value))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and "." not in value)


def _number(name: str, result: Decimal, *, whole: bool) -> Number:
    """Give an int when whole numbers made a whole number, else a float."""
    if not abs(result) < _LARGEST * _LARGEST:
        raise MappingFailed(f"{name} gives a number that is too large")
    if whole and result == result.to_integral_value():
        return int(result)
    number = float(result) + 0.0  # not -0.0
    if not isfinite(number):
        raise MappingFailed(f"{name} gives a number that is too large")
    return number


def _arithmetic(name: str, work: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Context, Any, Any], Number | None]:
    def run(_context: Context, first: Any, second: Any) -> Number | None:
        if second is None:
            return None
        result = work(_decimal(name, first), _decimal(name, second))
        return _number(name, result, whole=_is_whole(first) and _is_whole(second))

    return run


def _divide(first: Decimal, second: Decimal) -> Decimal:
    if not second:
        raise MappingFailed("div cannot divide by zero")
    return _ARITHMETIC.divide(first, second)


def _round(_context: Context, value: Any, places: Any = 0) -> Number:
    digits = read_places(places)
    number = _decimal("round", value).quantize(Decimal(1).scaleb(-digits), context=_ARITHMETIC)
    return _number("round", number, whole=digits == 0 or _is_whole(value))


def read_places(value: Any) -> int:
    """Give the decimals to round to. Raises MappingFailed if they are not a whole number from 0 to 15."""
    places = read_integer("round", value)
    if not 0 <= places <= _MOST_PLACES:
        raise MappingFailed(f"round takes 0 to {_MOST_PLACES} decimals")
    return places


def _money(_context: Context, minor_units: Any, currency: Any) -> str | None:
    if currency is None:
        return None
    digits = read_currency(currency)
    amount = _ARITHMETIC.plus(_decimal("money", minor_units))
    if amount != amount.to_integral_value():
        raise MappingFailed("money takes a whole number of minor units, such as 1999 for 19.99 EUR")
    return f"{amount.scaleb(-digits, context=_ARITHMETIC):.{digits}f}"


def read_currency(value: Any) -> int:
    """Give the decimals of a currency's amounts. Raises MappingFailed if it is no code of three letters."""
    code = read_text("money", value).upper()
    if not _CURRENCY.fullmatch(code):
        raise MappingFailed("money takes a currency's code of three letters, such as 'EUR'")
    return next((digits for digits, codes in _DECIMALS.items() if code in codes), 2)


NUMBER_FUNCTIONS = table(
    Function("add", 2, 2, _arithmetic("add", _ARITHMETIC.add), "the sum of two numbers", cost=8, skips_null=True),
    Function(
        "sub",
        2,
        2,
        _arithmetic("sub", _ARITHMETIC.subtract),
        "the first number less the second",
        cost=8,
        skips_null=True,
    ),
    Function(
        "mul", 2, 2, _arithmetic("mul", _ARITHMETIC.multiply), "the product of two numbers", cost=8, skips_null=True
    ),
    Function(
        "div",
        2,
        2,
        _arithmetic("div", _divide),
        "the quotient; dividing by zero fails",
        cost=8,
        skips_null=True,
    ),
    Function(
        "round",
        1,
        2,
        _round,
        "rounded to so many decimals, 5 upwards; no decimals if not given",
        cost=8,
        skips_null=True,
        checks={1: read_places},
    ),
    Function(
        "money",
        2,
        2,
        _money,
        "minor units as an amount in text: 1999 and 'EUR' give 19.99, with 'JPY' 1999",
        cost=8,
        skips_null=True,
        checks={1: read_currency},
    ),
)
