"""The long history of the benchmarks is one that a bridge could have written."""

from pathlib import Path

from bridge.outbox.figures import Count
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter
from tests.bench.history import History
from tests.support.books import NOW


def test_its_books_balance_and_every_state_is_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    before = index_names(store)
    History(5_000, index_key=bytes(32), config="config-1", now=NOW).write(store)
    assert store.ledger.audit() == []
    assert store.ledger.count("deliveries", Filter()) == Count(5_000, exact=True)
    states = {state for totals in store.ledger.touchpoint_totals().values() for state in totals}
    assert states == {"pending", "sending", "held", "delivered", "cancelled", "dead"}
    assert len(store.ledger.hours(since=0, until=NOW)) == 24
    assert index_names(store) == before
    store.close()


def index_names(store: SqliteStore) -> set[str]:
    with store.database.read() as transaction:
        return {row[0] for row in transaction.rows("SELECT name FROM sqlite_master WHERE type = 'index'")}
