"""What is due is judged once more when it is claimed."""

from typing import Any

import pytest

from bridge.core.model import Cancel
from bridge.core.outcome import Answered, Dead, Delivered, Hold, RetryAt
from bridge.core.schedule import Hours
from bridge.outbox.jobs import Replayed
from bridge.outbox.terms import Filter, Paused, Suppression
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    HOUR,
    NOW,
    SECOND,
    a_plan,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    states,
)
from tests.support.replays import carry_out

FIRST, SECOND_ONE = an_id("dlv", 1), an_id("dlv", 2)
OPENS_LATER = Hours("Europe/Berlin", 10 * 60, 19 * 60)  # NOW is Friday, 09:00 in Berlin
OVERNIGHT = Hours("Europe/Berlin", 22 * 60, 9 * 60)  # just closed
IN_DOUBT = (
    f"the target may have taken {FIRST}, whose place this one takes; ask there, then `bridge cancel {FIRST}` and"
    " release this one to send it, or cancel this one"
)
BUSY = RetryAt(NOW + SECOND, "it answered 503")


def told(store: Any, number: int = 1) -> Any:
    row = store.ledger.delivery(an_id("dlv", number))
    return row["state"], row["reason"]


def send_and_settle(store: Any, ruling: Any, *, now: int = NOW) -> None:
    results = [settled(each, ruling, outcome=Answered(503)) for each in claim_all(store, now=now)]
    store.outbox.settle(results, now=now)


def cancelling(number: int, **event: Any) -> Any:
    """Give the intake of event `number`, which cancels the key `a` of the usual mapping."""
    return an_intake(
        an_event(number, topic="orders/cancelled", **event), proposing(Cancel("shopify", "thanks", "a"), element=7)
    )


def test_a_key_that_was_cancelled_while_a_request_about_it_was_sent_is_not_sent_again(store: Any) -> None:
    store.outbox.accept([planned(1, key="a"), planned(2, key="b")])
    claimed = claim_all(store)
    store.outbox.accept([cancelling(3)])
    assert told(store) == ("sending", "")
    store.outbox.settle([settled(each, BUSY) for each in claimed], now=NOW)
    assert [each.id for each in claim_all(store, now=NOW + SECOND)] == [SECOND_ONE]
    assert told(store) == ("cancelled", f"cancelled by orders/cancelled of 15 January 2027 ({an_id('evt', 3)})")
    assert store.ledger.delivery(FIRST)["state_at"] == NOW + SECOND


def test_a_cancelled_key_is_that_of_its_tenant_and_not_for_ever(store: Any) -> None:
    store.outbox.accept([planned(1, key="a"), planned(2, key="a", event={"tenant": "shop-b"})])
    claimed = claim_all(store)
    store.outbox.accept([cancelling(3)])
    results = [settled(claimed[0], RetryAt(NOW + 30 * DAY, "503")), settled(claimed[1], BUSY)]
    store.outbox.settle(results, now=NOW)
    assert [each.id for each in claim_all(store, now=NOW + SECOND)] == [SECOND_ONE]
    assert [each.id for each in claim_all(store, now=NOW + 30 * DAY)] == [FIRST]


def test_a_contact_that_unsubscribed_while_a_request_was_sent_is_not_asked_again(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=BEN)])
    claimed = claim_all(store)
    assert store.controls.suppress(Suppression(ANNA, "a…@example.com", "she called", NOW, "kim")) == 0
    store.outbox.settle([settled(each, BUSY) for each in claimed], now=NOW)
    claimed = store.outbox.claim(now=NOW + SECOND, lease_until=NOW + HOUR, free={"post-purchase": 1}, caps={})
    assert [each.id for each in claimed.deliveries] == [SECOND_ONE]  # who is not asked takes no slot
    assert (claimed.stopped, claimed.unfinished) == (1, frozenset())
    assert told(store) == ("cancelled", "not sent: not to be asked since 15 January 2027: she called")


def test_what_has_expired_is_cancelled_also_when_it_was_held_and_released(store: Any) -> None:
    store.outbox.accept([planned(number, expires_at=NOW + HOUR) for number in (1, 2)])
    store.controls.hold(Filter(ids=(FIRST,)), reason="look", now=NOW)
    assert [each.id for each in claim_all(store, now=NOW + HOUR)] == [SECOND_ONE]
    store.controls.release(Filter(), now=NOW + HOUR + 1)
    assert claim_all(store, now=NOW + HOUR + 1) == []
    assert told(store) == ("cancelled", "expired: it was to be sent by Fri 15 Jan 2027 09:00 UTC")


