"""What targets have accepted is known for good: every attribute with its type, since when and until when."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from bridge.core.drift import Attribute
from bridge.core.outcome import Dead, Delivered
from bridge.outbox.migrate import _files, _statements
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import DAY, NOW, SECOND, claim_all, planned, settled


def deliver(store: Any, number: int, *, at: int = NOW, ruling: Any = None, **plan: Any) -> None:
    store.outbox.accept([planned(number, at=at, **plan)])
    [claimed] = claim_all(store, now=at)
    store.outbox.settle([settled(claimed, ruling or Delivered("queued"), at=at)], now=at)


def test_each_name_and_type_that_was_accepted_is_kept_with_its_times(store: Any) -> None:
    deliver(store, 1, body={"email": "a@example.com", "count": 2, "vip": True})
    deliver(store, 2, at=NOW + 2 * DAY, body={"email": "b@example.com", "count": 2.5})
    deliver(store, 3, at=NOW + 2 * DAY + SECOND, body={"email": "b@example.com", "count": "2"})
    deliver(store, 4, at=NOW + 2 * DAY, touchpoint="support", body={"Count": 1})
    first, later = (NOW, NOW), (NOW, NOW + 2 * DAY)
    assert store.ledger.attributes("post-purchase") == [
        Attribute("post-purchase", "count", "number", *later),
        Attribute("post-purchase", "count", "text", NOW + 2 * DAY + SECOND, NOW + 2 * DAY + SECOND),
        Attribute("post-purchase", "email", "text", *later),
        Attribute("post-purchase", "vip", "boolean", *first),
    ]
    assert [(each.touchpoint, each.name) for each in store.ledger.attributes()] == [
        ("post-purchase", "count"),
        ("post-purchase", "count"),
        ("post-purchase", "email"),
        ("post-purchase", "vip"),
        ("support", "Count"),
    ]
    assert store.ledger.attributes("elsewhere") == []


def test_what_a_target_refused_or_a_lost_lease_reports_was_not_accepted(store: Any) -> None:
    deliver(store, 1, ruling=Dead("unknown attribute"), body={"wrong": "1"})
    store.outbox.accept([planned(2, body={"late": "1"})])
    [lost] = claim_all(store, lease=SECOND)
    store.outbox.recover(now=NOW + 2 * SECOND, everything=True, ambiguous={"post-purchase": "retry"})
    assert store.outbox.settle([settled(lost)], now=NOW + 3 * SECOND) == [False]
    assert store.ledger.attributes() == []


def test_what_was_accepted_is_known_when_the_delivery_is_pruned(store: Any) -> None:
    deliver(store, 1, body={"orderId": "1"})
    future = NOW + 900 * DAY
    store.controls.prune(now=future, payloads_before=future, history_before=future, limit=100)
    assert store.ledger.deliveries(Filter(), limit=1) == []
    assert store.ledger.attributes() == [Attribute("post-purchase", "orderId", "text", NOW, NOW)]


def test_another_process_writes_the_same_down_without_harm(tmp_path: Path) -> None:
    first = open_store(tmp_path / "bridge.db", create=True)
    second = open_store(tmp_path / "bridge.db", create=False)
    deliver(first, 1, body={"a": "1"})
    deliver(second, 2, at=NOW + DAY, body={"a": "1", "b": "1"})
    deliver(first, 3, at=NOW + SECOND, body={"b": "1"})
    assert first.ledger.attributes() == [
        Attribute("post-purchase", "a", "text", NOW, NOW + DAY),
        Attribute("post-purchase", "b", "text", NOW + SECOND, NOW + DAY),
    ]
    first.close()
    second.close()


def test_the_migration_learns_from_the_deliveries_that_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    files = _files()
    for name in sorted(files):
        if name < "0007":
            for statement in _statements(files[name]):
                connection.execute(statement)
    columns = "id, event_id, source, mapping, element, tenant, day, touchpoint, lane, config, state, attempts, lease"
    rows = [
        ("dlv_1", "delivered", 5, json.dumps({"a": "x", "b": 1, "c": 1.5, "d": True, "e": False})),
        ("dlv_2", "delivered", 9, json.dumps({"a": "y"})),
        ("dlv_3", "dead", 7, json.dumps({"no": "x"})),
        ("dlv_4", "delivered", 8, None),
        ("dlv_5", "delivered", 8, "not json"),
    ]
    for name, state, at, body in rows:
        connection.execute(
            f"INSERT INTO deliveries ({columns}, due_at, wanted_at, age_from, created_at, state_at, reason, message,"
            " body) VALUES (?, 'evt_1', 's', 'm', 0, '', 0, 'tp', 0, '', ?, 1, 1, 0, 0, 0, 0, ?, '', '', ?)",
            (name, state, at, body),
        )
    for statement in _statements(files["0007_attributes"]):
        connection.execute(statement)
    found = connection.execute("SELECT name, type, first_seen, last_seen FROM attributes ORDER BY name").fetchall()
    connection.close()
    assert found == [
        ("a", "text", 5, 9),
        ("b", "number", 5, 5),
        ("c", "number", 5, 5),
        ("d", "boolean", 5, 5),
        ("e", "boolean", 5, 5),
    ]
