"""Taking in what sources sent: events, decisions and deliveries of many requests in one transaction."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from bridge.core.model import Accepted, Entry, Event, Intake, Receipt, Refused
from bridge.outbox.deciding import Deciding, marks_text
from bridge.outbox.facts import Origin
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql, lookups
from bridge.outbox.tally import Tally, source_day

MOST_REFUSED = 1_000  # refused requests kept
MOST_REFUSED_BYTES = 64 * 1024 * 1024  # of their bodies; anybody can send them


def accept(transaction: Transaction, intakes: Sequence[Intake]) -> list[Accepted]:
    """Store the requests' events once each, decide their proposals in order, make the deliveries."""
    batch = _Batch(transaction)
    accepted = [batch.take(intake) for intake in intakes]
    batch.write()
    return accepted


class _Batch:
    """The rows of one transaction, which go in together; only what a fact depends on is asked one by one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._tally = Tally()
        self._deciding = Deciding(transaction, self._tally)
        self._events: list[dict[str, Any]] = []
        self._lookups: list[dict[str, Any]] = []

    def take(self, intake: Intake) -> Accepted:
        planned, before = 0, len(self._lookups)
        receipts = []
        for entry in intake.entries:
            receipt = self._receipt(entry.event)
            receipts.append(receipt)
            if not receipt.duplicate:
                planned += self._enter(entry)
        return Accepted(tuple(receipts), planned, len(self._lookups) - before)

    def write(self) -> None:
        self._transaction.run_many(sql.INSERT_EVENT, self._events)
        self._transaction.run_many(lookups.INSERT_LOOKUP, self._lookups)
        self._deciding.write()
        self._tally.write(self._transaction)

    def _receipt(self, event: Event) -> Receipt:
        digest = hashlib.sha256(event.body).digest()[:16]
        claim = {
            "source": event.source,
            "tenant": event.tenant,
            "source_event_id": event.source_event_id,
            "event_id": event.id,
            "digest": digest,
            "expires_at": event.dedupe_until,
            "received_at": event.received_at,
        }
        if self._transaction.run(sql.CLAIM_SOURCE_EVENT_ID, claim):
            return Receipt(event.id, duplicate=False)
        first, first_digest = self._transaction.rows(sql.FIRST_EVENT, claim)[0]
        self._tally.count("duplicates")
        return Receipt(first, duplicate=True, changed=first_digest != digest)

    def _enter(self, entry: Entry) -> int:
        event = entry.event
        of = source_day(event.source, event.received_at)
        self._tally.count("events.accepted", of=of)
        self._events.append(_event_row(event))
        self._deciding.mark(event.id, dict.fromkeys(event.marks))
        if entry.lookup:
            self._tally.count("events.waiting", of=of)
            self._lookups.append({"event_id": event.id, "source": event.source, "now": event.received_at})
            return 0
        at = event.received_at
        origin = Origin(event.id, event.source, event.tenant, event.config, at, of, event.topic, at)
        return self._deciding.decide(entry.proposals, origin)


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "source": event.source,
        "topic": event.topic,
        "source_event_id": event.source_event_id,
        "tenant": event.tenant,
        "received_at": event.received_at,
        "occurred_at": event.occurred_at,
        "dedupe_until": event.dedupe_until,
        "config": event.config,
        "size": len(event.body),
        "marks": marks_text(event.marks),
        "query": event.query,
        "headers": msgspec.json.encode(dict(event.headers)).decode(),
        "body": event.body,
    }


def refuse(transaction: Transaction, refusals: Sequence[Refused]) -> None:
    """Keep refused requests, and drop the oldest beyond the bounds on their number and size."""
    tally = Tally()
    tally.count("refused", len(refusals))
    transaction.run_many(
        sql.INSERT_REFUSED,
        [
            {
                "id": refused.id,
                "source": refused.source,
                "status": refused.status,
                "received_at": refused.received_at,
                "size": len(refused.body),
                "topic": refused.topic,
                "retried_at": refused.retried_at,
                "event_id": refused.event_id,
                "reason": refused.reason,
                "method": refused.method,
                "url": refused.url,
                "headers": msgspec.json.encode(dict(refused.headers)).decode(),
                "body": refused.body,
            }
            for refused in refusals
        ],
    )
    trimmed = transaction.run(sql.TRIM_REFUSED, {"most": MOST_REFUSED, "most_bytes": MOST_REFUSED_BYTES})
    tally.count("pruned.refused", trimmed)
    tally.write(transaction)


def retried(transaction: Transaction, refused_id: str, *, event_id: str, now: int) -> bool:
    """Note that a refused request was taken in after all; False where it is not kept any more."""
    return bool(transaction.run(sql.RETRIED, {"id": refused_id, "event_id": event_id, "now": now}))