@pytest.mark.parametrize(
    ("hours", "expected"), [(OPENS_LATER, NOW + HOUR), (OVERNIGHT, NOW + 13 * HOUR), (Hours("Asia/Tokyo"), NOW)]
)
def test_outside_its_hours_a_delivery_is_put_off_and_does_not_age(store: Any, hours: Any, expected: Any) -> None:
    store.outbox.accept([planned(1, at=NOW - HOUR, hours=hours, due_at=NOW - HOUR)])
    delivery_id = an_id("dlv", 1, at=NOW - HOUR)
    claimed = store.outbox.claim(now=NOW, lease_until=NOW + HOUR, free={"post-purchase": 5}, caps={})
    assert (len(claimed.deliveries), claimed.stopped) == ((1, 0) if expected == NOW else (0, 1))
    row = store.ledger.delivery(delivery_id)
    if expected > NOW:
        assert (row["state"], row["due_at"], row["age_from"]) == ("pending", expected, expected - HOUR)
        assert row["wanted_at"] == NOW - HOUR
        assert store.outbox.next_due(now=NOW) == expected
        assert claim_all(store, now=expected - 1) == []
        assert len(claim_all(store, now=expected)) == 1


def test_hours_hold_for_a_retry_and_for_what_an_operator_releases(store: Any) -> None:
    store.outbox.accept([planned(1, hours=Hours(begins=8 * 60, ends=9 * 60)), planned(2, hours=OPENS_LATER)])
    store.controls.hold(Filter(ids=(SECOND_ONE,)), reason="look", now=NOW)
    send_and_settle(store, RetryAt(NOW + HOUR, "503"))
    store.controls.release(Filter(), now=NOW + SECOND)
    assert claim_all(store, now=NOW + SECOND) == []
    assert claim_all(store, now=NOW + HOUR - 1) == []
    assert [each.id for each in claim_all(store, now=NOW + HOUR)] == [SECOND_ONE]
    assert store.outbox.next_due(now=NOW + HOUR) == NOW + DAY


def test_what_could_only_be_sent_after_it_expires_is_cancelled_at_once(store: Any) -> None:
    store.outbox.accept([planned(1, hours=OPENS_LATER, expires_at=NOW + HOUR - 1)])
    assert claim_all(store) == []
    reason = (
        "expired: it was to be sent by Fri 15 Jan 2027 09:59 Europe/Berlin;"
        " its hours begin Fri 15 Jan 2027 10:00 Europe/Berlin"
    )
    assert told(store) == ("cancelled", reason)


def replaced(store: Any) -> Any:
    """Let delivery 2 take the place of delivery 1, which is being sent; gives the latter."""
    store.outbox.accept([planned(1, key="a", repeat="replace")])
    [old] = claim_all(store)
    store.outbox.accept([planned(2, key="a", repeat="replace")])
    assert store.ledger.delivery(SECOND_ONE)["replaces"] == FIRST
    return old


def test_while_the_one_it_replaces_is_being_sent_a_delivery_waits_a_second(store: Any) -> None:
    replaced(store)
    assert claim_all(store, now=NOW + 5) == []
    row = store.ledger.delivery(SECOND_ONE)
    assert (row["state"], row["due_at"], row["age_from"]) == ("pending", NOW + 5 + SECOND, NOW + SECOND)


@pytest.mark.parametrize(
    ("ruling", "old_one", "new_one"),
    [
        (
            Delivered(),
            ("delivered", ""),
            ("cancelled", f"not sent: {FIRST}, whose place it takes, was delivered"),
        ),
        (
            Hold("unknown"),
            ("held", "unknown"),
            ("held", IN_DOUBT),
        ),
        (Dead("422"), ("dead", "422"), ("sending", "")),
        (BUSY, ("cancelled", f"replaced by {an_id('evt', 2)}"), ("sending", "")),
        (RetryAt(NOW, "cut", may_be_taken=True), ("cancelled", f"replaced by {an_id('evt', 2)}"), ("sending", "")),
    ],
)
def test_the_newest_is_sent_unless_the_one_it_replaces_was_or_may_have_been(
    store: Any, ruling: Any, old_one: Any, new_one: Any
) -> None:
    store.outbox.settle([settled(replaced(store), ruling)], now=NOW)
    claim_all(store, now=NOW + SECOND)
    assert (told(store), told(store, 2)) == (old_one, new_one)
    assert store.ledger.attempts(FIRST)[0]["reason"] == getattr(ruling, "reason", "")


