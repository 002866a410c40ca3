"""What is promised about erasing a person's data, and the promise on SQLite."""

# ruff: noqa: D102 - each verb is described where it is promised, in the protocol

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bridge.core.model import Mark
from bridge.core.traces import Traces
from bridge.outbox.books import Place
from bridge.outbox.sqlite import Database
from bridge.outbox.statements import erasing as sql
from bridge.outbox.terms import Row

ErasureState = Literal["erased", "done"]


@dataclass(frozen=True, slots=True)
class Search:
    """Whose data is erased: the keyed hash of an address or number, and how it may stand in a text.

    `spare` is the event that asks for it, which goes last.
    """

    mark: bytes
    traces: Traces = field(repr=False)
    spare: str = ""


@dataclass(frozen=True, slots=True)
class Erased:
    """What a chunk of erasing emptied or let go, by kind and id, and where the next chunk goes on; None at the end.

    `in_flight` are ids of deliveries and of events whose lookup is being made: they are left for the next time.
    """

    rows: frozenset[tuple[str, str]]
    in_flight: frozenset[str] = frozenset()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure on record. `event_id` is the event that asked for it, empty where a person did (`who`)."""

    number: int
    event_id: str
    who: str
    asked_at: int
    state: ErasureState
    ended_at: int | None
    counts: Mapping[str, int]


class Erasures(Protocol):
    """Erasing, and what is on record of it: never whose data it was."""

    def erase(self, search: Search, *, now: int, limit: int, place: Place | None = None, trial: bool = False) -> Erased:
        """Erase one chunk, which looks at about `limit` rows; with `trial` only say what would be.

        The first chunk has no place. The books stay balanced: rows are emptied, what waits is cancelled.
        """

    def record(self, *, event_id: str, who: str, now: int, counts: Mapping[str, int]) -> int:
        """Put an erasure on record, and let go of the payload of the event that asked; gives its number."""

    def requests(self, mark: Mark, *, limit: int) -> list[str]:
        """Give the events with this mark, oldest first, that have their payload and that nobody carried out."""

    def open(self) -> list[Erasure]:
        """Give the erasures after which the file was not rebuilt yet."""

    def erasures(self, *, limit: int) -> list[Erasure]:
        """Give the newest erasures."""

    def done(self, *, upto: int, now: int) -> None:
        """Note that the file was rebuilt after the erasure of this number."""

    def rebuild(self) -> None:
        """Write the whole file anew, without what was left in unused parts of pages; nobody can write meanwhile."""

    def empty_log(self) -> bool:
        """Write the log into the file and cut it to nothing; False where somebody reads. Only for who checkpoints."""


@dataclass(frozen=True, slots=True)
class SqliteErasures:
    """See `Erasures`."""

    database: Database

    def erase(self, search: Search, *, now: int, limit: int, place: Place | None = None, trial: bool = False) -> Erased:
        from bridge.outbox.erasing import erase  # noqa: PLC0415 - it is about these values

        with self.database.trial() if trial else self.database.write() as transaction:
            return erase(transaction, search, now=now, limit=limit, place=place)

    def record(self, *, event_id: str, who: str, now: int, counts: Mapping[str, int]) -> int:
        row = {"event_id": event_id, "who": who, "asked_at": now, "counts": json.dumps(dict(counts))}
        with self.database.write() as transaction:
            if event_id:
                transaction.run(sql.EMPTY_PAYLOAD, {"id": event_id})
            number: int = transaction.rows(sql.RECORD, row)[0][0]
            return number

    def requests(self, mark: Mark, *, limit: int) -> list[str]:
        wanted = {"mark": mark.digest, "kind": mark.kind, "limit": limit}
        with self.database.read() as transaction:
            return [event_id for (event_id,) in transaction.rows(sql.REQUESTS, wanted)]

    def open(self) -> list[Erasure]:
        with self.database.read() as transaction:
            return [_erasure(row) for row in transaction.records(sql.OPEN)]

    def erasures(self, *, limit: int) -> list[Erasure]:
        with self.database.read() as transaction:
            return [_erasure(row) for row in transaction.records(sql.LATEST, {"limit": limit})]

    def done(self, *, upto: int, now: int) -> None:
        with self.database.write() as transaction:
            transaction.run(sql.DONE, {"upto": upto, "now": now})

    def rebuild(self) -> None:
        self.database.rebuild()

    def empty_log(self) -> bool:
        return self.database.empty_log()


def _erasure(row: Row) -> Erasure:
    return Erasure(**row | {"counts": json.loads(row["counts"])})
