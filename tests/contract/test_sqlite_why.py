"""What `bridge why` asks of the books is found by an index, however long the history is."""

import re
from pathlib import Path

import pytest

from bridge.app.why import trace
from bridge.core.contact import digest
from bridge.core.model import Mark
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Circuit, Suppression
from tests.support.books import DAY, NOW, a_refusal, an_id, planned

KEY = bytes(range(32))
ANNA = digest(KEY, "anna@example.com")
# These have a row per touchpoint, secret, pause or version of the files, however many people are asked; of spans there
# is one for tens of thousands of events.
FEW = ("pauses", "circuits", "secrets", "configurations", "enforced", "spans")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Anna was asked about order 1; one event's marks are gone, and is found by the delivery's contact."""
    store = open_store(tmp_path / "bridge.db", create=True)
    marks = (Mark("contact", ANNA), Mark("order", digest(KEY, "1")))
    store.outbox.accept([planned(1, event={"marks": marks}, contact=ANNA, key="1"), planned(2, contact=ANNA, key="2")])
    store.outbox.refuse([a_refusal(1)])
    store.outbox.note_circuit("post-purchase", Circuit("post-purchase", "it answered 503", NOW, NOW + DAY))
    store.controls.suppress(Suppression(ANNA, "a…@example.com", "stop", NOW, "cli:ben"))
    return store


def asked(store: SqliteStore, text: str) -> list[str]:
    """Give the statements that the search for the text runs."""
    statements: list[str] = []
    store.database.connection.set_trace_callback(statements.append)
    trace(store, text, index_key=KEY, kept=400 * DAY, now=NOW, environment={})
    store.database.connection.set_trace_callback(None)
    return [each for each in statements if "SELECT" in each]


@pytest.mark.parametrize(
    "text",
    ["anna@example.com", "1", an_id("evt", 1), an_id("dlv", 1), an_id("ref", 1), "nobody"],
    ids=lambda text: text[:4],
)
def test_nothing_that_grows_is_read_from_end_to_end(store: SqliteStore, text: str) -> None:
    statements = asked(store, text)
    assert len(statements) >= 2
    with store.database.read() as transaction:
        steps = [row[3] for each in statements for row in transaction.rows(f"EXPLAIN QUERY PLAN {each}")]
    store.close()
    scans = [step for step in steps if re.match(r"SCAN (?!CONSTANT)", step)]
    assert [step for step in scans if step.split()[1] not in FEW] == []
    assert any(step.startswith("SEARCH") for step in steps)


def test_an_event_without_the_mark_is_found_by_whom_it_asked(store: SqliteStore) -> None:
    found = trace(store, "anna@example.com", index_key=KEY, kept=400 * DAY, now=NOW, environment={})
    store.close()
    assert [course.id for course in found.courses] == [an_id("evt", 2), an_id("evt", 1)]
    assert found.kind == "contact"
    assert found.never is not None
    assert found.never.reason == "stop"
