"""The store on SQLite: the protocols' verbs, each wrapped in one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in protocol

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.core.configuration import Ambiguous
from bridge.core.drift import Attribute
from bridge.core.inquiry import Finished, Inquiry, Postponed
from bridge.core.model import Accepted, Cap, Entry, Event, Intake, Refused, State
from bridge.core.outcome import Settled
from bridge.outbox import (
    accepting,
    auditing,
    claiming,
    counting,
    hourly,
    journal,
    lookups,
    operating,
    overviewing,
    paging,
    previewing,
    reading,
    sending,
    suppressing,
)
from bridge.outbox.attributes import Accepted as AcceptedAttributes, attributes
from bridge.outbox.books import Balance, Imbalance
from bridge.outbox.controls import SqliteControls
from bridge.outbox.erasures import SqliteErasures
from bridge.outbox.figures import Count, Counted, HourBegun, Overview, Page
from bridge.outbox.migrate import migrate, require_current
from bridge.outbox.people import SqliteRegistry
from bridge.outbox.previews import Share, Subject
from bridge.outbox.protocol import (
    Action,
    Circuit,
    Claimed,
    Filter,
    Paused,
    Row,
    Suppression,
)
from bridge.outbox.replays import SqliteReplays
from bridge.outbox.sqlite import Database, require_existing
from bridge.outbox.standings import SqliteStandings, note as note_standings
from bridge.outbox.statements import reading as reading_sql
from bridge.outbox.strongbox import SqliteStrongbox


@dataclass(frozen=True, slots=True)
class SqliteOutbox:
    """See `protocol.Outbox`."""

    database: Database
    accepted: AcceptedAttributes = field(default_factory=AcceptedAttributes)

    def accept(self, intakes: Sequence[Intake]) -> list[Accepted]:
        with self.database.write() as transaction:
            return accepting.accept(transaction, intakes)

    def refuse(self, refusals: Sequence[Refused]) -> None:
        with self.database.write() as transaction:
            accepting.refuse(transaction, refusals)

    def claim(self, *, now: int, lease_until: int, free: Mapping[str, int], caps: Mapping[str, Cap]) -> Claimed:
        with self.database.write() as transaction:
            return claiming.claim(transaction, now=now, lease_until=lease_until, free=free, caps=caps)

    def settle(self, results: Sequence[Settled], *, now: int) -> list[bool]:
        with self.database.write() as transaction:
            held = sending.settle(transaction, results, now=now)
            fresh = self.accepted.note(transaction, results, held, now=now)
            note_standings(transaction, results, held)
        self.accepted.remember(fresh)
        return held

    def recover(
        self, *, now: int, everything: bool, ambiguous: Mapping[str, Ambiguous], under_way: Collection[str] = ()
    ) -> int:
        with self.database.write() as transaction:
            return sending.recover(
                transaction, now=now, everything=everything, ambiguous=ambiguous, under_way=under_way
            )

    def park(self, *, touchpoints: Sequence[str], now: int) -> int:
        with self.database.write() as transaction:
            return sending.park(transaction, touchpoints=touchpoints, now=now)

    def next_due(self, *, now: int) -> int | None:
        with self.database.read() as transaction:
            return sending.next_due(transaction, now=now)

    def note_circuit(self, touchpoint: str, circuit: Circuit | None) -> None:
        with self.database.write() as transaction:
            sending.note_circuit(transaction, touchpoint, circuit)

    def claim_lookups(self, *, now: int, lease_until: int, free: Mapping[str, int]) -> list[Inquiry]:
        with self.database.write() as transaction:
            return lookups.claim(transaction, now=now, lease_until=lease_until, free=free)

    def finish_lookups(self, results: Sequence[Finished], *, now: int) -> list[bool]:
        with self.database.write() as transaction:
            return lookups.finish(transaction, results, now=now)

    def postpone_lookups(self, results: Sequence[Postponed], *, now: int) -> list[bool]:
        with self.database.write() as transaction:
            return lookups.postpone(transaction, results, now=now)

    def recover_lookups(self, *, now: int, everything: bool) -> int:
        with self.database.write() as transaction:
            return lookups.recover(transaction, now=now, everything=everything)

    def forgive_lookups(self, source: str, *, now: int) -> bool:
        with self.database.write() as transaction:
            return lookups.forgive(transaction, source, now=now)

    def next_lookup_due(self, *, sources: Sequence[str], now: int) -> int | None:
        with self.database.read() as transaction:
            return lookups.next_due(transaction, sources=sources, now=now)


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


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """An open store on one connection; see `protocol.Store`."""

    outbox: SqliteOutbox
    ledger: SqliteLedger
    controls: SqliteControls
    strongbox: SqliteStrongbox
    replays: SqliteReplays
    erasures: SqliteErasures
    registry: SqliteRegistry
    standings: SqliteStandings
    database: Database

    def changed(self) -> bool:
        return self.database.changed()

    def together(self) -> AbstractContextManager[None]:
        return self.database.together()

    def close(self) -> None:
        self.database.close()


def open_store(path: Path, *, create: bool, checkpoints: bool = False, reads_only: bool = False) -> SqliteStore:
    """Open the database; with `create` it is made and its schema brought up to date first.

    `checkpoints` is for the one writer of a running bridge; commands beside it leave the log alone. Raises
    ConfigInvalid where there is no database, or not with this program's schema, and StoreUnavailable or StoreBroken.
    """
    if not create:
        require_existing(path)
    database = Database(path, create=create, checkpoints=checkpoints, reads_only=reads_only)
    try:
        if create:
            migrate(database)
        else:
            require_current(database)
    except BaseException:
        database.close()
        raise
    return SqliteStore(
        SqliteOutbox(database),
        SqliteLedger(database),
        SqliteControls(database),
        SqliteStrongbox(database),
        SqliteReplays(database),
        SqliteErasures(database),
        SqliteRegistry(database),
        SqliteStandings(database),
        database,
    )
