"""What a store decides when an event is accepted: cancelled keys, suppressed contacts, caps."""

from typing import Any

import pytest

from bridge.core.inquiry import Finished
from bridge.core.model import Cancel, Cap, Failed, Proposal, Unsubscribe
from bridge.core.outcome import Answered, Dead, NotSent, RetryAt, Unknown
from bridge.outbox.jobs import Replayed
from bridge.outbox.terms import Filter, Suppression
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    HOUR,
    NOW,
    a_plan,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    states,
    waiting,
)
from tests.support.replays import carry_out

CANCELLER = an_id("evt", 90)
CANCELLED = f"cancelled by orders/cancelled ({CANCELLER})"
BEFORE_IT_CAME = f"cancelled before it came, by orders/cancelled of 15 January 2027 ({CANCELLER})"


def cancelling(
    key: Any = "1001", *, number: Any = 90, at: Any = NOW, of: Any = ("shopify", "thanks"), **event: Any
) -> Any:
    """Give an event that cancels a key at a mapping."""
    source, mapping = of
    proposal = proposing(Cancel(source, mapping, key), mapping=mapping, element=1)
    return an_intake(an_event(number, at=at, **{"topic": "orders/cancelled"} | event), proposal)


def unsubscribing(contact: Any = ANNA, *, number: Any = 80, at: Any = NOW) -> Any:
    wanted = Unsubscribe(contact, "a…@example.com")
    return an_intake(an_event(number, at=at, topic="customers/update"), proposing(wanted, mapping="suppress_on"))


def decisions(store: Any, event_number: Any, *, at: Any = NOW) -> Any:
    return [(row["verdict"], row["reason"]) for row in store.ledger.decisions(an_id("evt", event_number, at=at))]


def reasons(store: Any) -> Any:
    """Give state and reason of each delivery, the oldest first."""
    return [(row["state"], row["reason"]) for row in reversed(store.ledger.deliveries(Filter(), limit=99))]


