"""The registry on SQLite: the verbs of `registry.Registry`, each one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in registry

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bridge.core.throttle import Allowance, Tries, open_at, tried
from bridge.outbox.registry import MOST_SESSIONS, MOST_TRIES, Account, Invitation, Key, Role, Session
from bridge.outbox.sqlite import Database, Transaction
from bridge.outbox.statements import registry as sql


@dataclass(frozen=True, slots=True)
class SqliteRegistry:
    """See `registry.Registry`."""

    database: Database

    def add_account(self, account: Account) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.ADD_ACCOUNT, asdict(account)))

    def account(self, name: str) -> Account | None:
        with self.database.read() as transaction:
            return _account(transaction, name)

    def accounts(self) -> list[Account]:
        with self.database.read() as transaction:
            return [Account(*row) for row in transaction.rows(sql.ACCOUNTS)]

    def change_account(
        self, name: str, *, role: Role | None = None, password: str | None = None, zone: str | None = None
    ) -> bool:
        row = {"name": name, "role": role, "password": password, "zone": zone}
        with self.database.write() as transaction:
            return bool(transaction.run(sql.CHANGE_ACCOUNT, row))

    def remove_account(self, name: str) -> bool:
        with self.database.write() as transaction:
            transaction.run(sql.REMOVE_SESSIONS_OF, {"name": name})
            transaction.run(sql.REMOVE_INVITATIONS_OF, {"name": name})
            return bool(transaction.run(sql.REMOVE_ACCOUNT, {"name": name}))

    def see(self, name: str, *, now: int) -> None:
        with self.database.write() as transaction:
            transaction.run(sql.SEE, {"name": name, "now": now})

    def begin_session(self, session: Session, token: bytes) -> int:
        with self.database.write() as transaction:
            transaction.run(sql.END_EXPIRED, {"now": session.created_at})
            [(number,)] = transaction.rows(sql.BEGIN_SESSION, _without_number(asdict(session)) | {"token": token})
            transaction.run(sql.END_TOO_MANY, {"person": session.person, "most": MOST_SESSIONS})
            transaction.run(sql.SEE, {"name": session.person, "now": session.created_at})
            return int(number)

    def session(self, token: bytes, *, now: int) -> tuple[Session, Account] | None:
        with self.database.read() as transaction:
            rows = transaction.rows(sql.SESSION, {"token": token, "now": now})
            account = _account(transaction, rows[0][0]) if rows else None
        return (Session(*rows[0]), account) if account else None

    def sessions(self, person: str | None, *, now: int) -> list[Session]:
        with self.database.read() as transaction:
            return [Session(*row) for row in transaction.rows(sql.SESSIONS, {"person": person, "now": now})]

    def use_session(self, number: int, *, now: int, expires_at: int) -> None:
        with self.database.write() as transaction:
            row = {"number": number, "now": now, "expires_at": expires_at}
            for (person,) in transaction.rows(sql.USE_SESSION, row):
                transaction.run(sql.SEE, {"name": person, "now": now})

    def end_session(self, number: int) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.END_SESSION, {"number": number}))

    def end_sessions(self, person: str, *, but: int | None = None) -> int:
        with self.database.write() as transaction:
            return transaction.run(sql.END_SESSIONS, {"person": person, "but": 0 if but is None else but})

    def add_key(self, key: Key, digest: bytes) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.ADD_KEY, asdict(key) | {"digest": digest}))

    def key(self, digest: bytes, *, now: int) -> Key | None:
        with self.database.read() as transaction:
            rows = transaction.rows(sql.KEY, {"digest": digest, "now": now})
        return Key(*rows[0]) if rows else None

    def keys(self) -> list[Key]:
        with self.database.read() as transaction:
            return [Key(*row) for row in transaction.rows(sql.KEYS)]

    def use_key(self, name: str, *, now: int) -> None:
        with self.database.write() as transaction:
            transaction.run(sql.USE_KEY, {"name": name, "now": now})

    def remove_key(self, name: str) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.REMOVE_KEY, {"name": name}))

    def invite(self, invitation: Invitation, token: bytes) -> int:
        row = _without_number(asdict(invitation)) | {"token": token}
        replaced = {"now": invitation.created_at, "kind": invitation.kind, "person": invitation.person}
        with self.database.write() as transaction:
            transaction.run(sql.REPLACE_INVITATION, replaced)
            [(number,)] = transaction.rows(sql.INVITE, row)
            return int(number)

    def invitation(self, token: bytes, *, now: int) -> Invitation | None:
        with self.database.read() as transaction:
            rows = transaction.rows(sql.INVITATION, {"token": token, "now": now})
        return Invitation(*rows[0]) if rows else None

    def invitations(self, *, now: int) -> list[Invitation]:
        with self.database.read() as transaction:
            return [Invitation(*row) for row in transaction.rows(sql.INVITATIONS, {"now": now})]

    def withdraw(self, number: int) -> bool:
        with self.database.write() as transaction:
            return bool(transaction.run(sql.WITHDRAW, {"number": number}))

    def try_sign_in(self, subjects: Mapping[bytes, Allowance], *, now: int) -> tuple[int, dict[bytes, Tries]]:
        with self.database.write() as transaction:
            before = {subject: _tries(transaction, subject) for subject in subjects}
            until = max(open_at(tries, subjects[subject]) for subject, tries in before.items())
            if until > now:
                return until, before
            after = {subject: tried(tries, subjects[subject], now) for subject, tries in before.items()}
            rows = [{"subject": each, "tries": new.count, "last_at": new.last_at} for each, new in after.items()]
            transaction.run_many(sql.COUNT_TRY, rows)
            forgotten = max(allowance.forgotten for allowance in subjects.values())
            transaction.run(sql.FORGET_OLD_TRIES, {"before": now - forgotten})
            transaction.run(sql.FORGET_OLDEST_TRIES, {"most": MOST_TRIES})
            return 0, after

    def forget_tries(self, subject: bytes, *, forgive: bytes) -> None:
        with self.database.write() as transaction:
            transaction.run(sql.FORGET_TRIES, {"subject": subject})
            transaction.run(sql.FORGIVE_TRY, {"subject": forgive})


def _account(transaction: Transaction, name: str) -> Account | None:
    rows = transaction.rows(sql.ACCOUNT, {"name": name})
    return Account(*rows[0]) if rows else None


def _tries(transaction: Transaction, subject: bytes) -> Tries:
    rows = transaction.rows(sql.TRIES, {"subject": subject})
    return Tries(*rows[0]) if rows else Tries()


def _without_number(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "number"}
