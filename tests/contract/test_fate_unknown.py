"""Deliveries that the target may have taken: found, released and cancelled by a filter of their own; and circuits."""

from typing import Any

from bridge.core.outcome import Answered, Dead, Hold, RetryAt, Unknown
from bridge.outbox.terms import Circuit, Filter
from tests.support.books import ANNA, BEN, NOW, SECOND, an_id, claim_all, planned, settled, states

CUT = "sent in full at 14:03:07 UTC, the connection was closed after 15.0 s without an answer"
UNKNOWN = Filter(fate_unknown=True)


def ids(*numbers: int) -> list[str]:
    return [an_id("dlv", number) for number in numbers]


def some(store: Any) -> None:
    """Make deliveries: 1 and 2 held since their fate is unknown, 3 held by an operator, 4 waiting, 5 dead."""
    store.outbox.accept([planned(number, contact=BEN if number == 2 else ANNA) for number in (1, 2, 3, 4, 5)])
    first, second, _, _, fifth = claimed = claim_all(store)
    results = [settled(each, RetryAt(NOW, "503"), outcome=Answered(503)) for each in claimed[2:4]]
    results += [settled(each, Hold(CUT), outcome=Unknown(CUT)) for each in (first, second)]
    results.append(settled(fifth, Dead("no"), outcome=Answered(422)))
    store.outbox.settle(results, now=NOW + SECOND)
    store.controls.hold(Filter(ids=tuple(ids(3))), reason="look at it", now=NOW + SECOND)


def test_only_what_may_have_reached_its_target_is_of_unknown_fate(store: Any) -> None:
    some(store)
    rows = store.ledger.deliveries(UNKNOWN, limit=9)
    assert [(row["id"], row["reason"]) for row in rows] == [(each, CUT) for each in ids(2, 1)]
    assert all(row["asked_at"] == NOW for row in rows)
    assert {row["id"] for row in store.ledger.events(UNKNOWN, limit=9)} == {an_id("evt", 1), an_id("evt", 2)}
    assert store.ledger.refused(UNKNOWN, limit=9) == []
    assert not UNKNOWN.is_empty


def test_it_goes_with_the_other_filters(store: Any) -> None:
    some(store)
    assert [row["id"] for row in store.ledger.deliveries(Filter(fate_unknown=True, contact=BEN), limit=9)] == ids(2)
    assert store.ledger.deliveries(Filter(fate_unknown=True, states=("pending",)), limit=9) == []
    held = Filter(fate_unknown=True, states=("held", "dead"))
    assert [row["id"] for row in store.ledger.deliveries(held, limit=9)] == ids(2, 1)
    assert store.ledger.deliveries(Filter(fate_unknown=True, touchpoint="support"), limit=9) == []


def test_what_is_of_unknown_fate_is_released_or_cancelled_and_nothing_else(store: Any) -> None:
    some(store)
    assert store.controls.cancel(Filter(fate_unknown=True, contact=BEN), reason="it arrived", now=NOW + 2) == 1
    assert store.controls.release(UNKNOWN, now=NOW + 3) == 1
    assert store.controls.cancel(UNKNOWN, reason="x", now=NOW + 4) == 0
    assert [states(store)[each] for each in ids(1, 2, 3, 4, 5)] == ["pending", "cancelled", "held", "pending", "dead"]


def test_a_circuit_is_on_record_until_it_is_closed(store: Any) -> None:
    store.outbox.note_circuit("support", Circuit("support", "5 attempts in a row", NOW, NOW + 30))
    store.outbox.note_circuit("post-purchase", Circuit("post-purchase", "503", NOW + 1, NOW + 31))
    store.outbox.note_circuit("support", Circuit("support", "it still fails", NOW, NOW + 90))
    assert store.ledger.circuits() == [
        Circuit("post-purchase", "503", NOW + 1, NOW + 31),
        Circuit("support", "it still fails", NOW, NOW + 90),
    ]
    store.outbox.note_circuit("support", None)
    store.outbox.note_circuit("unheard-of", None)
    assert [each.touchpoint for each in store.ledger.circuits()] == ["post-purchase"]
