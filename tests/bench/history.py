"""A long history in a store, made within minutes: rows as the bridge writes them, in big batches, books balanced."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.core.contact import digest
from bridge.core.ids import make_id
from bridge.core.model import Refused, State
from bridge.outbox.store import SqliteStore
from bridge.outbox.tally import SourceDay, Tally, source_day

DAYS = 60
_DAY, _HOUR = 86_400_000, 3_600_000  # ms
_KEPT = 30 * _DAY  # payloads
_BATCH = 20_000  # events in a transaction
# Source, topic, mapping and touchpoint, with how often they come.
ROUTES = (
    ("shopify", "orders/fulfilled", "post-purchase", "post-purchase", 60),
    ("stripe", "invoice.paid", "invoice-paid", "invoice-paid", 20),
    ("hubspot", "ticket.solved", "support-solved", "support-solved", 15),
    ("woocommerce", "order.completed", "warehouse", "warehouse", 5),
)
# What became of a delivery, with how often in ten thousand and why; the last ones are the newest.
_ENDS: tuple[tuple[State, int, str], ...] = (
    ("delivered", 9_560, ""),
    ("cancelled", 340, "called off by a refund"),
    ("dead", 100, ""),
)
_REFUSALS = (
    "the target refused it: it answered 422 (not a mobile number)",
    "given up, as give_up_after of the touchpoint says; last: it answered 503",
)
_NOTHING = (("skipped", "when is false"), ("failed", "email is required, but is missing, null or empty"))
_SKIPPED_IN_HUNDRED = 25  # events of which nothing is sent
_HELD, _SENDING = 40, 3  # deliveries
_PENDING_IN_HUNDRED = 1.5
_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DECISION = "INSERT INTO decisions (event_id, mapping, element, verdict, delivery_id, reason) VALUES (?, ?, ?, ?, ?, ?)"
_SPAN = "INSERT INTO spans SELECT MAX(number) + 1, ?, 0 FROM spans"
_MARK = "INSERT OR IGNORE INTO marks SELECT MAX(number), ?, ?, ? FROM spans"
_DEDUPE = "INSERT INTO dedupe VALUES (?, ?, ?, ?, ?, ?)"
_DELIVERY = """
INSERT INTO deliveries (id, event_id, source, mapping, element, tenant, day, touchpoint, lane, contact, key, config,
                        state, attempts, lease, lease_until, due_at, wanted_at, expires_at, asked_at, age_from,
                        created_at, state_at, reason, message, replay_id, replay_of, replaces, hours, body)
