"""How touchpoints and sources stand: what was answered last, what waits, what came, which secrets are proven."""

# ruff: noqa: D102 - each verb is described where it is promised, in the protocol

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.core.credentials import PROVEN_BY
from bridge.core.ids import make_id
from bridge.core.outcome import Delivered, Settled
from bridge.outbox.sqlite import Database, Transaction
from bridge.outbox.statements import standings as sql
from bridge.outbox.statements.filters import placeholders

Row = dict[str, Any]

MOST_KEPT = 20  # answers of each touchpoint
MOST_COUNTED = 10_000  # rows that are counted one by one
_MOST_SEARCHED = 200  # events among which the first one that a secret proved is looked for
_LANES = (0, 1)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is pending for a touchpoint: how many are `due`, at most MOST_COUNTED.

    `earliest_due_at` is when the first became or becomes due, `next_due_at` when the first that is not due yet does;
    None where there is none.
    """

    due: int = 0
    earliest_due_at: int | None = None
    next_due_at: int | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came from a source: when the last event did, and how many since a time, at most MOST_COUNTED."""

    last_event_at: int | None
    events: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a touchpoint took a request made with a secret as it is in use `since`; None until it did."""

    touchpoint: str
    secret: str
    since: int
    proved_at: int | None = None
    delivery_id: str | None = None


class Standings(Protocol):
    """What is known of touchpoints and sources as a whole; each verb looks at few rows, found by an index."""

    def answers(self, touchpoint: str, *, limit: int) -> list[Row]:
        """Give the latest attempts at a touchpoint, of at most MOST_KEPT, the latest first."""

    def latest_answers(self) -> dict[str, Row]:
        """Give the latest attempt at each touchpoint."""

    def queue(self, touchpoint: str, *, now: int) -> Queue: ...
    def arrivals(self, sources: Collection[str], *, since: int) -> dict[str, Arrivals]: ...
    def first_event(self, source: str, *, secret: str, since: int) -> Row | None:
        """Give id and time of the first event since then that the secret proved, among the first of them."""

    def proofs(self) -> list[Proof]: ...
    def expect(self, touchpoint: str, secrets: Iterable[str], *, since: int) -> None:
        """Look from `since` on for the first success with each of the secrets; what was later asked for stays."""


@dataclass(frozen=True, slots=True)
class SqliteStandings:
    """See `Standings`."""

    database: Database

    def answers(self, touchpoint: str, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return transaction.records(sql.ANSWERS, {"touchpoint": touchpoint, "limit": limit})

    def latest_answers(self) -> dict[str, Row]:
        with self.database.read() as transaction:
            return {row["touchpoint"]: row for row in transaction.records(sql.LATEST_ANSWERS)}

    def queue(self, touchpoint: str, *, now: int) -> Queue:
        wanted = {"touchpoint": touchpoint, "now": now, "most": MOST_COUNTED}
        with self.database.read() as transaction:
            rows = [transaction.rows(sql.QUEUE, wanted | {"lane": lane})[0] for lane in _LANES]
        due, earliest, following = zip(*rows, strict=True)
        return Queue(min(sum(due), MOST_COUNTED), _first(earliest), _first(following))

    def arrivals(self, sources: Collection[str], *, since: int) -> dict[str, Arrivals]:
        if not sources:
            return {}
        names, parameters = placeholders(sources)
        values = ", ".join(f"({name})" for name in names.split(", "))
        wanted = {"since": make_id("evt", max(since, 0), 0), "most": MOST_COUNTED}
        with self.database.read() as transaction:
            rows = transaction.rows(sql.ARRIVALS.format(values=values), parameters | wanted)
        return {source: Arrivals(last, number) for source, last, number in rows}

    def first_event(self, source: str, *, secret: str, since: int) -> Row | None:
        wanted = {"source": source, "since": make_id("evt", max(since, 0), 0), "limit": _MOST_SEARCHED}
        with self.database.read() as transaction:
            for event_id, received_at, headers in transaction.rows(sql.FIRST_EVENTS, wanted):
                if headers is not None and json.loads(headers).get(PROVEN_BY) == secret:
                    return {"id": event_id, "received_at": received_at}
        return None

    def proofs(self) -> list[Proof]:
        with self.database.read() as transaction:
            return [Proof(*row) for row in transaction.rows(sql.PROOFS)]

    def expect(self, touchpoint: str, secrets: Iterable[str], *, since: int) -> None:
        rows = [{"touchpoint": touchpoint, "secret": secret, "since": since} for secret in secrets]
        with self.database.write() as transaction:
            transaction.run_many(sql.EXPECT_PROOF, rows)


def note(transaction: Transaction, results: Sequence[Settled], held: Sequence[bool]) -> None:
    """Write down the latest of these attempts at each touchpoint, and which secrets they proved."""
    for touchpoint in {result.delivery.touchpoint for result in results}:
        latest = [each.delivery for each in results if each.delivery.touchpoint == touchpoint][-MOST_KEPT:]
        last: int = transaction.rows(sql.LAST_NUMBER, {"touchpoint": touchpoint})[0][0]
        rows = [
            {"touchpoint": touchpoint, "number": number, "delivery_id": delivery.id, "lease": delivery.lease}
            for number, delivery in enumerate(latest, start=last + 1)
        ]
        transaction.run_many(sql.NOTE_ANSWER, rows)
        transaction.run(sql.FORGET_ANSWERS, {"touchpoint": touchpoint, "upto": last + len(rows) - MOST_KEPT})
    taken = [each for each, kept in zip(results, held, strict=True) if kept and type(each.ruling) is Delivered]
    if taken:
        _prove(transaction, taken)


def _prove(transaction: Transaction, taken: Sequence[Settled]) -> None:
    unproven = {touchpoint for (touchpoint,) in transaction.rows(sql.UNPROVEN)}
    for each in sorted(taken, key=lambda each: each.ended_at):
        if each.delivery.touchpoint in unproven:
            proof = {"touchpoint": each.delivery.touchpoint, "delivery_id": each.delivery.id}
            transaction.run(sql.PROVE, proof | {"started_at": each.started_at, "ended_at": each.ended_at})


def hasten(transaction: Transaction, touchpoint: str, *, now: int) -> bool:
    """End the wait of a touchpoint that is failing, and make something due that can try; False if it is not failing."""
    if not transaction.run(sql.HASTEN_CIRCUIT, {"touchpoint": touchpoint}):
        return False
    wanted = {"touchpoint": touchpoint, "now": now}
    if not any(transaction.rows(sql.QUEUE, wanted | {"lane": lane, "most": 1})[0][0] for lane in _LANES):
        any(transaction.run(sql.HASTEN_DELIVERY, wanted | {"lane": lane}) for lane in _LANES)
    return True


def _first(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)
