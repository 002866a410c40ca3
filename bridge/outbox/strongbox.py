"""The strongbox on SQLite: sealed secrets and versions of the mapping files, each verb one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in protocol

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bridge.outbox import versions
from bridge.outbox.safekeeping import How, Sealed, Version
from bridge.outbox.sqlite import Database
from bridge.outbox.statements import strongbox as sql


@dataclass(frozen=True, slots=True)
class SqliteStrongbox:
    """See `protocol.Strongbox`."""

    database: Database

    def put_secret(self, sealed: Sealed) -> None:
        with self.database.write() as transaction:
            transaction.run(sql.PUT_SECRET, asdict(sealed))

    def remove_secret(self, name: str) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.REMOVE_SECRET, {"name": name}))

    def secrets(self) -> list[Sealed]:
        with self.database.read() as transaction:
            return [Sealed(*row) for row in transaction.rows(sql.SECRETS)]

    def keep_configuration(self, fingerprint: str, files: Mapping[str, str], *, now: int, how: How = "start") -> bool:
        with self.database.write() as transaction:
            return versions.keep(transaction, fingerprint, files, now=now, how=how)

    def last_configuration(self) -> tuple[str, dict[str, str]] | None:
        with self.database.read() as transaction:
            return versions.last(transaction)

    def configuration(self, fingerprint: str) -> dict[str, str] | None:
        with self.database.read() as transaction:
            return versions.files(transaction, fingerprint)

    def versions(self, *, limit: int) -> list[Version]:
        with self.database.read() as transaction:
            return versions.history(transaction, limit=limit)

    def fingerprints(self, beginning: str) -> list[str]:
        with self.database.read() as transaction:
            return versions.beginning_with(transaction, beginning)
