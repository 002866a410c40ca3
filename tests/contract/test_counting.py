"""How many a filter selects: exact while that is cheap, else at least so many."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Failed, Mark, Skipped
from bridge.core.outcome import Dead, Hold
from bridge.outbox.counting import count, searches
from bridge.outbox.figures import Count
from bridge.outbox.store import SqliteStore, open_store
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
    planned,
    proposing,
    settled,
    swept,
)

DELIVERIES = [
    (Filter(states=("dead",)), 1),
    (Filter(states=("pending", "held", "held")), 3),
    (Filter(touchpoint="support"), 1),
    (Filter(touchpoint="post-purchase", states=("delivered",)), 1),
    (Filter(touchpoint="nowhere"), 0),
    (Filter(source="stripe"), 1),
    (Filter(source="stripe", states=("held",)), 0),
    (Filter(contact=ANNA), 2),
    (Filter(topic="invoice.paid"), 1),
    (Filter(mapping="thanks"), 4),
    (Filter(since=NOW + 1), 2),
    (Filter(verdicts=("failed",)), 0),
    (Filter(fate_unknown=True), 1),
    (Filter(source="shopify", before=an_id("dlv", 2)), 5),
    (Filter(ids=(an_id("evt", 4, at=NOW + DAY), an_id("dlv", 1))), 3),
]
EVENTS = [
    (Filter(), 5),
    (Filter(source="shopify"), 4),
    (Filter(topic="invoice.paid"), 1),
    (Filter(verdicts=("failed",)), 2),
    (Filter(verdicts=("failed", "planned")), 5),
    (Filter(verdicts=("skipped", "failed", "unmatched")), 2),
    (Filter(contact=ANNA), 2),
    (Filter(contact=ANNA, verdicts=("failed",)), 1),
    (Filter(states=("dead",)), 1),
    (Filter(states=("dead", "delivered")), 2),
    (Filter(states=("dead", "held", "cancelled")), 3),
    (Filter(states=("dead", "held", "cancelled"), source="stripe"), 1),
    (Filter(states=("dead", "held"), touchpoint="post-purchase", verdicts=("failed",)), 1),
    (Filter(states=("held",), contact=ANNA), 1),
    (Filter(states=("held",), touchpoint="support"), 0),
    (Filter(touchpoint="support"), 1),
    (Filter(mapping="paid"), 1),
    (Filter(until=NOW + 1), 4),
    (Filter(before=an_id("evt", 2)), 5),
]
REFUSED = [
    (Filter(), 3),
    (Filter(source="stripe"), 1),
    (Filter(status=413), 1),
    (Filter(states=("dead",)), 0),
    (Filter(since=NOW + 1), 1),
]


@pytest.fixture
def filled(store: Any) -> Any:
    """Five events with six deliveries, which differ in everything a filter can ask for, and three refused requests."""
    store.outbox.accept(
        [
            an_intake(an_event(1, marks=(Mark("contact", ANNA),)), proposing(a_plan(1, contact=ANNA))),
            an_intake(
                an_event(2, source="stripe", topic="invoice.paid"), proposing(a_plan(2, contact=BEN), mapping="paid")
            ),
            an_intake(
                an_event(3, marks=(Mark("contact", ANNA),)),
                proposing(Failed("email")),
                proposing(Skipped("a test"), element=1),
                proposing(a_plan(3, contact=ANNA), element=2),
            ),
            an_intake(
                an_event(4, at=NOW + DAY),
                proposing(a_plan(4, at=NOW + DAY, touchpoint="support"), mapping="a"),
                proposing(a_plan(5, at=NOW + DAY), mapping="thanks"),
                proposing(Failed("phone"), mapping="c"),
            ),
            planned(6, event={"topic": "orders/paid"}),
        ]
    )
    store.controls.cancel(Filter(ids=(an_id("dlv", 6),)), reason="not this one", now=NOW)
    store.outbox.refuse([a_refusal(1), a_refusal(2, source="stripe", status=413), a_refusal(3, at=NOW + DAY)])
    first, second, third = claim_all(store, now=NOW)
    store.outbox.settle([settled(first), settled(second, Dead("no")), settled(third, Hold("no answer"))], now=NOW)
    return store


@pytest.mark.parametrize(("wanted", "number"), DELIVERIES)
def test_deliveries_are_counted_by_every_part_of_a_filter(filled: Any, wanted: Filter, number: int) -> None:
    assert filled.ledger.count("deliveries", wanted) == Count(number, exact=True)


def test_all_that_is_there_is_counted(filled: Any) -> None:
    assert filled.ledger.count("deliveries", Filter()) == Count(6, exact=True)
    assert filled.ledger.count("events", Filter()) == Count(5, exact=True)
    assert filled.ledger.count("refused", Filter()) == Count(3, exact=True)


@pytest.mark.parametrize(("wanted", "number"), EVENTS)
def test_events_are_counted_once_by_every_part_of_a_filter(filled: Any, wanted: Filter, number: int) -> None:
    assert filled.ledger.count("events", wanted) == Count(number, exact=True)


@pytest.mark.parametrize(("wanted", "number"), REFUSED)
def test_refused_requests_are_counted_by_every_part_of_a_filter(filled: Any, wanted: Filter, number: int) -> None:
    assert filled.ledger.count("refused", wanted) == Count(number, exact=True)


def test_what_was_pruned_is_not_counted(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, at=NOW + DAY)])
    store.controls.cancel(Filter(source="shopify"), reason="enough", now=NOW)
    store.outbox.refuse([a_refusal(1), a_refusal(2, at=NOW + DAY)])
    swept(store, now=NOW + 2 * DAY, payloads_before=NOW + 1, history_before=NOW + 1)
    assert store.ledger.count("events", Filter()) == Count(1, exact=True)
    assert store.ledger.count("deliveries", Filter()) == Count(1, exact=True)
    assert store.ledger.count("deliveries", Filter(states=("cancelled",))) == Count(1, exact=True)
    assert store.ledger.count("refused", Filter()) == Count(1, exact=True)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store with thirty deliveries that are dead."""
    store = open_store(tmp_path / "bridge.db", create=True)
    store.outbox.accept([planned(number) for number in range(30)])
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)], now=NOW)
    yield store
    store.close()