VALUES (?, ?, ?, ?, 0, 'shop', ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?)
"""
_ATTEMPT = "INSERT INTO attempts VALUES (?, 1, 1, ?, ?, 'answered', ?, ?, ?, ?, 1)"


@dataclass
class Batch:
    """The rows of one transaction."""

    events: list[Any] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    dedupe: list[Any] = field(default_factory=list)
    deliveries: list[Any] = field(default_factory=list)
    attempts: list[Any] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class History:
    """Makes `deliveries` deliveries and the events around them, up to `now` (ms); the same ones for the same seed."""

    def __init__(self, deliveries: int, *, index_key: bytes, config: str, now: int, seed: int = 1) -> None:
        self._number = deliveries
        self._key = index_key
        self._config = config
        self._now = now
        self._dice = random.Random(seed)
        self._people = max(10, deliveries // 4)
        self._routes = [route[:4] for route in ROUTES for _ in range(route[4])]
        self._ends = [end for end in _ENDS for _ in range(end[1])]

    def write(self, store: SqliteStore) -> None:
        """Fill an empty store. Its indexes are built at the end, which is several times faster."""
        connection = store.database.connection
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN"
            " ('events', 'deliveries', 'decisions', 'dedupe')"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for batch in self._batches():
            self._put(store, batch)
        for _, statement in indexes:
            connection.execute(statement)
        self._around(store)
        connection.execute("PRAGMA synchronous = FULL")

    def _batches(self) -> Iterator[Batch]:
        batch, made, span = Batch(), 0, DAYS * _DAY
        while made < self._number:
            at = self._now - span + span * made // self._number
            if self._dice.randrange(100) < _SKIPPED_IN_HUNDRED:
                self._event(batch, at, planned=None)
            else:
                self._event(batch, at, planned=made)
                made += 1
            if len(batch.events) >= _BATCH:
                yield batch
                batch = Batch()
        yield batch

    def _event(self, batch: Batch, at: int, *, planned: int | None) -> None:
        source, topic, mapping, touchpoint = self._dice.choice(self._routes)
        event_id = make_id("evt", at, self._dice.getrandbits(80))
        guest = f"customer-{self._dice.randrange(self._people)}@example.com"
        order = f"{source[:2].upper()}-{len(batch.events)}-{self._dice.randrange(10**9)}"
        contact = digest(self._key, guest)
        marks = [("contact", contact), ("order", digest(self._key, order))]
        body = json.dumps({"id": order, "email": guest, "note": "x" * 200}).encode() if self._keeps(at) else None
        batch.events.append(
            (event_id, source, topic, order, "shop", at, None, at + 35 * _DAY, self._config, 280)
            + (json.dumps([[kind, mark.hex()] for kind, mark in marks]),)
            + ((None, None, None) if body is None else ("", '{"content-type":"application/json"}', body))
        )
        batch.marks += [(mark, event_id, kind) for kind, mark in marks]
        if at > self._now - 35 * _DAY:
            batch.dedupe.append((source, "shop", order, event_id, contact, at + 35 * _DAY))
        delivery_id = make_id("dlv", at, self._dice.getrandbits(80))
        self._decide(batch, (event_id, mapping, delivery_id), source_day(source, at), is_planned=planned is not None)
        if planned is not None:
            place = (delivery_id, event_id, source, mapping, at // _DAY, touchpoint, contact, order)
            self._delivery(batch, place, at, left=self._number - planned)

    def _keeps(self, at: int) -> bool:
        return at > self._now - _KEPT

    def _decide(self, batch: Batch, ids: tuple[str, str, str], of: SourceDay, *, is_planned: bool) -> None:
        event_id, mapping, delivery_id = ids
        verdict, reason = "planned", ""
        if not is_planned:
            verdict, reason = self._dice.choices(_NOTHING, (299, 1))[0]
        batch.decisions.append((event_id, mapping, 0, verdict, delivery_id if is_planned else None, reason))
        counted = ["events.accepted", "events.decided", "decisions", f"decisions.{verdict}"]
        for name in counted + ["deliveries.planned"] * is_planned:
            batch.tally.count(name, of=of)

    def _delivery(self, batch: Batch, place: tuple[Any, ...], at: int, *, left: int) -> None:
        delivery_id, _, source, _, _, touchpoint, contact, order = place
        state, reason = self._end(left)
        sent = state not in {"pending", "cancelled"}
        ended = min(at + self._dice.randrange(200, 60_000), self._now)
        due = at + self._dice.randrange(0, 7 * _DAY) if state == "pending" else at
        body = json.dumps({"email": "x@example.com", "orderId": order}) if self._keeps(at) else None
        lease_until = self._now + _HOUR if state == "sending" else None
        of = source_day(source, at)
        batch.tally.appear(touchpoint, of=of)
        if state != "pending":
            batch.tally.move(touchpoint, "pending", state, of=of)
        batch.deliveries.append(
            (
                *(*place[:6], contact, order, self._config, state, int(sent), int(sent)),
                *(lease_until, due, due, at if sent and state != "dead" else None),
                *(at, at, ended, reason, "enqueued" if state == "delivered" else "", body),
            )
        )
        batch.marks.append((contact, delivery_id, ""))
        if sent and state != "sending":
            batch.tally.count("attempts")
            status = 200 if state == "delivered" else 422 if state == "dead" else 504
            ruling = {"delivered": "delivered", "dead": "dead"}.get(state, "hold")
            batch.attempts.append((delivery_id, at, ended, status, "enqueued", ruling, reason))

    def _end(self, left: int) -> tuple[State, str]:
        """Say what became of a delivery after which so many more are made."""
        if left <= _SENDING:
            return "sending", ""
        if left <= _SENDING + _HELD:
            return "held", "the target may have taken it: the connection was closed without an answer"
        if left < self._number * _PENDING_IN_HUNDRED / 100:
            return "pending", ""
        state, _, reason = self._dice.choice(self._ends)
        return state, self._dice.choice(_REFUSALS) if state == "dead" else reason

    def _put(self, store: SqliteStore, batch: Batch) -> None:
        batch.marks.sort()
        with store.database.write() as transaction:
            connection = store.database.connection
            if batch.events:
                connection.execute(_SPAN, (batch.events[0][0][4:14],))  # its time
            connection.executemany(_EVENT, batch.events)
            connection.executemany(_DECISION, batch.decisions)
            connection.executemany(_MARK, batch.marks)
            connection.executemany(_DEDUPE, sorted(batch.dedupe))
            connection.executemany(_DELIVERY, batch.deliveries)
            connection.executemany(_ATTEMPT, batch.attempts)
            batch.tally.write(transaction)

    def _around(self, store: SqliteStore) -> None:
        """Write what lies beside the history: refused requests, hours, the last answers."""
        reasons = ("the signature does not match", "the body is not JSON")
        store.outbox.refuse(
            [
                Refused(
                    id=make_id("ref", self._now - number * 60_000, self._dice.getrandbits(80)),
                    source=self._dice.choice(ROUTES)[0],
                    status=401,
                    reason=self._dice.choice(reasons),
                    method="POST",
                    url="/hooks",
                    headers={},
                    body=b"{}",
                    received_at=self._now - number * 60_000,
                )
                for number in range(900)
            ]
        )
        for hour in range(24):
            store.controls.keep_hour(now=self._now - hour * _HOUR)
