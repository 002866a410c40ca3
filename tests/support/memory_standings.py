"""The memory double's standings: the latest answers, queues, arrivals and proofs, over plain lists."""

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

from bridge.core.credentials import PROVEN_BY
from bridge.core.outcome import Delivered
from bridge.outbox.standings import Arrivals, Proof, Queue
from bridge.outbox.terms import Filter

COLUMNS = ("delivery_id", "number", "started_at", "ended_at", "outcome", "status", "message", "ruling", "reason")


class MemoryStandings:
    """`rows` are the double's."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def answers(self, touchpoint: str, *, limit: int) -> list[dict[str, Any]]:
        found = [row for row in map(self._answer, self._settled()) if row["touchpoint"] == touchpoint]
        return found[::-1][:limit]

    def latest_answers(self) -> dict[str, dict[str, Any]]:
        return {row["touchpoint"]: row for row in map(self._answer, self._settled())}

    def _settled(self) -> list[dict[str, Any]]:
        return [each for each in self._rows.attempts if each["outcome"] != "crashed"]

    def _answer(self, attempt: dict[str, Any]) -> dict[str, Any]:
        delivery = self._rows.deliveries[attempt["delivery_id"]]
        return {
            "touchpoint": delivery.touchpoint,
            "event_id": delivery.event_id,
            **{name: attempt[name] for name in COLUMNS},
        }

    def queue(self, touchpoint: str, *, now: int) -> Queue:
        times = [each.due_at for each in pending(self._rows, touchpoint)]
        later = [time for time in times if time > now]
        return Queue(len(times) - len(later), min(times, default=None), min(later, default=None))

    def arrivals(self, sources: Collection[str], *, since: int) -> dict[str, Arrivals]:
        return {source: self._arrived(source, since) for source in sources}

    def _arrived(self, source: str, since: int) -> Arrivals:
        times = [row["received_at"] for _, row in sorted(self._rows.events.items()) if row["source"] == source]
        return Arrivals(times[-1] if times else None, sum(time >= since for time in times))

    def first_event(self, source: str, *, secret: str, since: int) -> dict[str, Any] | None:
        for event_id, row in sorted(self._rows.events.items()):
            is_proven = (row["headers"] or {}).get(PROVEN_BY) == secret
            if row["source"] == source and row["received_at"] >= since and is_proven:
                return {"id": event_id, "received_at": row["received_at"]}
        return None

    def proofs(self) -> list[Proof]:
        return [proof for _, proof in sorted(self._rows.proofs.items())]

    def expect(self, touchpoint: str, secrets: Iterable[str], *, since: int) -> None:
        for secret in secrets:
            old = self._rows.proofs.get((touchpoint, secret))
            if old is None or since > old.since:
                self._rows.proofs[touchpoint, secret] = Proof(touchpoint, secret, since)


def prove(rows: Any, results: Any, held: list[bool]) -> None:
    """Take what was delivered for proof of the secrets that were in use when it was begun."""
    taken = [each for each, kept in zip(results, held, strict=True) if kept and isinstance(each.ruling, Delivered)]
    for each in sorted(taken, key=lambda each: int(each.ended_at)):
        for place, proof in rows.proofs.items():
            if place[0] == each.delivery.touchpoint and proof.proved_at is None and proof.since <= each.started_at:
                rows.proofs[place] = dataclasses.replace(proof, proved_at=each.ended_at, delivery_id=each.delivery.id)


def hasten(rows: Any, touchpoint: str, *, now: int) -> bool:
    """End the wait of a circuit; where nothing is due, what waits the shortest for its next try is due now."""
    if touchpoint not in rows.circuits:
        return False
    rows.circuits[touchpoint] = dataclasses.replace(rows.circuits[touchpoint], until=0)
    waiting = sorted(pending(rows, touchpoint), key=lambda each: (int(each.lane), int(each.due_at)))
    again = [each for each in waiting if each.attempts]
    if again and not any(each.due_at <= now for each in waiting):
        again[0].due_at = now
    return True


def pending(rows: Any, touchpoint: str) -> list[Any]:
    """Give what waits to be sent to the touchpoint."""
    return list(rows.chosen(Filter(touchpoint=touchpoint), "pending"))
