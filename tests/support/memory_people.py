"""The memory double's registry: people, sessions, keys, links and tries over plain dicts."""

from dataclasses import replace
from typing import Any

from bridge.core.throttle import Tries, open_at, tried
from bridge.outbox.registry import MOST_SESSIONS, MOST_TRIES, Account, Invitation, Key, Session


class People:
    """What the double remembers of people."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[int, tuple[bytes, Session]] = {}
        self.keys: dict[str, tuple[bytes, Key]] = {}
        self.invitations: dict[int, tuple[bytes, Invitation]] = {}
        self.tries: dict[bytes, Tries] = {}
        self.last = 0

    def number(self) -> int:
        self.last += 1
        return self.last


class MemoryRegistry:
    def __init__(self, rows: Any) -> None:
        self._rows = rows

    @property
    def _people(self) -> People:
        people: People = self._rows.people
        return people

    def add_account(self, account: Account) -> bool:
        if account.name in self._people.accounts:
            return False
        self._people.accounts[account.name] = account
        return True

    def account(self, name: str) -> Account | None:
        return self._people.accounts.get(name)

    def accounts(self) -> list[Account]:
        return [each for _, each in sorted(self._people.accounts.items())]

    def change_account(self, name: str, **changes: Any) -> bool:
        account = self.account(name)
        if account is None:
            return False
        given = {field: value for field, value in changes.items() if value is not None}
        self._people.accounts[name] = replace(account, **given)
        return True

    def remove_account(self, name: str) -> bool:
        self.end_sessions(name)
        people = self._people
        people.invitations = {
            number: kept for number, kept in people.invitations.items() if not name or kept[1].person != name
        }
        return people.accounts.pop(name, None) is not None

    def see(self, name: str, *, now: int) -> None:
        if account := self.account(name):
            self._people.accounts[name] = replace(account, seen_at=now)

    def begin_session(self, session: Session, token: bytes) -> int:
        kept, now, number = self._people.sessions, session.created_at, self._people.number()
        for old in [each for each, (_, other) in kept.items() if other.expires_at <= now]:
            del kept[old]
        kept[number] = (token, replace(session, number=number))
        mine = sorted((other.used_at, each) for each, (_, other) in kept.items() if other.person == session.person)
        for _, old in mine[:-MOST_SESSIONS]:
            del kept[old]
        self.see(session.person, now=now)
        return number

    def session(self, token: bytes, *, now: int) -> tuple[Session, Account] | None:
        for kept, session in self._people.sessions.values():
            if kept == token and session.expires_at > now and (account := self.account(session.person)):
                return session, account
        return None

    def sessions(self, person: str | None, *, now: int) -> list[Session]:
        live = [
            each
            for _, each in self._people.sessions.values()
            if each.expires_at > now and person in (None, each.person)
        ]
        return sorted(live, key=lambda each: (each.used_at, each.number), reverse=True)

    def use_session(self, number: int, *, now: int, expires_at: int) -> None:
        if number in self._people.sessions:
            token, session = self._people.sessions[number]
            self._people.sessions[number] = (token, replace(session, used_at=now, expires_at=expires_at))
            self.see(session.person, now=now)

    def end_session(self, number: int) -> bool:
        return self._people.sessions.pop(number, None) is not None

    def end_sessions(self, person: str, *, but: int | None = None) -> int:
        theirs = [each for each, (_, kept) in self._people.sessions.items() if kept.person == person and each != but]
        return sum(self.end_session(each) for each in theirs)

    def add_key(self, key: Key, digest: bytes) -> bool:
        if key.name in self._people.keys:
            return False
        self._people.keys[key.name] = (digest, key)
        return True

    def key(self, digest: bytes, *, now: int) -> Key | None:
        for kept, key in self._people.keys.values():
            if kept == digest and (key.expires_at is None or key.expires_at > now):
                return key
        return None

    def keys(self) -> list[Key]:
        return [key for _, (_, key) in sorted(self._people.keys.items())]

    def use_key(self, name: str, *, now: int) -> None:
        if name in self._people.keys:
            digest, key = self._people.keys[name]
            self._people.keys[name] = (digest, replace(key, used_at=now))

    def remove_key(self, name: str) -> bool:
        return self._people.keys.pop(name, None) is not None

    def invite(self, invitation: Invitation, token: bytes) -> int:
        kept, number = self._people.invitations, self._people.number()
        for old in [each for each, (_, other) in kept.items() if _gives_way(other, invitation)]:
            del kept[old]
        kept[number] = (token, replace(invitation, number=number))
        return number

    def invitation(self, token: bytes, *, now: int) -> Invitation | None:
        live = [each for kept, each in self._people.invitations.values() if kept == token and each.expires_at > now]
        return live[0] if live else None

    def invitations(self, *, now: int) -> list[Invitation]:
        return [each for _, each in reversed(self._people.invitations.values()) if each.expires_at > now]

    def withdraw(self, number: int) -> bool:
        return self._people.invitations.pop(number, None) is not None

    def try_sign_in(self, subjects: Any, *, now: int) -> tuple[int, dict[bytes, Tries]]:
        kept = self._people.tries
        before = {each: kept.get(each, Tries()) for each in subjects}
        until = max(open_at(tries, subjects[each]) for each, tries in before.items())
        if until > now:
            return until, before
        after = {each: tried(tries, subjects[each], now) for each, tries in before.items()}
        kept.update(after)
        for each, _ in sorted(kept.items(), key=lambda item: item[1].last_at)[:-MOST_TRIES]:
            del kept[each]
        return 0, after

    def forget_tries(self, subject: bytes, *, forgive: bytes) -> None:
        tries = self._people.tries
        tries.pop(subject, None)
        if forgive in tries:
            tries[forgive] = replace(tries[forgive], count=max(tries[forgive].count - 1, 0))


def _gives_way(old: Invitation, new: Invitation) -> bool:
    if old.expires_at <= new.created_at:
        return True
    return old.kind == new.kind and (old.kind == "first" or old.person == new.person != "")
