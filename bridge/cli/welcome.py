"""The first start: a one-time link for who is to be the first admin."""

import click

from bridge.app.clock import now
from bridge.app.people import first_link, link
from bridge.core.errors import BridgeError
from bridge.outbox.store import open_store
from bridge.settings import Settings


def welcome(settings: Settings, admin: str) -> None:
    """Print a link to make the first admin, where nobody may sign in yet; links of earlier starts are of no use then.

    `admin` is the address of the admin port. A bridge that cannot make a link receives and sends all the same.
    """
    try:
        store = open_store(settings.database_path, create=False)
        try:
            token = first_link(store, now=now())
        finally:
            store.close()
    except BridgeError as error:
        click.echo(f"Whether somebody may sign in to the console is not known: {error}", err=True)
        return
    if token is not None:
        click.echo("\nNobody may sign in to the console yet. Make the first admin, within 24 hours:")
        click.echo(f"  {link(admin, token)}\n")
