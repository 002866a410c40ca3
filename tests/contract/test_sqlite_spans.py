"""What events and deliveries are found by is kept in spans of ids; where one ends changes no answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.core.inquiry import Finished
from bridge.core.model import Mark, Skipped
from bridge.core.traces import traces_of
from bridge.outbox.driver import sqlite3
from bridge.outbox.erasures import Search
from bridge.outbox.migrate import _files, _statements
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    HOUR,
    NOW,
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
from tests.support.spans import shorten_spans, spans, spans_of

HERS: dict[str, Any] = {"marks": (Mark("contact", ANNA), Mark("customer", ANNA))}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store in which every transaction begins another span."""
    opened = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    shorten_spans(opened)
    yield opened
    assert opened.ledger.audit() == []
    opened.close()


@pytest.fixture
def courses(store: SqliteStore) -> SqliteStore:
    """Three days of Anna, each in a span of its own."""
    for number in (1, 2, 3):
        store.outbox.accept([planned(number, at=NOW + number * DAY, event=HERS, contact=ANNA, key=f"k{number}")])
    return store


def ids(kind: Any, *numbers: int) -> list[str]:
    return [an_id(kind, number, at=NOW + number * DAY) for number in numbers]


def test_a_span_is_full_after_tens_of_thousands_of_events_and_deliveries(tmp_path: Path) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    store.outbox.accept([planned(1, event=HERS)])
    connection = store.database.connection
    connection.execute("UPDATE counters SET value = 39998 WHERE name = 'events.accepted'")
    store.outbox.accept([planned(2, event=HERS)])
    assert spans(store) == [(1, "")]
    store.outbox.accept([planned(3, event=HERS)])
    assert spans(store) == [(1, ""), (2, an_id("evt", 3)[4:] + "0")]
    store.outbox.accept([planned(4, event=HERS)])
    assert [span for span, _, kind in spans_of(store, ANNA) if kind == "contact"] == [1, 1, 1, 2]
    store.close()


def test_pages_of_whom_somebody_is_found_by_go_on_over_spans(courses: SqliteStore) -> None:
    assert [number for number, _ in spans(courses)] == [1, 2, 3, 4]
    assert [span for span, _, _ in spans_of(courses, ANNA)] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    ledger = courses.ledger
    for wanted, three in ((ledger.events, ids("evt", 3, 2, 1)), (ledger.deliveries, ids("dlv", 3, 2, 1))):
        assert [row["id"] for row in wanted(Filter(contact=ANNA), limit=9)] == three
        assert [row["id"] for row in wanted(Filter(contact=ANNA), limit=2)] == three[:2]
        assert [row["id"] for row in wanted(Filter(contact=ANNA, before=three[0]), limit=1)] == three[1:2]
        assert wanted(Filter(contact=BEN), limit=9) == []
    assert [row["id"] for row in ledger.find(ANNA, limit=5)] == ids("evt", 3, 3, 2, 2, 1)
    assert ledger.count("events", Filter(contact=ANNA)).number == 3
    assert ledger.count("deliveries", Filter(contact=ANNA, states=("pending",))).number == 3
    assert ledger.known([BEN, ANNA]) == {ANNA}


def test_what_comes_late_goes_where_its_id_belongs(courses: SqliteStore) -> None:
    """A lookup that is finished, and an event whose id is from before the newest span began, and before all."""
    late = NOW + 4 * DAY
    courses.outbox.accept([waiting(4, at=late)])
    courses.outbox.accept([planned(5, at=NOW + 5 * DAY, event=HERS)])
    [inquiry] = courses.outbox.claim_lookups(now=late, lease_until=late + HOUR, free={"shopify": 1})
    event = replace(inquiry.event, marks=(Mark("contact", BEN),))
    done = Finished(inquiry, event, (proposing(Skipped("no")),), {}, "")
    assert courses.outbox.finish_lookups([done], now=NOW + 6 * DAY) == [True]
    courses.outbox.accept([planned(6, at=NOW + 2 * DAY, event={"marks": (Mark("contact", BEN),)}, contact=BEN)])
    courses.outbox.accept([planned(7, at=NOW, event={"marks": (Mark("contact", BEN),)}, contact=BEN)])
    assert spans_of(courses, BEN) == [
        (1, an_id("dlv", 7), ""),
        (1, an_id("evt", 7), "contact"),
        (3, an_id("dlv", 6, at=NOW + 2 * DAY), ""),
        (3, an_id("evt", 6, at=NOW + 2 * DAY), "contact"),
        (4, an_id("evt", 4, at=late), "contact"),
    ]
    found = [an_id("evt", 4, at=late), an_id("evt", 6, at=NOW + 2 * DAY), an_id("evt", 7)]
    assert [row["id"] for row in courses.ledger.find(BEN, limit=9)] == found


def test_an_id_from_the_future_begins_no_span_after_it_and_hides_nothing(store: SqliteStore) -> None:
    store.outbox.accept([planned(1, at=NOW + 900 * DAY, event=HERS)])
    store.outbox.accept([planned(2, event=HERS, contact=ANNA)])
    store.outbox.accept([planned(3, event=HERS, contact=ANNA)])
    assert spans(store) == [(1, ""), (2, an_id("evt", 1, at=NOW + 900 * DAY)[4:] + "0")]
    assert [row["id"] for row in store.ledger.deliveries(Filter(contact=ANNA), limit=9)] == [
        an_id("dlv", 3),
        an_id("dlv", 2),
    ]


