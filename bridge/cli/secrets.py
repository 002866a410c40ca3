"""`bridge secrets`: write-only from here; no command ever prints a secret."""

import sys

import click

from bridge.app.clock import now
from bridge.app.prepare import create_store, open_vault
from bridge.app.stored_secrets import VERB, remove_secret as forget, store_secret
from bridge.cli.driving import person
from bridge.cli.journal import note
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing
from bridge.core.errors import ConfigInvalid
from bridge.settings import Settings
from bridge.vault import add_key, load_keyring

_EXAMPLE = 'Example: printf %s "$TOKEN" | bridge secrets set pxp-api-key'


@click.group("secrets", epilog=_EXAMPLE)
def secrets_command() -> None:
    """Store, list, remove and re-encrypt tokens and signing secrets. They are never shown."""


@secrets_command.command("set", epilog=_EXAMPLE)
@click.argument("name")
@settings_flags(*STORE_SETTINGS)
def set_secret(name: str, settings: Settings) -> None:
    """Store the secret NAME, read from standard input or asked for; one line end is dropped.

    A running bridge uses it at once, and a touchpoint that was paused because its token was refused goes on.
    """
    text = _read_secret(name)
    store = create_store(settings)
    try:
        store_secret(store, settings, name=name, text=text, who=person(), now=now())
    finally:
        store.close()
    click.echo(f"Stored {name}.")


def _read_secret(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"Secret {name}", hide_input=True, confirmation_prompt=True))
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigInvalid.because(f"the secret {name} is not UTF-8 text") from None
    return text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")


@secrets_command.command("list")
@json_flag
@settings_flags(*STORE_SETTINGS)
def list_secrets(settings: Settings, *, as_json: bool) -> None:
    """List the names of the stored secrets, when each was stored and by which master key it is sealed."""
    with opened(settings) as store:
        rows = [
            {"name": sealed.name, "stored_at": sealed.updated_at, "master_key": sealed.key_id}
            for sealed in open_vault(store, settings).stored()
        ]
    listing(rows, ("name", "stored_at", "master_key"), as_json_too=as_json, empty="No secret is stored.")


@secrets_command.command("remove")
@click.argument("name")
@settings_flags(*STORE_SETTINGS)
def remove_secret(name: str, settings: Settings) -> int:
    """Forget the secret NAME. What needs it waits until it is stored again."""
    with opened(settings) as store:
        removed = forget(store, settings, name=name, who=person(), now=now())
    click.echo(f"Removed {name}." if removed else f"There is no secret {name}.", err=not removed)
    return 0 if removed else 1


@secrets_command.command("rotate-key")
@settings_flags(*STORE_SETTINGS)
def rotate_key(settings: Settings) -> None:
    """Seal all secrets anew with a fresh master key.

    A key file gets the fresh key in its first line; older keys stay below it, for backups, until you delete them.
    With BRIDGE_KEY put the fresh key first yourself, then run this: the first key seals.
    """
    with opened(settings) as store:
        vault = open_vault(store, settings)
        ring = load_keyring(settings, may_create=True) if settings.key else add_key(settings)
        with store.together():
            vault.rotate(ring)
            note(store, VERB, "master key", f"all sealed anew with {ring.newest[0]}")
        count = len(vault.stored())  # without the bridge's own, which nobody has seen in the list
    click.echo(f"Sealed {count} {'secret' if count == 1 else 'secrets'} with the master key {ring.newest[0]}.")
