"""How touchpoints and sources stand, on every store: last answers, queues, arrivals, proofs of secrets."""

from typing import Any

from bridge.core.credentials import PROVEN_BY
from bridge.core.outcome import Answered, Dead, NotSent, Pause, RetryAt
from bridge.outbox.standings import Arrivals, Proof, Queue
from bridge.outbox.terms import Circuit
from tests.support.books import HOUR, NOW, SECOND, an_event, an_id, an_intake, claim_all, planned, settled


def test_the_latest_answers_of_a_touchpoint_come_with_what_was_answered(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, touchpoint="support"), planned(3)])
    first, other, last = sorted(claim_all(store), key=lambda each: each.id)
    refused = settled(first, Pause("401"), outcome=Answered(401, "Invalid API key"), at=NOW + SECOND)
    store.outbox.settle([refused, settled(other, at=NOW + 2 * SECOND)], now=NOW + 3 * SECOND)
    unsent = settled(last, RetryAt(NOW + HOUR, "refused"), outcome=NotSent("connection refused"), at=NOW + 4 * SECOND)
    store.outbox.settle([unsent], now=NOW + 5 * SECOND)
    latest, before = store.standings.answers("post-purchase", limit=5)
    assert before == {
        "touchpoint": "post-purchase",
        "delivery_id": an_id("dlv", 1),
        "event_id": an_id("evt", 1),
        "number": 1,
        "started_at": NOW + SECOND,
        "ended_at": NOW + SECOND + 30,
        "outcome": "answered",
        "status": 401,
        "message": "Invalid API key",
        "ruling": "pause",
        "reason": "401",
    }
    assert (latest["delivery_id"], latest["outcome"], latest["status"]) == (an_id("dlv", 3), "not_sent", None)
    assert store.standings.answers("post-purchase", limit=1) == [latest]
    assert store.standings.answers("nowhere", limit=5) == []
    newest = store.standings.latest_answers()
    assert {name: row["delivery_id"] for name, row in newest.items()} == {
        "post-purchase": an_id("dlv", 3),
        "support": an_id("dlv", 2),
    }


def test_every_try_at_one_delivery_is_an_answer_of_its_own(store: Any) -> None:
    store.outbox.accept([planned(1)])
    for number in range(3):
        at = NOW + number * HOUR
        [delivery] = claim_all(store, now=at)
        store.outbox.settle([settled(delivery, RetryAt(at + HOUR, "503"), outcome=Answered(503), at=at)], now=at)
    assert [row["number"] for row in store.standings.answers("post-purchase", limit=5)] == [3, 2, 1]


def test_only_the_last_answers_are_found_but_every_attempt_stays(store: Any) -> None:
    store.outbox.accept([planned(number) for number in range(30)])
    deliveries = sorted(claim_all(store), key=lambda each: each.id)
    for begin in (0, 25):
        store.outbox.settle([settled(each) for each in deliveries[begin : begin + 25]], now=NOW)
    found = [row["delivery_id"] for row in store.standings.answers("post-purchase", limit=20)]
    assert found == [an_id("dlv", number) for number in range(29, 9, -1)]
    assert len(store.ledger.attempts(an_id("dlv", 0))) == 1


def test_the_queue_of_a_touchpoint_says_how_much_is_due_since_when_and_what_comes_next(store: Any) -> None:
    assert store.standings.queue("post-purchase", now=NOW) == Queue(0, None, None)
    later = [planned(number, due_at=NOW + number * HOUR) for number in (3, 4)]
    store.outbox.accept([planned(1), planned(2), *later, planned(5, touchpoint="support")])
    assert store.standings.queue("post-purchase", now=NOW + SECOND) == Queue(2, NOW, NOW + 3 * HOUR)
    assert store.standings.queue("post-purchase", now=NOW + 3 * HOUR) == Queue(3, NOW, NOW + 4 * HOUR)
    assert store.standings.queue("support", now=NOW - SECOND) == Queue(0, NOW, NOW)


def test_what_came_from_a_source_is_counted_since_a_time(store: Any) -> None:
    store.outbox.accept([an_intake(an_event(1)), an_intake(an_event(2, at=NOW + HOUR))])
    store.outbox.accept([an_intake(an_event(3, at=NOW + 2 * HOUR, source="crm"))])
    assert store.standings.arrivals(["shopify", "crm", "till"], since=NOW + HOUR) == {
        "shopify": Arrivals(NOW + HOUR, 1),
        "crm": Arrivals(NOW + 2 * HOUR, 1),
        "till": Arrivals(None, 0),
    }
    assert store.standings.arrivals([], since=0) == {}


