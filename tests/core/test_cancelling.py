"""What an event cancels and whom it unsubscribes, as intake proposes it; and what an event is found by."""

from typing import Any

import pytest

from bridge.core.configuration import Canceller, Lookup, Mapping, Request, Unsubscribing
from bridge.core.contact import digest
from bridge.core.language.expression import Context, compile_expression
from bridge.core.model import Cancel, Failed, Mark, Plan, Proposal, Skipped, Unmatched, Unsubscribe
from bridge.intake import propose_again, propose_failure, take_in, waits_for_lookup
from tests.support.events import (
    ANNA,
    INDEX_KEY,
    RULES,
    a_mapping,
    a_reading,
    a_source,
    an_inbound,
    counting_ids,
    planned,
    reason,
)

LOOKUP = Lookup("https://api.example.com", (Request(compile_expression("path")),))


def a_canceller(key: str = "order", on: tuple[str, ...] = ("cancelled",), **knobs: Any) -> Canceller:
    """A canceller of the mapping `ask` of the source `shop`, with its expressions given as texts."""
    columns: dict[str, Any] = {"source": "shop", "mapping": "ask", "key": compile_expression(key), "topics": on}
    when = {"when": compile_expression(knobs.pop("when"))} if "when" in knobs else {}
    return Canceller(**columns | when | knobs)


def an_unsubscribing(
    contact: str | None = None, when: str | None = None, on: tuple[str, ...] = ("left",)
) -> Unsubscribing:
    """An entry of the source's `suppress_on`, with its expressions given as texts."""
    compiled: dict[str, Any] = {
        name: compile_expression(text) for name, text in (("contact", contact), ("when", when)) if text is not None
    }
    return Unsubscribing(on, **compiled)


def proposed(payload: Any, *mappings: Mapping, **knobs: Any) -> list[Proposal]:
    inbound = an_inbound({"topic": "cancelled", "id": 1} | payload)
    source = a_source(*mappings, **knobs)
    (entry,) = take_in(inbound, source, new_id=counting_ids(), rules=RULES).entries
    again = propose_again(entry.event, source, new_id=counting_ids(), rules=RULES)
    assert [proposal.mapping for proposal in again] == [proposal.mapping for proposal in entry.proposals]
    return list(entry.proposals)


def one(payload: Any, *mappings: Mapping, **knobs: Any) -> Any:
    (proposal,) = proposed(payload, *mappings, **knobs)
    return proposal.outcome


# -- cancel_on --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (1001, "1001"),
        ("1001", "1001"),
        (1001.0, "1001"),
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
    ],
)
def test_a_key_is_the_same_text_as_that_of_the_plan_it_cancels(value: Any, key: str) -> None:
    assert one({"order": value}, cancellers=(a_canceller(),)) == Cancel("shop", "ask", key)
    assert planned(a_mapping(key="order", is_cancelled=True), {"order": value}).key == key


def test_a_list_of_keys_cancels_each_once_and_numbers_them() -> None:
    assert proposed({"order": [7, "8", "7", 8.0, 9]}, cancellers=(a_canceller(),)) == [
        Proposal("ask", 0, Cancel("shop", "ask", "7")),
        Proposal("ask", 1, Cancel("shop", "ask", "8")),
        Proposal("ask", 2, Cancel("shop", "ask", "9")),
    ]


def test_cancellations_are_numbered_on_after_what_the_mapping_says_itself() -> None:
    mapping = a_mapping(for_each="items", key="concat([payload().order, '-', @])", is_cancelled=True)
    cancellers = (a_canceller("old"), a_canceller("older", mapping="other"), a_canceller("oldest"))
    payload = {"order": "a", "items": ["1", "2"], "old": "x", "older": "y", "oldest": "z"}
    made = proposed(payload, mapping, cancellers=cancellers)
    assert [(each.mapping, each.element, type(each.outcome)) for each in made] == [
        ("ask", 0, Plan),
        ("ask", 1, Plan),
        ("ask", 2, Cancel),
        ("other", 0, Cancel),
        ("ask", 3, Cancel),
    ]
    assert made[4].outcome == Cancel("shop", "ask", "z")


