"""Settling what became of claimed deliveries, and what to do with those that were left."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, assert_never

from bridge.core.configuration import Ambiguous
from bridge.core.model import Delivery, State
from bridge.core.outcome import (
    Answered,
    Dead,
    Delivered,
    Hold,
    NotSent,
    Outcome,
    Pause,
    RetryAt,
    Ruling,
    Settled,
    Unknown,
)
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import sending as sql
from bridge.outbox.tally import Tally
from bridge.outbox.terms import Circuit

CRASHED = "the bridge stopped while this was being sent; whether the target took it is unknown"
PARKED = "its touchpoint is not in the mapping files any more"


def note_circuit(transaction: Transaction, touchpoint: str, circuit: Circuit | None) -> None:
    """Put on record that a touchpoint is failing, or that it is not any more."""
    if circuit is None:
        transaction.run(sql.CLOSE_CIRCUIT, {"touchpoint": touchpoint})
    else:
        row = {"touchpoint": touchpoint, "reason": circuit.reason, "since": circuit.since, "until": circuit.until}
        transaction.run(sql.OPEN_CIRCUIT, row)


def settle(transaction: Transaction, results: Sequence[Settled], *, now: int) -> list[bool]:
    """Record the attempts and carry out their rulings where the lease still holds.

    What the target certainly did not take does not count towards its contact's cap any more, and is cancelled instead
    of tried again where a newer delivery has taken its place.
    """
    tally = Tally()
    held = [_carry_out(transaction, result, now, tally) for result in results]
    transaction.run_many(
        sql.INSERT_ATTEMPT, [_attempt_row(result, kept) for result, kept in zip(results, held, strict=True)]
    )
    tally.count("attempts", len(results))
    tally.write(transaction)
    return held


def _carry_out(transaction: Transaction, result: Settled, now: int, tally: Tally) -> bool:
    delivery, ruling = result.delivery, result.ruling
    after, due_at, reason = _effect(ruling, delivery)
    state, told = _unless_replaced(transaction, delivery.id, after, reason)
    effect = {
        "id": delivery.id,
        "lease": delivery.lease,
        "state": state,
        "counted": 0 if isinstance(ruling, Pause) else 1,
        "due_at": due_at,
        "now": now,
        "reason": told,
        "message": _message(result.outcome),
        "asked_before": delivery.asked_before,
    }
    if not transaction.run(sql.SETTLE if _may_be_taken(ruling) else sql.SETTLE_NOT_TAKEN, effect):
        return False
    tally.move(delivery.touchpoint, "sending", state, of=(delivery.source, delivery.day))
    if isinstance(ruling, Pause):
        pause = {"scope": "touchpoint", "name": delivery.touchpoint, "reason": reason, "since": now}
        transaction.run(sql.PAUSE_IF_RUNNING, pause | {"paused_by": "target"})
    return True


def _unless_replaced(transaction: Transaction, delivery_id: str, state: State, reason: str) -> tuple[State, str]:
    """Cancel what would wait again, if a newer delivery has taken its place while it was being sent."""
    newer = transaction.rows(sql.REPLACED_BY, {"id": delivery_id})[0][0] if state == "pending" else None
    return ("cancelled", f"replaced by {newer}") if newer else (state, reason)


def _may_be_taken(ruling: Ruling) -> bool:
    """Say whether the target took it or may have: then its contact counts as asked."""
    match ruling:
        case Delivered() | Hold():
            return True
        case RetryAt() | Dead():
            return ruling.may_be_taken
        case Pause():
            return False
    assert_never(ruling)


def _effect(ruling: Ruling, delivery: Delivery) -> tuple[State, int, str]:
    match ruling:
        case Delivered():
            return "delivered", delivery.due_at, ""
        case RetryAt(due_at, reason, _):
            return "pending", due_at, reason
        case Hold(reason):
            return "held", delivery.due_at, reason
        case Pause(reason):
            return "pending", delivery.due_at, reason
        case Dead(reason, _):
            return "dead", delivery.due_at, reason
    assert_never(ruling)


_RULINGS: dict[type[Ruling], str] = {
    Delivered: "delivered",
    RetryAt: "retry",
    Hold: "hold",
    Pause: "pause",
    Dead: "dead",
}


def _message(outcome: Outcome) -> str:
    return outcome.message if isinstance(outcome, Answered) else ""


def _attempt_row(result: Settled, kept: bool) -> dict[str, Any]:  # noqa: FBT001 - a column, not a switch
    status: int | None = None
    match result.outcome:
        case Answered(seen, message):
            outcome, status = "answered", seen
        case NotSent(message):
            outcome = "not_sent"
        case Unknown(message):
            outcome = "unknown"
    return {
        "delivery_id": result.delivery.id,
        "lease": result.delivery.lease,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "outcome": outcome,
        "status": status,
        "message": message,
        "ruling": _RULINGS[type(result.ruling)],
        "reason": "" if isinstance(result.ruling, Delivered) else result.ruling.reason,
        "effective": int(kept),
    }


def recover(
    transaction: Transaction,
    *,
    now: int,
    everything: bool,
    ambiguous: Mapping[str, Ambiguous],
    under_way: Collection[str] = (),
) -> int:
    """End the leases that ran out, or all: held, or due again where the touchpoint says `retry`.

    The target may have taken them, so they go on counting towards the caps of their contacts.
    """
    expired = transaction.records(sql.ALL_LEASES if everything else sql.EXPIRED_LEASES, {"now": now})
    rows = [row for row in expired if row["id"] not in under_way]
    tally = Tally()
    attempts = []
    for row in rows:
        again = ambiguous.get(row["touchpoint"], "hold") == "retry"
        state, reason = _unless_replaced(transaction, row["id"], "pending" if again else "held", CRASHED)
        effect = {
            "id": row["id"],
            "lease": row["lease"],
            "state": state,
            "counted": 1,
            "due_at": now if again else row["due_at"],
            "now": now,
            "reason": reason,
            "message": "",
        }
        transaction.run(sql.SETTLE, effect)
        tally.move(row["touchpoint"], "sending", state, of=(row["source"], row["day"]))
        attempts.append(_crash_row(row, now, again=again))
    transaction.run_many(sql.INSERT_ATTEMPT, attempts)
    tally.count("attempts", len(attempts))
    tally.write(transaction)
    return len(rows)


def _crash_row(row: Mapping[str, Any], now: int, *, again: bool) -> dict[str, Any]:
    return {
        "delivery_id": row["id"],
        "lease": row["lease"],
        "started_at": row["state_at"],
        "ended_at": now,
        "outcome": "crashed",
        "status": None,
        "message": "",
        "ruling": "retry" if again else "hold",
        "reason": CRASHED,
        "effective": 1,
    }


def park(transaction: Transaction, *, touchpoints: Sequence[str], now: int) -> int:
    """Hold what is pending for touchpoints that are gone; give back what was parked for those that are there."""
    tally = Tally()
    changed = 0
    known = frozenset(touchpoints)
    for (touchpoint,) in transaction.rows(sql.TOUCHPOINTS_WITH, {"state": "pending"}):
        if touchpoint not in known:
            parked = transaction.rows(sql.PARK, {"touchpoint": touchpoint, "now": now, "reason": PARKED})
            for source, day in parked:
                tally.move(touchpoint, "pending", "held", of=(source, day))
            changed += len(parked)
    for (touchpoint,) in transaction.rows(sql.TOUCHPOINTS_WITH, {"state": "held"}):
        if touchpoint in known:
            given = transaction.rows(sql.GIVE_BACK, {"touchpoint": touchpoint, "now": now, "reason": PARKED})
            for source, day in given:
                tally.move(touchpoint, "held", "pending", of=(source, day))
            changed += len(given)
    tally.write(transaction)
    return changed


def next_due(transaction: Transaction, *, now: int) -> int | None:
    """Give the earliest time after `now` at which something pending becomes due."""
    due_at: int | None = transaction.rows(sql.NEXT_DUE, {"now": now})[0][0]
    return due_at
