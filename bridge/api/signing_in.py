"""Signing in by name and password: slow for who guesses, the same for names that do not exist."""

from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from bridge.api.access import StoredAccess, last_moment
from bridge.api.agents import agent_of
from bridge.api.errors import Declined
from bridge.api.office import Office
from bridge.app.passwords import Crowded
from bridge.app.people import digest_of, fresh_token, person_name
from bridge.core.durations import spoken_duration
from bridge.core.throttle import OF_A_NAME, OF_AN_ADDRESS, Allowance, Tries, left
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account, Session

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, and the token of the new session."""

    account: Account
    token: str


async def sign_in(office: Office, access: StoredAccess, request: Request, *, name: str, password: str) -> SignedIn:
    """Check name and password and begin a session. Raises Declined as `confirmed` does."""
    account = await confirmed(office, access, request, name=name, password=password)
    return SignedIn(account, await begin_session(office, request, account))


async def confirmed(office: Office, access: StoredAccess, request: Request, *, name: str, password: str) -> Account:
    """Check name and password; a try is counted before it is looked at, so that many at once are as slow as in turn.

    Raises Declined: 403 where they do not fit together, 429 where it must be waited, 503 where too many try at once.
    """
    now, name = office.now(), _as_kept(name)
    by_name, by_address = _subject("name", name), _subject("address", access.proxies.address(request))
    allowed = {by_name: OF_A_NAME, by_address: OF_AN_ADDRESS}
    until, tries = await office.write(lambda store: store.registry.try_sign_in(allowed, now=now))
    if until > now:
        raise Declined(429, f"Too many tries. Try again in {spoken_duration(until - now)}.")
    account = await office.read(lambda store: store.registry.account(name))
    try:
        fits = await access.passwords.fits(password, account.password if account else "")
    except Crowded as error:
        raise Declined(503, str(error)) from None
    if account is None or not fits:
        raise Declined(403, _in_vain(tries, allowed))
    await office.write(lambda store: store.registry.forget_tries(by_name, forgive=by_address))
    return account


async def begin_session(office: Office, request: Request, account: Account) -> str:
    """Begin a session with a token of its own, whatever the browser brought along; gives the token."""
    now, token, agent = office.now(), fresh_token(), agent_of(request.headers.get("user-agent", ""))
    session = Session(account.name, now, now, last_moment(now, now), agent)
    former: Session | None = request.scope.get("session")

    def begin(store: Store) -> None:
        with store.together():
            if former is not None:
                store.registry.end_session(former.number)
            store.registry.begin_session(session, digest_of(token))

    await office.write(begin)
    return token


def _as_kept(name: str) -> str:
    try:
        return person_name(name)
    except ValueError:
        return name[:_LONGEST_NAME]  # nobody has it, and it is treated like any other wrong one


def _subject(kind: str, text: str) -> bytes:
    """Give what tries are counted under: people type passwords in the place of names."""
    return sha256(f"{kind} {text}".encode("utf-8", "replace")).digest()


def _in_vain(tries: dict[bytes, Tries], allowed: dict[bytes, Allowance]) -> str:
    more = min(left(tries[subject], allowance) for subject, allowance in allowed.items())
    then = f"{more} more {'try' if more == 1 else 'tries'}, then a pause." if more else "The next try is after a pause."
    return f"Name and password do not fit together. {then}"
