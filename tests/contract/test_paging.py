"""Pages of lists that take a bounded time: nothing is left out, also where the search is broken off."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.ids import time_of
from bridge.core.outcome import Dead
from bridge.outbox.figures import Counted, Page
from bridge.outbox.paging import page
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter
from tests.support.books import HOUR, NOW, a_refusal, an_id, claim_all, planned, settled

ROWS = 1_000
SINCE = NOW - ROWS * HOUR


def ids(found: Page) -> list[Any]:
    return [row["id"] for row in found.rows]


def through(ask: Callable[[str | None], Page]) -> tuple[list[Any], int]:
    """Turn page after page to the end; gives the ids, and how many pages ended before they were full."""
    before: str | None = None
    found: list[Any] = []
    for turned in range(10 * ROWS):
        answer = ask(before)
        found += ids(answer)
        assert answer.reached is None or answer.older is not None
        if answer.older is None:
            return found, turned
        assert before is None or answer.older < before
        before = answer.older
    raise AssertionError


@pytest.mark.parametrize(("what", "kind"), [("events", "evt"), ("deliveries", "dlv"), ("refused", "ref")])
def test_a_page_says_where_the_next_one_begins(store: Any, what: Counted, kind: Any) -> None:
    store.outbox.accept([planned(number, at=NOW + number) for number in range(5)])
    store.outbox.refuse([a_refusal(number, at=NOW + number) for number in range(5)])
    newest = [an_id(kind, number, at=NOW + number) for number in (4, 3, 2, 1, 0)]
    first = store.ledger.page(what, Filter(), limit=3)
    assert (ids(first), first.older, first.reached) == (newest[:3], newest[2], None)
    rest = store.ledger.page(what, Filter(before=first.older), limit=3)
    assert (ids(rest), rest.older, rest.reached) == (newest[3:], None, None)
    assert store.ledger.page(what, Filter(), limit=5).older is None


def test_rows_of_a_page_are_those_of_the_list(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2)])
    store.outbox.refuse([a_refusal(1)])
    assert store.ledger.page("events", Filter(), limit=9).rows == store.ledger.events(Filter(), limit=9)
    assert store.ledger.page("deliveries", Filter(), limit=9).rows == store.ledger.deliveries(Filter(), limit=9)
    assert store.ledger.page("refused", Filter(), limit=9).rows == store.ledger.refused(Filter(), limit=9)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A thousand events, one an hour, each with a delivery: every hundredth of a rare mapping, of which one died."""
    store = open_store(tmp_path_factory.mktemp("paging") / "bridge.db", create=True)
    store.outbox.accept(
        [
            planned(number, at=SINCE + number * HOUR, mapping="thanks" if number % 100 else "rare")
            for number in range(ROWS)
        ]
    )
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)[:1]], now=NOW)
    yield store
    store.close()


def asking(store: SqliteStore, what: Counted, limit: int, **wanted: Any) -> Callable[[str | None], Page]:
    """Give how to ask for pages with no time at all for each, so that all of them are searched for in spans."""

    def ask(before: str | None) -> Page:
        with store.database.read() as transaction:
            return page(transaction, what, Filter(**wanted, before=before), limit=limit, at_once=0, ms=0)

    return ask


SEARCHES: list[dict[str, Any]] = [
    {"mapping": "rare"},
    {"mapping": "rare", "since": SINCE + 250 * HOUR, "until": SINCE + 800 * HOUR},
    {"mapping": "nothing"},
    {"topic": "nothing"},
    {"topic": "orders/fulfilled", "source": "shopify"},
    {"states": ("pending", "dead"), "mapping": "rare"},
]


@pytest.mark.parametrize("wanted", SEARCHES, ids=str)
@pytest.mark.parametrize("limit", [1, 4, 300])
def test_deliveries_that_are_looked_for_in_spans_are_all_found(
    long: SqliteStore, wanted: dict[str, Any], limit: int
) -> None:
    found, _ = through(asking(long, "deliveries", limit, **wanted))
    assert found == [row["id"] for row in long.ledger.deliveries(Filter(**wanted), limit=ROWS + 1)]


@pytest.mark.parametrize("wanted", [*SEARCHES, {"states": ("dead",)}, {"touchpoint": "nothing"}], ids=str)
def test_events_that_are_looked_for_in_spans_are_all_found(long: SqliteStore, wanted: dict[str, Any]) -> None:
    found, _ = through(asking(long, "events", 4, **wanted))
    assert found == [row["id"] for row in long.ledger.events(Filter(**wanted), limit=ROWS + 1)]


def test_a_search_that_is_broken_off_says_how_far_it_came_and_goes_on_there(long: SqliteStore) -> None:
    ask = asking(long, "deliveries", 4, topic="nothing")
    first = ask(None)
    assert first.rows == []
    assert first.older is not None
    assert first.reached == time_of(first.older)
    assert SINCE < first.reached < SINCE + ROWS * HOUR
    second = ask(first.older)
    assert second.reached is None or second.reached < first.reached
    assert through(ask)[1] > 1


def test_with_time_enough_a_search_in_spans_fills_its_page(long: SqliteStore) -> None:
    with long.database.read() as transaction:
        found = page(transaction, "deliveries", Filter(topic="nothing"), limit=4, at_once=0, ms=10_000)
        rare = page(transaction, "deliveries", Filter(mapping="rare", until=NOW), limit=4, at_once=0, ms=10_000)
    assert found == Page([], None)
    assert (len(rare.rows), rare.older, rare.reached) == (4, rare.rows[3]["id"], None)


def test_many_of_one_moment_are_searched_to_the_end(tmp_path: Path) -> None:
    """A span cannot be shorter than a millisecond; without patience for that a search would never get on."""
    store = open_store(tmp_path / "bridge.db", create=True)
    store.outbox.accept([planned(number) for number in range(10 * ROWS)])
    found, turned = through(asking(store, "deliveries", 4, topic="nothing"))
    store.close()
    assert (found, turned) == ([], 0)


def test_where_a_page_begins_may_be_any_text(long: SqliteStore) -> None:
    for text in ("dlv_", "zzz", "dlv_~~~~~~~~~~~~", "\N{PILE OF POO}", "dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz"):
        wanted = Filter(topic="nothing", before=text)
        with long.database.read() as transaction:
            assert page(transaction, "deliveries", wanted, limit=4, at_once=0, ms=10_000) == Page([], None)


def test_an_id_tells_its_time() -> None:
    assert time_of(an_id("dlv", 7, at=NOW + HOUR)) == NOW + HOUR
    assert time_of("") == 0