def test_a_cancelling_event_cancels_what_waits_for_its_key_and_says_how_much(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once"), planned(2, key="1002", repeat="once")])
    store.outbox.accept([cancelling()])
    assert reasons(store) == [("cancelled", CANCELLED), ("pending", "")]
    row = store.ledger.delivery(an_id("dlv", 1))
    assert (row["state_at"], row["asked_at"]) == (NOW, None)
    assert decisions(store, 90) == [("cancelling", "cancels thanks about 1001: 1 delivery that waited")]
    assert store.ledger.counters()["decisions.cancelling"] == 1
    assert store.ledger.touchpoint_totals() == {"post-purchase": {"cancelled": 1, "pending": 1}}


@pytest.mark.parametrize("repeat", ["once", "replace", "send"])
def test_a_key_that_was_cancelled_first_is_not_planned_when_its_event_comes(store: Any, repeat: Any) -> None:
    store.outbox.accept([cancelling()])
    store.outbox.accept([planned(1, key="1001", repeat=repeat)])
    assert decisions(store, 90) == [("cancelling", "cancels thanks about 1001: nothing waited")]
    assert decisions(store, 1) == [("suppressed", BEFORE_IT_CAME)]
    assert states(store) == {}


def test_cancelling_and_planning_in_one_call_take_effect_in_their_order(store: Any) -> None:
    first, second = planned(1, key="1001", repeat="send"), planned(2, key="1001", repeat="send")
    accepted = store.outbox.accept([first, cancelling(), second, planned(3, key="1002")])
    assert [each.planned for each in accepted] == [1, 0, 0, 1]
    assert reasons(store) == [("cancelled", CANCELLED), ("pending", "")]
    assert decisions(store, 2) == [("suppressed", BEFORE_IT_CAME)]


def test_an_event_may_cancel_what_it_planned_itself(store: Any) -> None:
    plan = proposing(a_plan(1, key="1001", repeat="once"))
    cancel = proposing(Cancel("shopify", "thanks", "1001"), element=1)
    store.outbox.accept([an_intake(an_event(90, topic="orders/cancelled"), plan, cancel)])
    assert reasons(store) == [("cancelled", CANCELLED)]


def test_every_delivery_of_a_key_that_is_sent_each_time_is_cancelled(store: Any) -> None:
    store.outbox.accept([planned(number, key="1001", repeat="send") for number in (1, 2, 3)])
    store.controls.hold(Filter(ids=(an_id("dlv", 2),)), reason="look", now=NOW)
    store.outbox.accept([cancelling()])
    assert reasons(store) == [("cancelled", CANCELLED)] * 3
    assert decisions(store, 90) == [("cancelling", "cancels thanks about 1001: 3 deliveries that waited")]


def test_elements_are_cancelled_by_their_own_keys(store: Any) -> None:
    elements = [proposing(a_plan(n, key=f"1001-{n}", repeat="once"), element=n) for n in (1, 2, 3)]
    store.outbox.accept([an_intake(an_event(1), *elements)])
    keys = [proposing(Cancel("shopify", "thanks", f"1001-{n}"), element=n + 5) for n in (1, 3)]
    store.outbox.accept([an_intake(an_event(90, topic="orders/cancelled"), *keys)])
    assert [state for state, _ in reasons(store)] == ["cancelled", "pending", "cancelled"]


@pytest.mark.parametrize(
    "other", [{"event": {"source": "stripe"}}, {"event": {"tenant": "shop-b"}}, {"mapping": "other"}, {"key": "1002"}]
)
def test_what_belongs_to_another_source_tenant_mapping_or_key_is_not_cancelled(store: Any, other: Any) -> None:
    plan: Any = {"key": "1001", "repeat": "once"} | other
    store.outbox.accept([planned(1, **plan), cancelling(), planned(2, **plan | {"repeat": "send"})])
    assert reasons(store) == [("pending", ""), ("pending", "")]


def test_an_event_of_another_source_cancels_within_its_tenant(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once")])
    store.outbox.accept([cancelling(number=91, source="stripe", tenant="shop-b")])
    assert reasons(store) == [("pending", "")]
    store.outbox.accept([cancelling(source="stripe", tenant="shop-a")])
    assert reasons(store) == [("cancelled", CANCELLED)]


def test_what_waits_for_its_retry_or_is_held_is_cancelled_and_what_is_being_sent_is_not(store: Any) -> None:
    store.outbox.accept([planned(number, key="1001", repeat="send") for number in (1, 2, 3)])
    first, second, _ = claim_all(store)
    retry = settled(first, RetryAt(NOW + HOUR, "503"), outcome=Answered(503))
    store.outbox.settle([retry], now=NOW)
    unknown = settled(second, RetryAt(NOW + HOUR, "?", may_be_taken=True), outcome=Unknown("reset"))
    store.outbox.settle([unknown], now=NOW)
    store.controls.hold(Filter(ids=(second.id,)), reason="look", now=NOW)
    store.outbox.accept([cancelling()])
    assert reasons(store) == [("cancelled", CANCELLED), ("cancelled", CANCELLED), ("sending", "")]
    assert [store.ledger.delivery(each.id)["asked_at"] for each in (first, second)] == [None, NOW]


def test_a_cancelled_key_is_asked_about_again_after_30_days(store: Any) -> None:
    early, late = NOW + 30 * DAY - 1, NOW + 30 * DAY
    store.outbox.accept([cancelling(), planned(1, at=early, key="1001"), planned(2, at=late, key="1001")])
    assert decisions(store, 1, at=early) == [("suppressed", BEFORE_IT_CAME)]
    assert decisions(store, 2, at=late) == [("planned", "")]


@pytest.mark.parametrize("order", [(90, 91), (91, 90)])
def test_of_two_events_that_cancel_a_key_the_later_one_counts(store: Any, order: Any) -> None:
    later = NOW + 10 * DAY
    both = {90: cancelling(), 91: cancelling(number=91, at=later)}
    store.outbox.accept([both[number] for number in order])
    late = NOW + 40 * DAY - 1
    store.outbox.accept([planned(1, at=late, key="1001")])
    reason = f"cancelled before it came, by orders/cancelled of 25 January 2027 ({an_id('evt', 91, at=later)})"
    assert decisions(store, 1, at=late) == [("suppressed", reason)]


def test_what_became_free_again_is_pruned(store: Any) -> None:
    store.outbox.accept([cancelling()])
    times = {"payloads_before": 0, "history_before": 0}
    assert store.controls.prunable(now=NOW + 30 * DAY - 1, **times)["tombstones"] == 0
    assert store.controls.prunable(now=NOW + 30 * DAY, **times)["tombstones"] == 1


def test_a_duplicate_cancels_nothing_twice(store: Any) -> None:
    store.outbox.accept([cancelling(source_event_id="same")])
    store.outbox.accept([planned(1, mapping="other", key="1001")])
    again = cancelling(number=91, of=("shopify", "other"), source_event_id="same")
    assert store.outbox.accept([again])[0].receipts[0].duplicate
    assert reasons(store) == [("pending", "")]


def test_a_contact_that_unsubscribes_is_not_asked_again(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=BEN), planned(3, contact=ANNA, key="k")])
    store.controls.hold(Filter(ids=(an_id("dlv", 3),)), reason="look", now=NOW)
    store.outbox.accept([unsubscribing(), planned(4, contact=ANNA), planned(5, contact=BEN)])
    stopped = ("cancelled", "not to be asked: unsubscribed by customers/update")
    assert reasons(store) == [stopped, ("pending", ""), stopped, ("pending", "")]
    assert decisions(store, 80) == [("cancelling", "a…@example.com is not asked again: 2 deliveries that waited")]
    why = "not to be asked since 15 January 2027: unsubscribed by customers/update"
    assert decisions(store, 4) == [("suppressed", why)]
    entry = Suppression(ANNA, "a…@example.com", "unsubscribed by customers/update", NOW, an_id("evt", 80))
    assert store.ledger.suppression(ANNA) == entry


