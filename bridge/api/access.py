"""Who asks: the person of a session, an API key, or a proxy that has signed them in."""

from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request

from bridge.api.cookies import session_token
from bridge.api.crossing import foreign
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.api.proxies import Proxies
from bridge.app.passwords import Passwords
from bridge.app.people import digest_of
from bridge.core.errors import StoreUnavailable
from bridge.outbox.protocol import Store
from bridge.outbox.registry import SEEN_EVERY, Account, Session

IDLE = 12 * 3_600_000  # ms after which an unused session ends
LONGEST = 30 * 24 * 3_600_000  # ms after which any session ends
_LONGEST_TOKEN = 200


class StoredAccess:
    """Finds who asks in the store; see `guard.Access`."""

    def __init__(self, office: Office, passwords: Passwords | None = None) -> None:
        self._office = office
        self.passwords = passwords or Passwords()
        self.proxies = Proxies(office.settings.proxy_from, office.settings.proxy_header)

    async def person(self, request: Request) -> Person | None:
        """Give the person; a key that is given decides alone, so that a wrong one is noticed."""
        if (key := _bearer(request)) is not None:
            return await self._by_key(key)
        if (name := self.proxies.person(request)) is not None:
            return await self._by_proxy(name)
        return await self._by_session(request)

    def foreign(self, request: Request, person: Person | None) -> str:
        """Say why the request is not the person's own wish; who holds a key put it into the request themselves."""
        if person is not None and person.via == "key":
            return ""
        return foreign(request.headers, ambient=person is not None)

    async def _by_key(self, text: str) -> Person | None:
        now = self._office.now()
        key = await self._office.read(lambda store: store.registry.key(digest_of(text), now=now))
        if key is None:
            return None
        if key.used_at is None or now - key.used_at >= SEEN_EVERY:
            await self._note(lambda store: store.registry.use_key(key.name, now=now))
        return Person(f"key:{key.name}", key.role, "key")

    async def _by_proxy(self, name: str) -> Person | None:
        now = self._office.now()
        account = await self._office.read(lambda store: store.registry.account(name))
        if account is None:
            return None
        if account.seen_at is None or now - account.seen_at >= SEEN_EVERY:
            await self._note(lambda store: store.registry.see(name, now=now))
        return Person(account.name, account.role, "proxy", account.zone)

    async def _by_session(self, request: Request) -> Person | None:
        token = session_token(request)
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        now = self._office.now()
        found = await self._office.read(lambda store: store.registry.session(digest_of(token), now=now))
        if found is None:
            return None
        session, account = found
        request.scope["session"] = session
        if now - session.used_at >= SEEN_EVERY:
            until = last_moment(session.created_at, now)
            await self._note(lambda store: store.registry.use_session(session.number, now=now, expires_at=until))
        return _signed_in(account)

    async def _note(self, work: Callable[[Store], None]) -> None:
        with suppress(StoreUnavailable):  # a full disk keeps nobody from reading
            await self._office.write(work)


def last_moment(begun: int, now: int) -> int:
    """Give the time at which a session that began then, and is used now, ends if it is not used again."""
    return min(begun + LONGEST, now + IDLE)


def session_of(request: Request) -> Session | None:
    """Give the session in which the request was made, None for keys and proxies."""
    session: Session | None = request.scope.get("session")
    return session


def _signed_in(account: Account) -> Person:
    return Person(account.name, account.role, "session", account.zone)


def _bearer(request: Request) -> str | None:
    """Give the API key; None where none is given. Another scheme than Bearer is a proxy's own affair."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip()[:_LONGEST_TOKEN] if scheme.lower() == "bearer" else None
