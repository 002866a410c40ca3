"""`prune`: the retention, applied now."""

import time
from collections.abc import Mapping

import click

from bridge.app.clock import now
from bridge.app.sweeping import Sweep, bounds
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_BREATH = 0.02  # seconds between two chunks, in which a running bridge writes
_SHOWN_EVERY = 2_000  # ms between two lines of progress
_NAMES = {
    "payloads": "payloads",
    "events": "events with their history",
    "refused": "refused requests",
    "ids": "ids against duplicates",
    "keys": "keys of requests that are made once",
    "tombstones": "cancellations in advance",
    "replays": "replays that ended",
}


@click.command("prune", epilog="A running bridge does this every hour. Example: bridge prune --dry-run")
@click.option("--dry-run", is_flag=True, help="only count what would go")
@json_flag
@settings_flags(*STORE_SETTINGS, "keep_payloads", "keep_history")
def prune_command(settings: Settings, *, dry_run: bool, as_json: bool) -> None:
    """Let go of payloads and history over their time. What still waits is never let go."""
    with opened(settings) as store:
        counts = store.controls.prunable(**bounds(settings, now())) if dry_run else _sweep(store, settings)
    counts = {kind: number for kind, number in counts.items() if number}
    if as_json:
        print_json({"dry_run": dry_run, "rows": sum(counts.values()), "counts": counts})
    else:
        click.echo(_said("Would let go of" if dry_run else "Let go of", counts))


def _sweep(store: SqliteStore, settings: Settings) -> Mapping[str, int]:
    sweep = Sweep(settings)
    shown_at = now()
    while sweep.step(store):
        if now() - shown_at >= _SHOWN_EVERY:
            click.echo(f"{sweep.rows} rows so far", err=True)
            shown_at = now()
        time.sleep(_BREATH)
    return sweep.counts


def _said(verb: str, counts: Mapping[str, int]) -> str:
    parts = ", ".join(f"{_NAMES[kind]}: {number}" for kind, number in counts.items())
    return f"{verb} {sum(counts.values())} rows{f' ({parts})' if parts else ''}."
