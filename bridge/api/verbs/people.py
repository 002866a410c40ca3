"""People, their sessions and links, and API keys."""

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person, Role
from bridge.app import people
from bridge.app.people import Change, person_name, said
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account, Invitation, Key, Session

_CONFLICT = 409


async def everybody(office: Office) -> list[Account]:
    """Give everybody who may sign in, by name."""
    return await office.read(lambda store: store.registry.accounts())


async def invite(office: Office, person: Person, *, name: str, role: Role) -> str:
    """Make a one-time link for somebody new; gives its token. `name` is `` where they choose it themselves.

    Raises Declined for a name that cannot be, or is taken.
    """
    now, name = office.now(), readable(name) if name else ""

    def work(store: Store) -> str:
        if name and store.registry.account(name):
            raise Declined(_CONFLICT, said("taken", name))
        return people.invite(store, "join", person=name, role=role, who=person.name, now=now)

    return await office.write(work)


async def invitations(office: Office) -> list[Invitation]:
    """Give the links that can be used, the latest first."""
    now = office.now()
    return await office.read(lambda store: store.registry.invitations(now=now))


async def withdraw(office: Office, person: Person, *, number: int) -> None:
    """Let a link be of no use any more. Raises Declined where it is so already."""
    now = office.now()
    if not await office.write(lambda store: people.withdraw(store, number, who=person.name, now=now)):
        raise not_found(f"link {number}", "it was used, or has expired")


async def password_link(office: Office, person: Person, *, name: str) -> str:
    """Make a one-time link by which somebody sets a new password; gives its token. Raises Declined for nobody."""
    now = office.now()

    def work(store: Store) -> str:
        account = store.registry.account(name)
        if account is None:
            raise not_found(f"person {name}")
        return people.invite(store, "password", person=name, role=account.role, who=person.name, now=now)

    return await office.write(work)


async def change_role(office: Office, person: Person, *, name: str, role: Role) -> Account:
    """Give somebody another role; gives them with it. Raises Declined for nobody, and for the last admin."""
    now = office.now()

    def work(store: Store) -> Account | None:
        require_done(people.change_role(store, name, role, who=person.name, now=now), name)
        return store.registry.account(name)

    account = await office.write(work)
    assert account is not None, "who has another role is there"
    return account


async def remove(office: Office, person: Person, *, name: str) -> None:
    """Remove somebody, and sign them out. Raises Declined for nobody, and for the last admin."""
    now = office.now()
    require_done(await office.write(lambda store: people.remove_person(store, name, who=person.name, now=now)), name)


async def sessions(office: Office, *, name: str) -> list[Session]:
    """Give the browsers in which somebody is signed in, the last used first."""
    now = office.now()
    return await office.read(lambda store: store.registry.sessions(name, now=now))


async def sign_out(office: Office, person: Person, *, name: str, but: int | None = None) -> int:
    """Sign somebody out, everywhere or but in one session; gives how many ended. Raises Declined for nobody."""
    now = office.now()

    def work(store: Store) -> int:
        if store.registry.account(name) is None:
            raise not_found(f"person {name}")
        return people.sign_out_everywhere(store, name, who=person.name, now=now, but=but)

    return await office.write(work)


async def keys(office: Office) -> list[Key]:
    """Give the API keys, by name, without themselves."""
    return await office.read(lambda store: store.registry.keys())


async def add_key(office: Office, person: Person, *, name: str, role: Role, expires_at: int | None = None) -> str:
    """Make an API key; gives it, the only time. Raises Declined for a name that cannot be, or is taken."""
    now, name = office.now(), readable(name)
    if expires_at is not None and expires_at <= now:
        raise invalid("the key would have expired already")
    changed, text = await office.write(
        lambda store: people.add_key(store, name, role, who=person.name, now=now, expires_at=expires_at)
    )
    require_done(changed, name, what="key")
    return text


async def remove_key(office: Office, person: Person, *, name: str) -> None:
    """Remove an API key. Raises Declined where there is none of that name."""
    now = office.now()
    changed = await office.write(lambda store: people.remove_key(store, name, who=person.name, now=now))
    require_done(changed, name, what="key")


def readable(name: str) -> str:
    """Give the name as it is kept. Raises Declined for one that cannot be."""
    try:
        return person_name(name)
    except ValueError as error:
        raise invalid(f"{name[:80]!r} cannot be a name: {error}") from None


def require_done(changed: Change, name: str, *, what: str = "person") -> None:
    """Raise Declined unless it was done: 404 for nobody, 409 for a taken name and the last admin."""
    if changed != "done":
        raise Declined(404 if changed == "unknown" else _CONFLICT, said(changed, name, what=what))