def test_a_key_whose_contact_unsubscribed_may_be_asked_about_with_another_one(store: Any) -> None:
    plan: Any = {"key": "1001", "repeat": "once"}
    store.outbox.accept([planned(1, contact=ANNA, **plan), unsubscribing(), planned(2, contact=BEN, **plan)])
    assert decisions(store, 2) == [("planned", "")]


def test_who_is_on_the_list_already_stays_there_with_the_first_reason(store: Any) -> None:
    entry = Suppression(ANNA, "a…@example.com", "asked on the phone", NOW - DAY, "eve")
    store.controls.suppress(entry)
    store.outbox.accept([unsubscribing(), planned(1, contact=ANNA)])
    assert decisions(store, 80) == [("cancelling", "a…@example.com is not asked again: nothing waited")]
    assert decisions(store, 1) == [("suppressed", "not to be asked since 14 January 2027: asked on the phone")]
    assert store.ledger.suppression(ANNA) == entry


def test_who_is_taken_off_the_list_is_asked_again(store: Any) -> None:
    store.outbox.accept([unsubscribing()])
    store.controls.unsuppress(ANNA)
    store.outbox.accept([planned(1, contact=ANNA)])
    assert decisions(store, 1) == [("planned", "")]


def test_of_several_obstacles_the_first_is_named(store: Any) -> None:
    plan: Any = {"contact": ANNA, "key": "1001", "repeat": "once", "cap": Cap(1, DAY, "all")}
    store.outbox.accept([planned(1, **plan)])
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    store.outbox.accept([planned(2, **plan), cancelling(), planned(3, **plan), unsubscribing(), planned(4, **plan)])
    found = [decisions(store, number)[0][1] for number in (2, 3, 4)]
    assert found == [
        f"already asked about 1001, by {an_id('evt', 1)}",
        BEFORE_IT_CAME,
        "not to be asked since 15 January 2027: unsubscribed by customers/update",
    ]


def test_a_cap_counts_what_was_sent_or_may_have_been_and_not_what_waits(store: Any) -> None:
    cap = Cap(1, 30 * DAY, "touchpoint")
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=ANNA, cap=cap)])
    assert decisions(store, 2) == [("planned", "")]
    sent = claim_all(store, free=1)
    store.outbox.accept([planned(3, contact=ANNA, cap=cap)])
    store.outbox.settle([settled(sent[0])], now=NOW)
    store.outbox.accept([planned(4, contact=ANNA, cap=cap), planned(5, contact=BEN, cap=cap)])
    reason = "already asked once within 30 days at this touchpoint; at most 1 allowed"
    assert [decisions(store, number)[0] for number in (3, 4, 5)] == [
        ("suppressed", reason),
        ("suppressed", reason),
        ("planned", ""),
    ]


