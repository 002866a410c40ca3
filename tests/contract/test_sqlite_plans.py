"""What is asked while an event is accepted finds its rows by an index, however long the history is."""

from pathlib import Path

import pytest

from bridge.outbox.statements import facts, stopping
from bridge.outbox.store import open_store

# fmt: off
NAMES = (
    "source", "mapping", "tenant", "key", "now", "contact", "touchpoint", "since", "replay_of", "event_id", "holder",
)
# fmt: on
BY_EVENT = "SEARCH deliveries USING INDEX deliveries_by_event (event_id=?)"
BY_ID = "USING INDEX sqlite_autoindex_deliveries_1 (id=?)"


@pytest.mark.parametrize(
    ("statement", "searches"),
    [
        (
            stopping.WAITING_FOR_KEY,
            ["SEARCH deliveries USING INDEX deliveries_waiting_by_key (key=? AND mapping=? AND source=? AND tenant=?)"],
        ),
        (facts.ASKED_ANYWHERE, ["SEARCH deliveries USING INDEX deliveries_asked (contact=? AND asked_at>?)"]),
        (facts.ASKED_AT_TOUCHPOINT, ["SEARCH deliveries USING INDEX deliveries_asked (contact=? AND asked_at>?)"]),
        (facts.ONCE_HOLDER, [BY_EVENT]),
        (facts.PREDECESSORS, [BY_EVENT, f"SEARCH replaced {BY_ID}", BY_EVENT, f"SEARCH deliveries {BY_ID}"]),
    ],
)
def test_deliveries_are_found_by_an_index(tmp_path: Path, statement: str, searches: list[str]) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    with store.database.read() as transaction:
        steps = [row[3] for row in transaction.rows(f"EXPLAIN QUERY PLAN {statement}", dict.fromkeys(NAMES, 1))]
    store.close()
    assert [step for step in steps if "deliveries" in step] == searches
