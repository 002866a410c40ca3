"""What commands and the console read, on SQLite: the verbs of `protocol.Ledger`, each wrapped in one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in protocol

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bridge.core.drift import Attribute
from bridge.core.model import Entry, Event, Refused, State
from bridge.outbox import (
    auditing,
    counting,
    hourly,
    journal,
    lookups,
    operating,
    overviewing,
    paging,
    previewing,
    reading,
    suppressing,
)
from bridge.outbox.attributes import attributes
from bridge.outbox.books import Balance, Imbalance
from bridge.outbox.figures import Count, Counted, HourBegun, Overview, Page
from bridge.outbox.previews import Share, Subject
from bridge.outbox.sqlite import Database
from bridge.outbox.statements import reading as reading_sql
from bridge.outbox.terms import Action, Circuit, Filter, Paused, Row, Suppression


@dataclass(frozen=True, slots=True)
class SqliteLedger:
    """See `protocol.Ledger`."""

    database: Database

    def events(self, wanted: Filter, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return reading.events(transaction, wanted, limit=limit)

    def event(self, event_id: str) -> Row | None:
        with self.database.read() as transaction:
            return reading.event(transaction, event_id)

    def entry(self, event_id: str) -> Entry | None:
        with self.database.read() as transaction:
            return reading.entry(transaction, event_id)

    def stored(self, wanted: Filter, *, limit: int) -> list[Event]:
        with self.database.read() as transaction:
            return reading.stored(transaction, wanted, limit=limit)

    def decisions(self, event_id: str) -> list[Row]:
        with self.database.read() as transaction:
            return transaction.records(reading_sql.DECISIONS, {"event_id": event_id})

    def lookup(self, event_id: str) -> Row | None:
        with self.database.read() as transaction:
            return lookups.lookup(transaction, event_id)

    def lookup_queues(self) -> dict[str, Row]:
        with self.database.read() as transaction:
            return lookups.queues(transaction)

    def deliveries(self, wanted: Filter, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return reading.deliveries(transaction, wanted, limit=limit)

    def delivery(self, delivery_id: str) -> Row | None:
        with self.database.read() as transaction:
            return reading.delivery(transaction, delivery_id)

    def attempts(self, delivery_id: str) -> list[Row]:
        with self.database.read() as transaction:
            return transaction.records(reading_sql.ATTEMPTS, {"delivery_id": delivery_id})

    def refused(self, wanted: Filter, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return reading.refused(transaction, wanted, limit=limit)

    def refusal(self, refused_id: str) -> Refused | None:
        with self.database.read() as transaction:
            return reading.refusal(transaction, refused_id)

    def find(self, mark: bytes, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return transaction.records(reading_sql.FIND, {"digest": mark, "limit": limit})

    def known(self, marks: Sequence[bytes]) -> set[bytes]:
        with self.database.read() as transaction:
            return reading.known(transaction, marks)

    def still_refused(self) -> int:
        with self.database.read() as transaction:
            number: int = transaction.rows(reading_sql.STILL_REFUSED)[0][0]
            return number

    def counters(self) -> dict[str, int]:
        with self.database.read() as transaction:
            return dict(transaction.rows(reading_sql.COUNTERS))

    def audit(self) -> list[Imbalance]:
        return list(self.balance().imbalances)

    def balance(self, *, source: str | None = None, since: int | None = None) -> Balance:
        with self.database.read() as transaction:
            return auditing.balance(transaction, source=source, since=since)

    def pauses(self) -> list[Paused]:
        with self.database.read() as transaction:
            return operating.pauses(transaction)

    def circuits(self) -> list[Circuit]:
        with self.database.read() as transaction:
            return [Circuit(*row) for row in transaction.rows(reading_sql.CIRCUITS)]

    def suppression(self, contact: bytes) -> Suppression | None:
        with self.database.read() as transaction:
            return suppressing.suppression(transaction, contact)

    def suppressions(self, *, limit: int, before: tuple[int, bytes] | None = None) -> list[Suppression]:
        with self.database.read() as transaction:
            return suppressing.suppressions(transaction, limit=limit, before=before)

    def actions(
        self,
        *,
        limit: int,
        before: int | None = None,
        who: str | None = None,
        verb: str | None = None,
        since: int | None = None,
    ) -> list[Action]:
        with self.database.read() as transaction:
            return journal.actions(transaction, limit=limit, before=before, who=who, verb=verb, since=since)

    def actors(self) -> tuple[list[str], list[str]]:
        with self.database.read() as transaction:
            return journal.actors(transaction)

    def attributes(self, touchpoint: str | None = None) -> list[Attribute]:
        with self.database.read() as transaction:
            return attributes(transaction, touchpoint)

    def page(self, what: Counted, wanted: Filter, *, limit: int) -> Page:
        with self.database.read() as transaction:
            return paging.page(transaction, what, wanted, limit=limit)

    def count(self, what: Counted, wanted: Filter) -> Count:
        with self.database.read() as transaction:
            return counting.count(transaction, what, wanted)

    def subjects(self, ids: Sequence[str]) -> dict[str, Subject]:
        with self.database.read() as transaction:
            return previewing.subjects(transaction, ids)

    def replays_of(self, delivery_id: str, *, limit: int) -> list[Row]:
        with self.database.read() as transaction:
            return reading.replays_of(transaction, delivery_id, limit=limit)

    def shares(self, wanted: Filter, states: Collection[State]) -> list[Share]:
        with self.database.read() as transaction:
            return previewing.shares(transaction, wanted, states)

    def hours(self, *, since: int, until: int) -> list[HourBegun]:
        with self.database.read() as transaction:
            return hourly.hours(transaction, since=since, until=until)

    def overview(self, *, now: int, due_by: Sequence[int]) -> Overview:
        with self.database.read() as transaction:
            return overviewing.overview(transaction, now=now, due_by=due_by)

    def touchpoint_totals(self) -> dict[str, dict[State, int]]:
        with self.database.read() as transaction:
            return reading.touchpoint_totals(transaction)