def test_beyond_a_number_it_says_at_least_so_many(sqlite: SqliteStore) -> None:
    wanted = Filter(states=("dead",), source="shopify")
    with sqlite.database.read() as transaction:
        assert count(transaction, "deliveries", wanted, most=29) == Count(29, exact=False)
        assert count(transaction, "deliveries", wanted, most=30) == Count(30, exact=True)
        assert count(transaction, "events", wanted, most=12) == Count(12, exact=False)


def test_counters_know_more_than_can_be_counted(sqlite: SqliteStore) -> None:
    with sqlite.database.read() as transaction:
        assert count(transaction, "deliveries", Filter(states=("dead",)), most=5, ms=0) == Count(30, exact=True)
        assert count(transaction, "events", Filter(), most=5, ms=0) == Count(30, exact=True)


def test_a_search_that_finds_nothing_ends_in_time(sqlite: SqliteStore) -> None:
    """Many rows to look at, none to find: when the time is over it ends, and the connection goes on working."""
    sqlite.outbox.accept([planned(number) for number in range(30, 1_000)])
    sqlite.controls.cancel(Filter(source="shopify"), reason="enough", now=NOW)
    nothing = Filter(topic="nothing")
    with sqlite.database.read() as transaction:
        assert count(transaction, "deliveries", nothing, ms=0) == Count(0, exact=False)
        assert count(transaction, "deliveries", nothing, ms=10_000) == Count(0, exact=True)


def test_what_is_counted_until_time_is_over_is_said_in_round_numbers(sqlite: SqliteStore) -> None:
    """How far it came says more of the machine than of the books."""
    sqlite.outbox.accept([planned(number) for number in range(30, 1_000)])
    with sqlite.database.read() as transaction:
        found = count(transaction, "deliveries", Filter(mapping="thanks"), ms=0)
    assert not found.exact
    assert 10 <= found.number <= 900
    assert len(str(found.number).rstrip("0")) == 1


BY_STATE = "deliveries USING COVERING INDEX deliveries_by_state (state=?)"


@pytest.mark.parametrize(
    ("what", "wanted", "first"),
    [
        ("deliveries", Filter(states=("dead",), since=NOW), f"SEARCH {BY_STATE[:-1]} AND id>?)"),
        (
            "deliveries",
            Filter(states=("held",), touchpoint="a"),
            "SEARCH deliveries USING INDEX deliveries_by_state (state=?)",
        ),
        (
            "deliveries",
            Filter(states=("pending",), source="a"),
            "SEARCH deliveries USING INDEX deliveries_by_state (state=?)",
        ),
        (
            "deliveries",
            Filter(touchpoint="a", since=NOW),
            "SEARCH deliveries USING COVERING INDEX deliveries_by_touchpoint (touchpoint=? AND id>?)",
        ),
        (
            "deliveries",
            Filter(states=("delivered",), touchpoint="a", since=NOW),
            "SEARCH deliveries USING INDEX deliveries_by_touchpoint (touchpoint=? AND id>?)",
        ),
        (
            "deliveries",
            Filter(source="a", until=NOW),
            "SEARCH deliveries USING COVERING INDEX deliveries_by_source (source=? AND id<?)",
        ),
        (
            "deliveries",
            Filter(contact=ANNA),
            "SEARCH deliveries USING COVERING INDEX sqlite_autoindex_deliveries_1 (id=?)",
        ),
        (
            "deliveries",
            Filter(replay="rpl_1"),
            "SEARCH deliveries USING COVERING INDEX deliveries_by_replay (replay_id=?)",
        ),
        (
            "deliveries",
            Filter(since=NOW),
            "SEARCH deliveries USING COVERING INDEX sqlite_autoindex_deliveries_1 (id>?)",
        ),
        ("events", Filter(source="a"), "SEARCH events USING COVERING INDEX events_by_source (source=?)"),
        (
            "events",
            Filter(verdicts=("failed",), since=NOW),
            "SEARCH decisions USING COVERING INDEX decisions_by_verdict (verdict=? AND event_id>?)",
        ),
        (
            "events",
            Filter(states=("held",), touchpoint="a", source="shopify"),
            "SEARCH deliveries USING INDEX deliveries_by_state (state=?)",
        ),
        ("events", Filter(contact=ANNA), "SEARCH events USING COVERING INDEX sqlite_autoindex_events_1 (id=?)"),
        ("refused", Filter(since=NOW), "SEARCH refused USING COVERING INDEX sqlite_autoindex_refused_1 (id>?)"),
    ],
)
def test_what_is_counted_is_found_by_an_index(sqlite: SqliteStore, what: Any, wanted: Filter, first: str) -> None:
    [(statement, parameters)] = searches(what, wanted)
    with sqlite.database.read() as transaction:
        assert transaction.rows(f"EXPLAIN QUERY PLAN {statement}", parameters)[0][3] == first
