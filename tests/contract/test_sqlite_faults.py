"""What a full, locked, read-only or damaged disk does to the store on SQLite."""

import os
import sqlite3 as standard
from typing import Any

import pytest

from bridge.core.errors import BridgeError, ConfigInvalid, NotStorable, StoreBroken, StoreUnavailable
from bridge.core.outcome import Dead
from bridge.outbox.driver import sqlite3
from bridge.outbox.faults import translate, translated
from bridge.outbox.sqlite import require_sound_sqlite
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import NOW, a_refusal, an_event, an_id, an_intake, claim_all, planned, settled, waiting

BROKEN = {2, 10, 11, 16, 24, 26}
OF_ONE_RECORD = {1, 12, 18, 19, 20, 21, 25}


@pytest.fixture
def path(tmp_path: Any) -> Any:
    return tmp_path / "bridge.db"


@pytest.fixture
def store(path: Any) -> Any:
    opened = open_store(path, create=True, checkpoints=True)
    yield opened
    opened.close()


def an_error(code: Any) -> Any:
    error = sqlite3.OperationalError("near anna@example.com")
    error.sqlite_errorcode = code
    error.sqlite_errorname = f"SQLITE_{code}"
    return error


def test_every_result_code_of_sqlite_becomes_one_of_the_bridges_errors() -> None:
    codes = {getattr(standard, name) for name in dir(standard) if name.startswith("SQLITE_")}
    primary = {code for code in codes if isinstance(code, int) and 1 <= code <= 26}
    assert len(primary) >= 24
    for code in range(1, 27):
        for extended in (code, code | 1 << 8, code | 30 << 8):
            if extended == 1032:
                continue
            expected = StoreBroken if code in BROKEN else NotStorable if code in OF_ONE_RECORD else StoreUnavailable
            assert type(translate(an_error(extended))) is expected, (code, extended)


def test_a_database_file_that_was_moved_away_is_broken() -> None:
    assert type(translate(an_error(1032))) is StoreBroken


def test_an_error_without_a_code_is_translated_too() -> None:
    assert type(translate(sqlite3.ProgrammingError("Cannot operate on a closed database."))) is StoreUnavailable
    assert type(translate(sqlite3.OperationalError("Could not decode to UTF-8 column 'x'"))) is StoreBroken
    assert type(translate(sqlite3.InterfaceError("Error binding parameter"))) is NotStorable


def test_no_stored_value_is_quoted_by_an_error() -> None:
    assert "anna@example.com" not in "".join(str(translate(an_error(code))) for code in range(1, 30))


@pytest.mark.parametrize("raised", [sqlite3.Warning("x"), OSError(5, "x"), OverflowError("x"), UnicodeError("x")])
def test_nothing_foreign_leaves_the_seam(raised: Any) -> None:
    with pytest.raises(BridgeError), translated():
        raise raised


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_a_sqlite_that_can_damage_a_database_is_refused(version: Any, sound: Any) -> None:
    if sound:
        require_sound_sqlite(version)
    else:
        with pytest.raises(ConfigInvalid, match="install the package pysqlite3"):
            require_sound_sqlite(version)


def test_a_database_is_never_made_by_looking(path: Any) -> None:
    with pytest.raises(ConfigInvalid, match="there is no database here yet"):
        open_store(path, create=False)
    assert not path.exists()


def test_a_new_database_is_for_its_owner_alone(store: Any, path: Any) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_is_broken(path: Any) -> None:
    path.write_bytes(b"this is not a database, but it is long enough to look at" * 100)
    with pytest.raises(StoreBroken, match="not a database"):
        open_store(path, create=False)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Any) -> None:
    with pytest.raises(StoreUnavailable):
        open_store(tmp_path / "missing" / "bridge.db", create=True)


def test_a_reading_store_cannot_write(store: Any, path: Any) -> None:
    reader = open_store(path, create=False, reads_only=True)
    with pytest.raises(StoreUnavailable, match="read-only"):
        reader.outbox.accept([planned(1)])
    assert reader.ledger.events(Filter(), limit=1) == []
    reader.close()


def test_connections_are_set_up_to_keep_what_they_acknowledge(store: Any, path: Any) -> None:
    reader = open_store(path, create=False, reads_only=True)
    for opened, checkpoint in ((store, 4000), (reader, 0)):
        pragmas = {
            name: opened.database.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "synchronous",
                "wal_autocheckpoint",
                "secure_delete",
                "mmap_size",
                "busy_timeout",
            )
        }
        assert pragmas == {
            "journal_mode": "wal",
            "synchronous": 2,
            "wal_autocheckpoint": checkpoint,
            "secure_delete": 1,
            "mmap_size": 0,
            "busy_timeout": 5000,
        }
    reader.close()


def test_a_full_disk_refuses_whole_requests_and_recovers_when_space_returns(store: Any) -> None:
    connection = store.database.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    accepted = 0
    with pytest.raises(StoreUnavailable, match="full"):  # noqa: PT012 - it is one of these that fails
        for number in range(1, 1000):
            store.outbox.accept([planned(number, event={"body": b"x" * 7000})])
            accepted += 1
    assert 0 < accepted < 20
    assert (
        len(store.ledger.events(Filter(), limit=100)) == accepted == len(store.ledger.deliveries(Filter(), limit=100))
    )
    assert store.ledger.audit() == []
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.outbox.accept([planned(500, event={"body": b"x" * 7000})])[0].receipts[0].duplicate is False
    assert store.ledger.audit() == []