def test_the_first_event_that_a_secret_proved_is_found(store: Any) -> None:
    old, new = {PROVEN_BY: "shopify"}, {PROVEN_BY: "shopify-new"}
    for number, headers in enumerate((new, old, {}, new, new)):
        store.outbox.accept([an_intake(an_event(number, at=NOW + number * SECOND, headers=headers))])
    found = store.standings.first_event("shopify", secret="shopify-new", since=NOW + SECOND)
    assert found == {"id": an_id("evt", 3, at=NOW + 3 * SECOND), "received_at": NOW + 3 * SECOND}
    assert store.standings.first_event("shopify", secret="shopify", since=NOW + 2 * SECOND) is None
    assert store.standings.first_event("crm", secret="shopify", since=0) is None


def test_the_first_success_since_a_secret_is_in_use_proves_it(store: Any) -> None:
    store.standings.expect("post-purchase", ["key", "token"], since=NOW + SECOND)
    store.outbox.accept([planned(number) for number in range(4)] + [planned(4, touchpoint="support")])
    begun_before, refused, first, second, other = sorted(claim_all(store), key=lambda each: each.id)
    results = [
        settled(begun_before, at=NOW),
        settled(refused, Dead("422"), outcome=Answered(422), at=NOW + SECOND),
        settled(second, at=NOW + 3 * SECOND),
        settled(first, at=NOW + 2 * SECOND),
        settled(other, at=NOW + 2 * SECOND),
    ]
    store.outbox.settle(results[:2], now=NOW + SECOND)
    assert [proof.proved_at for proof in store.standings.proofs()] == [None, None]
    store.outbox.settle(results[2:], now=NOW + 4 * SECOND)
    proved = (NOW + SECOND, NOW + 2 * SECOND + 30, an_id("dlv", 2))
    assert store.standings.proofs() == [
        Proof("post-purchase", "key", *proved),
        Proof("post-purchase", "token", *proved),
    ]


def test_a_secret_that_is_stored_again_is_to_be_proven_again(store: Any) -> None:
    store.standings.expect("post-purchase", ["key", "token"], since=NOW)
    store.outbox.accept([planned(1)])
    [delivery] = claim_all(store)
    store.outbox.settle([settled(delivery, at=NOW + SECOND)], now=NOW + SECOND)
    store.standings.expect("post-purchase", ["key", "token"], since=NOW - HOUR)
    store.standings.expect("post-purchase", ["token"], since=NOW + HOUR)
    proven, anew = store.standings.proofs()
    assert (proven.since, proven.delivery_id) == (NOW, an_id("dlv", 1))
    assert anew == Proof("post-purchase", "token", NOW + HOUR, None, None)


def test_a_failing_touchpoint_is_tried_at_once_with_what_is_due(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, due_at=NOW + HOUR)])
    store.outbox.note_circuit("post-purchase", Circuit("post-purchase", "it fails", NOW - HOUR, NOW + HOUR))
    assert store.controls.hasten("post-purchase", now=NOW)
    assert store.ledger.circuits() == [Circuit("post-purchase", "it fails", NOW - HOUR, 0)]
    assert [each.id for each in claim_all(store)] == [an_id("dlv", 1)]


def test_where_nothing_is_due_what_waits_the_shortest_for_its_next_try_is_tried(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3)])
    first, second, _ = sorted(claim_all(store), key=lambda each: each.id)
    waits = [(first, NOW + 3 * HOUR), (second, NOW + 2 * HOUR)]
    store.outbox.settle(
        [settled(each, RetryAt(due, "503"), outcome=Answered(503)) for each, due in waits], now=NOW + SECOND
    )
    store.outbox.accept([planned(4, due_at=NOW + HOUR)])
    store.outbox.note_circuit("post-purchase", Circuit("post-purchase", "it fails", NOW, NOW + HOUR))
    assert store.controls.hasten("post-purchase", now=NOW + SECOND)
    assert [each.id for each in claim_all(store, now=NOW + SECOND)] == [second.id]


def test_a_touchpoint_that_is_not_failing_is_left_as_it_is(store: Any) -> None:
    store.outbox.accept([planned(1, due_at=NOW + HOUR)])
    store.outbox.note_circuit("support", Circuit("support", "it fails", NOW, NOW + HOUR))
    assert not store.controls.hasten("post-purchase", now=NOW)
    assert store.standings.queue("post-purchase", now=NOW) == Queue(0, NOW + HOUR, NOW + HOUR)
    assert store.ledger.circuits()[0].until == NOW + HOUR
