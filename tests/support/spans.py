"""Stores whose spans are short: what is found by marks must not depend on where one ends."""

from bridge.outbox.store import SqliteStore


def shorten_spans(store: SqliteStore) -> None:
    """Let every transaction that writes marks begin another span."""
    store.database.connection.executescript(
        """
        UPDATE spans SET begun = -1000000000;
        CREATE TRIGGER spans_are_short AFTER INSERT ON spans
        BEGIN UPDATE spans SET begun = -1000000000 WHERE number = NEW.number; END;
        """
    )


def spans(store: SqliteStore) -> list[tuple[int, str]]:
    """Give the number of each span and what it begins after."""
    with store.database.read() as transaction:
        return transaction.rows("SELECT number, first FROM spans ORDER BY number")


def spans_of(store: SqliteStore, mark: bytes) -> list[tuple[int, str, str]]:
    """Give the span, id and kind of everything that has this mark."""
    with store.database.read() as transaction:
        return transaction.rows(
            "SELECT span, id, kind FROM marks WHERE digest = :mark ORDER BY span, id, kind", {"mark": mark}
        )
