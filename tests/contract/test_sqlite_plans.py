"""What is asked while an event is accepted, and by lists, finds its rows by an index, however long the history is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import STATES, VERDICTS
from bridge.outbox import reading
from bridge.outbox.statements import erasing, facts, marking, reading as sql, stopping
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter

# fmt: off
NAMES = (
    "source", "mapping", "tenant", "key", "now", "contact", "touchpoint", "since", "replay_of", "event_id", "holder",
)
# fmt: on
NAMES_OF_MARK = ("digest", "id", "kind")
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


BY_MARK = "SEARCH marks USING PRIMARY KEY (span=? AND digest=?"


@pytest.mark.parametrize(
    ("statement", "searches"),
    [
        (marking.INSERT_MARK, []),
        (marking.ADD_MARK, []),
        (marking.MARK_LEAVES, [f"{BY_MARK} AND id=? AND kind=?)"]),
        (marking.CONTACTS_LEAVE.format(ids=":id"), [f"{BY_MARK} AND id=? AND kind=?)"]),
        (marking.EMPTY_SPANS_LEAVE, ["SEARCH marks USING PRIMARY KEY (span=?)"]),
        (marking.EVENTS_FOUND, [f"{BY_MARK})"]),
        (marking.DELIVERIES_FOUND, [f"{BY_MARK})"]),
        (sql.FIND, [f"{BY_MARK})"]),
        (sql.KNOWN.format(ids=":id"), [f"{BY_MARK})"]),
        (erasing.FOUND, [f"{BY_MARK} AND id>?)", f"{BY_MARK})"]),
        (erasing.IS_FOUND, [f"{BY_MARK} AND id=?)"]),
        (erasing.REQUESTS, [f"{BY_MARK})"]),
    ],
)
def test_each_span_is_asked_by_the_hash(opened: SqliteStore, statement: str, searches: list[str]) -> None:
    names = dict.fromkeys(("span", "digest", "id", "kind", "contact", "mark", "limit"), 1)
    with opened.database.read() as transaction:
        steps = [row[3] for row in transaction.rows(f"EXPLAIN QUERY PLAN {statement}", names)]
    assert [step for step in steps if "marks" in step] == searches
    assert [step for step in steps if step.startswith("SCAN") and step.split()[1] not in {"spans", "CONSTANT"}] == []


def test_the_span_of_an_id_is_found_without_looking_at_others(opened: SqliteStore) -> None:
    with opened.database.read() as transaction:
        steps = [
            row[3]
            for row in transaction.rows(f"EXPLAIN QUERY PLAN {marking.ADD_MARK}", dict.fromkeys(NAMES_OF_MARK, 1))
        ]
    assert "SEARCH spans USING COVERING INDEX sqlite_autoindex_spans_1 (first<?)" in steps


# -- pages of lists -------------------------------------------------------------------------------------------

HISTORY = ("events", "decisions", "deliveries", "attempts", "refused", "marks", "replayed", "actions", "suppressions")
MIDDLE = "01m0000000000000000000000000"
MARK = b"\1" * 16
CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"source": "till"},
    {"since": 1_790_000_000_000, "until": 1_795_000_000_000},
    {"contact": MARK},
    {"contact": MARK, "source": "till", "since": 1_790_000_000_000},
    {"source": "till", "topic": "closed", "since": 1_790_000_000_000},
)
OF_DELIVERIES = (
    *CHOICES,
    *({"states": (state,)} for state in STATES if state != "delivered"),
    {"states": ("held", "dead"), "touchpoint": "steady", "source": "till"},
    {"touchpoint": "steady"},
    {"touchpoint": "steady", "contact": MARK, "states": ("dead", "delivered")},
    {"touchpoint": "steady", "mapping": "till/visit"},
    {"replay": f"rpl_{MIDDLE}"},
    {"fate_unknown": True},
)
OF_EVENTS = (
    *CHOICES,
    *({"verdicts": (verdict,)} for verdict in VERDICTS if verdict != "planned"),
    {"verdicts": ("skipped",), "contact": MARK},
    {"states": ("held",), "touchpoint": "steady"},
    {"replay": f"rpl_{MIDDLE}"},
    {"ids": (f"evt_{MIDDLE}",)},
    {"fate_unknown": True},
)
OF_REFUSED: tuple[dict[str, Any], ...] = ({}, {"since": 1_790_000_000_000}, {"ids": (f"ref_{MIDDLE}",)})


def steps_of(store: SqliteStore, ask: Callable[[], object]) -> list[str]:
    """Give the steps of what is asked, statement by statement, where they concern history."""
    said: list[str] = []
    store.database.connection.set_trace_callback(said.append)
    ask()
    store.database.connection.set_trace_callback(None)
    asked = [text for text in said if text.lstrip().startswith(("SELECT", "WITH"))]
    assert asked
    with store.database.read() as transaction:
        steps = [row[3] for text in asked for row in transaction.rows(f"EXPLAIN QUERY PLAN {text}")]
    return [step for step in steps if "TEMP B-TREE" in step or any(f" {table}" in f" {step}" for table in HISTORY)]


def is_bounded(step: str) -> bool:
    """Say whether a step reads by an index, or in its order until the page is full, and sorts nothing."""
    return "TEMP B-TREE FOR ORDER BY" not in step and (step.startswith("SEARCH") or "USING" in step or "B-TREE" in step)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = open_store(tmp_path_factory.mktemp("plans") / "bridge.db", create=True)
    yield store
    store.close()


@pytest.mark.parametrize("chosen", OF_DELIVERIES, ids=str)
@pytest.mark.parametrize("before", [None, f"dlv_{MIDDLE}"])
def test_pages_of_deliveries_are_read_by_an_index(
    opened: SqliteStore, chosen: dict[str, Any], before: str | None
) -> None:
    steps = steps_of(opened, lambda: opened.ledger.deliveries(Filter(**chosen, before=before), limit=51))
    assert [step for step in steps if not is_bounded(step)] == []


def test_deliveries_are_found_by_their_ids_and_those_of_their_events(opened: SqliteStore) -> None:
    named = Filter(ids=(f"dlv_{MIDDLE}", f"evt_{MIDDLE}"))
    steps = steps_of(opened, lambda: opened.ledger.deliveries(named, limit=51))
    assert [step for step in steps if step.startswith("SCAN")] == []  # those few are sorted


@pytest.mark.parametrize("chosen", OF_EVENTS, ids=str)
@pytest.mark.parametrize("before", [None, f"evt_{MIDDLE}"])
def test_pages_of_events_are_read_by_an_index(opened: SqliteStore, chosen: dict[str, Any], before: str | None) -> None:
    steps = steps_of(opened, lambda: opened.ledger.events(Filter(**chosen, before=before), limit=51))
    assert [step for step in steps if not is_bounded(step)] == []


@pytest.mark.parametrize("chosen", OF_EVENTS, ids=str)
def test_events_of_a_span_of_time_are_read_by_an_index(opened: SqliteStore, chosen: dict[str, Any]) -> None:
    wanted = replace(Filter(**chosen), since=1_790_000_000_000, until=1_790_000_000_001)
    steps = steps_of(opened, lambda: span_of(opened, wanted))
    assert [step for step in steps if not is_bounded(step)] == []


def span_of(store: SqliteStore, wanted: Filter) -> list[Any]:
    with store.database.read() as transaction:
        return reading.events(transaction, wanted, limit=51, walks=True)


@pytest.mark.parametrize("before", [None, f"dlv_{MIDDLE}"])
def test_a_place_in_a_list_and_the_end_of_a_time_are_one_bound(opened: SqliteStore, before: str | None) -> None:
    """Of two the planner would take one, and perhaps read years of rows that the other leaves out."""
    wanted = Filter(source="till", since=1_790_000_000_000, until=1_795_000_000_000, before=before)
    steps = steps_of(opened, lambda: opened.ledger.deliveries(wanted, limit=51))
    assert steps == ["SEARCH deliveries USING INDEX deliveries_by_source (source=? AND id>? AND id<?)"]


def test_the_ends_of_history_are_found_without_reading_it(opened: SqliteStore) -> None:
    with opened.database.read() as transaction:
        for statement in sql.ENDS.values():
            steps = [row[3] for row in transaction.rows(f"EXPLAIN QUERY PLAN {statement}")]
            assert [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step] == []


@pytest.mark.parametrize("chosen", OF_REFUSED, ids=str)
@pytest.mark.parametrize("before", [None, f"ref_{MIDDLE}"])
def test_pages_of_refused_requests_are_read_by_an_index(
    opened: SqliteStore, chosen: dict[str, Any], before: str | None
) -> None:
    steps = steps_of(opened, lambda: opened.ledger.refused(Filter(**chosen, before=before), limit=51))
    assert [step for step in steps if not is_bounded(step)] == []


@pytest.mark.parametrize(
    "chosen",
    [{}, {"who": "anna"}, {"verb": "pause"}, {"since": 1}, {"who": "anna", "verb": "pause", "since": 1}],
    ids=str,
)
@pytest.mark.parametrize("before", [None, 7])
def test_pages_of_the_journal_are_read_by_an_index(
    opened: SqliteStore, chosen: dict[str, Any], before: int | None
) -> None:
    steps = steps_of(opened, lambda: opened.ledger.actions(**chosen, before=before, limit=51))
    assert [step for step in steps if not is_bounded(step) and step != "SCAN actions"] == []
    assert steps == ["SCAN actions"] if not chosen and before is None else "SCAN actions" not in steps


def test_who_ever_did_something_is_known_without_reading_the_journal(opened: SqliteStore) -> None:
    steps = steps_of(opened, opened.ledger.actors)
    assert {step for step in steps if not step.startswith("SEARCH actions USING COVERING INDEX")} == set()


@pytest.mark.parametrize("before", [None, (1, MARK)])
def test_pages_of_suppressions_are_read_by_an_index(opened: SqliteStore, before: tuple[int, bytes] | None) -> None:
    steps = steps_of(opened, lambda: opened.ledger.suppressions(limit=51, before=before))
    assert [step for step in steps if not is_bounded(step)] == []


@pytest.mark.parametrize("name", ["delivery", "attempts", "event", "decisions", "lookup", "refusal"])
def test_one_thing_is_found_by_its_id(opened: SqliteStore, name: str) -> None:
    steps = steps_of(opened, lambda: getattr(opened.ledger, name)(f"dlv_{MIDDLE}"))
    assert [step for step in steps if not step.startswith(("SEARCH", "USE TEMP B-TREE", "COMPOUND", "MERGE"))] == []
