from typing import Any

import pytest

from bridge.core.model import Failed, Mark
from bridge.core.outcome import Dead
from bridge.outbox.terms import Filter
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    NOW,
    a_plan,
    a_refusal,
    an_event,
    an_id,
    an_intake,
    claim_all,
    proposing,
    settled,
)


@pytest.fixture
def filled(store: Any) -> Any:
    """Five events that differ in everything a filter can ask for."""
    store.outbox.accept(
        [
            an_intake(
                an_event(1, marks=(Mark("contact", ANNA), Mark("order", BEN))), proposing(a_plan(1, contact=ANNA))
            ),
            an_intake(
                an_event(2, source="stripe", topic="invoice.paid"), proposing(a_plan(2, contact=BEN), mapping="paid")
            ),
            an_intake(an_event(3, marks=(Mark("contact", ANNA),)), proposing(Failed("email"))),
            an_intake(
                an_event(4, at=NOW + DAY),
                proposing(a_plan(4, at=NOW + DAY, touchpoint="support"), mapping="a"),
                proposing(a_plan(5, at=NOW + DAY), mapping="b"),
                proposing(Failed("phone"), mapping="c"),
            ),
            an_intake(an_event(6, at=NOW + 2 * DAY)),
        ]
    )
    claimed = claim_all(store, now=NOW)
    store.outbox.settle([settled(claimed[0]), settled(claimed[1], Dead("no"))], now=NOW)
    return store


def numbers(rows: Any) -> Any:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return [alphabet.index(row["id"][-1]) for row in rows]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [6, 4, 3, 2, 1]),
        (Filter(source="stripe"), [2]),
        (Filter(topic="invoice.paid"), [2]),
        (Filter(source="shopify", topic="invoice.paid"), []),
        (Filter(contact=ANNA), [3, 1]),
        (Filter(contact=BEN), [1]),
        (Filter(verdicts=("failed",)), [4, 3]),
        (Filter(verdicts=("planned",)), [4, 2, 1]),
        (Filter(verdicts=("failed", "unmatched")), [6, 4, 3]),
        (Filter(verdicts=("failed", "planned")), [4, 3, 2, 1]),
        (Filter(verdicts=("failed",), contact=ANNA), [3]),
        (Filter(verdicts=("failed",), source="stripe"), []),
        (Filter(states=("dead",)), [2]),
        (Filter(states=("dead", "pending")), [4, 2]),
        (Filter(states=("dead", "held")), [2]),
        (Filter(states=("dead",), touchpoint="support"), []),
        (Filter(touchpoint="support"), [4]),
        (Filter(mapping="paid"), [2]),
        (Filter(mapping="stripe/paid"), [2]),
        (Filter(mapping="shopify/paid"), []),
        (Filter(since=NOW + 1), [6, 4]),
        (Filter(until=NOW + 1), [3, 2, 1]),
        (Filter(since=NOW + DAY, until=NOW + 2 * DAY), [4]),
        (Filter(ids=(an_id("evt", 1), an_id("evt", 3))), [3, 1]),
    ],
)
def test_events_are_chosen_by_every_part_of_a_filter(filled: Any, wanted: Any, expected: Any) -> None:
    assert numbers(filled.ledger.events(wanted, limit=10)) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [5, 4, 2, 1]),
        (Filter(source="stripe"), [2]),
        (Filter(topic="orders/fulfilled"), [5, 4, 1]),
        (Filter(contact=ANNA), [1]),
        (Filter(states=("delivered",)), [1]),
        (Filter(states=("dead",)), [2]),
        (Filter(states=("pending",)), [5, 4]),
        (Filter(states=("delivered", "pending")), [5, 4, 1]),
        (Filter(states=("held", "cancelled", "sending")), []),
        (Filter(touchpoint="support"), [4]),
        (Filter(touchpoint="support", states=("pending",)), [4]),
        (Filter(touchpoint="post-purchase", states=("dead",)), [2]),
        (Filter(source="shopify", states=("dead",)), []),
        (Filter(mapping="b"), [5]),
        (Filter(mapping="shopify/thanks"), [1]),
        (Filter(verdicts=("failed",)), []),
        (Filter(verdicts=("planned", "failed")), [5, 4, 2, 1]),
        (Filter(since=NOW + 1), [5, 4]),
        (Filter(until=NOW + 1, states=("dead", "delivered")), [2, 1]),
        (Filter(ids=(an_id("dlv", 2), an_id("evt", 4, at=NOW + DAY))), [5, 4, 2]),
    ],
)
def test_deliveries_are_chosen_by_every_part_of_a_filter(filled: Any, wanted: Any, expected: Any) -> None:
    assert numbers(filled.ledger.deliveries(wanted, limit=10)) == expected


@pytest.mark.parametrize("wanted", [Filter(), Filter(states=("delivered", "dead", "pending"))])
def test_pages_of_deliveries_continue_where_the_last_ended(filled: Any, wanted: Any) -> None:
    first = filled.ledger.deliveries(wanted, limit=3)
    rest = filled.ledger.deliveries(Filter(states=wanted.states, before=first[-1]["id"]), limit=3)
    assert (numbers(first), numbers(rest)) == ([5, 4, 2], [1])


