"""What `doctor` looks at in the database itself."""

from collections.abc import Iterator

from bridge.outbox.driver import sqlite3
from bridge.outbox.sqlite import Database

_SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


def examine(database: Database) -> Iterator[tuple[str, str, bool]]:
    """Give what was looked at, what was seen, and whether it is well. Reads the whole file."""
    yield "SQLite", f"{sqlite3.sqlite_version}, free of the WAL-reset bug", True
    with database.read() as transaction:
        journal = str(transaction.rows("PRAGMA journal_mode")[0][0])
        synchronous = int(transaction.rows("PRAGMA synchronous")[0][0])
        found = str(transaction.rows("PRAGMA quick_check(1)")[0][0])
    yield "journal", journal, journal == "wal"
    yield "synchronous", _SYNCHRONOUS[synchronous], synchronous >= 2
    yield "database file", found, found == "ok"