def test_after_a_crash_a_replaced_delivery_is_not_sent_again(store: Any) -> None:
    replaced(store)
    assert store.outbox.recover(now=NOW + 9, everything=True, ambiguous={"post-purchase": "retry"}) == 1
    assert told(store) == ("cancelled", f"replaced by {an_id('evt', 2)}")
    assert [each.id for each in claim_all(store, now=NOW + SECOND)] == [SECOND_ONE]


def test_a_replaced_delivery_that_is_released_is_not_sent_and_leaves_its_place(store: Any) -> None:
    store.outbox.settle([settled(replaced(store), Hold("unknown"))], now=NOW)
    claim_all(store, now=NOW + SECOND)
    store.controls.release(Filter(), now=NOW + HOUR)
    assert [each.id for each in claim_all(store, now=NOW + HOUR)] == [SECOND_ONE]
    assert told(store) == ("cancelled", f"replaced by {an_id('evt', 2)}")


def test_replays_are_sent_with_the_slots_that_live_deliveries_leave(store: Any) -> None:
    store.outbox.accept([planned(1)])
    send_and_settle(store, Dead("422"))
    proposal = proposing(a_plan(5, at=NOW + SECOND))
    assert carry_out(store, an_id("rpl", 1), Replayed(an_id("evt", 1), proposal, FIRST), now=NOW + SECOND) == 1
    store.outbox.accept([planned(number, at=NOW + HOUR) for number in (6, 7)])
    live = [an_id("dlv", number, at=NOW + HOUR) for number in (6, 7)]
    assert store.outbox.next_due(now=NOW) == NOW + SECOND
    assert [each.id for each in claim_all(store, now=NOW + HOUR, free=1)] == live[:1]
    replay = an_id("dlv", 5, at=NOW + SECOND)
    assert [each.id for each in claim_all(store, now=NOW + HOUR, free=9)] == [live[1], replay]


def test_a_claim_judges_500_per_touchpoint_and_says_where_it_did_not_finish(store: Any) -> None:
    store.outbox.accept([planned(number, expires_at=NOW) for number in range(1, 502)])
    store.outbox.accept([planned(999), planned(1000, touchpoint="support")])
    free = {"post-purchase": 3, "support": 3}
    first = store.outbox.claim(now=NOW + 1, lease_until=NOW + HOUR, free=free, caps={})
    assert [each.id for each in first.deliveries] == [an_id("dlv", 1000)]
    assert (first.unfinished, first.stopped) == (frozenset({"post-purchase"}), 500)
    second = store.outbox.claim(now=NOW + 1, lease_until=NOW + HOUR, free=free, caps={})
    assert [each.id for each in second.deliveries] == [an_id("dlv", 999)]
    assert (second.unfinished, second.stopped) == (frozenset(), 1)
    assert sum(state == "cancelled" for state in states(store).values()) == 501


def test_what_is_paused_is_not_judged(store: Any) -> None:
    store.outbox.accept([planned(1, expires_at=NOW)])
    store.controls.pause(Paused("mapping", "shopify/thanks", "look", NOW, "operator"))
    assert claim_all(store, now=NOW + HOUR) == []
    assert told(store) == ("pending", "")
    store.controls.resume("mapping", "shopify/thanks", now=NOW + HOUR)
    claim_all(store, now=NOW + HOUR)
    assert told(store)[0] == "cancelled"


def test_a_pause_or_a_missing_touchpoint_does_not_change_when_something_later_is_due(store: Any) -> None:
    store.outbox.accept([planned(1, due_at=NOW + 9 * HOUR), planned(2)])
    store.controls.pause(Paused("all", "", "look", NOW + HOUR, "operator"))
    store.controls.resume("all", "", now=NOW + 2 * HOUR)
    store.outbox.park(touchpoints=[], now=NOW + 3 * HOUR)
    store.outbox.park(touchpoints=["post-purchase"], now=NOW + 5 * HOUR)
    rows = [store.ledger.delivery(each) for each in (FIRST, SECOND_ONE)]
    assert [(row["due_at"], row["age_from"]) for row in rows] == [
        (NOW + 9 * HOUR, NOW + 9 * HOUR),
        (NOW + 5 * HOUR, NOW + 3 * HOUR),
    ]
