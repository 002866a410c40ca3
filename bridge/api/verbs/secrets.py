"""Storing and removing secrets, and what is known of them. No value ever comes back from here."""

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.app import stored_secrets as app
from bridge.core.errors import ConfigInvalid
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Paused, Row


async def rows(office: Office) -> list[Row]:
    """Give the secrets that are stored or needed, by name. Raises StoreUnavailable."""
    catalog = office.in_force.catalog
    return await office.read(lambda store: app.secret_rows(store, catalog))


async def row(office: Office, name: str) -> Row:
    """Give one of them. Raises Declined for one that is neither stored nor needed."""
    catalog = office.in_force.catalog
    found = await office.read(lambda store: app.secret_rows(store, catalog, only=[name]))
    if not found:
        raise not_found("secret of that name", "see the list of secrets")
    return found[0]


async def store(office: Office, person: Person, *, name: str, value: str) -> list[str]:
    """Store a secret and use it from now on; gives the touchpoints that go on with it.

    Those are the ones that the target had refused. Raises Declined for what cannot be a name or a secret.
    """
    now = office.now()

    def work(store: Store) -> list[Paused]:
        app.store_secret(store, office.settings, name=name, text=value, who=person.name, now=now)
        return store.ledger.pauses()

    try:
        before = await office.write(work)
        await office.refresh()
    except ConfigInvalid as error:
        raise invalid("; ".join(str(problem) for problem in error.problems)) from None
    after = await office.write(lambda store: store.ledger.pauses())  # which wakes the courier again
    return [paused.name for paused in before if paused.scope == "touchpoint" and paused not in after]


async def remove(office: Office, person: Person, *, name: str) -> None:
    """Forget a secret: what needs it waits until it is stored again. Raises Declined where there is none."""
    now = office.now()
    try:
        removed = await office.write(
            lambda store: app.remove_secret(store, office.settings, name=name, who=person.name, now=now)
        )
        await office.refresh()
    except ConfigInvalid as error:
        raise Declined(409, "; ".join(str(problem) for problem in error.problems)) from None
    if not removed:
        raise not_found("secret of that name", "see the list of secrets")
