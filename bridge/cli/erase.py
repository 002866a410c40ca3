"""`erase`: a person's data, removed everywhere."""

import sys
import time
from contextlib import ExitStack

import click

from bridge.app.clock import now
from bridge.app.erasing import Erasing, searching
from bridge.app.prepare import locked, open_vault
from bridge.cli.driving import person
from bridge.cli.journal import note
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.errors import ConfigInvalid, StoreUnavailable
from bridge.outbox.erasures import Search
from bridge.outbox.store import SqliteStore, open_store
from bridge.settings import Settings

_BREATH = 0.02  # seconds between two chunks, in which a running bridge writes
_SETTLING = 60  # seconds for which requests on their way are waited for
_REBUILDING = 600  # seconds for which the running bridge's rebuilding of the file is waited for
_PAUSE = 0.5  # seconds between two looks
_NAMES = {
    "events": "events",
    "deliveries": "deliveries",
    "lookups": "lookups",
    "refused": "refused requests",
    "suppressions": "entries of those who are not asked",
    "keys": "keys",
    "replays": "replays",
}


@click.command("erase", epilog="Examples: bridge erase anna@example.com --dry-run; bridge erase +4915123456789 --yes")
@click.argument("contact")
@click.option("--dry-run", is_flag=True, help="only count what would be erased")
@click.option("--yes", is_flag=True, help="do not ask for confirmation")
@json_flag
@settings_flags(*STORE_SETTINGS)
def erase_command(settings: Settings, *, contact: str, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Erase what is stored about an address or number. This cannot be undone.

    Whatever holds it as text is emptied, what waits is cancelled; counts and history stay, so that the books balance.
    At the end the database file is written anew, so that no stale copy stays in it: 5 seconds or so for each GiB,
    in which nothing else is written: a running bridge lets senders wait or try again. That needs twice the size of the
    database as free disk. Backups are yours to delete. Exit status 1 if nothing was found, or not all was erased.
    """
    with opened(settings) as store:
        search = searching(open_vault(store, settings).index_key(now=now()), contact)
        if search.traces.pattern is None:
            click.echo("It is too short to be looked for as text; only what is indexed under it is found.", err=True)
        found = _walked(store, Erasing(search, trial=True))
    if dry_run or not (found.rows or found.in_flight):
        _say("Would erase", found, as_json=as_json, dry_run=True)
        return 0 if found.rows or found.in_flight else 1
    click.echo(f"Found: {_listed(found.counts)}.", err=True)
    if not yes and not _agreed():
        return 130
    erasing = _carried_out(settings, search)
    _say("Erased", erasing, as_json=as_json, dry_run=False)
    return 1 if erasing.in_flight else 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Add --yes to go on without being asked, or --dry-run to see only how much there is.")
    return click.confirm("Erase it? This cannot be undone.", err=True)


def _carried_out(settings: Settings, search: Search) -> Erasing:
    with ExitStack() as stack:
        is_alone = True
        try:
            stack.enter_context(locked(settings.data))
        except ConfigInvalid:
            is_alone = False  # a bridge is running: it alone may rebuild the file
        store = open_store(settings.database_path, create=False, checkpoints=is_alone)
        stack.callback(store.close)
        erasing = _settled(store, Erasing(search), patience=0 if is_alone else _SETTLING)
        number = _recorded(store, erasing.counts)
        if is_alone:
            _rebuild(store, number)
        else:
            _wait_for_rebuilding(store, number)
    return erasing


def _recorded(store: SqliteStore, counts: dict[str, int]) -> int:
    """Put on record that something was erased, and how much; never whose it was."""
    with store.together():
        number = store.erasures.record(event_id="", who=person(), now=now(), counts=counts)
        note(store, "erase", f"erasure {number}", ", ".join(f"{kind}: {count}" for kind, count in counts.items()))
    return number


def _walked(store: SqliteStore, erasing: Erasing) -> Erasing:
    while erasing.step(store):
        time.sleep(_BREATH)
    return erasing


def _settled(store: SqliteStore, erasing: Erasing, *, patience: float) -> Erasing:
    """Erase until nothing is in flight any more, or the patience is at its end."""
    until = time.monotonic() + patience
    while _walked(store, erasing).in_flight and time.monotonic() < until:
        time.sleep(_PAUSE)
        erasing.again()
    return erasing


def _rebuild(store: SqliteStore, number: int) -> None:
    store.erasures.rebuild()
    if not store.erasures.empty_log():
        raise StoreUnavailable("the rows are erased, but another program reads the database: run the command once more")
    store.erasures.done(upto=number, now=now())


def _wait_for_rebuilding(store: SqliteStore, number: int) -> None:
    until = time.monotonic() + _REBUILDING
    while any(each.number == number for each in store.erasures.open()):
        if time.monotonic() > until:
            click.echo(
                "The rows are erased. The running bridge has not rebuilt the file yet, and goes on trying: "
                "look for erase.postponed in its log, and for programs that read the database.",
                err=True,
            )
            return
        time.sleep(_PAUSE)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {counts[kind]}" for kind, name in _NAMES.items() if kind in counts) or "nothing yet"


def _say(verb: str, erasing: Erasing, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        print_json({"dry_run": dry_run, "counts": erasing.counts, "in_flight": sorted(erasing.in_flight)})
        return
    click.echo(f"{verb} {_listed(erasing.counts)}." if erasing.rows or erasing.in_flight else "Nothing was found.")
    if erasing.in_flight:
        listed = ", ".join(sorted(erasing.in_flight)[:20])
        click.echo(f"On its way now, so not erased yet; run the command again when it is settled: {listed}", err=True)
