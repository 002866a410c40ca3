from typing import Any

import pytest

from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Dead, Delivered, Hold, NotSent, Pause, RetryAt, Unknown
from bridge.outbox.terms import Filter, Paused
from tests.support.books import (
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

FIRST = an_id("dlv", 1)


def test_a_claimed_delivery_carries_what_sending_needs(store: Any) -> None:
    store.outbox.accept([planned(1, event={"source": "stripe"}, mapping="paid", touchpoint="support")])
    assert claim_all(store, now=NOW + 9) == [
        Delivery(
            id=FIRST,
            event_id=an_id("evt", 1),
            source="stripe",
            mapping="paid",
            touchpoint="support",
            body='{"email":"customer-1@example.com","orderId":"#1"}',
            attempts=0,
            lease=1,
            due_at=NOW,
            age_from=NOW,
            day=20_833,
        )
    ]
    assert states(store) == {FIRST: "sending"}


def test_a_delivery_is_claimed_once(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2)])
    assert [each.id for each in claim_all(store)] == [FIRST, an_id("dlv", 2)]
    assert claim_all(store) == []


def test_only_as_many_are_claimed_as_their_touchpoint_has_room_for_the_longest_due_first(store: Any) -> None:
    store.outbox.accept([planned(number, at=NOW + 10 - number) for number in (1, 2, 3)])
    store.outbox.accept([planned(4, touchpoint="support"), planned(5, touchpoint="unasked")])
    free = {"post-purchase": 2, "support": 0}
    claimed = store.outbox.claim(now=NOW + 99, lease_until=NOW + 100, free=free, caps={}).deliveries
    assert [each.id for each in claimed] == [an_id("dlv", 3, at=NOW + 7), an_id("dlv", 2, at=NOW + 8)]


def test_what_is_not_due_yet_stays(store: Any) -> None:
    store.outbox.accept([planned(1, at=NOW + 1)])
    assert claim_all(store, now=NOW) == []
    assert store.outbox.next_due(now=NOW) == NOW + 1
    assert len(claim_all(store, now=NOW + 1)) == 1
    assert store.outbox.next_due(now=NOW) is None


def test_the_next_due_time_is_the_earliest_after_now_over_all_touchpoints(store: Any) -> None:
    store.outbox.accept(
        [
            planned(1, at=NOW - 5),
            planned(2, at=NOW + 50),
            planned(3, at=NOW + 40, touchpoint="support"),
            planned(4, at=NOW + 90, touchpoint="a"),
        ]
    )
    assert store.outbox.next_due(now=NOW) == NOW + 40
    assert store.outbox.next_due(now=NOW + 40) == NOW + 50


@pytest.mark.parametrize(
    ("ruling", "expected"),
    [
        (Delivered("ignored"), ("delivered", 1, NOW, "")),
        (RetryAt(NOW + 77, "503"), ("pending", 1, NOW + 77, "503")),
        (Hold("fate unknown"), ("held", 1, NOW, "fate unknown")),
        (Pause("401"), ("pending", 0, NOW, "401")),
        (Dead("422"), ("dead", 1, NOW, "422")),
    ],
)
def test_a_ruling_is_carried_out(store: Any, ruling: Any, expected: Any) -> None:
    store.outbox.accept([planned(1)])
    [delivery] = claim_all(store)
    assert store.outbox.settle([settled(delivery, ruling, outcome=Answered(200, "seen"))], now=NOW + 5) == [True]
    row = store.ledger.delivery(FIRST)
    assert (row["state"], row["attempts"], row["due_at"], row["reason"]) == expected
    assert (row["message"], row["state_at"]) == ("seen", NOW + 5)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Answered(429, "slow down", "30"), ("answered", 429, "slow down")),
        (NotSent("refused"), ("not_sent", None, "refused")),
        (Unknown("timed out"), ("unknown", None, "timed out")),
    ],
)
def test_every_attempt_is_on_record_with_its_number(store: Any, outcome: Any, expected: Any) -> None:
    store.outbox.accept([planned(1)])
    for number in (1, 2):
        [delivery] = claim_all(store, now=NOW + number)
        store.outbox.settle([settled(delivery, RetryAt(NOW, "again"), outcome=outcome, at=NOW + number)], now=NOW + 9)
    assert store.ledger.attempts(FIRST) == [
        {
            "delivery_id": FIRST,
            "number": number,
            "started_at": NOW + number,
            "ended_at": NOW + number + 30,
            "outcome": expected[0],
            "status": expected[1],
            "message": expected[2],
            "ruling": "retry",
            "reason": "again",
            "effective": 1,
        }
        for number in (1, 2)
    ]
    assert store.ledger.counters()["attempts"] == 2


def test_a_pause_stops_the_touchpoint_and_keeps_the_first_reason(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3, touchpoint="support")])
    first, second, other = claim_all(store)
    reasons = ("401 wrong key", "403 forbidden")
    results = [settled(each, Pause(why)) for each, why in zip((first, second), reasons, strict=True)]
    assert store.outbox.settle(results, now=NOW + 4) == [True, True]
    assert store.ledger.pauses() == [Paused("touchpoint", "post-purchase", "401 wrong key", NOW + 4, "target")]
    store.outbox.settle([settled(other, RetryAt(NOW, "x"))], now=NOW)
    assert [each.id for each in claim_all(store, now=NOW + 9)] == [other.id]


