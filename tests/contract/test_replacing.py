"""What a store decides where the newest event about a key takes the place of the one before."""

from typing import Any

import pytest

from bridge.core.inquiry import Finished
from bridge.core.model import Cap, Plan, Proposal
from bridge.core.outcome import Answered, Dead, Hold, RetryAt, Unknown
from bridge.outbox.jobs import Replayed
from bridge.outbox.terms import Filter
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

FIRST, SECOND, THIRD = (an_id("dlv", number) for number in (1, 2, 3))
TAKEN = ("cancelled", f"replaced by {an_id('evt', 2)}")


def newest(number: Any, *, at: Any = NOW, **plan: Any) -> Any:
    """Give event `number`, whose delivery takes the place of the one before."""
    return planned(number, at=at, **{"key": "1001", "repeat": "replace"} | plan)


def decision(store: Any, number: Any, *, at: Any = NOW) -> Any:
    [row] = [row for row in store.ledger.decisions(an_id("evt", number, at=at)) if row["replay_id"] is None]
    return row["verdict"], row["reason"]


def told(store: Any, delivery_id: Any) -> Any:
    row = store.ledger.delivery(delivery_id)
    return row["state"], row["reason"]


def replaces(store: Any, delivery_id: Any) -> Any:
    return store.ledger.delivery(delivery_id)["replaces"]


@pytest.fixture
def first(store: Any) -> Any:
    """A store with one delivery about the key that waits."""
    store.outbox.accept([newest(1)])
    return store


def test_what_waits_gives_way_to_a_newer_event(first: Any) -> None:
    first.outbox.accept([newest(2, body={"email": "new@example.com"}, due_at=NOW + DAY)])
    assert told(first, FIRST) == TAKEN
    assert told(first, SECOND) == ("pending", "")
    row = first.ledger.delivery(SECOND)
    assert (row["replaces"], row["due_at"], row["body"]) == (None, NOW + DAY, '{"email":"new@example.com"}')
    assert decision(first, 2) == ("planned", "")


def test_of_three_events_in_one_call_the_last_one_is_sent(store: Any) -> None:
    store.outbox.accept([newest(1), newest(2), newest(3)])
    assert told(store, FIRST) == TAKEN
    assert told(store, SECOND) == ("cancelled", f"replaced by {an_id('evt', 3)}")
    assert [each.id for each in claim_all(store)] == [THIRD]


def test_the_newest_is_what_came_in_last_whatever_the_clock_said(store: Any) -> None:
    store.outbox.accept([newest(2), newest(1, at=NOW - HOUR)])
    assert told(store, SECOND) == ("cancelled", f"replaced by {an_id('evt', 1, at=NOW - HOUR)}")
    assert [each.id for each in claim_all(store)] == [an_id("dlv", 1, at=NOW - HOUR)]


def test_what_waits_for_its_retry_gives_way_also_when_the_target_may_have_it(first: Any) -> None:
    retry = settled(claim_all(first)[0], RetryAt(NOW + HOUR, "?", may_be_taken=True), outcome=Unknown("reset"))
    first.outbox.settle([retry], now=NOW)
    first.outbox.accept([newest(2)])
    assert told(first, FIRST) == TAKEN
    assert first.ledger.delivery(FIRST)["asked_at"] is None
    assert replaces(first, SECOND) is None


def test_what_an_operator_holds_gives_way_where_nothing_was_sent(first: Any) -> None:
    first.controls.hold(Filter(), reason="look", now=NOW)
    first.outbox.accept([newest(2)])
    assert told(first, FIRST) == TAKEN
    assert replaces(first, SECOND) is None


def test_what_is_held_because_its_fate_is_unknown_stays_and_is_named(first: Any) -> None:
    hold = settled(claim_all(first)[0], Hold("nobody knows"), outcome=Unknown("reset"))
    first.outbox.settle([hold], now=NOW)
    first.outbox.accept([newest(2)])
    assert told(first, FIRST) == ("held", "nobody knows")
    assert replaces(first, SECOND) == FIRST
    assert decision(first, 2) == ("planned", "")


