"""`bridge journal`: who changed what, and the one way in which commands put on record what they change."""

import click

from bridge.app.clock import now
from bridge.cli.driving import person
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing
from bridge.core.story import hide_others
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action
from bridge.settings import Settings

_COLUMNS = ("number", "at", "who", "verb", "about", "detail")


def note(store: Store, verb: str, about: str, detail: str = "") -> None:
    """Put on record what this command changes; within `store.together()`, so that there is both or neither.

    Addresses and numbers in what somebody wrote are masked.
    """
    store.controls.note(Action(now(), person(), verb, hide_others(about, ""), hide_others(detail, "")))


@click.command("journal", epilog="Example: bridge journal --limit 20")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
@click.option("--before", type=int, metavar="NUMBER", help="continue after this number of the last page")
@json_flag
@settings_flags(*STORE_SETTINGS)
def journal_command(limit: int, before: int | None, settings: Settings, *, as_json: bool) -> None:
    """Show who changed what, the latest first: by command (cli:ACCOUNT), in the console, or by an API key (key:NAME).

    Nothing of it is ever changed or pruned.
    """
    with opened(settings) as store:
        actions = store.ledger.actions(limit=limit, before=before)
    rows = [{name: getattr(each, name) for name in _COLUMNS} for each in actions]
    listing(rows, _COLUMNS, as_json_too=as_json, empty="Nobody has changed anything yet.")
