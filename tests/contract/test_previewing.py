"""What lists say beside their rows, what a change would take, and taking back a hold."""

from pathlib import Path
from typing import Any

import pytest

from bridge.core.outcome import Dead, Hold, Unknown
from bridge.outbox.previews import Share, Subject
from bridge.outbox.statements import previewing, reading
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import ANNA, DAY, HOUR, NOW, an_id, claim_all, planned, settled, states

BODY = '{"email":"customer-%d@example.com","orderId":"#%d"}'


def test_a_delivery_is_shown_with_its_topic_its_key_and_its_body(store: Any) -> None:
    store.outbox.accept([planned(1, key="K1"), planned(2, touchpoint="support", event={"topic": "refunds/create"})])
    assert store.ledger.subjects([an_id("dlv", 1), an_id("evt", 2), an_id("dlv", 9)]) == {
        an_id("dlv", 1): Subject(
            an_id("dlv", 1), an_id("evt", 1), "post-purchase", "K1", "orders/fulfilled", BODY % (1, 1)
        ),
        an_id("evt", 2): Subject(an_id("dlv", 2), an_id("evt", 2), "support", None, "refunds/create", BODY % (2, 2)),
    }


def test_of_nothing_nothing_is_shown(store: Any) -> None:
    assert store.ledger.subjects([]) == {}


def test_what_a_change_would_take_is_counted_by_touchpoint_and_state(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3), planned(4, touchpoint="support", contact=ANNA)])
    first, second, third, _ = claim_all(store)
    store.outbox.settle(
        [
            settled(first, Hold("no answer"), outcome=Unknown("no answer")),
            settled(second, Dead("no")),
            settled(third, Hold("a person must look")),
        ],
        now=NOW,
    )
    store.outbox.accept([planned(5, at=NOW + DAY), planned(6, at=NOW + DAY)])
    assert store.ledger.shares(Filter(source="shopify"), ("pending", "held")) == [
        Share("post-purchase", "held", 2, 2),
        Share("post-purchase", "pending", 2),
    ]
    assert store.ledger.shares(Filter(contact=ANNA), ("pending", "held")) == []
    assert store.ledger.shares(Filter(states=("dead",)), ("pending", "held")) == []


def test_a_hold_that_is_taken_back_leaves_everything_due_when_it_was(store: Any) -> None:
    store.outbox.accept([planned(1, due_at=NOW + DAY), planned(2), planned(3)])
    store.controls.hold(Filter(ids=(an_id("dlv", 3),)), reason="another time", now=NOW)
    assert store.controls.hold(Filter(source="shopify"), reason="look first", now=NOW + HOUR) == 2
    store.controls.cancel(Filter(ids=(an_id("dlv", 2),)), reason="not any more", now=NOW + HOUR)
    assert store.controls.let_wait_again(held_at=NOW + HOUR, reason="another reason", now=NOW + 2 * HOUR) == 0
    assert store.controls.let_wait_again(held_at=NOW + HOUR, reason="look first", now=NOW + 2 * HOUR) == 1
    assert states(store) == {an_id("dlv", 1): "pending", an_id("dlv", 2): "cancelled", an_id("dlv", 3): "held"}
    row = store.ledger.delivery(an_id("dlv", 1))
    assert (row["due_at"], row["reason"], row["state_at"]) == (NOW + DAY, "", NOW + 2 * HOUR)
    assert row["age_from"] == NOW + DAY


@pytest.mark.parametrize(
    "statement",
    [
        previewing.SUBJECTS.format(ids=":item_0"),
        previewing.FIRST_SUBJECTS.format(ids=":item_0"),
        previewing.SHARES.format(conditions="state = 'held'"),
        previewing.HELD_THEN,
        previewing.LET_WAIT_AGAIN,
        reading.DELIVERIES.format(conditions="replay_of = :origin"),
    ],
)
def test_no_history_is_walked_through(tmp_path: Path, statement: str) -> None:
    names = ("item_0", "held_at", "old_reason", "now", "origin", "limit")
    store = open_store(tmp_path / "bridge.db", create=True)
    with store.database.read() as transaction:
        steps = [row[3] for row in transaction.rows(f"EXPLAIN QUERY PLAN {statement}", dict.fromkeys(names, 1))]
    store.close()
    tables = [step for step in steps if "deliveries" in step or "events" in step]
    assert tables
    assert [step for step in tables if not step.startswith("SEARCH")] == []