def test_what_is_being_sent_stays_and_is_named(first: Any) -> None:
    claim_all(first)
    first.outbox.accept([newest(2)])
    assert told(first, FIRST) == ("sending", "")
    assert (told(first, SECOND), replaces(first, SECOND)) == (("pending", ""), FIRST)


def test_a_third_event_takes_the_place_of_both_before_it(first: Any) -> None:
    claim_all(first)
    first.outbox.accept([newest(2), newest(3)])
    assert told(first, SECOND) == ("cancelled", f"replaced by {an_id('evt', 3)}")
    assert replaces(first, THIRD) == FIRST


def test_what_was_delivered_is_not_asked_again(first: Any) -> None:
    first.outbox.settle([settled(each) for each in claim_all(first)], now=NOW)
    first.outbox.accept([newest(2), newest(3)])
    assert decision(first, 2) == ("suppressed", f"already asked about 1001, by {an_id('evt', 1)}")
    assert decision(first, 3) == decision(first, 2)
    assert states(first) == {FIRST: "delivered"}


def test_what_was_delivered_while_a_newer_one_waited_is_not_asked_again(first: Any) -> None:
    [sending] = claim_all(first)
    first.outbox.accept([newest(2)])
    first.outbox.settle([settled(sending)], now=NOW)
    first.controls.cancel(Filter(ids=(SECOND,)), reason="it was delivered", now=NOW)
    first.outbox.accept([newest(3)])
    assert decision(first, 3) == ("suppressed", f"already asked about 1001, by {an_id('evt', 1)}")


@pytest.mark.parametrize("ended", ["dead", "cancelled"])
def test_what_came_to_nothing_is_left_as_it_is(first: Any, ended: Any) -> None:
    if ended == "dead":
        results = [settled(each, Dead("422"), outcome=Answered(422)) for each in claim_all(first)]
        first.outbox.settle(results, now=NOW)
    else:
        first.controls.cancel(Filter(), reason="422", now=NOW)
    first.outbox.accept([newest(2)])
    assert told(first, FIRST) == (ended, "422")
    assert (told(first, SECOND), replaces(first, SECOND)) == (("pending", ""), None)


def test_a_key_whose_delivered_request_is_no_longer_kept_stays_held(first: Any) -> None:
    first.outbox.settle([settled(each) for each in claim_all(first)], now=NOW)
    later = NOW + 300 * DAY
    first.controls.prune(now=later, payloads_before=later, history_before=later, limit=100)
    first.outbox.accept([newest(2, at=later)])
    assert decision(first, 2, at=later) == ("suppressed", f"already asked about 1001, by {an_id('evt', 1)}")


def test_a_key_is_free_again_after_400_days(first: Any) -> None:
    later = NOW + 400 * DAY
    first.outbox.accept([newest(2, at=later)])
    assert told(first, FIRST) == ("pending", "")
    assert decision(first, 2, at=later) == ("planned", "")


@pytest.mark.parametrize(
    "other", [{"event": {"source": "stripe"}}, {"event": {"tenant": "shop-b"}}, {"mapping": "other"}, {"key": "1002"}]
)
def test_another_source_tenant_mapping_or_key_takes_no_place(first: Any, other: Any) -> None:
    first.outbox.accept([newest(2, **other)])
    assert told(first, FIRST) == told(first, SECOND) == ("pending", "")


def test_elements_of_one_event_take_the_places_of_an_older_one_and_not_each_others(store: Any) -> None:
    for event in (1, 2):
        plans = [a_plan(event * 10 + n, key="1001", repeat="replace") for n in (1, 2)]
        elements = [proposing(plan, element=n) for n, plan in enumerate(plans)]
        store.outbox.accept([an_intake(an_event(event), *elements)])
    assert [told(store, an_id("dlv", number)) for number in (11, 12)] == [TAKEN, TAKEN]
    assert [told(store, an_id("dlv", number)) for number in (21, 22)] == [("pending", ""), ("pending", "")]


