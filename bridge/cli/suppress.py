"""`bridge suppress`: who is never asked again."""

import click

from bridge.app.clock import now
from bridge.app.prepare import open_vault
from bridge.app.suppressing import cursor_of, normal, parse_cursor
from bridge.cli.driving import person
from bridge.cli.journal import note
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing
from bridge.core.contact import digest
from bridge.core.masking import masked
from bridge.outbox.store import SqliteStore
from bridge.outbox.terms import Suppression
from bridge.settings import Settings

_contact = click.argument("contact", metavar="CONTACT")
_COLUMNS = ("contact", "since", "added_by", "reason")


@click.group("suppress", epilog="Example: bridge suppress add anna@example.com --reason 'asked us to stop'")
def suppress_command() -> None:
    """Never ask somebody again; look who that is; allow it again."""


@suppress_command.command("add", epilog="Example: bridge suppress add anna@example.com --reason 'asked us to stop'")
@_contact
@click.option("--reason", default="no reason given", show_default=True, help="shown wherever somebody is not asked")
@settings_flags(*STORE_SETTINGS)
def add(contact: str, reason: str, settings: Settings) -> int:
    """Never ask this address or number again, and cancel what waits for it. Kept as a keyed hash."""
    text = _normal(contact)
    with opened(settings) as store:
        entry = Suppression(_mark(store, settings, text), masked("contact", text), reason, now(), person())
        with store.together():
            cancelled = store.controls.suppress(entry)
            if cancelled is not None:
                note(store, "suppress", entry.shown, reason)
    if cancelled is None:
        click.echo(f"{contact} was not to be asked already; the first reason stays.")
        return 0
    waited = "1 delivery that waited" if cancelled == 1 else f"{cancelled} deliveries that waited"
    click.echo(f"{contact} is not asked again; {f'cancelled {waited}' if cancelled else 'nothing waited'}.")
    return 0


@suppress_command.command("remove", epilog="Example: bridge suppress remove anna@example.com")
@_contact
@settings_flags(*STORE_SETTINGS)
def remove(contact: str, settings: Settings) -> int:
    """Allow this address or number to be asked again. What was cancelled stays so."""
    text = _normal(contact)
    with opened(settings) as store:
        mark = _mark(store, settings, text)
        with store.together():
            was_there = store.controls.unsuppress(mark)
            if was_there:
                note(store, "unsuppress", masked("contact", text))
    if not was_there:
        click.echo(f"{contact} is not on the list.", err=True)
        return 1
    click.echo(f"{contact} may be asked again, by events that come from now on.")
    return 0


@suppress_command.command("list", epilog="Example: bridge suppress list --limit 20")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
@click.option("--before", metavar="CURSOR", help="continue after this `cursor` of the last page, as --json gives it")
@json_flag
@settings_flags(*STORE_SETTINGS)
def list_suppressed(limit: int, before: str | None, settings: Settings, *, as_json: bool) -> None:
    """List who is not to be asked, the latest first. Addresses and numbers are masked: only their hashes are kept."""
    with opened(settings) as store:
        entries = store.ledger.suppressions(limit=limit, before=_place(before))
    rows = [
        {
            "contact": each.shown,
            "since": each.since,
            "added_by": each.added_by,
            "reason": each.reason,
            "cursor": cursor_of(each),
        }
        for each in entries
    ]
    listing(rows, _COLUMNS, as_json_too=as_json, empty="Nobody is on the list.")


def _place(before: str | None) -> tuple[int, bytes] | None:
    try:
        return None if before is None else parse_cursor(before)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--before") from None


def _normal(contact: str) -> str:
    """Give the address or number as those who are asked are written."""
    try:
        return normal(contact)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="CONTACT") from None


def _mark(store: SqliteStore, settings: Settings, text: str) -> bytes:
    return digest(open_vault(store, settings).index_key(now=now()), text)