def test_a_mapping_of_another_source_is_named_with_it() -> None:
    (made,) = proposed({"order": 1}, cancellers=(a_canceller(source="till", mapping="visit"),))
    assert made == Proposal("till/visit", 0, Cancel("till", "visit", "1"))


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (None, "cancel_on: key: it is null, so nothing says what is cancelled"),
        ("", "cancel_on: key: it is null, so nothing says what is cancelled"),
        ({"a": 1}, "cancel_on: key: it is an object, not a text or a number"),
        ("x" * 513, "cancel_on: key: it is longer than 512 characters"),
        (10**400, "cancel_on: key: it is too large a number"),
        ([[1]], "cancel_on: key: it is a list, not a text or a number"),
        (list(range(1001)), "cancel_on: key: the list has 1001 keys; 1000 are allowed"),
    ],
)
def test_what_is_no_key_fails_and_says_so(order: Any, why: str) -> None:
    assert one({"order": order}, cancellers=(a_canceller(),)) == Failed(why)


def test_of_a_list_the_good_keys_are_cancelled_although_others_fail() -> None:
    made = proposed({"order": [1, None, 2, None]}, cancellers=(a_canceller(),))
    assert [type(each.outcome) for each in made] == [Cancel, Failed, Cancel]


def test_a_thousand_keys_are_cancelled() -> None:
    assert len(proposed({"order": list(range(1000))}, cancellers=(a_canceller(),))) == 1000


def test_an_empty_list_of_keys_cancels_nothing() -> None:
    assert one({"order": []}, cancellers=(a_canceller(),)) == Skipped("cancel_on: the list of keys is empty")


@pytest.mark.parametrize(("flag", "said"), [(False, "false"), (None, "null"), ("", "empty")])
def test_a_condition_that_says_no_cancels_nothing(flag: Any, said: str) -> None:
    cancellers = (a_canceller(when="refunded"),)
    assert one({"order": 1, "refunded": flag}, cancellers=cancellers) == Skipped(f"cancel_on: when is {said}")
    assert one({"order": 1, "refunded": 0}, cancellers=cancellers) == Cancel("shop", "ask", "1")


def test_what_goes_wrong_in_an_expression_fails_and_names_it() -> None:
    wrong = "add(order, `1`)"
    assert one({"order": "a"}, cancellers=(a_canceller(wrong),)).reason.startswith("cancel_on: key: add takes numbers")
    assert one({"order": "a"}, cancellers=(a_canceller(when=wrong),)).reason.startswith(
        "cancel_on: when: add takes numbers"
    )


def test_each_expression_has_a_budget_of_its_own() -> None:
    cancellers = tuple(a_canceller("order[0]", mapping=f"m{n}", when="length(sort(order)) > `1`") for n in range(60))
    made = proposed({"order": list(range(10_000))}, cancellers=cancellers)
    assert {type(each.outcome) for each in made} == {Cancel}


def test_tables_and_the_topic_are_those_of_the_event() -> None:
    cancellers = (a_canceller("lookup('orders', order)", on=("canc*",)),)
    assert one({"order": "a"}, cancellers=cancellers, tables={"orders": {"a": "17"}}) == Cancel("shop", "ask", "17")


def test_an_event_that_only_cancels_is_not_unmatched_and_another_is() -> None:
    assert one({"topic": "closed", "order": 1}, cancellers=(a_canceller(),)) == Unmatched(
        "no mapping takes the topic closed"
    )
    assert isinstance(one({"order": 1}, cancellers=(a_canceller(when="`false`"),)), Skipped)


# -- plans that can be cancelled or replaced --------------------------------------------------------------


@pytest.mark.parametrize("knobs", [{"repeat": "once"}, {"repeat": "replace"}, {"is_cancelled": True}])
@pytest.mark.parametrize("order", [None, ""])
def test_a_null_key_fails_where_the_key_decides(knobs: Any, order: Any) -> None:
    why = reason(a_mapping(key="order", **knobs), {"order": order})
    assert why == "key: it is null, so nothing says what this event is about"


def test_elsewhere_a_null_key_is_none() -> None:
    assert planned(a_mapping(key="order"), {"order": None}).key is None


# -- suppress_on ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "searched", "shown"),
    [
        (" Anna@Example.com ", ANNA, "A…@Example.com"),
        ("+49 30 901820", "+4930901820", "+49…20"),
    ],
)
def test_a_contact_is_found_as_it_is_asked_and_shown_masked(contact: str, searched: str, shown: str) -> None:
    made = proposed({"topic": "left", "who": contact}, unsubscribing=(an_unsubscribing("who"),))
    assert made == [Proposal("", 0, Unsubscribe(digest(INDEX_KEY, searched), shown))]


