"""What a mapping says of an event: body, key, condition, elements, contact; and that it never raises."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.configuration import Mapping
from bridge.core.contact import digest
from bridge.core.mapping import LARGEST_BODY, LONGEST_KEY, MOST_ELEMENTS, number_text
from bridge.core.model import Cap, Failed, Plan, Proposal, Skipped
from tests.support.events import ANNA, INDEX_KEY, a_field, a_mapping, outcome, planned, proposals, reason

CANARY = "canary-7f3a"


def body_of(payload: Any, **texts: str) -> dict[str, Any]:
    body = dict(planned(a_mapping({"email": f"'{ANNA}'"} | texts), payload).body)
    assert body.pop("email") == ANNA
    return body


# -- the body ---------------------------------------------------------------------------------------------


def test_a_plan_holds_the_body_the_touchpoint_and_who_is_asked() -> None:
    cap = Cap(1, 1_000, "all")
    mapping = a_mapping({"email": "customer.email", "orderId": "name"}, key="id", repeat="once", cap=cap)
    assert planned(mapping, {"id": 1001, "name": "#1001", "customer": {"email": ANNA}}) == Plan(
        delivery_id="dlv_1",
        touchpoint="post-purchase",
        body={"email": ANNA, "orderId": "#1001"},
        contact=digest(INDEX_KEY, ANNA),
        key="1001",
        repeat="once",
        cap=cap,
    )


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_a_value_that_is_null_or_empty_is_left_out(value: Any) -> None:
    assert body_of({"v": value}, company="v", city="address.city") == {}


@pytest.mark.parametrize("value", [0, 0.0, False, " ", "0"])
def test_zero_false_and_blanks_are_values(value: Any) -> None:
    body = body_of({"v": value}, amount="v")
    assert body == {"amount": value}
    assert type(body["amount"]) is type(value)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_a_default_stands_in_for_null_and_empty(value: Any) -> None:
    mapping = a_mapping(fields=(a_field("company", "v", default="private", required=True),))
    assert planned(mapping, {"v": value}).body == {"email": ANNA, "company": "private"}


@pytest.mark.parametrize("default", [0, False])
def test_a_default_may_be_zero_or_false(default: Any) -> None:
    assert planned(a_mapping(fields=(a_field("paid", "v", default=default),)), {}).body["paid"] is default


def test_a_default_does_not_replace_zero_or_false() -> None:
    mapping = a_mapping(fields=(a_field("a", "a", default=9), a_field("b", "b", default=True)))
    assert planned(mapping, {"a": 0, "b": False}).body == {"email": ANNA, "a": 0, "b": False}


def test_an_empty_constant_and_an_empty_default_are_left_out_too() -> None:
    mapping = a_mapping(fields=(a_field("a", constant=""), a_field("b", "b", default="")))
    assert planned(mapping, {}).body == {"email": ANNA}


@pytest.mark.parametrize("constant", ["online", 7, 1.5, True, False, 0])
def test_a_constant_is_sent_as_it_stands(constant: Any) -> None:
    body = planned(a_mapping(fields=(a_field("channel", constant=constant),)), {}).body
    assert body["channel"] is constant


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_a_required_field_that_is_null_or_empty_fails_by_name(value: Any) -> None:
    mapping = a_mapping(fields=(a_field("orderId", "name", required=True),))
    assert reason(mapping, {"name": value}) == "orderId is required, but is missing, null or empty"


def test_a_required_field_may_be_zero_or_false() -> None:
    mapping = a_mapping(fields=(a_field("a", "a", required=True), a_field("b", "b", required=True)))
    assert planned(mapping, {"a": 0, "b": False}).body == {"email": ANNA, "a": 0, "b": False}


def test_big_integers_stay_exact() -> None:
    number = 123456789012345678901234567890
    assert body_of({"n": number}, n="n") == {"n": number}


@pytest.mark.parametrize(
    ("value", "problem"),
    [([CANARY], "a list"), ({CANARY: CANARY}, "an object"), ([[]], "a list"), ([0], "a list")],
)
def test_lists_and_objects_fail_naming_the_field_and_not_the_content(value: Any, problem: str) -> None:
    mapping = a_mapping({"email": f"'{ANNA}'", "items": "v"})
    assert reason(mapping, {"v": value}) == f"items is {problem}; only texts, numbers and booleans fit"


@pytest.mark.parametrize(
    ("text", "problem"),
    [("to_number('1e999')", "amount is not a finite number"), ("n", "amount is too large a number")],
)
def test_a_number_that_no_json_parser_takes_fails(text: str, problem: str) -> None:
    assert reason(a_mapping({"email": f"'{ANNA}'", "amount": text}), {"n": 10**400}) == problem


def test_text_that_is_no_unicode_fails() -> None:
    mapping = a_mapping({"email": f"'{ANNA}'", "name": '`"\\ud800"`'})
    assert reason(mapping, {}) == "name is not text that can be written in UTF-8"


def test_a_failing_expression_fails_naming_the_field() -> None:
    found = reason(a_mapping({"email": f"'{ANNA}'", "amount": "abs(v)"}), {"v": CANARY})
    assert found.startswith("amount: abs takes ")
    assert CANARY not in found


def test_a_body_up_to_its_bound_is_planned_and_one_character_more_fails() -> None:
    mapping = a_mapping({"email": f"'{ANNA}'", "note": "v"})
    room = LARGEST_BODY - len("email" + ANNA + "note")
    assert len(str(planned(mapping, {"v": "x" * room}).body["note"])) == room
    assert reason(mapping, {"v": "x" * (room + 1)}) == "the body is larger than 65536 characters at note"


def test_digits_of_numbers_count_towards_the_bound() -> None:
    fields = {f"n{number}": "n" for number in range(300)}
    assert reason(a_mapping({"email": f"'{ANNA}'"} | fields), {"n": 10**300}).startswith("the body is larger than")


# -- when -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "why"),
    [(None, "null"), (False, "false"), ("", "empty"), ([], "empty"), ({}, "empty")],
)
def test_a_condition_that_is_null_false_or_empty_skips(value: Any, why: str) -> None:
    assert outcome(a_mapping(when="v"), {"v": value}) == Skipped(f"when is {why}")


@pytest.mark.parametrize("value", [0, 0.0, 1, True, " ", "false", [0], [None], {"a": None}])
def test_every_other_condition_is_a_yes_and_zero_is_one(value: Any) -> None:
    assert planned(a_mapping(when="v"), {"v": value}).body == {"email": ANNA}


def test_a_condition_that_goes_wrong_fails_and_does_not_skip() -> None:
    found = outcome(a_mapping(when="abs(v)"), {"v": CANARY})
    assert isinstance(found, Failed)
    assert found.reason.startswith("when: abs takes ")
    assert CANARY not in found.reason


def test_a_skipped_event_is_not_asked_for_key_or_body() -> None:
    mapping = a_mapping({"email": "abs(v)"}, when="`false`", key="abs(v)", repeat="once")
    assert outcome(mapping, {"v": "x"}) == Skipped("when is false")


# -- key --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("R7", "R7"),
        (1001, "1001"),
        (0, "0"),
        (1001.0, "1001"),
        (1e16, "10000000000000000"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (123456789012345678901234567890, "123456789012345678901234567890"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_a_key_is_made_a_string(value: Any, key: str) -> None:
    assert planned(a_mapping(key="v", repeat="once"), {"v": value}).key == key


@pytest.mark.parametrize("value", [None, ""])
def test_a_null_key_fails_with_once(value: Any) -> None:
    why = "key: it is null, so nothing says what this event is about"
    assert outcome(a_mapping(key="v", repeat="once"), {"v": value}) == Failed(why)


@pytest.mark.parametrize("value", [None, ""])
def test_a_null_key_is_no_key_with_send(value: Any) -> None:
    assert planned(a_mapping(key="v", repeat="send"), {"v": value}).key is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([CANARY], "key: it is a list, not a text or a number"),
        ({"a": CANARY}, "key: it is an object, not a text or a number"),
        (10**400, "key: it is too large a number"),
        pytest.param(10**5000, "key: it is too large a number", id="5001-digits"),
        ("x" * (LONGEST_KEY + 1), "key: it is longer than 512 characters"),
        (float("inf"), "key: it is not a finite number"),
        ("\ud800", "key: it is not text that can be written in UTF-8"),
    ],
)
def test_a_key_that_is_no_short_text_or_number_fails(value: Any, why: str) -> None:
    assert outcome(a_mapping(key="v"), {"v": value}) == Failed(why)


@given(st.integers(-(10**300), 10**300) | st.floats(-1e300, 1e300))
def test_equal_numbers_have_the_same_text_and_whole_ones_no_exponent(number: float) -> None:
    text = number_text(number)
    assert float(text) == float(number)
    if float(number).is_integer():
        assert text == number_text(int(number))


# -- for_each ---------------------------------------------------------------------------------------------


def test_for_each_makes_one_proposal_per_element_and_payload_is_the_whole_event() -> None:
    mapping = a_mapping(
        {"email": "payload().email", "sku": "sku"}, for_each="line_items", key="id", when="kind != 'gift'"
    )
    items = [{"id": 1, "sku": "A"}, {"id": 2, "sku": "B", "kind": "gift"}, {"id": 3, "sku": ["C"]}]
    first, second, third = proposals(mapping, {"email": ANNA, "line_items": items})
    assert (first.mapping, first.element, second.element, third.element) == ("ask", 0, 1, 2)
    assert isinstance(first.outcome, Plan)
    assert (first.outcome.key, first.outcome.body) == ("1", {"email": ANNA, "sku": "A"})
    assert second.outcome == Skipped("when is false")
    assert third.outcome == Failed("sku is a list; only texts, numbers and booleans fit")


@pytest.mark.parametrize("items", [None, []])
def test_an_empty_list_gives_one_skipped_proposal(items: Any) -> None:
    found = proposals(a_mapping(for_each="items"), {"items": items})
    assert found == [Proposal("ask", 0, Skipped("for_each: the list is empty"))]


@pytest.mark.parametrize("items", [{"a": 1}, CANARY, 5, False, ""])
def test_what_is_not_a_list_fails(items: Any) -> None:
    assert outcome(a_mapping(for_each="items"), {"items": items}) == Failed("for_each: this is not a list")


def test_as_many_elements_as_allowed_are_worked_out_and_one_more_fails() -> None:
    mapping = a_mapping(for_each="items")
    assert len(proposals(mapping, {"items": [0] * MOST_ELEMENTS})) == 1000
    too_many = proposals(mapping, {"items": [0] * (MOST_ELEMENTS + 1)})
    assert [p.outcome for p in too_many] == [Failed("for_each: the list has 1001 elements; 1000 are allowed")]


def test_a_failing_for_each_fails_once() -> None:
    assert reason(a_mapping(for_each="sort(v)"), {"v": [1, "a"]}).startswith("for_each: ")


def test_every_element_has_its_own_budget_of_steps() -> None:
    mapping = a_mapping({"email": f"'{ANNA}'", "n": "length(payload().items[?@ == `1`])"}, for_each="items")
    assert all(isinstance(p.outcome, Plan) for p in proposals(mapping, {"items": [1] * 600}))


# -- contact ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "field"), [("mail", "email"), ("sms", "phone")])
def test_the_contact_is_always_required(channel: str, field: str) -> None:
    assert reason(a_mapping({}, channel=channel), {}) == f"{field} is required, but is missing, null or empty"


@pytest.mark.parametrize("value", [CANARY, f"{CANARY}@", f"a b@{CANARY}.de", f"{CANARY}@nodot", 7, True])
def test_an_address_that_is_not_valid_fails_without_being_shown(value: Any) -> None:
    found = reason(a_mapping({"email": "v"}), {"v": value})
    assert found in {"email is not a valid email address", "email is not a text"}


@pytest.mark.parametrize("value", [f"{CANARY}", "030 123456", "+1 23", "+999123456789", 4930123456])
def test_a_number_that_is_not_valid_fails_without_being_shown(value: Any) -> None:
    found = reason(a_mapping({"phone": "v"}, channel="sms"), {"v": value})
    assert found.startswith("phone is not a ")
    assert not any(part in found for part in (CANARY, "123"))


def test_the_number_is_sent_in_e164_and_the_address_trimmed() -> None:
    sms = planned(a_mapping({"phone": "p"}, channel="sms"), {"p": " +49 (0)30 / 123-456 "})
    assert sms.body == {"phone": "+4930123456"}
    assert sms.contact == digest(INDEX_KEY, "+4930123456")
    assert planned(a_mapping({"email": "e"}), {"e": " Anna@Example.com\n"}).body == {"email": "Anna@Example.com"}


def test_sms_asks_the_number_and_checks_an_address_beside_it() -> None:
    mapping = a_mapping({"phone": "'+4930123456'", "email": "e"}, channel="sms")
    assert planned(mapping, {"e": ANNA}).contact == digest(INDEX_KEY, "+4930123456")
    assert planned(mapping, {}).body == {"phone": "+4930123456"}
    assert reason(mapping, {"e": "nobody"}) == "email is not a valid email address"


def test_an_http_body_is_free_and_its_contact_is_found_where_there_is_one() -> None:
    http: dict[str, Any] = {"channel": "http"}
    assert planned(a_mapping({"x": "x"}, **http), {"x": 1}).contact is None
    assert planned(a_mapping({"email": "x"}, **http), {"x": ANNA}).contact == digest(INDEX_KEY, ANNA)
    assert planned(a_mapping({"phone": "x"}, **http), {"x": "+4930123456"}).contact == digest(INDEX_KEY, "+4930123456")
    assert planned(a_mapping({"email": "x"}, **http), {"x": 7}).contact is None


# -- totality ---------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**309, -(10**4000), 2**64])
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.sampled_from([ANNA, "+4930123456", "#1001", "2026-11-22T10:00:00Z", "\ud800", "a@\ud800.de"])
)
payloads = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=12
)
texts = st.sampled_from(
    [
        "a",
        "b.c",
        "@",
        "a[0]",
        "a || b",
        "text(a)",
        "payload()",
        "sum(a)",
        "date_add(a, '3d')",
        "from_json(b)",
        "c[*]",
        "sort(a)",
        "to_number(a)",
        "mul(a, b)",
        "e164(a, 'DE')",
        "lookup('t', a)",
        "slice_text(a, `0`, `3`)",
    ]
)
mappings = st.builds(
    lambda channel, repeat, **texts: a_mapping(
        {"email": texts.pop("email"), "phone": texts.pop("phone"), "x": texts.pop("x")},
        channel=channel,
        repeat=repeat,
        **{name: text for name, text in texts.items() if text},
    ),
    channel=st.sampled_from(["mail", "sms", "http"]),
    repeat=st.sampled_from(["once", "send"]),
    **dict.fromkeys(("email", "phone", "x"), texts),
    **{name: st.none() | texts for name in ("when", "key", "for_each")},
)


@settings(max_examples=300, deadline=None)
@given(mapping=mappings, payload=payloads)
def test_whatever_the_event_holds_there_is_an_answer_that_is_the_same_again(mapping: Mapping, payload: Any) -> None:
    found = proposals(mapping, payload)
    assert [p.element for p in found] == list(range(len(found)))
    assert 1 <= len(found) <= MOST_ELEMENTS
    assert repr(proposals(mapping, payload)) == repr(found)
