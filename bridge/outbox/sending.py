"""Claiming deliveries, settling what became of them, and what to do with those that were left."""

from collections.abc import Mapping, Sequence
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
from bridge.outbox.statements import reading, sending as sql
from bridge.outbox.tally import Tally

CRASHED = "the bridge stopped while this was being sent; whether the target took it is unknown"
PARKED = "its touchpoint is not in the mapping files any more"


def claim(transaction: Transaction, *, now: int, lease_until: int, free: Mapping[str, int]) -> list[Delivery]:
    """Move due deliveries to `sending`, at most `free[touchpoint]` of each, the longest due first."""
    paused = {(row[0], row[1]) for row in transaction.rows(reading.PAUSES)}
    if ("all", "") in paused:
        return []
    tally = Tally()
    claimed: list[Delivery] = []
    for touchpoint, slots in free.items():
        if slots <= 0 or ("touchpoint", touchpoint) in paused:
            continue
        rows = transaction.rows(
            sql.CLAIM, {"touchpoint": touchpoint, "now": now, "lease_until": lease_until, "free": slots}
        )
        claimed.extend(Delivery(*row) for row in rows)
        tally.move(touchpoint, "pending", "sending", len(rows))
    tally.write(transaction)
    return sorted(claimed, key=lambda delivery: (delivery.due_at, delivery.id))


def settle(transaction: Transaction, results: Sequence[Settled], *, now: int) -> list[bool]:
    """Record the attempts and carry out their rulings where the lease still holds."""
    tally = Tally()
    held = [_carry_out(transaction, result, now, tally) for result in results]
    transaction.run_many(
        sql.INSERT_ATTEMPT, [_attempt_row(result, kept) for result, kept in zip(results, held, strict=True)]
    )
    tally.count("attempts", len(results))
    tally.write(transaction)
    return held


def _carry_out(transaction: Transaction, result: Settled, now: int, tally: Tally) -> bool:
    state, due_at, reason = _effect(result.ruling, result.delivery)
    kept = transaction.run(
        sql.SETTLE,
        {
            "id": result.delivery.id,
            "lease": result.delivery.lease,
            "state": state,
            "counted": 0 if isinstance(result.ruling, Pause) else 1,
            "due_at": due_at,
            "now": now,
            "reason": reason,
            "message": _message(result.outcome),
        },
    )
    if not kept:
        return False
    tally.move(result.delivery.touchpoint, "sending", state)
    if isinstance(result.ruling, Pause):
        pause = {"scope": "touchpoint", "name": result.delivery.touchpoint, "reason": reason, "since": now}
        transaction.run(sql.PAUSE_IF_RUNNING, pause | {"paused_by": "target"})
    return True


def _effect(ruling: Ruling, delivery: Delivery) -> tuple[State, int, str]:
    match ruling:
        case Delivered():
            return "delivered", delivery.due_at, ""
        case RetryAt(due_at, reason):
            return "pending", due_at, reason
        case Hold(reason):
            return "held", delivery.due_at, reason
        case Pause(reason):
            return "pending", delivery.due_at, reason
        case Dead(reason):
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


def recover(transaction: Transaction, *, now: int, everything: bool, ambiguous: Mapping[str, Ambiguous]) -> int:
    """End the leases that ran out, or all: held, or due again where the touchpoint says `retry`."""
    rows = transaction.records(sql.ALL_LEASES if everything else sql.EXPIRED_LEASES, {"now": now})
    tally = Tally()
    attempts = []
    for row in rows:
        again = ambiguous.get(row["touchpoint"], "hold") == "retry"
        state: State = "pending" if again else "held"
        effect = {
            "id": row["id"],
            "lease": row["lease"],
            "state": state,
            "counted": 1,
            "due_at": now if again else row["due_at"],
            "now": now,
            "reason": CRASHED,
            "message": "",
        }
        transaction.run(sql.SETTLE, effect)
        tally.move(row["touchpoint"], "sending", state)
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
            number = transaction.run(sql.PARK, {"touchpoint": touchpoint, "now": now, "reason": PARKED})
            tally.move(touchpoint, "pending", "held", number)
            changed += number
    for (touchpoint,) in transaction.rows(sql.TOUCHPOINTS_WITH, {"state": "held"}):
        if touchpoint in known:
            number = transaction.run(sql.GIVE_BACK, {"touchpoint": touchpoint, "now": now, "reason": PARKED})
            tally.move(touchpoint, "held", "pending", number)
            changed += number
    tally.write(transaction)
    return changed


def next_due(transaction: Transaction, *, now: int) -> int | None:
    """Give the earliest time after `now` at which something pending becomes due."""
    due_at: int | None = transaction.rows(sql.NEXT_DUE, {"now": now})[0][0]
    return due_at
