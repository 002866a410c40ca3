"""Compiling an expression: what is refused, where and how; and what a compiled one tells about itself."""

import pytest

from bridge.core.errors import ExpressionInvalid, MappingFailed
from bridge.core.language.expression import Context, compile_expression

REFUSED = [
    ("", 0, "the expression is empty or cannot be read", ""),
    ("   ", 3, "the expression ends too early", ""),
    ("customer.", 9, "the expression ends too early", ""),
    ("lower(name", 10, "the expression ends too early", ""),
    ("a.b)", 3, ") is not possible here", ""),
    ("name == 'x", 8, "the ' is never closed", ""),
    ("n == `2", 5, "the ` is never closed", ""),
    ('"first name', 0, 'the " is never closed', ""),
    ("status = 'paid'", 7, "= means nothing here", "to compare, write =="),
    ("a + b", 2, "+ means nothing here", "to calculate, write add(a, b)"),
    ("a / b", 2, "/ means nothing here", "to calculate, write div(a, b)"),
    ("$.a", 0, "$ means nothing here", "the event itself is @, or payload() within for_each"),
    ("a and b", 2, "and is not possible here", "write && for and"),
    ("a or b", 2, "or is not possible here", "write || for or"),
    ("a & b", 2, "& is not possible here", ""),
    ("&a", 0, "& is not possible here", "for and, write &&"),
    ('"lower"(name)', 0, "a name in double quotes is no function", "write a function's name without quotes"),
    ('`{"a"}`', 0, "between the backticks is no JSON", "write a number, a JSON value"),
    ('"\\x"', 0, "the name in double quotes cannot be read", "text goes in single quotes"),
    ("round(total, 2)", 13, "the number 2 stands bare", "write it in backticks, as in `2`"),
    ("n == 5", 5, "the number 5 stands bare", "write it in backticks"),
    ('status == "paid"', 10, '"paid" is the name of a field', "write 'paid' for the text; for the field, @.\"paid\""),
    ('a || lower(b) != "x y"', 17, '"x y" is the name of a field', "write 'x y'"),
    ('"paid" == status', 0, '"paid" is the name of a field', "write 'paid'"),
    ("test == true", 8, "true is the name of a field here; for the constant, write `true` in backticks", ""),
    ("null != a", 0, "null is the name of a field here; for the constant, write `null` in backticks", ""),
    ("default(a, false)", 0, "false is the name of a field here; for the constant, write `false`", ""),
    ("a || datefmt(b)", 5, "there is no function datefmt", "did you mean date_format?"),
    ("qqqq(a)", 0, "there is no function qqqq", ""),
    ("date_format(a)", 0, "date_format takes 2 or 3 arguments, 1 given", ""),
    ("lower()", 0, "lower takes 1 argument, 0 given", ""),
    ("a.topic(b)", 2, "topic takes no arguments, 1 given", ""),
    ("not_null()", 0, "not_null takes at least 1 argument, 0 given", ""),
    ("[?a == 'lower('].lower(b, c)", 17, "lower takes 1 argument, 2 given", ""),
    ("[?lower(a, a)].upper(b)", 2, "lower takes 1 argument, 2 given", ""),
    ("sort_by(items, price)", 0, "sort_by takes an expression with & in front as argument 2", ""),
    ("lower(&a)", 0, "lower takes a value, without & as argument 1", ""),
    ("date_format(a, '%Q')", 0, "date_format has a pattern with a directive it does not know; possible are %Y", ""),
    ("date_format(a, '%d', 'Berlin')", 0, "date_format does not know the zone", ""),
    ("date_add(a, '3 days')", 0, "date_add takes a duration such as '3d', '-12h' or '30m'", ""),
    ("round(a, `99`)", 0, "round takes 0 to 15 decimals", ""),
    ("money(a, 'Euro')", 0, "money takes a currency's code of three letters", ""),
    ("e164(a, 'Germany')", 0, "e164 takes a country of two letters", ""),
    ("a[0] || a[::0]", 12, "a part of a list is taken in steps of 1 or more", ""),
    ("a" * 4097, 4096, "the expression is longer than 4,096 characters", ""),
    ("(" * 2000 + "a" + ")" * 2000, 0, "the expression is nested too deeply", ""),
    ("!" * 4000 + "a", 0, "the expression is nested too deeply", ""),
    ("!" * 120 + "a", 0, "the expression is nested more than 100 levels deep", ""),
]


