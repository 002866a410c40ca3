"""The functions that see the event around the value, and the table of all functions."""

from typing import Any

import pytest

from bridge.core.errors import MappingFailed
from bridge.core.language.expression import Context, compile_expression
from bridge.core.language.functions import FUNCTIONS, OWN_FUNCTIONS

CONTEXT: dict[str, Any] = {
    "payload": {"id": 7, "items": [{"sku": "A"}, {"sku": "B"}]},
    "headers": {"x-shop": "one.example", "empty": ""},
    "query": "a=1&a=2&name=J%C3%B6rg+B&flag=&bad=%ff",
    "topic": "orders/paid",
    "tenant": "shop-1",
    "event_id": "evt_1",
    "received_at": 1795467409123,
    "tables": {"zones": {"DE": "Europe/Berlin", "5": "five"}, "none": {}},
    "envelopes": ({"entry": 1}, {"change": 2}),
    "looked_up": {"": {"id": 2**60 + 1}, "customer": {"email": "anna@example.com"}, "nobody": None},
}

RESULTS: list[tuple[str, Any]] = [
    ("payload().id", 7),
    ("items[*].[sku, payload().id][]", ["A", 7, "B", 7]),
    ("topic()", "orders/paid"),
    ("tenant()", "shop-1"),
    ("event_id()", "evt_1"),
    ("received_at()", "2026-11-23T20:56:49Z"),
    ("header('X-Shop')", "one.example"),
    ("header('x-shop')", "one.example"),
    ("header('empty')", ""),
    ("header('absent')", None),
    ("header(nothing)", None),
    ("query('a')", "1"),
    ("query('name')", "Jörg B"),
    ("query('flag')", ""),
    ("query('bad')", "\ufffd"),
    ("query('absent')", None),
    ("query(nothing)", None),
    ("envelope()", {"change": 2}),
    ("envelope(`1`).entry", 1),
    ("envelope(`2`)", None),
    ("envelope(`-1`)", None),
    ("lookup('zones', 'DE')", "Europe/Berlin"),
    ("lookup('zones', `5`)", "five"),
    ("lookup('zones', 'FR')", None),
    ("lookup('zones', 'FR', 'Europe/Paris')", "Europe/Paris"),
    ("lookup('zones', nothing)", None),
    ("lookup('zones', nothing, 'x')", "x"),
    ("lookup('none', 'DE')", None),
    ("looked_up().id", 2**60 + 1),
    ("looked_up('customer').email", "anna@example.com"),
    ("looked_up('nobody').email", None),
    ("looked_up('absent')", None),
]

FAILURES = [
    ("lookup('absent', 'DE')", "lookup was given the name of a table that the file does not have"),
    ("lookup(id, 'DE')", "lookup takes text, not a number"),
    ("lookup('zones', items)", "lookup takes text, a number or a boolean, not a list"),
    ("header(id)", "header takes text, not a number"),
    ("query(items)", "query takes text, not a list"),
    ("looked_up(id)", "looked_up takes text, not a number"),
    ("envelope('a')", "envelope takes a whole number, not text"),
]


@pytest.mark.parametrize(("text", "result"), RESULTS)
def test_a_function_sees_the_event(text: str, result: Any) -> None:
    assert compile_expression(text).evaluate(CONTEXT["payload"], Context(**CONTEXT)) == result


@pytest.mark.parametrize(("text", "message"), FAILURES)
def test_a_function_refuses(text: str, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(CONTEXT["payload"], Context(**CONTEXT))

    assert str(failure.value) == message


def test_without_an_event_the_functions_give_nothing() -> None:
    everything = "[payload(), header('a'), query('a'), topic(), tenant(), event_id(), envelope(), received_at()]"

    found = compile_expression(everything).evaluate({}, Context())

    assert found == [None, None, None, "", "", "", None, "1970-01-01T00:00:00Z"]


def test_a_context_shows_nobody_s_data() -> None:
    assert "one.example" not in repr(Context(**CONTEXT))
    assert "sku" not in repr(Context(**CONTEXT))


def test_the_table_has_every_function_of_the_language_and_a_line_about_each() -> None:
    assert " ".join(OWN_FUNCTIONS) == (
        "payload envelope header query topic tenant event_id received_at lookup looked_up text lower upper title trim "
        "replace split concat slice_text unescape_html default first last sha256 from_json date_format date_add epoch "
        "add sub mul div round money e164 if"
    )
    assert len(FUNCTIONS) - len(OWN_FUNCTIONS) == 26
    for name, row in FUNCTIONS.items():
        assert row.name == name
        assert 10 < len(row.doc) < 100
        assert row.doc[-1] != "."


@pytest.mark.parametrize("name", sorted(name for name, row in OWN_FUNCTIONS.items() if row.skips_null))
def test_a_null_first_argument_gives_null(name: str) -> None:
    arguments = ", ".join(["nothing"] + ["@"] * (OWN_FUNCTIONS[name].least - 1))

    assert compile_expression(f"{name}({arguments})").evaluate({}, Context()) is None