def test_a_stale_lease_cannot_settle(store: Any) -> None:
    store.outbox.accept([planned(1)])
    [stale] = claim_all(store, lease=SECOND)
    assert store.outbox.recover(now=NOW + SECOND, everything=False, ambiguous={"post-purchase": "retry"}) == 1
    [fresh] = claim_all(store, now=NOW + 2 * SECOND)
    assert (stale.lease, fresh.lease, fresh.attempts) == (1, 2, 1)
    late = settled(stale, Delivered(), at=NOW + 5)
    assert store.outbox.settle([late, settled(fresh, Dead("no"))], now=NOW + 3 * SECOND) == [False, True]
    assert states(store) == {FIRST: "dead"}
    attempts = store.ledger.attempts(FIRST)
    assert [(row["ruling"], row["effective"]) for row in attempts] == [("retry", 1), ("delivered", 0), ("dead", 1)]


def test_a_stale_pause_does_not_pause(store: Any) -> None:
    store.outbox.accept([planned(1)])
    [stale] = claim_all(store)
    store.outbox.recover(now=NOW, everything=True, ambiguous={})
    assert store.outbox.settle([settled(stale, Pause("401"))], now=NOW) == [False]
    assert store.ledger.pauses() == []


def test_a_result_does_not_settle_twice(store: Any) -> None:
    store.outbox.accept([planned(1)])
    [delivery] = claim_all(store)
    result = settled(delivery)
    assert store.outbox.settle([result, result], now=NOW) == [True, False]
    assert states(store) == {FIRST: "delivered"}


def test_a_crash_while_sending_is_held_or_retried_as_the_touchpoint_says(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, touchpoint="support")])
    claim_all(store, now=NOW + 3)
    assert store.outbox.recover(now=NOW + 8, everything=True, ambiguous={"support": "retry"}) == 2
    held, again = store.ledger.delivery(FIRST), store.ledger.delivery(an_id("dlv", 2))
    assert (held["state"], held["attempts"], held["due_at"]) == ("held", 1, NOW)
    assert held["reason"] == "the bridge stopped while this was being sent; whether the target took it is unknown"
    assert (again["state"], again["attempts"], again["due_at"]) == ("pending", 1, NOW + 8)
    [attempt] = store.ledger.attempts(FIRST)
    assert (attempt["outcome"], attempt["ruling"], attempt["started_at"], attempt["ended_at"]) == (
        ("crashed", "hold", NOW + 3, NOW + 8)
    )


def test_a_lease_that_still_runs_is_left_alone(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, touchpoint="support")])
    store.outbox.claim(now=NOW, lease_until=NOW + 10, free={"post-purchase": 1}, caps={})
    store.outbox.claim(now=NOW, lease_until=NOW + 11, free={"support": 1}, caps={})
    assert store.outbox.recover(now=NOW + 10, everything=False, ambiguous={}) == 1
    assert states(store) == {FIRST: "held", an_id("dlv", 2): "sending"}
    assert store.outbox.recover(now=NOW + 10, everything=False, ambiguous={}) == 0


def test_deliveries_of_a_removed_touchpoint_wait_and_come_back_with_it(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, touchpoint="support")])
    store.controls.hold(Filter(touchpoint="support"), reason="a person must look", now=NOW)
    assert store.outbox.park(touchpoints=["other"], now=NOW + HOUR) == 1
    row = store.ledger.delivery(FIRST)
    assert (row["state"], row["reason"]) == ("held", "its touchpoint is not in the mapping files any more")
    assert store.outbox.park(touchpoints=["other"], now=NOW + HOUR) == 0
    assert store.outbox.park(touchpoints=["post-purchase", "support"], now=NOW + 3 * HOUR) == 1
    row = store.ledger.delivery(FIRST)
    assert (row["state"], row["due_at"], row["age_from"]) == ("pending", NOW + 3 * HOUR, NOW + 2 * HOUR)
    assert states(store)[an_id("dlv", 2)] == "held"


@pytest.mark.parametrize(
    ("scope", "name", "left"),
    [
        ("all", "", []),
        ("touchpoint", "post-purchase", [3]),
        ("touchpoint", "shopify", [1, 2, 3]),
        ("source", "shopify", [2]),
        ("mapping", "shopify/thanks", [2, 3]),
        ("mapping", "thanks", [1, 2, 3]),
    ],
)
def test_a_pause_stops_exactly_its_scope(store: Any, scope: Any, name: Any, left: Any) -> None:
    store.outbox.accept(
        [
            planned(1),
            planned(2, event={"source": "stripe"}),
            an_intake(an_event(3), proposing(a_plan(3, touchpoint="support"), mapping="other")),
        ]
    )
    assert store.controls.pause(Paused(scope, name, "maintenance", NOW, "operator")) is True
    assert [each.id for each in claim_all(store)] == [an_id("dlv", number) for number in left]
    assert store.controls.resume(scope, name, now=NOW + 1) is True
    assert len(claim_all(store)) == 3 - len(left)


def test_settling_keeps_the_totals_of_each_touchpoint(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3, touchpoint="support")])
    first, second, _ = claim_all(store)
    store.outbox.settle([settled(first), settled(second, Dead("no"))], now=NOW)
    assert store.ledger.touchpoint_totals() == {
        "post-purchase": {"delivered": 1, "dead": 1},
        "support": {"sending": 1},
    }


def test_what_is_under_way_keeps_its_lease_whatever_the_clock_says(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2)])
    first, second = claim_all(store, lease=SECOND)
    later = NOW + 20 * 60 * SECOND
    assert store.outbox.recover(now=later, everything=False, ambiguous={}, under_way={first.id}) == 1
    assert states(store) == {first.id: "sending", second.id: "held"}
    assert store.outbox.settle([settled(first, at=later)], now=later) == [True]