def test_the_contact_of_the_event_serves_where_none_is_named() -> None:
    reading = a_reading(topic="topic", id="id", contact="who")
    made = one({"topic": "left", "who": ANNA}, reading=reading, unsubscribing=(an_unsubscribing(),))
    assert made == Unsubscribe(digest(INDEX_KEY, ANNA), "a…@example.com")


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (None, "it is null, so nothing says who is not to be asked"),
        ("", "it is null, so nothing says who is not to be asked"),
        ("anna@", "it is not a valid email address"),
        ("0664 123", "it is not a number in international form; e164(phone, 'DE') makes it one"),
        ("+49 30 1", "it is not a valid phone number"),
        (True, "it is not a text"),
        ([ANNA], "it is not a text"),
        (4915112345678, "it is not a number in international form; e164(phone, 'DE') makes it one"),
    ],
)
def test_what_is_no_contact_fails_and_does_not_repeat_it(who: Any, why: str) -> None:
    made = one({"topic": "left", "who": who}, unsubscribing=(an_unsubscribing("who"),))
    assert made == Failed(f"suppress_on: contact: {why}")


def test_several_entries_are_numbered_from_0_and_conditions_skip() -> None:
    entries = (
        an_unsubscribing("a"),
        an_unsubscribing("a", on=("gone",)),
        an_unsubscribing("b", when="sure"),
        an_unsubscribing("c", when="add(a, `1`)"),
    )
    made = proposed({"topic": "left", "a": ANNA, "b": ANNA, "sure": False}, unsubscribing=entries)
    assert [(each.mapping, each.element, type(each.outcome)) for each in made] == [
        ("", 0, Unsubscribe),
        ("", 1, Skipped),
        ("", 2, Failed),
    ]
    assert made[1].outcome == Skipped("suppress_on: when is false")


# -- lookups ----------------------------------------------------------------------------------------------


def test_an_event_waits_for_its_lookup_if_what_it_cancels_needs_the_answer() -> None:
    context = Context(payload={"path": "/a"})
    context.topic = "cancelled"
    for canceller, waits in ((a_canceller("looked_up().id"), True), (a_canceller(), False)):
        assert waits_for_lookup(a_source(cancellers=(canceller,), lookups=(LOOKUP,)), context) is waits
    context.topic = "left"
    entry = an_unsubscribing("looked_up().email")
    assert waits_for_lookup(a_source(unsubscribing=(entry,), lookups=(LOOKUP,)), context)
    assert not waits_for_lookup(a_source(unsubscribing=(entry,)), context)


def test_a_lookup_that_fails_does_not_keep_an_event_from_cancelling() -> None:
    source = a_source(
        a_mapping(),
        cancellers=(a_canceller(), a_canceller("looked_up().order", mapping="more")),
        lookups=(LOOKUP,),
    )
    inbound = an_inbound({"topic": "cancelled", "id": 1, "order": 5, "path": "/a"})
    (entry,) = take_in(inbound, source, new_id=counting_ids(), rules=RULES).entries
    assert (entry.lookup, entry.proposals) == (True, ())
    assert propose_failure(entry.event, source, "the lookup failed", rules=RULES) == (
        Proposal("ask", 0, Failed("the lookup failed")),
        Proposal("ask", 1, Cancel("shop", "ask", "5")),
        Proposal("more", 0, Failed("cancel_on: key: it is null, so nothing says what is cancelled")),
    )


# -- what an event is found by ----------------------------------------------------------------------------


def marks(payload: Any, *mappings: Mapping, **knobs: Any) -> tuple[Mark, ...]:
    source = a_source(*mappings, **knobs)
    (entry,) = take_in(an_inbound(payload), source, new_id=counting_ids(), rules=RULES).entries
    return entry.event.marks


def test_an_event_is_found_by_the_keys_of_what_it_plans_and_cancels() -> None:
    payload = {"topic": "cancelled", "id": 1, "order": "A-7", "old": ["A-6", "#a-7", "#"]}
    assert marks(payload, a_mapping(key="order"), cancellers=(a_canceller("old"),)) == (
        Mark("contact", digest(INDEX_KEY, ANNA)),
        Mark("key", digest(INDEX_KEY, "A-7")),
        Mark("key", digest(INDEX_KEY, "A-6")),
    )


def test_a_key_that_the_source_names_already_is_not_indexed_twice() -> None:
    reading = a_reading(topic="topic", id="id", refs=(("order", "order"), ("order", "name")))
    found = marks({"topic": "t", "order": 7, "name": "#7"}, a_mapping(key="order"), reading=reading)
    assert found == (Mark("order", digest(INDEX_KEY, "7")), Mark("contact", digest(INDEX_KEY, ANNA)))


def test_who_unsubscribes_finds_the_event() -> None:
    found = marks({"topic": "left", "who": ANNA}, unsubscribing=(an_unsubscribing("who"),))
    assert found == (Mark("contact", digest(INDEX_KEY, ANNA)),)
