"""What the pages about touchpoints and sources ask of the books is found by an index, however long the history is."""

import re
from pathlib import Path

from bridge.api.verbs.sources import _by_reason
from bridge.app.standing import situation
from bridge.outbox.store import open_store
from bridge.outbox.terms import Circuit, Filter
from tests.support.books import HOUR, NOW, claim_all, planned, settled

# These have a few rows per touchpoint, secret or pause, however many people are asked.
FEW = ("answers", "all_", "proofs", "pauses", "circuits", "totals", "names", "lanes", "denials", "lookups", "secrets")


def test_nothing_that_grows_is_read_from_end_to_end(tmp_path: Path) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    store.outbox.accept([planned(1), planned(2), planned(3, due_at=NOW + HOUR)])
    store.outbox.settle([settled(claim_all(store)[0])], now=NOW)
    store.outbox.note_circuit("post-purchase", Circuit("post-purchase", "it fails", NOW, NOW + HOUR))
    statements: list[str] = []
    store.database.connection.set_trace_callback(statements.append)
    situation(store.ledger)
    store.standings.answers("post-purchase", limit=20)
    store.standings.latest_answers()
    store.standings.queue("post-purchase", now=NOW)
    store.standings.arrivals(["shopify", "till"], since=NOW - HOUR)
    store.standings.first_event("shopify", secret="shopify", since=NOW - HOUR)
    _by_reason(store.ledger.refused(Filter(source="shopify", since=NOW - HOUR), limit=1_000))
    store.controls.hasten("post-purchase", now=NOW - HOUR)
    store.database.connection.set_trace_callback(None)
    asked = [each for each in statements if re.match(r"\s*(SELECT|WITH|UPDATE)", each)]
    assert len(asked) >= 14
    with store.database.read() as transaction:
        steps = [row[3] for each in asked for row in transaction.rows(f"EXPLAIN QUERY PLAN {each}")]
    store.close()
    scans = [step for step in steps if re.match(r"SCAN (?!CONSTANT|\d+ CONSTANT|\(subquery)", step)]
    assert [step for step in scans if step.split()[1] not in FEW] == []
    assert not [step for step in steps if step.startswith("SCAN lookups") and "INDEX" not in step]
