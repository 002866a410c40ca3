"""The functions on numbers and money: exact results, nulls, wrong kinds and limits."""

from typing import Any

import pytest

from bridge.core.errors import MappingFailed
from bridge.core.language.expression import Context, compile_expression

RESULTS: list[tuple[str, Any, Any]] = [
    ("add(@[0], @[1])", [0.1, 0.2], 0.3),
    ("add(@[0], @[1])", [1, 2], 3),
    ("add(@[0], @[1])", [1, 2.0], 3.0),
    ("add(@[0], @[1])", ["19.10", "0.90"], 20.0),
    ("add(@[0], @[1])", ["5", 6], 11),
    ("add(@[0], @[1])", [" -5 ", "+6"], 1),
    ("add(@[0], @[1])", [123456789012345678901234567890, 1], 123456789012345678901234567891),
    ("add(@[0], @[1])", [None, 1], None),
    ("add(@[0], @[1])", [1, None], None),
    ("sub(@[0], @[1])", [1.1, 1], 0.1),
    ("sub(@[0], @[1])", [5, 7], -2),
    ("sub(@[0], @[1])", [None, 7], None),
    ("mul(@[0], @[1])", [1.1, 1.1], 1.21),
    ("mul(@[0], @[1])", [10**30, 10**29], 10**59),
    ("mul(@[0], @[1])", ["2.50", 4], 10.0),
    ("mul(@[0], @[1])", [None, 4], None),
    ("div(@[0], @[1])", [10, 5], 2),
    ("div(@[0], @[1])", [10, 4], 2.5),
    ("div(@[0], @[1])", [1, 3], 0.3333333333333333),
    ("div(@[0], @[1])", [1.0, 1], 1.0),
    ("div(@[0], @[1])", [0, 5], 0),
    ("div(@[0], @[1])", [None, 0], None),
    ("round(@)", None, None),
    ("round(@)", 2.5, 3),
    ("round(@)", 3.5, 4),
    ("round(@)", -2.5, -3),
    ("round(@)", "19.49", 19),
    ("round(@)", -0.4, 0),
    ("round(@, `2`)", 2.675, 2.68),
    ("round(@, `2`)", 1.005, 1.01),
    ("round(@, `2`)", 5, 5),
    ("round(@, `2`)", "19.104", 19.1),
    ("round(@, `1`)", -0.04, 0.0),
    ("round(@, `15`)", 0.1, 0.1),
    ("money(@, 'EUR')", None, None),
    ("money(@, 'EUR')", 1999, "19.99"),
    ("money(@, 'eur')", "1999", "19.99"),
    ("money(@, 'EUR')", 1999.0, "19.99"),
    ("money(@, 'EUR')", -5, "-0.05"),
    ("money(@, 'EUR')", "-0", "0.00"),
    ("money(@, 'EUR')", 0, "0.00"),
    ("money(@, 'JPY')", 1999, "1999"),
    ("money(@, 'KWD')", 1999, "1.999"),
    ("money(@, 'CLF')", 12345, "1.2345"),
    ("money(@, x)", 1999, None),
    ("money(@, 'EUR')", 123456789012345678901234567890123456789, "1234567890123456789012345678901234567.89"),
]

FAILURES: list[tuple[str, Any, str]] = [
    ("div(@[0], @[1])", [1, 0], "div cannot divide by zero"),
    ("div(@[0], @[1])", [0, "0.00"], "div cannot divide by zero"),
    ("add(@[0], @[1])", [True, 1], "add takes numbers, not a boolean"),
    ("add(@[0], @[1])", [1, []], "add takes numbers, not a list"),
    ("add(@[0], @[1])", ["secret", 1], "add takes numbers, not a text that is no plain number"),
    ("add(@[0], @[1])", ["1e5", 1], "add takes numbers, not a text that is no plain number"),
    ("add(@[0], @[1])", ["1,5", 1], "add takes numbers, not a text that is no plain number"),
    ("add(@[0], @[1])", ["\u0661", 1], "add takes numbers, not a text that is no plain number"),
    ("add(@[0], @[1])", ["NaN", 1], "add takes numbers, not a text that is no plain number"),
    ("sub(@[0], @[1])", [float("nan"), 1], "sub takes numbers of at most 60 digits"),
    ("sub(@[0], @[1])", [float("inf"), 1], "sub takes numbers of at most 60 digits"),
    ("mul(@[0], @[1])", [10**60, 1], "mul takes numbers of at most 60 digits"),
    ("mul(@[0], @[1])", [1e300, 1], "mul takes numbers of at most 60 digits"),
    ("round(@)", {}, "round takes numbers, not an object"),
    ("round(@, length('1234567890123456'))", 1, "round takes 0 to 15 decimals"),
    ("round(@, sub(`0`, `1`))", 1, "round takes 0 to 15 decimals"),
    ("round(@, `1`.x)", 1, "round takes a whole number, not null"),
    ("money(@, 'EUR')", 19.99, "money takes a whole number of minor units, such as 1999 for 19.99 EUR"),
    ("money(@, 'EUR')", [], "money takes numbers, not a list"),
    ("money(`1`, @)", "EURO", "money takes a currency's code of three letters, such as 'EUR'"),
    ("money(`1`, @)", "J Y", "money takes a currency's code of three letters, such as 'EUR'"),
    ("money(`1`, @)", 978, "money takes text, not a number"),
]


@pytest.mark.parametrize(("text", "value", "result"), RESULTS)
def test_a_function_gives(text: str, value: Any, result: Any) -> None:
    found = compile_expression(text).evaluate(value, Context())

    assert (repr(found), type(found)) == (repr(result), type(result))


@pytest.mark.parametrize(("text", "value", "message"), FAILURES)
def test_a_function_refuses(text: str, value: Any, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(value, Context())

    assert str(failure.value) == message