def test_a_locked_database_is_unavailable_and_then_not(store: Any, path: Any) -> None:
    store.database.connection.execute("PRAGMA busy_timeout = 10")
    other = open_store(path, create=False)
    other.database.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another program holds its lock"):
        store.outbox.accept([planned(1)])
    other.database.connection.execute("ROLLBACK")
    assert store.outbox.accept([planned(1)])[0].planned == 1
    other.close()


def test_a_closed_store_is_unavailable(path: Any) -> None:
    opened = open_store(path, create=True)
    opened.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        opened.outbox.accept([planned(1)])


def test_a_damaged_page_is_broken(path: Any) -> None:
    opened = open_store(path, create=True, checkpoints=True)
    opened.outbox.accept([planned(number, event={"body": b"x" * 7000}) for number in range(1, 40)])
    opened.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(StoreBroken, match=r"broken|damaged"):
        open_store(path, create=False).ledger.events(Filter(), limit=100)


def test_one_record_that_cannot_be_held_is_not_the_stores_fault(store: Any) -> None:
    with pytest.raises(NotStorable):
        store.outbox.accept([planned(1), planned(2, key="\ud800")])
    with pytest.raises(NotStorable):
        store.outbox.accept([planned(1, event={"occurred_at": 2**70})])
    assert store.ledger.events(Filter(), limit=9) == []
    assert store.outbox.accept([planned(1)])[0].planned == 1


def test_what_a_command_writes_beside_it_is_noticed_once(store: Any, path: Any) -> None:
    command = open_store(path, create=False)
    store.outbox.accept([planned(1)])
    assert store.changed() is False
    command.controls.cancel(Filter(), reason="operator", now=NOW)
    assert store.changed() is True
    assert store.changed() is False
    command.close()


def test_refused_requests_are_bounded_in_number_and_size(store: Any) -> None:
    for start in range(0, 1100, 100):
        store.outbox.refuse([a_refusal(start + number) for number in range(100)])
    rows = store.ledger.refused(Filter(), limit=2000)
    assert (len(rows), rows[-1]["id"]) == (1000, an_id("ref", 100))
    store.outbox.refuse([a_refusal(2000 + number, body=b"x" * 20_000_000) for number in range(4)])
    assert [row["id"] for row in store.ledger.refused(Filter(), limit=9)] == [
        an_id("ref", n) for n in (2003, 2002, 2001)
    ]
    assert store.ledger.audit() == []


BREAKS = {
    "events accepted = events decided + waiting": "UPDATE counters SET value = value + 1 WHERE name = 'events.decided'",
    "decisions >= events decided": "UPDATE counters SET value = value + 9 WHERE name = 'events.decided'",
    "decisions = planned": "UPDATE counters SET value = value + 1 WHERE name = 'decisions'",
    "deliveries planned = planned decisions": "UPDATE counters SET value = value + 1 WHERE name = 'decisions.planned'",
    "deliveries planned + replayed =": "UPDATE counters SET value = value + 1 WHERE name = 'deliveries.dead'",
    "events counted - pruned = events stored": "DELETE FROM events WHERE source_event_id = 'webhook-1'",
    "attempts counted - pruned": "DELETE FROM attempts",
    "refused counted - pruned": "INSERT INTO counters VALUES ('refused', 3)",
    "deliveries.replayed counted - pruned": "UPDATE deliveries SET replay_id = 'rpl_x'",
    "unmatched decisions counted - pruned = stored": "DELETE FROM decisions WHERE verdict = 'unmatched'",
    "dead deliveries counted - pruned = stored": "UPDATE deliveries SET state = 'dead'",
    "dead deliveries to post-purchase counted = stored": "UPDATE totals SET value = 7 WHERE state = 'dead'",
    "events without a decision or a waiting lookup = 0": "DELETE FROM decisions WHERE verdict = 'unmatched'",
    "events.waiting counted - pruned": "UPDATE lookups SET state = 'done'",
    "lookups without their event = 0": "DELETE FROM events WHERE source_event_id = 'webhook-5'",
    "replays without the lookup they wait for = 0": "INSERT INTO awaited VALUES ('evt_x', 'rpl_x', 'thanks', 0, '')",
    "planned decisions without their delivery = 0": "DELETE FROM deliveries WHERE state = 'pending'",
    "deliveries without their planned decision = 0": "DELETE FROM decisions WHERE verdict = 'planned'",
    "replayed deliveries without their record = 0": "UPDATE deliveries SET replay_id = 'rpl_x'",
    "delivered without an attempt = 0": "DELETE FROM attempts",
}


@pytest.mark.parametrize("equation", BREAKS)
def test_the_audit_finds_every_imbalance(store: Any, equation: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(4), an_intake(an_event(3)), waiting(5)])
    first, second = claim_all(store, free=2)
    store.outbox.settle([settled(first), settled(second, Dead("no"))], now=NOW)
    assert store.ledger.audit() == []
    store.database.connection.execute(BREAKS[equation])
    assert any(found.equation.startswith(equation) for found in store.ledger.audit())


def test_the_audit_names_the_rows_that_are_wrong(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2)])
    store.database.connection.execute("DELETE FROM deliveries WHERE event_id = ?", [an_id("evt", 2)])
    [found] = [each for each in store.ledger.audit() if each.equation.startswith("planned decisions without")]
    assert (found.left, found.right, found.rows) == (1, 0, (f"{an_id('evt', 2)} thanks 0",))
