"""The promises that are checked against what is stored, in SQL of their own."""

from types import SimpleNamespace
from typing import Any

import msgspec

from bridge.outbox.store import SqliteStore
from tests.simulation.catalog import PROMISES
from tests.simulation.reasons import check_end_reason, check_suppressed
from tests.simulation.witness import Broken, Witness

_WAITS = """
SELECT MIN(due_at) FROM deliveries
WHERE state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM pauses WHERE scope = 'all' OR (scope = 'touchpoint' AND name = touchpoint)
                  OR (scope = 'source' AND name = source) OR (scope = 'mapping' AND name = source || '/' || mapping))
"""
_WAITING = "SELECT id FROM deliveries WHERE state IN ('pending', 'held') AND source = ? AND mapping = ? AND key = ?"
_WAITING_ANY = "SELECT id FROM deliveries WHERE state IN ('pending', 'held') AND lease = 0"
_DECISIONS = "SELECT mapping, verdict, reason, delivery_id FROM decisions WHERE event_id = ?"
_MADE = "SELECT id, event_id, source, mapping, body FROM deliveries WHERE event_id = ?"
_KEPT = "SELECT DISTINCT event_id FROM decisions CROSS JOIN events WHERE events.id = decisions.event_id"
_ENDS = "SELECT id, event_id, source, mapping, body, state, reason, state_at FROM deliveries"
_TAKERS = {
    ("shop", "fulfilled"): {"thanks", "survey", "items"},
    ("shop", "changed"): {"survey"},
    ("desk", "closed"): {"closed", "note"},
    ("desk", "complaint"): {"note"},
}


def _rows(store: SqliteStore, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = store.database.connection.execute(statement, values).fetchall()
    return rows


def waits_for(store: SqliteStore, now: int) -> int | None:
    """Give the time (ms) at which the next delivery that is not paused is due; `now` at least."""
    [(due,)] = _rows(store, _WAITS)
    return None if due is None else max(now, due)


def check_books(store: SqliteStore) -> None:
    """The audit finds nothing."""
    if wrong := store.ledger.audit():
        raise Broken(f"the books do not balance: {wrong}")


def check_kept(store: SqliteStore, witness: Witness, event_id: str) -> None:
    """What was just acknowledged is stored and decided by all its mappings; what it cancels waits no more."""
    said = witness.said[event_id]
    decisions = _rows(store, _DECISIONS, event_id)
    if not decisions or not _rows(store, "SELECT 1 FROM events WHERE id = ?", event_id):
        raise Broken(f"{event_id} was acknowledged and is not kept, or not decided")
    if missing := _TAKERS.get((said.source, said.topic), set()) - {row[0] for row in decisions}:
        raise Broken(f"{event_id} was not decided by {missing}")
    for delivery_id, _, source, mapping, body in _rows(store, _MADE, event_id):
        made = SimpleNamespace(id=delivery_id, event_id=event_id, source=source, mapping=mapping)
        witness.wish(made, msgspec.json.decode(body))
    for mapping, verdict, reason, _ in decisions:
        _check_decision(witness, event_id, mapping, verdict, reason)
    for rule, promise in PROMISES.items():
        if (said.source, said.topic) in promise.cancelled_by:
            source, _, mapping = rule.partition("/")
            if waiting := _rows(store, _WAITING, source, mapping, said.payload[promise.about]):
                raise Broken(f"{waiting} still wait, though {event_id} cancelled them")
    still = (row[0] for row in _rows(store, _WAITING_ANY))
    is_told = said.topic == "left" and "@" in said.payload["email"]
    if is_told and (waiting := [each for each in still if _is_for(witness, each, said.payload["email"])]):
        raise Broken(f"{waiting} still wait, though {event_id} says that their contact is not to be asked")


def _is_for(witness: Witness, delivery_id: str, contact: str) -> bool:
    """Say whether it is for the contact."""
    wish = witness.wishes.get(delivery_id)
    return wish is not None and wish.contact == contact


def _check_decision(witness: Witness, event_id: str, mapping: str, verdict: str, reason: str) -> None:
    said = witness.said[event_id]
    is_wrong = "@" not in said.payload["email"]
    is_mail = mapping in {"thanks", "survey", "note"}
    if verdict == "failed" and not is_wrong:
        raise Broken(f"{event_id} {mapping} failed: {reason}")
    if verdict == "planned" and is_wrong and is_mail:
        raise Broken(f"{event_id} {mapping} was planned for an address that is none")
    if verdict == "planned" and said.payload["email"] in witness.suppressed:
        raise Broken(f"{event_id} {mapping} was planned for somebody who is not to be asked")
    if verdict == "suppressed":
        check_suppressed(witness, event_id, f"{said.source}/{mapping}", reason)
    if verdict == "failed":
        witness.saw("an address that is none")


def check_end(store: SqliteStore, witness: Witness, pruned_before: int) -> None:
    """After a quiet time nothing waits, everything acknowledged is kept, and every end has its reason."""
    check_books(store)
    kept = {row[0] for row in _rows(store, _KEPT)}
    if gone := [name for name, said in witness.said.items() if said.at >= pruned_before and name not in kept]:
        raise Broken(f"acknowledged and gone: {gone}")
    for delivery_id, event_id, source, mapping, body, state, reason, state_at in _rows(store, _ENDS):
        if state in {"pending", "sending", "held"}:
            raise Broken(f"nothing is wrong any more, and yet {delivery_id} is {state} ({reason})")
        _check_answers(witness, delivery_id, state, reason)
        made = SimpleNamespace(id=delivery_id, event_id=event_id, source=source, mapping=mapping)
        if state == "cancelled" and (delivery_id in witness.wishes or body is not None):
            wish = witness.wishes.get(delivery_id) or witness.wish(made, msgspec.json.decode(body))
            check_end_reason(witness, wish, delivery_id, reason, state_at)


def _check_answers(witness: Witness, delivery_id: str, state: str, reason: str) -> None:
    requests = witness.requests[delivery_id]
    heard = [each.answer for each in requests if not each.is_lost]
    if (state == "delivered") != ("200" in heard):
        raise Broken(f"{delivery_id} is {state} ({reason}), and its target said: {heard}")
    if state == "dead" and reason.startswith("the target refused it") and "400" not in heard:
        raise Broken(f"{delivery_id} is dead ({reason}), and its target said: {heard}")
