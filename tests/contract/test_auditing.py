"""The balance sheet by source and day, and every kind of row broken on purpose: exactly that is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Skipped
from bridge.core.outcome import Dead
from bridge.outbox.books import Imbalance
from bridge.outbox.driver import sqlite3
from bridge.outbox.statements import auditing as sql
from bridge.outbox.store import open_store
from tests.support.books import (
    DAY,
    NOW,
    a_plan,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    swept,
    waiting,
)

TODAY, TOMORROW = 20833, 20834  # days since 1970 of NOW and of a day later
STATES = "pending + sending + held + delivered + cancelled + dead"


def fill(store: Any) -> None:
    """Two days of shopify, one of stripe: delivered, dead, pending, skipped, waiting, and a replay."""
    stripe = {"source": "stripe", "source_event_id": "in_1"}
    store.outbox.accept(
        [
            planned(1),
            planned(2),
            planned(3, event=stripe),
            an_intake(an_event(4), proposing(Skipped("no")), proposing(Skipped("no"), element=1)),
            waiting(5),
            planned(6, at=NOW + DAY),
        ]
    )
    first, second = claim_all(store, free=2)
    store.outbox.settle([settled(first), settled(second, Dead("no"))], now=NOW)


# -- the sheet ------------------------------------------------------------------------------------------------

SHOPIFY_TODAY = {
    "day": TODAY,
    "source": "shopify",
    "events.accepted": 4,
    "events.decided": 3,
    "events.waiting": 1,
    "decisions": 4,
    "decisions.planned": 2,
    "decisions.skipped": 2,
    "deliveries.planned": 2,
    "deliveries.delivered": 1,
    "deliveries.dead": 1,
}
STRIPE_TODAY = {
    "day": TODAY,
    "source": "stripe",
    "events.accepted": 1,
    "events.decided": 1,
    "decisions": 1,
    "decisions.planned": 1,
    "deliveries.planned": 1,
    "deliveries.pending": 1,
}
SHOPIFY_TOMORROW = {**STRIPE_TODAY, "day": TOMORROW, "source": "shopify"}


def test_the_books_are_drawn_up_by_source_and_by_the_day_of_receipt(store: Any) -> None:
    fill(store)
    balance = store.ledger.balance()
    assert balance.imbalances == ()
    assert balance.days == (SHOPIFY_TODAY, STRIPE_TODAY, SHOPIFY_TOMORROW)
    assert balance.counters["events.accepted"] == 6


@pytest.mark.parametrize(
    ("chosen", "days"),
    [
        ({"source": "stripe"}, (STRIPE_TODAY,)),
        ({"since": NOW + DAY}, (SHOPIFY_TOMORROW,)),
        ({"since": TOMORROW * DAY - 1, "source": "stripe"}, (STRIPE_TODAY,)),
        ({"since": TOMORROW * DAY}, (SHOPIFY_TOMORROW,)),
        ({"source": "nobody"}, ()),
    ],
)
def test_a_part_of_the_books_is_drawn_up(store: Any, chosen: dict[str, Any], days: tuple[Any, ...]) -> None:
    fill(store)
    balance = store.ledger.balance(**chosen)
    assert (balance.imbalances, balance.days) == ((), days)


# -- on SQLite ------------------------------------------------------------------------------------------------


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Any]:
    """A filled store on SQLite, which a test may break."""
    opened = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    fill(opened)
    yield opened
    opened.close()


def broken(books: Any, statement: str, *parameters: Any) -> dict[tuple[str, Any, Any], Imbalance]:
    """Break the books; give what is found, by equation, source and day."""
    assert books.ledger.audit() == []
    assert books.database.connection.execute(statement, parameters).rowcount > 0
    found = books.ledger.balance().imbalances
    assert len({(each.equation, each.source, each.day) for each in found}) == len(found)
    return {(each.equation, each.source, each.day): each for each in found}


def here(equation: str, source: str = "shopify", day: int = TODAY) -> set[tuple[str, Any, Any]]:
    """Give the places of an equation that is broken for one day, and so as a whole."""
    return {(equation, None, None), (equation, source, day)}


def everywhere(equation: str) -> tuple[str, None, None]:
    return (equation, None, None)


def test_days_are_still_counted_when_their_rows_are_pruned(books: Any) -> None:
    swept(books, now=NOW, payloads_before=0, history_before=NOW + DAY // 2)
    balance = books.ledger.balance()
    assert balance.imbalances == ()
    assert balance.days[0] == SHOPIFY_TODAY | {
        "pruned.events": 3,
        "pruned.decisions.planned": 2,
        "pruned.decisions.skipped": 2,
        "pruned.deliveries.delivered": 1,
        "pruned.deliveries.dead": 1,
    }
    assert balance.days[1:] == (STRIPE_TODAY, SHOPIFY_TOMORROW)


def test_a_lost_event_is_found_by_what_hangs_on_it(books: Any) -> None:
    found = broken(books, "DELETE FROM events WHERE id = ?", an_id("evt", 1))
    lost = "events counted - pruned = events stored"
    decisions = "planned decisions counted - pruned = stored"
    orphans = "deliveries without their event, of their source and day = 0"
    undecided = "decisions without their event = 0"
    assert found.keys() == {*here(lost), *here(decisions), everywhere(orphans), everywhere(undecided)}
    assert found[lost, "shopify", TODAY] == Imbalance(lost, 4, 3, (an_id("dlv", 1),), "shopify", TODAY)
    assert found[everywhere(orphans)].rows == (an_id("dlv", 1),)
    assert found[everywhere(undecided)].rows == (f"{an_id('evt', 1)} thanks 0",)


def test_a_foreign_event_is_found(books: Any) -> None:
    foreign = an_id("evt", 99)
    copied = (
        "source, topic, 'x', tenant, received_at, occurred_at, dedupe_until, config, size, marks, query, headers, body"
    )
    into = copied.replace("'x'", "source_event_id")
    statement = f"INSERT INTO events (id, {into}) SELECT ?, {copied} FROM events WHERE source = 'stripe'"
    found = broken(books, statement, foreign)
    stored = "events counted - pruned = events stored"
    undecided = "events without a decision or a waiting lookup = 0"
    assert found.keys() == {*here(stored, "stripe"), everywhere(undecided)}
    assert found[stored, "stripe", TODAY] == Imbalance(stored, 1, 2, (foreign,), "stripe", TODAY)
    assert found[everywhere(undecided)].rows == (foreign,)


def test_a_lost_decision_is_found(books: Any) -> None:
    found = broken(books, "DELETE FROM decisions WHERE event_id = ? AND element = 1", an_id("evt", 4))
    assert found.keys() == here("skipped decisions counted - pruned = stored")
    assert found.popitem()[1].rows == ()


def test_a_lost_decision_to_send_is_found_by_its_delivery(books: Any) -> None:
    found = broken(books, "DELETE FROM decisions WHERE event_id = ?", an_id("evt", 6, at=NOW + DAY))
    counted = "planned decisions counted - pruned = stored"
    undecided = "events without a decision or a waiting lookup = 0"
    unplanned = "deliveries without their planned decision = 0"
    assert found.keys() == {*here(counted, day=TOMORROW), everywhere(undecided), everywhere(unplanned)}
    rows = (an_id("evt", 6, at=NOW + DAY), an_id("dlv", 6, at=NOW + DAY))
    assert found[counted, "shopify", TOMORROW].rows == rows
    assert (found[everywhere(undecided)].rows, found[everywhere(unplanned)].rows) == (rows[:1], rows[1:])


def test_a_changed_verdict_is_found(books: Any) -> None:
    found = broken(books, "UPDATE decisions SET verdict = 'failed' WHERE verdict = 'skipped' AND element = 0")
    assert found.keys() == {
        *here("skipped decisions counted - pruned = stored"),
        *here("failed decisions counted - pruned = stored"),
    }


@pytest.mark.parametrize(("number", "before"), [(1, "delivered"), (3, "pending")])
def test_a_lost_delivery_is_found_by_its_decision(books: Any, number: int, before: str) -> None:
    source = {1: "shopify", 3: "stripe"}[number]
    found = broken(books, "DELETE FROM deliveries WHERE id = ?", an_id("dlv", number))
    counted = f"{before} deliveries counted - pruned = stored"
    lost = "planned decisions without their delivery = 0"
    attempts = {everywhere("attempts without their delivery = 0")} if number == 1 else set()
    total = everywhere(f"{before} deliveries to post-purchase counted = stored")
    assert found.keys() == {*here(counted, source), everywhere(lost), total, *attempts}
    assert found[counted, source, TODAY].rows == (f"{an_id('evt', number)} thanks 0",)


def test_a_state_that_was_set_to_delivered_is_found(books: Any) -> None:
    found = broken(books, "UPDATE deliveries SET state = 'delivered' WHERE id = ?", an_id("dlv", 3))
    more, less = (f"{state} deliveries counted - pruned = stored" for state in ("delivered", "pending"))
    unsent = "delivered without an attempt = 0"
    totals = {everywhere(f"{state} deliveries to post-purchase counted = stored") for state in ("delivered", "pending")}
    assert found.keys() == {*here(more, "stripe"), *here(less, "stripe"), everywhere(unsent), *totals}
    assert found[more, "stripe", TODAY] == Imbalance(more, 0, 1, (an_id("dlv", 3),), "stripe", TODAY)
    assert found[less, "stripe", TODAY] == Imbalance(less, 1, 0, (an_id("dlv", 3),), "stripe", TODAY)


def test_a_state_that_was_taken_from_delivered_is_found(books: Any) -> None:
    found = broken(books, "UPDATE deliveries SET state = 'pending' WHERE id = ?", an_id("dlv", 1))
    taken = found[everywhere("taken by the target but not delivered = 0")]
    assert taken.rows == (an_id("dlv", 1),)
    assert found["delivered deliveries counted - pruned = stored", "shopify", TODAY].rows == (an_id("dlv", 1),)


def test_a_delivery_moved_to_another_day_is_found(books: Any) -> None:
    found = broken(books, "UPDATE deliveries SET day = day + 1 WHERE id = ?", an_id("dlv", 2))
    dead = "dead deliveries counted - pruned = stored"
    misplaced = "deliveries without their event, of their source and day = 0"
    assert found.keys() == {(dead, "shopify", TODAY), (dead, "shopify", TOMORROW), everywhere(misplaced)}
    assert found[dead, "shopify", TOMORROW].rows == (an_id("dlv", 2),)


def test_an_attempt_without_effect_delivers_nothing(books: Any) -> None:
    found = broken(books, "UPDATE attempts SET effective = 0 WHERE ruling = 'delivered'")
    assert found.keys() == {everywhere("delivered without an attempt = 0")}
    assert found.popitem()[1].rows == (an_id("dlv", 1),)


@pytest.mark.parametrize("change", ["element = 5", "mapping = 'other'", "event_id = 'evt_x'"])
def test_a_delivery_that_its_decision_does_not_know_is_found(books: Any, change: str) -> None:
    found = broken(books, f"UPDATE deliveries SET {change} WHERE id = ?", an_id("dlv", 3))
    unplanned = found.pop(everywhere("deliveries without their planned decision = 0"))
    assert unplanned.rows == (an_id("dlv", 3),)
    others = {
        "planned decisions without their delivery = 0",
        "deliveries without their event, of their source and day = 0",
    }
    assert {place[0] for place in found} == (others if "event_id" in change else set())


def test_a_foreign_attempt_is_found(books: Any) -> None:
    found = broken(books, "UPDATE attempts SET delivery_id = 'dlv_x' WHERE ruling = 'dead'")
    assert found.keys() == {everywhere("attempts without their delivery = 0")}
    assert found.popitem()[1].rows == ("dlv_x 1",)


def test_a_counter_that_was_altered_is_found_without_blaming_a_day(books: Any) -> None:
    found = broken(books, "UPDATE counters SET value = value + 1 WHERE name = 'deliveries.dead'")
    days = everywhere("deliveries.dead counted = deliveries.dead counted on all days")
    rows = everywhere("dead deliveries counted - pruned = stored")
    states = everywhere(f"deliveries planned + replayed = {STATES}")
    assert found.keys() == {days, rows, states}
    assert (found[days].left, found[days].right) == (2, 1)


def test_a_count_of_a_day_that_was_altered_is_found_on_that_day(books: Any) -> None:
    altered = "UPDATE daily SET value = value + 2 WHERE name = 'deliveries.pending' AND source = 'stripe'"
    found = broken(books, altered)
    days = everywhere("deliveries.pending counted = deliveries.pending counted on all days")
    pending, states = "pending deliveries counted - pruned = stored", f"deliveries planned + replayed = {STATES}"
    assert found.keys() == {days, (pending, "stripe", TODAY), (states, "stripe", TODAY)}
    assert (found[days].left, found[days].right) == (2, 4)
    assert found[pending, "stripe", TODAY] == Imbalance(pending, 3, 1, (), "stripe", TODAY)


def test_a_day_that_was_dropped_is_found(books: Any) -> None:
    found = broken(books, "DELETE FROM daily WHERE day = ?", TOMORROW)
    assert {place[2] for place in found if place[1] is not None} == {TOMORROW}
    counted = found[everywhere("events.accepted counted = events.accepted counted on all days")]
    assert (counted.left, counted.right) == (6, 5)


def test_only_what_is_asked_for_is_looked_at(books: Any) -> None:
    broken(books, "DELETE FROM decisions WHERE event_id = ?", an_id("evt", 1))
    assert books.ledger.balance(source="stripe").imbalances == ()
    assert books.ledger.balance(since=NOW + 2 * DAY).imbalances == ()
    assert {each.day for each in books.ledger.balance(source="shopify").imbalances} == {TODAY, None}


def test_at_most_twenty_rows_are_named_and_the_rest_is_counted(books: Any) -> None:
    plans = [proposing(a_plan(100 + number), element=number) for number in range(23)]
    books.outbox.accept([an_intake(an_event(7), *plans)])
    found = broken(books, "DELETE FROM decisions WHERE event_id = ? AND element > 0", an_id("evt", 7))
    unplanned = found[everywhere("deliveries without their planned decision = 0")]
    assert (unplanned.left, len(unplanned.rows), unplanned.more) == (22, 20, 2)
    assert unplanned.rows[0] == an_id("dlv", 101)
    counted = found["planned decisions counted - pruned = stored", "shopify", TODAY]
    assert (len(counted.rows), counted.more) == (20, 2)


def test_history_that_was_pruned_before_days_were_counted_is_under_no_day(books: Any) -> None:
    """Do to the database what the migration finds in an older one, and then what the migration does."""
    swept(books, now=NOW, payloads_before=0, history_before=NOW + DAY // 2)
    connection = books.database.connection
    connection.execute("DELETE FROM daily")
    folder = Path(__file__).parents[2] / "bridge" / "outbox" / "schema" / "sqlite"
    text = (folder / "0005_judgement.sql").read_text(encoding="utf-8")
    connection.executescript(text[text.index("INSERT INTO daily") : text.index("-- The audit reads")])
    balance = books.ledger.balance()
    assert balance.imbalances == ()
    assert balance.days[0] == {
        "day": 0,
        "source": "",
        "events.accepted": 3,
        "events.decided": 3,
        "decisions": 4,
        "decisions.planned": 2,
        "decisions.skipped": 2,
        "deliveries.planned": 2,
        "deliveries.delivered": 1,
        "deliveries.dead": 1,
        "pruned.events": 3,
        "pruned.decisions.planned": 2,
        "pruned.decisions.skipped": 2,
        "pruned.deliveries.delivered": 1,
        "pruned.deliveries.dead": 1,
    }
    assert [(row["day"], row["source"]) for row in balance.days[1:]] == [
        (TODAY, "shopify"),
        (TODAY, "stripe"),
        (TOMORROW, "shopify"),
    ]


def test_events_are_counted_from_an_index_alone(books: Any, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "bridge.db")
    parameters = {"source": None, "day": 0, "events": "", "deliveries": ""}
    for statement in (sql.EVENTS_STORED, sql.DECISIONS_STORED, sql.UNDECIDED_EVENTS, sql.DELIVERIES_WITHOUT_EVENT):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert any("events USING COVERING INDEX events_by_source" in step for step in plan), plan
        assert not any(step.startswith("SCAN") and "COVERING" not in step for step in plan), plan
    connection.close()
