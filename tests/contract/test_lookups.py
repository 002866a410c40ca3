"""Events that wait for a lookup: claimed under a lease, decided when it is done, counted all the time."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.inquiry import Awaited, Finished, Inquiry, Postponed
from bridge.core.model import Failed, Mark, Skipped
from bridge.outbox.terms import Filter
from tests.support.books import ANNA, DAY, HOUR, NOW, SECOND, a_plan, an_id, claim_all, planned, proposing, waiting
from tests.support.replays import await_lookups, replayable

FIRST = an_id("evt", 1)
ANSWERS = {"": {"id": 2**60 + 1, "email": "anna@example.com"}, "customer": None}


def claim(store: Any, *, now: int = NOW, lease: int = 60 * SECOND, free: int = 100) -> list[Inquiry]:
    claimed: list[Inquiry] = store.outbox.claim_lookups(now=now, lease_until=now + lease, free={"shopify": free})
    return claimed


def finished(inquiry: Inquiry, *proposals: Any, answers: Any = ANSWERS, reason: str = "") -> Finished:
    return Finished(inquiry, inquiry.event, proposals or (proposing(a_plan(1)),), answers, reason)


def finish(store: Any, *results: Finished, now: int = NOW) -> list[bool]:
    kept: list[bool] = store.outbox.finish_lookups(results, now=now)
    return kept


def counted(store: Any, *names: str) -> list[int]:
    counters = store.ledger.counters()
    return [counters.get(name, 0) for name in names]


def test_an_event_that_waits_is_accepted_and_not_decided(store: Any) -> None:
    [accepted] = store.outbox.accept([waiting(1)])
    assert (accepted.planned, accepted.waiting, accepted.receipts[0].duplicate) == (0, 1, False)
    assert counted(store, "events.accepted", "events.waiting", "events.decided", "decisions") == [1, 1, 0, 0]
    assert store.ledger.decisions(FIRST) == []
    assert store.ledger.lookup(FIRST) == {
        "event_id": FIRST,
        "state": "waiting",
        "attempts": 0,
        "due_at": NOW,
        "age_from": NOW,
        "state_at": NOW,
        "reason": "",
        "results": None,
    }
    assert store.ledger.lookup(an_id("evt", 2)) is None
    assert store.ledger.lookup_queues() == {"shopify": {"waiting": 1, "reason": None, "since": None, "until": None}}


def test_a_duplicate_of_an_event_that_waits_is_a_duplicate(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    again = waiting(2, source_event_id="webhook-1", body=b'{"id": 1}')
    [accepted] = store.outbox.accept([again])
    assert [(each.event_id, each.duplicate) for each in accepted.receipts] == [(FIRST, True)]
    assert (accepted.waiting, counted(store, "events.waiting", "duplicates")) == (0, [1, 1])


def test_due_lookups_are_claimed_once_the_longest_due_first_with_their_events(store: Any) -> None:
    store.outbox.accept([waiting(2, at=NOW + 1), waiting(1), waiting(3, source="stripe"), waiting(4, at=NOW + HOUR)])
    [first] = claim(store, now=NOW + 5, free=1)
    [second] = claim(store, now=NOW + 5)
    assert (first.event.id, first.event.body, first.attempts, first.lease) == (FIRST, b'{"id": 1}', 0, 1)
    assert (first.due_at, first.age_from) == (NOW, NOW + 5)
    assert second.event.id == an_id("evt", 2, at=NOW + 1)
    assert claim(store, now=NOW + 5) == []
    assert store.ledger.lookup(FIRST)["state"] == "calling"


def test_what_is_found_is_stored_and_the_event_decided_in_one_step(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [inquiry] = claim(store)
    proposals = (proposing(a_plan(1, contact=ANNA)), proposing(Skipped("when is false"), mapping="other"))
    assert finish(store, finished(inquiry, *proposals), now=NOW + HOUR) == [True]
    assert counted(store, "events.waiting", "events.decided", "decisions", "deliveries.planned") == [0, 1, 2, 1]
    assert [(row["mapping"], row["verdict"]) for row in store.ledger.decisions(FIRST)] == [
        ("other", "skipped"),
        ("thanks", "planned"),
    ]
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["attempts"], row["state_at"], row["results"]) == ("done", 1, NOW + HOUR, ANSWERS)
    [delivery] = claim_all(store, now=NOW + HOUR)
    assert (delivery.id, delivery.due_at) == (an_id("dlv", 1), NOW + HOUR)
    assert store.ledger.lookup_queues() == {}


def test_the_facts_count_as_they_do_at_acceptance(store: Any) -> None:
    once: Any = {"key": "1001", "repeat": "once"}
    store.outbox.accept([waiting(1), waiting(2), planned(3, **once)])
    first, second = claim(store)
    results = [
        finished(first, proposing(a_plan(1, **once))),
        finished(second, proposing(a_plan(2, key="1002", repeat="once")), proposing(a_plan(4, **once), element=1)),
    ]
    assert finish(store, *results) == [True, True]
    [held] = store.ledger.decisions(FIRST)
    assert (held["verdict"], held["reason"]) == ("suppressed", f"already asked about 1001, by {an_id('evt', 3)}")
    assert [row["verdict"] for row in store.ledger.decisions(an_id("evt", 2))] == ["planned", "suppressed"]


def test_an_event_is_found_by_whom_its_answers_named(store: Any) -> None:
    store.outbox.accept([waiting(1, marks=(Mark("order", b"o" * 16),))])
    [inquiry] = claim(store)
    event = replace(inquiry.event, marks=(*inquiry.event.marks, Mark("contact", ANNA)))
    assert finish(store, replace(finished(inquiry), event=event)) == [True]
    assert [row["kind"] for row in store.ledger.find(ANNA, limit=9)] == ["contact"]
    assert [row["kind"] for row in store.ledger.event(FIRST)["marks"]] == ["order", "contact"]


def test_a_lookup_that_failed_leaves_failed_decisions(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [inquiry] = claim(store)
    reason = "the lookup failed: it answered 404"
    assert finish(store, finished(inquiry, proposing(Failed(reason)), answers=None, reason=reason)) == [True]
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["reason"], row["results"]) == ("failed", reason, None)
    assert [row["reason"] for row in store.ledger.decisions(FIRST)] == [reason]


def test_a_stale_lease_neither_finishes_nor_postpones(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [stale] = claim(store)
    assert store.outbox.recover_lookups(now=NOW + 60 * SECOND, everything=False) == 1
    [fresh] = claim(store, now=NOW + 61 * SECOND)
    assert (fresh.lease, fresh.attempts) == (2, 0)
    assert finish(store, finished(stale)) == [False]
    assert store.outbox.postpone_lookups([Postponed(stale, NOW, "late", NOW + HOUR)], now=NOW) == [False]
    assert store.ledger.lookup_queues()["shopify"]["reason"] is None
    assert finish(store, finished(fresh)) == [True]
    assert finish(store, finished(fresh)) == [False]
    assert counted(store, "decisions", "deliveries.planned") == [1, 1]


def test_only_leases_that_ran_out_are_recovered_and_all_of_them_at_start(store: Any) -> None:
    store.outbox.accept([waiting(1), waiting(2)])
    claim(store, lease=10, free=1)
    claim(store, lease=11, free=1)
    assert store.outbox.recover_lookups(now=NOW + 10, everything=False) == 1
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["due_at"]) == ("waiting", NOW + 10)
    assert row["reason"] == "the bridge stopped while this was being asked; it is asked again"
    assert store.outbox.recover_lookups(now=NOW + 10, everything=True) == 1


def test_a_postponed_lookup_waits_and_keeps_its_patience(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [inquiry] = claim(store, now=NOW + DAY)
    assert inquiry.age_from == NOW + DAY
    assert store.outbox.postpone_lookups([Postponed(inquiry, NOW + 2 * DAY, "it answered 503")], now=NOW + DAY) == [
        True
    ]
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["attempts"], row["due_at"], row["reason"]) == (
        ("waiting", 1, NOW + 2 * DAY, "it answered 503")
    )
    assert claim(store, now=NOW + 2 * DAY - 1) == []
    assert store.outbox.next_lookup_due(sources=["shopify", "stripe"], now=NOW + DAY) == NOW + 2 * DAY
    assert store.outbox.next_lookup_due(sources=["stripe"], now=NOW + DAY) is None
    [again] = claim(store, now=NOW + 3 * DAY)
    assert (again.attempts, again.age_from) == (1, NOW + DAY)


def test_a_refusal_stops_the_source_alone_and_burns_no_attempt(store: Any) -> None:
    store.outbox.accept([waiting(1), waiting(2), waiting(3, source="stripe")])
    [inquiry] = claim(store, free=1)
    denied = Postponed(inquiry, NOW, "it answered 401", NOW + HOUR)
    assert store.outbox.postpone_lookups([denied], now=NOW + 5) == [True]
    assert store.ledger.lookup(FIRST)["attempts"] == 0
    assert claim(store, now=NOW + HOUR - 1) == []
    assert store.outbox.next_lookup_due(sources=["shopify"], now=NOW + 9) == NOW + HOUR
    assert store.ledger.lookup_queues() == {
        "shopify": {"waiting": 2, "reason": "it answered 401", "since": NOW + 5, "until": NOW + HOUR},
        "stripe": {"waiting": 1, "reason": None, "since": None, "until": None},
    }
    assert len(store.outbox.claim_lookups(now=NOW, lease_until=NOW + 9, free={"stripe": 5})) == 1
    assert len(claim(store, now=NOW + HOUR)) == 2


def test_forgiving_gives_back_the_time_of_the_refusal(store: Any) -> None:
    store.outbox.accept([waiting(1), waiting(2)])
    first, second = claim(store)
    store.outbox.postpone_lookups([Postponed(first, NOW, "it answered 503")], now=NOW)
    store.outbox.postpone_lookups([Postponed(second, NOW, "it answered 401", NOW + 9 * DAY)], now=NOW + HOUR)
    assert store.outbox.forgive_lookups("shopify", now=NOW + DAY) is True
    assert store.outbox.forgive_lookups("shopify", now=NOW + DAY) is False
    assert store.ledger.lookup(FIRST)["age_from"] == NOW + DAY - HOUR
    assert len(claim(store, now=NOW + DAY)) == 2


def test_an_answer_ends_the_refusal(store: Any) -> None:
    store.outbox.accept([waiting(1), waiting(2)])
    first, second = claim(store)
    store.outbox.postpone_lookups([Postponed(first, NOW, "it answered 401", NOW + DAY)], now=NOW)
    assert finish(store, finished(second, answers={})) == [True]
    assert store.ledger.lookup_queues()["shopify"]["until"] == NOW + DAY
    store.outbox.accept([waiting(3, at=NOW + DAY)])
    [third, _] = sorted(claim(store, now=NOW + DAY), key=lambda each: each.event.id, reverse=True)
    assert finish(store, finished(third, proposing(a_plan(3)))) == [True]
    assert store.ledger.lookup_queues()["shopify"]["until"] is None


# -- replays ------------------------------------------------------------------------------------------------


def failed(store: Any, number: int = 1, *mappings: str) -> None:
    """Let the lookup of an event fail for good."""
    store.outbox.accept([waiting(number)])
    [inquiry] = claim(store)
    proposals = [proposing(Failed("the lookup failed: 404"), mapping=name) for name in mappings or ("thanks",)]
    finish(store, finished(inquiry, *proposals, answers=None, reason="404"))


def test_a_replay_makes_the_lookup_again_and_then_its_deliveries(store: Any) -> None:
    failed(store, 1, "thanks", "other")
    replay = an_id("rpl", 1)
    assert await_lookups(store, [Awaited(FIRST, replay, "thanks", 0)], now=NOW + HOUR) == 1
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["attempts"], row["due_at"]) == ("waiting", 0, NOW + HOUR)
    assert counted(store, "events.waiting", "events.decided") == [0, 1]
    assert store.ledger.audit() == []
    [inquiry] = claim(store, now=NOW + HOUR)
    assert inquiry.lease == 2
    elements = [proposing(a_plan(number), element=number) for number in (0, 1)]
    assert finish(store, finished(inquiry, *elements, proposing(a_plan(9), mapping="other")), now=NOW + HOUR) == [True]
    assert counted(store, "deliveries.planned", "deliveries.replayed", "decisions") == [0, 2, 2]
    rows = store.ledger.deliveries(Filter(), limit=9)
    assert {(row["mapping"], row["element"], row["replay_id"], row["replay_of"]) for row in rows} == {
        ("thanks", 0, replay, None),
        ("thanks", 1, replay, None),
    }
    left = replayable(store, Filter(source="shopify"))
    assert [row["mapping"] for row in left] == ["other"]


def test_a_lookup_that_fails_again_is_on_record_and_can_be_replayed_again(store: Any) -> None:
    failed(store)
    for number in (1, 2):
        assert await_lookups(store, [Awaited(FIRST, an_id("rpl", number), "thanks", 0)], now=NOW) == 1
        [inquiry] = claim(store)
        assert finish(store, finished(inquiry, proposing(Failed("404 again")), answers=None, reason="404")) == [True]
    assert [row["reason"] for row in store.ledger.decisions(FIRST)] == [
        *("the lookup failed: 404", "404 again", "404 again"),
    ]
    assert len(replayable(store, Filter(ids=(FIRST,)))) == 1


def test_a_replay_of_a_delivery_may_wait_for_a_lookup_that_there_never_was(store: Any) -> None:
    store.outbox.accept([planned(1)])
    [delivery] = claim_all(store)
    assert store.controls.hold(Filter(), reason="no", now=NOW) == 0
    store.outbox.recover(now=NOW, everything=True, ambiguous={})
    awaited = Awaited(FIRST, an_id("rpl", 1), "thanks", 0, delivery.id)
    assert await_lookups(store, [awaited, awaited], now=NOW) == 1
    [inquiry] = claim(store)
    assert finish(store, finished(inquiry, proposing(a_plan(2)))) == [True]
    new = store.ledger.delivery(an_id("dlv", 2))
    assert (new["replay_of"], new["state"]) == (delivery.id, "pending")
    assert store.ledger.delivery(delivery.id)["state"] == "cancelled"


def test_two_replays_wait_for_the_same_lookup(store: Any) -> None:
    failed(store)
    items = [Awaited(FIRST, an_id("rpl", number), "thanks", 0) for number in (1, 2)]
    assert [await_lookups(store, [item], now=NOW) for item in items] == [1, 1]
    [inquiry] = claim(store)
    assert finish(store, finished(inquiry)) == [True]
    assert counted(store, "deliveries.replayed") == [1]
    assert claim(store, now=NOW + DAY) == []


def test_a_mapping_that_is_gone_is_put_on_record(store: Any) -> None:
    failed(store)
    await_lookups(store, [Awaited(FIRST, an_id("rpl", 1), "thanks", 0)], now=NOW)
    [inquiry] = claim(store)
    finish(store, finished(inquiry, proposing(a_plan(2), mapping="new")))
    reasons = [row["reason"] for row in store.ledger.decisions(FIRST)]
    assert reasons == ["the lookup failed: 404", "the mapping of this name does not take this event today"]


# -- pruning ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calling", [False, True])
def test_what_waits_for_its_lookup_is_never_pruned(store: Any, calling: Any) -> None:
    store.outbox.accept([waiting(1)])
    if calling:
        claim(store)
    later = NOW + 500 * DAY
    store.controls.prune(now=NOW, payloads_before=later, history_before=later, limit=9)
    assert store.ledger.event(FIRST)["body"] == '{"id": 1}'


def test_answers_go_with_the_payload_and_the_lookup_with_the_event(store: Any) -> None:
    store.outbox.accept([waiting(1)])
    [inquiry] = claim(store)
    finish(store, finished(inquiry, proposing(Skipped("no"))))
    assert store.controls.prune(now=NOW, payloads_before=NOW + 1, history_before=0, limit=9).rows == 1
    row = store.ledger.lookup(FIRST)
    assert (row["state"], row["results"]) == ("done", None)
    assert store.controls.prune(now=NOW, payloads_before=0, history_before=NOW + 1, limit=9).rows == 1
    assert store.ledger.lookup(FIRST) is None
