from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Failed, Mark
from bridge.outbox.driver import sqlite3
from bridge.outbox.safekeeping import Version
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import ANNA, DAY, NOW, a_plan, an_event, an_id, an_intake, claim_all, proposing, settled

OLD, NEW = {"till.yaml": "a: ö"}, {"till.yaml": "b", "touchpoints.yaml": "c"}


def test_every_time_a_version_comes_into_force_is_on_record_newest_first(store: Any) -> None:
    assert store.strongbox.versions(limit=9) == []
    assert store.strongbox.keep_configuration("f1", OLD, now=NOW) is True
    assert store.strongbox.keep_configuration("f2", NEW, now=NOW + 1, how="reload") is True
    assert store.strongbox.keep_configuration("f1", OLD, now=NOW + 2, how="restore") is True
    assert store.strongbox.versions(limit=9) == [
        Version(3, "f1", NOW + 2, "restore"),
        Version(2, "f2", NOW + 1, "reload"),
        Version(1, "f1", NOW, "start"),
    ]
    assert store.strongbox.versions(limit=1) == [Version(3, "f1", NOW + 2, "restore")]


def test_what_is_in_force_already_does_not_come_into_force_again(store: Any) -> None:
    store.strongbox.keep_configuration("f1", OLD, now=NOW, how="apply")
    assert store.strongbox.keep_configuration("f1", OLD, now=NOW + 5, how="start") is False
    assert store.strongbox.versions(limit=9) == [Version(1, "f1", NOW, "apply")]


def test_the_last_version_is_the_last_that_came_whatever_the_clock_says(store: Any) -> None:
    store.strongbox.keep_configuration("f2", NEW, now=NOW)
    store.strongbox.keep_configuration("f1", OLD, now=NOW - DAY)
    assert store.strongbox.last_configuration() == ("f1", OLD)
    store.strongbox.keep_configuration("f3", NEW, now=NOW - DAY)
    assert store.strongbox.last_configuration() == ("f3", NEW)


def test_the_files_of_every_version_are_kept(store: Any) -> None:
    store.strongbox.keep_configuration("f1", OLD, now=NOW)
    store.strongbox.keep_configuration("f2", NEW, now=NOW + 1)
    assert store.strongbox.configuration("f1") == OLD
    assert store.strongbox.configuration("f2") == NEW
    assert store.strongbox.configuration("f") is None


def test_versions_are_found_by_the_beginning_of_their_fingerprints(store: Any) -> None:
    for number, name in enumerate(("ab12", "ab34", "c0de")):
        store.strongbox.keep_configuration(name, OLD, now=NOW + number)
    assert store.strongbox.fingerprints("ab") == ["ab12", "ab34"]
    assert store.strongbox.fingerprints("c") == ["c0de"]
    assert store.strongbox.fingerprints("%") == []


def test_stored_events_come_back_as_they_were_newest_first_in_pages(store: Any) -> None:
    events = [
        an_event(1, marks=(Mark("contact", ANNA),), query="a=1", occurred_at=NOW - 5),
        an_event(2, source="stripe", topic="invoice.paid", headers={"stripe-version": "7"}),
        an_event(3, at=NOW + DAY, tenant="shop-b"),
    ]
    store.outbox.accept([an_intake(event) for event in events])
    assert store.ledger.stored(Filter(), limit=9) == events[::-1]
    assert store.ledger.stored(Filter(), limit=2) == [events[2], events[1]]
    assert store.ledger.stored(Filter(before=an_id("evt", 2)), limit=2) == [events[0]]
    assert store.ledger.stored(Filter(since=NOW + 1), limit=9) == [events[2]]
    assert store.ledger.stored(Filter(source="stripe"), limit=9) == [events[1]]


def test_events_without_payload_are_not_among_the_stored(store: Any) -> None:
    assert store.ledger.stored(Filter(), limit=9) == []
    old = an_intake(an_event(1, at=NOW - 2 * DAY), proposing(Failed("email")))
    waits = an_intake(an_event(2, at=NOW - 2 * DAY), proposing(a_plan(2, at=NOW - 2 * DAY)))
    store.outbox.accept([old, waits, an_intake(an_event(3))])
    store.controls.prune(now=NOW, payloads_before=NOW - DAY, history_before=0, limit=100)
    assert [event.id for event in store.ledger.stored(Filter(), limit=9)] == [
        an_id("evt", 3),
        an_id("evt", 2, at=NOW - 2 * DAY),
    ]
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    store.controls.prune(now=NOW, payloads_before=NOW + DAY, history_before=0, limit=100)
    assert store.ledger.stored(Filter(), limit=9) == []


def test_the_versions_of_an_older_database_are_taken_along(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    open_store(path, create=True).close()
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE enforced; DELETE FROM _sqlite_migrations WHERE name = '0003_versions';"
        "INSERT INTO configurations VALUES ('f2', 7, '{}'), ('f1', 3, '{\"a.yaml\": \"x\"}');"
    )
    connection.close()
    store = open_store(path, create=True)
    assert store.strongbox.versions(limit=9) == [Version(2, "f2", 7, "unknown"), Version(1, "f1", 3, "unknown")]
    assert store.strongbox.last_configuration() == ("f2", {})
    store.close()


@pytest.mark.parametrize("how", ["reloaded", ""])
def test_the_database_takes_no_other_word_for_how(tmp_path: Path, how: str) -> None:
    open_store(tmp_path / "bridge.db", create=True).close()
    connection = sqlite3.connect(tmp_path / "bridge.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO enforced VALUES (1, 'f', 0, ?)", (how,))
    connection.close()
