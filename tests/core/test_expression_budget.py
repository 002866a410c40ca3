"""Expressions that explode are stopped: by steps, by the size of texts and results, never by the machine."""

import pytest

from bridge.core.errors import MappingFailed
from bridge.core.language.context import STEPS
from bridge.core.language.expression import Context, compile_expression

LONG = "a" * 100_000
STEPS_GONE = "the expression needs too many steps on this event; make it simpler"
TOO_LARGE = "the expression gives more than fits into a result; make it simpler"
DOUBLED = "|".join(["[@, @]"] * 24)
DOUBLED_OFTEN = "|".join(["[@, @]"] * 60)

PAYLOAD = {
    "text": LONG,
    "list": list(range(5_000)),
    "wide": {str(number): number for number in range(5_000)},
    "commas": "a," * 50_000,
    "nested": "[" * 40_000 + "]" * 40_000,
    "entities": "&amp;" * 20_000,
    "numbers": "[" + "1," * 50_000 + "1]",
    "sums": "1" * 60 + "." + "1" * 60,
    "large": 10**4000,
}

BOMBS = [
    (DOUBLED, TOO_LARGE),
    (DOUBLED.replace("[@, @]", "{a: @, b: @}"), TOO_LARGE),
    (f"to_string({DOUBLED})", TOO_LARGE),
    (f"({DOUBLED_OFTEN}) == ({DOUBLED_OFTEN})", TOO_LARGE),
    (f"({DOUBLED_OFTEN}) != ({DOUBLED_OFTEN})", TOO_LARGE),
    (f"contains([{DOUBLED_OFTEN}], ({DOUBLED_OFTEN}))", TOO_LARGE),
    ("[@, @]" + ".[@, @][]" * 30, STEPS_GONE),
    ("[@, @][]" + "|[@, @][]" * 30, STEPS_GONE),
    ("list[*].payload()", TOO_LARGE),
    ("map(&payload(), list)", TOO_LARGE),
    ("map(&map(&@, payload().list), list)", STEPS_GONE),
    ("list[?payload().list[?payload().list]]", STEPS_GONE),
    ("list[?payload().text == payload().text]", STEPS_GONE),
    ("list[?payload().text < payload().text]", STEPS_GONE),
    ("list[?payload().wide == payload().wide]", STEPS_GONE),
    ("map(&payload().list, list)[]", STEPS_GONE),
    ("list[*].payload().list[::2]", STEPS_GONE),
    ("map(&contains(payload().list, `-1`), list)", STEPS_GONE),
    ("map(&contains(payload().text, 'b'), list)", STEPS_GONE),
    ("map(&merge(payload().wide), list)", STEPS_GONE),
    ("map(&keys(payload().wide), list)", STEPS_GONE),
    ("map(&values(payload().wide), list)", STEPS_GONE),
    ("map(&reverse(payload().list), list)", STEPS_GONE),
    ("map(&sum(payload().list), list)", STEPS_GONE),
    ("map(&max(payload().list), list)", STEPS_GONE),
    ("map(&to_number(payload().text), list)", STEPS_GONE),
    ("map(&to_string(payload().wide), list)", STEPS_GONE),
    ("map(&lower(payload().text), list)", STEPS_GONE),
    ("map(&title(payload().text), list)", STEPS_GONE),
    ("map(&slice_text(payload().text, `1`), list)", STEPS_GONE),
    ("map(&split(payload().commas, ','), list)", STEPS_GONE),
    ("map(&unescape_html(payload().entities), list)", STEPS_GONE),
    ("map(&sha256(payload().text), list)", STEPS_GONE),
    ("map(&from_json(payload().numbers), list)", STEPS_GONE),
    ("map(&e164('+4930123456'), list)", STEPS_GONE),
    ("map(&date_format(@, '%Y'), list)", STEPS_GONE),
    ("map(&mul(payload().sums, payload().sums), [payload().list, payload().list, payload().list][])", STEPS_GONE),
    ("map(&query(payload().text), list)", STEPS_GONE),
    ("map(&header(payload().text), list)", STEPS_GONE),
    ("sort(map(&payload().text, list))", STEPS_GONE),
    ("sort_by(list, &payload().text)", STEPS_GONE),
    ("join(payload().text, map(&'x', list))", "join would give more than 262,144 characters"),
    ("join('', map(&payload().text, list))", "join would give more than 262,144 characters"),
    ("concat(map(&payload().text, list))", "concat would give more than 262,144 characters"),
    ("replace(text, 'a', 'bbb')", "replace would give more than 262,144 characters"),
    ("to_string([text, text, text])", TOO_LARGE),
    (
        "to_string(map(&'\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4', list))",
        "to_string would give more than 262,144 characters",
    ),
    ("map(&payload().large, list[:300]) | to_string(@)", TOO_LARGE),
    ("|".join(["'9999999999'"] + ["mul(@, @)"] * 50), "mul takes numbers of at most 60 digits"),
    ("from_json(nested)", "from_json was given a text that is not JSON"),
]


@pytest.mark.parametrize(("text", "message"), BOMBS, ids=[text[:60] for text, _ in BOMBS])
def test_an_explosion_is_stopped(text: str, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(PAYLOAD, Context(payload=PAYLOAD, query="a=1&" * 100))

    assert str(failure.value) == message


def test_steps_are_taken_from_the_context_for_every_element() -> None:
    context = Context()

    compile_expression("a[*].b.c").evaluate({"a": [{}] * 10}, context)

    assert STEPS - context.steps == 2 + 10 * 2


def test_a_context_without_steps_left_evaluates_nothing() -> None:
    with pytest.raises(MappingFailed, match="too many steps"):
        compile_expression("a").evaluate({"a": 1}, Context(steps=0))


def test_an_ordinary_large_order_stays_far_within_the_budget() -> None:
    order = {"items": [{"sku": f"S-{n}", "price": "19.10", "grams": n, "tax": [{"rate": 0.19}]} for n in range(500)]}
    context = Context(payload=order)

    found = compile_expression("sort_by(items[?grams > `10` && price != '0'], &sku)[*].{s: sku, r: tax[0].rate}")

    assert len(found.evaluate(order, context)) == 489
    assert context.steps > STEPS * 0.9


def test_a_value_nested_too_deeply_is_a_failure() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(MappingFailed, match="the expression or the value is nested too deeply"):
        compile_expression("to_string(@)").evaluate(deep, Context())