def test_erasing_finds_the_person_in_every_span(courses: SqliteStore) -> None:
    courses.outbox.accept([planned(4, at=NOW + 4 * DAY, contact=ANNA), planned(5, at=NOW + 5 * DAY, contact=BEN)])
    search, place = Search(ANNA, traces_of("anna@example.com")), None
    rows: set[tuple[str, str]] = set()
    while True:
        erased = courses.erasures.erase(search, now=NOW + 6 * DAY, limit=1, place=place)
        rows |= erased.rows
        if (place := erased.place) is None:
            break
    assert {row_id for kind, row_id in rows if kind == "deliveries"} == set(ids("dlv", 1, 2, 3, 4))
    assert spans_of(courses, ANNA) == []
    assert courses.ledger.known([ANNA]) == set()
    assert [row["id"] for row in courses.ledger.deliveries(Filter(contact=BEN), limit=9)] == ids("dlv", 5)


def test_pruning_lets_go_of_spans_in_which_nothing_is_left(courses: SqliteStore) -> None:
    claimed = claim_all(courses, now=NOW + 3 * DAY)
    courses.outbox.settle([settled(each) for each in claimed], now=NOW + 3 * DAY)
    courses.outbox.accept([an_intake(an_event(4, at=NOW + 4 * DAY, **HERS))])
    before = spans(courses)
    swept(courses, now=NOW + 5 * DAY, payloads_before=0, history_before=NOW + 3 * DAY)
    assert spans(courses) == [before[0], *before[2:]]
    assert [span for span, _, _ in spans_of(courses, ANNA)] == [3, 3, 3, 4, 4]
    assert [row["id"] for row in courses.ledger.deliveries(Filter(contact=ANNA), limit=9)] == ids("dlv", 3)
    swept(courses, now=NOW + 9 * DAY, payloads_before=0, history_before=NOW + 9 * DAY)
    assert spans(courses) == [before[0], before[-1]]
    courses.outbox.accept([planned(9, at=NOW + 9 * DAY, contact=ANNA)])
    assert [row["id"] for row in courses.ledger.deliveries(Filter(contact=ANNA), limit=9)] == ids("dlv", 9)


# -- what an older database holds -------------------------------------------------------------------------------

_OLD_EVENT = """
INSERT INTO events VALUES (?, 'shopify', 't', ?, '', ?, NULL, ?, 'c', 0, '[["contact","aa"]]', NULL, NULL, NULL)
"""
_OLD_DELIVERY = """
INSERT INTO deliveries (id, event_id, source, mapping, element, tenant, day, touchpoint, lane, contact, config, state,
                        attempts, lease, due_at, wanted_at, age_from, created_at, state_at, reason, message)
VALUES (?, ?, 'shopify', 'm', 0, '', 0, 'tp', 0, ?, 'c', 'delivered', 1, 1, 0, 0, 0, 0, 0, '', '')
"""


def test_an_older_database_gives_the_same_answers(tmp_path: Path) -> None:
    """60,000 events of two people, in three spans afterwards; every fourth has a delivery to the other of them."""
    path = tmp_path / "bridge.db"
    open_store(path, create=True).close()
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE marks; DROP TABLE spans; DELETE FROM _sqlite_migrations WHERE name >= '0014';")
    made_before = "CREATE TABLE marks"
    [marks] = [each for each in _statements(_files()["0001_books"]) if made_before in each]
    connection.execute(marks)
    connection.execute("CREATE INDEX deliveries_by_contact ON deliveries (contact, id) WHERE contact IS NOT NULL")
    for number in range(60_000):
        whose, other = (ANNA, BEN) if number % 2 else (BEN, ANNA)
        event_id = an_id("evt", number, at=NOW + number)
        connection.execute(_OLD_EVENT, (event_id, f"{number}", NOW + number, NOW + DAY))
        connection.execute("INSERT INTO marks VALUES (?, ?, 'contact')", (whose, event_id))
        if number % 4 == 1:
            connection.execute(_OLD_DELIVERY, (an_id("dlv", number, at=NOW + number), event_id, other))
    connection.commit()
    connection.close()
    store = open_store(path, create=True)
    boundaries = [an_id("evt", number, at=NOW + number)[4:] for number in (25_000, 50_000)]
    assert spans(store) == [(1, ""), (2, boundaries[0]), (3, boundaries[1])]
    with store.database.read() as transaction:
        counted = transaction.rows("SELECT span, kind, COUNT(*) FROM marks GROUP BY 1, 2 ORDER BY 1, 2")
        assert transaction.rows("SELECT name FROM sqlite_schema WHERE name = 'deliveries_by_contact'") == []
    assert counted == [
        (1, "", 6_250),
        (1, "contact", 25_000),
        (2, "", 6_250),
        (2, "contact", 25_000),
        (3, "", 2_500),
        (3, "contact", 10_000),
    ]
    newest = [an_id("evt", number, at=NOW + number) for number in (59_999, 59_997)]
    assert [row["id"] for row in store.ledger.find(ANNA, limit=2)] == newest
    before = an_id("dlv", 25_001, at=NOW + 25_001)
    assert [row["id"] for row in store.ledger.deliveries(Filter(contact=BEN, before=before), limit=1)] == [
        an_id("dlv", 24_997, at=NOW + 24_997)
    ]
    assert store.ledger.deliveries(Filter(contact=ANNA), limit=9) == []
    store.close()
