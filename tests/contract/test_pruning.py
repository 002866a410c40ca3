from typing import Any

import pytest

from bridge.core.model import Mark
from bridge.core.outcome import Dead
from bridge.outbox.protocol import Filter
from tests.support.books import ANNA, DAY, NOW, a_refusal, an_event, an_id, an_intake, claim_all, planned, settled

LONG_AGO = NOW - 500 * DAY


def prune(store: Any, *, now: Any = NOW, payloads: Any = LONG_AGO, history: Any = LONG_AGO, limit: Any = 100) -> Any:
    return store.controls.prune(now=now, payloads_before=payloads, history_before=history, limit=limit)


@pytest.fixture
def aged(store: Any) -> Any:
    """Two events that are done with, one whose delivery waits, one that is newer."""
    marked = {"marks": (Mark("contact", ANNA),), "query": "a=1"}
    store.outbox.accept([planned(number, event=marked, key=f"k{number}", repeat="once") for number in (1, 2, 3)])
    first, second = claim_all(store, free=2)
    store.outbox.settle([settled(first), settled(second, Dead("no"))], now=NOW)
    store.outbox.accept([an_intake(an_event(4, at=NOW + DAY))])
    return store


def test_old_payloads_go_unless_their_deliveries_wait(aged: Any) -> None:
    assert prune(aged, payloads=NOW + 1) == 2
    done, waiting = aged.ledger.event(an_id("evt", 1)), aged.ledger.event(an_id("evt", 3))
    assert (done["body"], done["headers"], done["query"], done["size"]) == (None, None, None, 9)
    assert waiting["body"] == '{"id": 3}'
    assert aged.ledger.delivery(an_id("dlv", 1))["body"] is None
    assert aged.ledger.delivery(an_id("dlv", 3))["body"] is not None
    assert aged.ledger.entry(an_id("evt", 1)) is None
    assert aged.ledger.entry(an_id("evt", 3)) is not None
    assert prune(aged, payloads=NOW + 1) == 0


def test_what_is_held_is_kept_whole(aged: Any) -> None:
    aged.controls.hold(Filter(), reason="look", now=NOW)
    assert prune(aged, payloads=NOW + 1, history=NOW + 1) == 4
    assert aged.ledger.delivery(an_id("dlv", 3))["body"] is not None
    assert aged.ledger.entry(an_id("evt", 3)) is not None


def test_old_history_goes_with_all_that_hangs_on_it_and_the_books_still_balance(aged: Any) -> None:
    assert prune(aged, history=NOW + 1) == 2
    assert [row["id"] for row in aged.ledger.events(Filter(), limit=9)] == [
        an_id("evt", 4, at=NOW + DAY),
        an_id("evt", 3),
    ]
    assert [row["id"] for row in aged.ledger.deliveries(Filter(), limit=9)] == [an_id("dlv", 3)]
    assert aged.ledger.attempts(an_id("dlv", 1)) == aged.ledger.decisions(an_id("evt", 1)) == []
    assert [row["id"] for row in aged.ledger.find(ANNA, limit=9)] == [an_id("evt", 3)]
    counters = aged.ledger.counters()
    assert (counters["events.accepted"], counters["pruned.events"]) == (4, 2)
    assert (counters["deliveries.delivered"], counters["pruned.deliveries.delivered"]) == (1, 1)
    assert (counters["deliveries.dead"], counters["pruned.deliveries.dead"]) == (1, 1)
    assert counters["pruned.attempts"] == 2
    assert aged.ledger.touchpoint_totals() == {"post-purchase": {"pending": 1}}
    assert aged.ledger.audit() == []


def test_pruning_works_in_pieces(aged: Any) -> None:
    assert [prune(aged, history=NOW + 1, limit=1) for _ in range(3)] == [1, 1, 0]


def test_a_key_still_blocks_after_its_delivered_request_is_pruned_but_not_after_a_dead_one(aged: Any) -> None:
    prune(aged, history=NOW + 1)
    accepted = aged.outbox.accept([planned(n, at=NOW + DAY, key=f"k{n - 4}", repeat="once") for n in (5, 6)])
    assert [each.planned for each in accepted] == [0, 1]


def test_expired_ids_and_keys_are_forgotten(aged: Any) -> None:
    assert prune(aged, now=NOW + 35 * DAY - 1) == 0
    assert prune(aged, now=NOW + 35 * DAY) == 3
    assert prune(aged, now=NOW + 400 * DAY) == 4
    assert prune(aged, now=NOW + 400 * DAY) == 0


def test_refused_requests_go_with_the_payloads(store: Any) -> None:
    store.outbox.refuse([a_refusal(1), a_refusal(2, at=NOW + DAY)])
    assert prune(store, payloads=NOW + DAY) == 1
    assert [row["id"] for row in store.ledger.refused(Filter(), limit=9)] == [an_id("ref", 2, at=NOW + DAY)]
    assert store.ledger.counters()["pruned.refused"] == 1