@pytest.mark.parametrize(
    ("outcome", "ruling", "verdict"),
    [
        (Answered(503), RetryAt(NOW + HOUR, "503"), "planned"),
        (NotSent("refused"), RetryAt(NOW + HOUR, "refused"), "planned"),
        (Unknown("reset"), RetryAt(NOW + HOUR, "reset", may_be_taken=True), "suppressed"),
        (Answered(422), Dead("422"), "planned"),
    ],
)
def test_a_cap_counts_an_attempt_by_what_is_known_of_it(store: Any, outcome: Any, ruling: Any, verdict: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    store.outbox.settle([settled(each, ruling, outcome=outcome) for each in claim_all(store)], now=NOW)
    store.outbox.accept([planned(2, contact=ANNA, cap=Cap(1, DAY, "touchpoint"))])
    assert decisions(store, 2)[0][0] == verdict


def test_a_cap_looks_at_the_time_at_which_the_request_is_due(store: Any) -> None:
    cap = Cap(1, DAY, "touchpoint")
    store.outbox.accept([planned(1, contact=ANNA)])
    store.outbox.settle([settled(each) for each in claim_all(store, now=NOW)], now=NOW)
    store.outbox.accept([planned(2, contact=ANNA, cap=cap, due_at=NOW + DAY - 1)])
    store.outbox.accept([planned(3, contact=ANNA, cap=cap, due_at=NOW + DAY)])
    assert [decisions(store, number)[0][0] for number in (2, 3)] == ["suppressed", "planned"]


def test_a_replay_meets_what_was_cancelled_and_suppressed_meanwhile(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once"), planned(2, contact=ANNA)])
    store.outbox.settle([settled(each, Dead("422"), outcome=Answered(422)) for each in claim_all(store)], now=NOW)
    store.outbox.accept([cancelling(), unsubscribing()])
    plans = {1: a_plan(11, key="1001", repeat="once"), 2: a_plan(12, contact=ANNA)}
    items = [Replayed(an_id("evt", n), Proposal("thanks", 0, plan), an_id("dlv", n)) for n, plan in plans.items()]
    assert carry_out(store, an_id("rpl", 1), *items, now=NOW + 1) == 0
    found = [[row for row in store.ledger.decisions(an_id("evt", n)) if row["replay_id"]] for n in (1, 2)]
    assert [(row["verdict"], row["reason"]) for [row] in found] == [
        ("suppressed", BEFORE_IT_CAME),
        ("suppressed", "not to be asked since 15 January 2027: unsubscribed by customers/update"),
    ]


def test_a_replay_of_a_cancelling_event_that_had_failed_cancels_once(store: Any) -> None:
    failed = an_intake(an_event(90, topic="orders/cancelled"), proposing(Failed("key is missing"), element=1))
    store.outbox.accept([planned(1, key="1001", repeat="once"), failed])
    item = Replayed(CANCELLER, Proposal("thanks", 1, Cancel("shopify", "thanks", "1001")))
    assert carry_out(store, an_id("rpl", 1), item, now=NOW + DAY) == 0
    assert reasons(store) == [("cancelled", CANCELLED)]
    assert carry_out(store, an_id("rpl", 2), item, now=NOW + DAY) == 0
    assert [row["verdict"] for row in store.ledger.decisions(CANCELLER)] == ["failed", "cancelling"]


def test_what_is_decided_after_its_lookup_cancels_and_is_cancelled_alike(store: Any) -> None:
    store.outbox.accept([waiting(1), waiting(90, topic="orders/cancelled"), planned(2, key="1001")])
    slots = {"shopify": 9}
    first, second = store.outbox.claim_lookups(now=NOW, lease_until=NOW + HOUR, free=slots)
    cancel = proposing(Cancel("shopify", "thanks", "1001"))
    results = [
        Finished(second, second.event, (cancel,), {"": {"id": 1}}),
        Finished(first, first.event, (proposing(a_plan(1, key="1001")),), {"": {"id": 1}}),
    ]
    assert store.outbox.finish_lookups(results, now=NOW + DAY) == [True, True]
    assert reasons(store) == [("cancelled", CANCELLED)]
    assert decisions(store, 1) == [("suppressed", BEFORE_IT_CAME)]
    early, late = NOW + 30 * DAY - 1, NOW + 30 * DAY
    store.outbox.accept([planned(3, at=early, key="1001"), planned(4, at=late, key="1001")])
    assert [decisions(store, 3, at=early)[0][0], decisions(store, 4, at=late)[0][0]] == ["suppressed", "planned"]