@pytest.mark.parametrize("wanted", [Filter(), Filter(verdicts=("planned", "failed", "unmatched"))])
def test_pages_of_events_continue_where_the_last_ended(filled: Any, wanted: Any) -> None:
    first = filled.ledger.events(wanted, limit=2)
    rest = filled.ledger.events(Filter(verdicts=wanted.verdicts, before=first[-1]["id"]), limit=9)
    assert (numbers(first), numbers(rest)) == ([6, 4], [3, 2, 1])


def test_a_listed_event_says_what_was_decided_and_what_became_of_it(filled: Any) -> None:
    row = filled.ledger.events(Filter(), limit=2)[1]
    assert row == {
        "id": an_id("evt", 4, at=NOW + DAY),
        "source": "shopify",
        "topic": "orders/fulfilled",
        "source_event_id": "webhook-4",
        "tenant": "shop-a",
        "received_at": NOW + DAY,
        "occurred_at": None,
        "config": "config-1",
        "size": 9,
        "verdicts": {"planned": 2, "failed": 1},
        "deliveries": {"pending": 2},
    }


def test_a_shown_event_has_its_payload_as_text(filled: Any) -> None:
    row = filled.ledger.event(an_id("evt", 1))
    assert (row["body"], row["headers"], row["query"]) == ('{"id": 1}', {"content-type": "application/json"}, "")
    assert row["marks"] == [{"kind": "contact", "digest": ANNA.hex()}, {"kind": "order", "digest": BEN.hex()}]


def test_a_mark_finds_its_events_newest_first(filled: Any) -> None:
    found = filled.ledger.find(ANNA, limit=10)
    assert [(row["id"], row["kind"]) for row in found] == [(an_id("evt", 3), "contact"), (an_id("evt", 1), "contact")]
    assert [row["kind"] for row in filled.ledger.find(BEN, limit=10)] == ["order"]
    assert len(filled.ledger.find(ANNA, limit=1)) == 1


def test_an_event_that_carries_a_mark_twice_has_it_once(store: Any) -> None:
    store.outbox.accept(
        [an_intake(an_event(1, marks=(Mark("contact", ANNA), Mark("contact", ANNA), Mark("ref", ANNA))))]
    )
    assert [row["kind"] for row in store.ledger.find(ANNA, limit=9)] == ["contact", "ref"]


def test_refused_requests_are_paged_and_filtered(store: Any) -> None:
    store.outbox.refuse([a_refusal(1), a_refusal(2, source="stripe"), a_refusal(3, at=NOW + DAY)])
    assert numbers(store.ledger.refused(Filter(), limit=2)) == [3, 2]
    assert numbers(store.ledger.refused(Filter(before=an_id("ref", 2)), limit=2)) == [1]
    assert numbers(store.ledger.refused(Filter(until=NOW + DAY), limit=9)) == [2, 1]
    assert numbers(store.ledger.refused(Filter(ids=(an_id("ref", 2),)), limit=9)) == [2]
    assert store.ledger.refused(Filter(states=("dead",)), limit=9) == []


def test_refused_requests_are_found_by_the_topic_they_claim_and_by_their_status(store: Any) -> None:
    store.outbox.refuse([a_refusal(1, topic="orders/paid"), a_refusal(2, status=413), a_refusal(3)])
    assert numbers(store.ledger.refused(Filter(topic="orders/paid"), limit=9)) == [1]
    assert numbers(store.ledger.refused(Filter(topic="x"), limit=9)) == []
    assert numbers(store.ledger.refused(Filter(status=413), limit=9)) == [2]
    assert numbers(store.ledger.refused(Filter(status=401, topic=""), limit=9)) == [3]


def test_a_filter_knows_whether_it_is_empty() -> None:
    assert Filter().is_empty is True
    assert Filter(source="shopify").is_empty is False


def test_hostile_text_in_a_filter_selects_nothing(filled: Any) -> None:
    hostile = "x' OR '1'='1"
    assert filled.ledger.events(Filter(source=hostile, topic=hostile, mapping=hostile), limit=9) == []
    assert filled.ledger.deliveries(Filter(ids=(hostile,), before="zzz"), limit=9) == []


def test_of_many_marks_those_are_known_that_an_event_carries_or_a_delivery_is_for(filled: Any) -> None:
    [row] = filled.ledger.deliveries(Filter(contact=ANNA), limit=1)
    assert row["contact"] == ANNA.hex()
    assert filled.ledger.known([ANNA, b"nobody" * 2, b""]) == {ANNA}
    assert filled.ledger.known([]) == set()


def test_what_was_taken_in_after_all_is_not_refused_any_more(store: Any) -> None:
    store.outbox.refuse([a_refusal(1), a_refusal(2)])
    assert store.ledger.still_refused() == 2
    store.controls.retried(a_refusal(1).id, event_id="evt_1", now=1)
    assert store.ledger.still_refused() == 1
