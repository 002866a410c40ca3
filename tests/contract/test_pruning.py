"""Letting go of what is old: what goes, what stays, and in which chunks."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Mark, Skipped
from bridge.core.outcome import Dead
from bridge.outbox.statements import pruning as sql
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import (
    ANNA,
    DAY,
    NOW,
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

LONG_AGO = NOW - 500 * DAY


def prune(store: Any, *, now: Any = NOW, payloads: Any = LONG_AGO, history: Any = LONG_AGO, limit: Any = 100) -> Any:
    return swept(store, now=now, payloads_before=payloads, history_before=history, limit=limit).total()


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


# -- chunks ---------------------------------------------------------------------------------------------------


def chunks(store: Any, *, limit: int, payloads: Any = LONG_AGO, history: Any = LONG_AGO) -> list[tuple[Any, Any]]:
    """Prune chunk after chunk; give of each what went, and in which kind of thing it ended."""
    bounds = {"now": NOW, "payloads_before": payloads, "history_before": history, "limit": limit}
    pruned = store.controls.prune(**bounds)
    done = [(dict(pruned.counts), pruned.place and pruned.place.kind)]
    while (place := pruned.place) is not None:
        pruned = store.controls.prune(**bounds, place=place)
        assert pruned.rows or pruned.place != place, "it does not get on"
        done.append((dict(pruned.counts), pruned.place and pruned.place.kind))
    return done


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Any]:
    """An empty store on SQLite."""
    opened = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    yield opened
    assert opened.ledger.audit() == []
    opened.close()


@pytest.fixture
def crowded(file: Any) -> Any:
    """Ten events; of those that came in the first millisecond four are held and two are done with."""
    file.outbox.accept([planned(number) for number in range(1, 7)])
    file.controls.hold(Filter(ids=tuple(an_id("dlv", number) for number in (1, 2, 3, 4))), reason="look", now=NOW)
    file.outbox.settle([settled(each) for each in claim_all(file)], now=NOW)
    file.outbox.accept([an_intake(an_event(number, at=NOW + number)) for number in range(7, 11)])
    return file


def test_a_chunk_passes_over_what_waits_and_the_next_one_goes_on_behind_it(crowded: Any) -> None:
    done = chunks(crowded, limit=4, payloads=NOW + DAY)
    assert done == [
        ({}, "payloads"),  # two events with a decision each
        ({}, "payloads"),
        ({"payloads": 2}, "payloads"),
        ({"payloads": 2}, "payloads"),
        ({"payloads": 2}, "payloads"),
        ({}, None),
    ]
    kept = [row["id"] for row in crowded.ledger.events(Filter(), limit=99) if crowded.ledger.entry(row["id"])]
    assert kept == [an_id("evt", number) for number in (4, 3, 2, 1)]


def test_history_goes_in_chunks_as_well(crowded: Any) -> None:
    done = chunks(crowded, limit=4, history=NOW + DAY)
    assert [counts.get("events", 0) for counts, _ in done] == [0, 0, 2, 2, 2, 0]
    assert [row["id"] for row in crowded.ledger.events(Filter(), limit=99)] == [
        an_id("evt", number) for number in (4, 3, 2, 1)
    ]


def test_what_hangs_on_an_event_counts_towards_the_limit_of_a_chunk_but_one_event_always_goes(file: Any) -> None:
    wide = [proposing(Skipped("no"), element=element) for element in range(50)]
    file.outbox.accept([an_intake(an_event(number), *wide) for number in (1, 2)])
    assert [counts for counts, _ in chunks(file, limit=10, history=NOW + 1)] == [{"events": 1}, {"events": 1}, {}]
    assert file.ledger.events(Filter(), limit=9) == []


def test_large_bodies_go_in_more_chunks(crowded: Any) -> None:
    later = {"at": NOW + 2 * DAY}
    crowded.outbox.accept([an_intake(an_event(number, body=b"x" * 3_000_000, **later)) for number in (11, 12, 13)])
    crowded.outbox.refuse([a_refusal(number, body=b"x" * 3_000_000) for number in (1, 2, 3)])
    sizes = [counts for counts, _ in chunks(crowded, limit=100, payloads=NOW + 3 * DAY) if counts]
    assert sizes == [{"payloads": 7}, {"payloads": 1}, {"payloads": 1, "refused": 1}, {"refused": 1}, {"refused": 1}]


def test_what_would_go_is_counted_beforehand(aged: Any) -> None:
    aged.outbox.refuse([a_refusal(1)])
    bounds = {"now": NOW + 35 * DAY, "payloads_before": NOW + 1, "history_before": NOW + 2 * DAY}
    expected = aged.controls.prunable(**bounds)
    assert expected == {"payloads": 2, "events": 3, "refused": 1, "ids": 3, "keys": 0, "tombstones": 0, "replays": 0}
    assert swept(aged, **bounds) == Counter(expected)


def test_expired_tombstones_go(crowded: Any) -> None:
    row = "'shopify', 'thanks', 'shop-a', '{0}', 'evt_x', 'orders/cancelled', 0, {0}"
    for expires_at in (NOW, NOW + 1):
        crowded.database.connection.execute(f"INSERT INTO tombstones VALUES ({row.format(expires_at)})")
    assert chunks(crowded, limit=9) == [({"tombstones": 1}, None)]
    assert crowded.database.connection.execute("SELECT key FROM tombstones").fetchall() == [(str(NOW + 1),)]


STATEMENTS = {name: text for name, text in vars(sql).items() if name.isupper() and not name.startswith(("_", "COUNT"))}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_walks_through_a_table(crowded: Any, name: str) -> None:
    """Only a chosen few rows are asked for what hangs on them, each by an index; and none is sorted as a whole."""
    names = ("id", "time", "before", "limit", "now", "ids", "source", "mapping", "tenant", "key", "event_id", "digest")
    parameters = dict.fromkeys((*names, "kind", "begun_before"), 1)
    text = STATEMENTS[name].format(ids=":id, :time")
    plan = [row[3] for row in crowded.database.connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters)]
    assert [step for step in plan if step.startswith("SCAN")] == []
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan
