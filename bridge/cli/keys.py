"""`bridge keys`: API keys for programs."""

import click

from bridge.app import people
from bridge.app.clock import now
from bridge.app.people import said
from bridge.app.prepare import create_store
from bridge.cli.driving import person
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing
from bridge.cli.users import name_argument, role_choice
from bridge.core.durations import parse_duration
from bridge.outbox.registry import Role
from bridge.settings import Settings

_COLUMNS = ("name", "role", "used_at", "expires_at", "created_at", "created_by")
_EPILOG = """\b
Examples:
  bridge keys add ci --role viewer --expires 90d     prints the key, once
  curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8081/api/deliveries
  bridge keys remove ci"""


@click.group("keys", epilog=_EPILOG)
def keys_command() -> None:
    """Make, list and remove API keys. A key may do what its role may, and is kept only as a hash."""


@keys_command.command("add", epilog="Example: bridge keys add ci --role viewer --expires 90d")
@name_argument
@click.option("--role", type=role_choice, required=True, help="what it may do")
@click.option("--expires", metavar="DURATION", help="such as 90d; default: never")
@settings_flags(*STORE_SETTINGS)
def add(name: str, role: Role, expires: str | None, settings: Settings) -> int:
    """Make the key NAME and print it. It is shown only now."""
    until = None if expires is None else now() + _duration(expires)
    store = create_store(settings)
    try:
        change, text = people.add_key(store, name, role, who=person(), now=now(), expires_at=until)
    finally:
        store.close()
    if change != "done":
        click.echo(f"There is a key {name} already; remove it first, or choose another name.", err=True)
        return 1
    click.echo(text)
    click.echo("The key is shown only now. Send it as `Authorization: Bearer KEY`.", err=True)
    return 0


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--expires") from None


@keys_command.command("list")
@json_flag
@settings_flags(*STORE_SETTINGS)
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """List the API keys, without themselves: role, when each was used last, when it expires, who made it."""
    with opened(settings) as store:
        keys = store.registry.keys()
    rows = [{name: getattr(each, name) for name in _COLUMNS} for each in keys]
    listing(rows, _COLUMNS, as_json_too=as_json, empty="There is no API key.")


@keys_command.command("remove", epilog="Example: bridge keys remove ci")
@name_argument
@settings_flags(*STORE_SETTINGS)
def remove(name: str, settings: Settings) -> int:
    """Remove the key NAME; it opens nothing from now on."""
    with opened(settings) as store:
        change = people.remove_key(store, name, who=person(), now=now())
    message = f"Removed the key {name}." if change == "done" else f"{said(change, name, what='key').capitalize()}."
    click.echo(message, err=change != "done")
    return 0 if change == "done" else 1
