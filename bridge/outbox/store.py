"""The store on SQLite: the protocols' verbs, each wrapped in one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in protocol

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.core.configuration import Ambiguous
from bridge.core.inquiry import Finished, Inquiry, Postponed
from bridge.core.model import Accepted, Cap, Intake, Refused
from bridge.core.outcome import Settled
from bridge.outbox import (
    accepting,
    claiming,
    lookups,
    sending,
)
from bridge.outbox.attributes import Accepted as AcceptedAttributes
from bridge.outbox.controls import SqliteControls
from bridge.outbox.erasures import SqliteErasures
from bridge.outbox.ledger import SqliteLedger
from bridge.outbox.migrate import migrate, require_current
from bridge.outbox.people import SqliteRegistry
from bridge.outbox.replays import SqliteReplays
from bridge.outbox.sqlite import Database, require_existing
from bridge.outbox.standings import SqliteStandings, note as note_standings
from bridge.outbox.strongbox import SqliteStrongbox
from bridge.outbox.terms import Circuit, Claimed


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
