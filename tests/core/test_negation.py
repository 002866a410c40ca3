"""`!` before a path negates its beginning alone: found in every form, and nowhere else."""

import pytest

from bridge.core.language.context import Context
from bridge.core.language.expression import compile_expression
from bridge.core.language.negation import ShortNegation, short_negation


@pytest.mark.parametrize(
    ("text", "position", "meant"),
    [
        ("!a.b", 0, "!(a.b)"),
        ("!a.b.c == `true`", 0, "!(a.b.c)"),
        ("paid && !order.test", 8, "!(order.test)"),
        ("!a[0].c || d", 0, "!(a[0].c)"),
        ("!!a.b", 0, "!!(a.b)"),
        ("! a . b ", 0, "!(a . b)"),
        ("!@.x", 0, "!(@.x)"),
        ("!a[?x == `1`]", 0, "!(a[?x == `1`])"),
        ("!a[]", 0, "!(a[])"),
        ("!lookup('t', key).name", 0, "!(lookup('t', key).name)"),
        ("!looked_up().order.test", 0, "!(looked_up().order.test)"),
        ("!(a).b", 0, "!((a).b)"),
        ('!"first-name".b', 0, '!("first-name".b)'),
        ("contains(!a.b, c)", 9, "!(a.b)"),
        ("a[?!b.c]", 3, "!(b.c)"),
        ("!a.{x: b}.x", 0, "!(a.{x: b}.x)"),
        ("!a.*.b", 0, "!(a.*.b)"),
    ],
)
def test_a_negation_that_reaches_too_short_is_found(text: str, position: int, meant: str) -> None:
    assert short_negation(text) == ShortNegation(position, meant)
    compile_expression(text)
    assert short_negation(meant) is None


@pytest.mark.parametrize(
    "text",
    [
        *("!a", "!(a.b)", "a.b", "!a && b.c", "!a[0]", "!a[*].b", "!contains(a.b, 'x')", "a != b.c", "!a | b.c"),
        *(
            "(!a).b",
            "!'x' || a.b",
            "!`true`",
            "!@",
            "[!a, b.c]",
            "{x: !a, y: b.c}",
            "a[?!b].c",
            "!a[1:2].b",
            "!a[:2].b",
            "!default(a.b, `1`)",
        ),
    ],
)
def test_a_negation_that_reaches_as_far_as_it_seems_is_fine(text: str) -> None:
    compile_expression(text)
    assert short_negation(text) is None


def test_what_is_refused_would_always_be_null_and_what_is_suggested_is_not() -> None:
    for value in ({"a": {"b": True}}, {"a": {"b": False}}, {}):
        assert compile_expression("!a.b").evaluate(value, Context()) is None
    assert compile_expression("!(a.b)").evaluate({"a": {"b": False}}, Context()) is True