@pytest.mark.parametrize(("text", "position", "message", "suggestion"), REFUSED)
def test_what_is_wrong_is_said_with_its_place(text: str, position: int, message: str, suggestion: str) -> None:
    with pytest.raises(ExpressionInvalid) as refusal:
        compile_expression(text)

    assert refusal.value.message.startswith(message)
    assert refusal.value.position == position
    assert refusal.value.suggestion.startswith(suggestion)
    assert bool(refusal.value.suggestion) is bool(suggestion)


@pytest.mark.parametrize(
    "text",
    [
        "'paid' == \"my-field\"",
        "\"my-field\" == 'paid'",
        '"my-field" == other',
        'status == @."paid"',
        'status == "my order".state',
        "a.true == `true`",
        '{true: a, "null": b}',
        "@.false == `false`",
        "a == `paid`",
        '"a" > `1`',
    ],
)
def test_double_quotes_and_constants_are_taken_where_their_meaning_is_plain(text: str) -> None:
    assert compile_expression(text).text == text


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("customer.email || email", ("customer.email", "email")),
        ("!test && cancelled_at == `null`", ("test", "cancelled_at")),
        ("line_items[?grams > `5`].sku | [0]", ("line_items.grams", "line_items.sku")),
        ("fulfillments[-1].created_at", ("fulfillments.created_at",)),
        ("text(a.b) || upper(a.b)", ("a.b",)),
        ("items[].tax[0:2].rate", ("items.tax.rate",)),
        ("{x: a.b, y: c}.x", ("a.b", "c")),
        ("payload().customer.email", ()),
        ("sort_by(items, &price)[0].id", ("items",)),
        ("[a, b][0].c", ("a", "b")),
        ('"first name".*.x', ("first name.x",)),
        ("@", ()),
        ("'x'", ()),
    ],
)
def test_an_expression_tells_which_fields_it_reads(text: str, paths: tuple[str, ...]) -> None:
    assert compile_expression(text).paths == paths


def test_an_expression_tells_which_functions_and_tables_it_uses() -> None:
    expression = compile_expression(
        "lookup('zones', upper(c)) || lookup('more', d, 'x') || lookup('zones', e) || lookup(f, g)"
    )

    assert expression.functions == {"lookup", "upper"}
    assert expression.tables == ("zones", "more")


def test_expressions_of_the_same_text_are_equal_and_show_their_text() -> None:
    assert compile_expression("a.b") == compile_expression("a.b")
    assert compile_expression("a.b") != compile_expression("a.c")
    assert str(compile_expression("a.b")).startswith("Expression(text='a.b'")


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("a < 'b'", {"a": 1}, "a number cannot be compared with text; use text() or to_number()"),
        ("abs(a)", {"a": "secret"}, "abs takes a number, not text"),
        ("sum(a)", {"a": [1, "secret"]}, "sum takes a list of numbers, not text"),
        ("join(', ', a)", {"a": ["x", None]}, "join takes text, not null"),
        ("sort(a)", {"a": [1, "secret"]}, "sort takes numbers only or texts only, not both"),
        ("max_by(a, &b)", {"a": [{"b": True}]}, "max_by takes numbers or texts, not a boolean"),
        ("contains(a, `1`)", {"a": "secret"}, "contains takes text, not a number"),
        ("length(a)", {"a": 5}, "length takes text, a list or an object, not a number"),
        ("keys(a)", {"a": []}, "keys takes an object, not a list"),
        ("reverse(a)", {}, "reverse takes text or a list, not null"),
        ("ceil(a)", {"a": float("inf")}, "the expression went wrong: OverflowError"),
        ("to_string(a)", {"a": 10**5000}, "the expression went wrong: ValueError"),
    ],
)
def test_a_failure_names_kinds_and_functions_but_shows_no_content(text: str, value: object, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(value, Context())

    assert str(failure.value) == message
    assert failure.value.__cause__ is None