def test_each_element_waits_for_its_own_forerunner_where_that_is_being_sent(store: Any) -> None:
    elements = [proposing(a_plan(10 + n, key="1001", repeat="replace"), element=n) for n in (1, 2)]
    store.outbox.accept([an_intake(an_event(1), *elements)])
    claim_all(store)
    elements = [proposing(a_plan(20 + n, key="1001", repeat="replace"), element=n) for n in (2, 1, 3)]
    store.outbox.accept([an_intake(an_event(2), *elements)])
    assert [replaces(store, an_id("dlv", 20 + n)) for n in (2, 1, 3)] == [an_id("dlv", 12), *[an_id("dlv", 11)] * 2]


def test_what_is_not_planned_takes_no_place(first: Any) -> None:
    first.outbox.accept([planned(9, contact=BEN)])
    first.outbox.settle([settled(each) for each in claim_all(first) if each.id != FIRST], now=NOW)
    first.outbox.recover(now=NOW, everything=True, ambiguous={"post-purchase": "retry"})
    first.outbox.accept([newest(2, contact=BEN, cap=Cap(1, DAY, "all"))])
    assert decision(first, 2)[0] == "suppressed"
    assert told(first, FIRST)[0] == "pending"


@pytest.mark.parametrize(("touchpoint", "across"), [("post-purchase", "touchpoint"), ("support", "all")])
def test_a_cap_does_not_count_the_request_whose_place_is_taken(store: Any, touchpoint: Any, across: Any) -> None:
    store.outbox.accept([newest(1, contact=ANNA)])
    claim_all(store)
    cap = Cap(1, DAY, across)
    store.outbox.accept([newest(2, contact=ANNA, cap=cap, touchpoint=touchpoint)])
    store.outbox.accept([planned(3, contact=ANNA, cap=cap, touchpoint=touchpoint)])
    assert [decision(store, number)[0] for number in (2, 3)] == ["planned", "suppressed"]


def test_a_request_whose_place_two_elements_take_is_left_out_of_the_cap_once(store: Any) -> None:
    store.outbox.accept([newest(1, contact=ANNA), planned(9, contact=ANNA)])
    claim_all(store)
    plans = [a_plan(20 + n, contact=ANNA, key="1001", repeat="replace") for n in (1, 2)]
    elements = [proposing(plan, element=n) for n, plan in enumerate(plans)]
    store.outbox.accept([an_intake(an_event(2), *elements)])
    store.outbox.accept([newest(3, contact=ANNA, cap=Cap(1, DAY, "all"))])
    assert decision(store, 3)[0] == "suppressed"


def test_an_older_event_whose_lookup_took_long_does_not_take_a_newer_ones_place(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [inquiry] = store.outbox.claim_lookups(now=NOW, lease_until=NOW + HOUR, free={"shopify": 1})
    store.outbox.accept([newest(2)])
    proposal = proposing(a_plan(1, key="1001", repeat="replace"))
    store.outbox.finish_lookups([Finished(inquiry, inquiry.event, (proposal,), {"": {"id": 1}})], now=NOW + 1)
    assert decision(store, 1) == ("suppressed", f"already asked about 1001, by {an_id('evt', 2)}")
    assert told(store, SECOND) == ("pending", "")


def test_a_replay_of_an_older_event_does_not_take_a_newer_ones_place_unless_that_came_to_nothing(first: Any) -> None:
    first.outbox.accept([newest(2)])
    plan = a_plan(8, key="1001", repeat="replace")
    assert again(first, plan, replay_id=an_id("rpl", 1)) == 0
    assert told(first, SECOND) == ("pending", "")
    first.controls.cancel(Filter(ids=(SECOND,)), reason="no", now=NOW)
    assert again(first, plan, replay_id=an_id("rpl", 2)) == 1


def again(store: Any, plan: Plan, *, replay_id: Any) -> Any:
    """Replay the first event's cancelled delivery as this one."""
    item = Replayed(an_id("evt", 1), Proposal("thanks", 0, plan), FIRST)
    return carry_out(store, replay_id, item, now=NOW + 1)
