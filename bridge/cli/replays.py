"""`bridge replays`: look at replays, stop them, let them go on, and take back what they made."""

import time

import click

from bridge.app.clock import now
from bridge.app.progress import as_row
from bridge.app.undoing import UNDONE, Undoing
from bridge.cli.driving import person
from bridge.cli.journal import note
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json, listing, record
from bridge.core.model import State
from bridge.outbox.jobs import Change, Job
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_BREATH = 0.02  # seconds between two transactions, in which a running bridge writes
_COLUMNS = ("id", "state", "progress", "made", "rate", "left", "started_at", "who", "why")
_DONE: dict[Change, str] = {"pause": "Paused", "resume": "Resumed", "cancel": "Cancelled"}
_EPILOG = """\b
Examples:
  bridge replays list
  bridge replays show rpl_01jd…                  how far it is, and what became of what it made
  bridge replays pause rpl_01jd…
  bridge replays undo rpl_01jd…                  and cancel what it made that still waits"""


@click.group("replays", epilog=_EPILOG)
def replays_command() -> None:
    """Look at replays, pause and resume them, cancel them, undo them."""


@replays_command.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
@click.option("--before", metavar="ID", help="continue after this id of the last page")
@json_flag
@settings_flags(*STORE_SETTINGS)
def list_replays(limit: int, before: str | None, settings: Settings, *, as_json: bool) -> None:
    """List replays, newest first: how far they are, at which rate, how long they still take."""
    with opened(settings) as store:
        rows = [as_row(job, now=now()) for job in store.replays.jobs(limit=limit, before=before)]
    listing(rows, _COLUMNS, as_json_too=as_json, empty="Nothing was replayed here.")


@replays_command.command("show")
@click.argument("replay_id", metavar="ID")
@json_flag
@settings_flags(*STORE_SETTINGS)
def show(replay_id: str, settings: Settings, *, as_json: bool) -> None:
    """Show a replay: what it takes, how far it is, and in which states what it made is."""
    with opened(settings) as store:
        job = _found(store, replay_id)
        row = as_row(job, now=now()) | {"deliveries": dict(store.replays.states(replay_id))}
    if as_json:
        print_json(row)
    else:
        record({name: value for name, value in row.items() if name not in {"found", "taken", "left_ms"}})


def _found(store: SqliteStore, replay_id: str) -> Job:
    job = store.replays.job(replay_id)
    if job is None:
        click.echo(f"There is no replay {replay_id}; `bridge replays list` lists them.", err=True)
        raise click.exceptions.Exit(1)
    return job


def _change(settings: Settings, replay_id: str, change: Change) -> int:
    with opened(settings) as store:
        job = _found(store, replay_id)
        with store.together():
            changed = store.replays.change(replay_id, change, who=person(), now=now())
            if changed:
                note(store, change, replay_id)
    click.echo(f"{_DONE[change]} {replay_id}." if changed else f"It is {job.state} already: {replay_id}.")
    return 0 if changed else 1


@replays_command.command("pause")
@click.argument("replay_id", metavar="ID")
@settings_flags(*STORE_SETTINGS)
def pause(replay_id: str, settings: Settings) -> int:
    """Make no more for now. What was made already is sent; `bridge hold --replay ID` stops that too."""
    return _change(settings, replay_id, "pause")


@replays_command.command("resume")
@click.argument("replay_id", metavar="ID")
@settings_flags(*STORE_SETTINGS)
def resume(replay_id: str, settings: Settings) -> int:
    """Go on where a paused replay stopped. The running bridge does it, or the next one that is started."""
    return _change(settings, replay_id, "resume")


@replays_command.command("cancel")
@click.argument("replay_id", metavar="ID")
@settings_flags(*STORE_SETTINGS)
def cancel(replay_id: str, settings: Settings) -> int:
    """Make no more, for good. What was made already is sent; `undo` cancels that too."""
    return _change(settings, replay_id, "cancel")


@replays_command.command("undo")
@click.argument("replay_id", metavar="ID")
@click.option("--reason", default=UNDONE, show_default=True, help="kept with each delivery")
@json_flag
@settings_flags(*STORE_SETTINGS)
def undo(replay_id: str, reason: str, settings: Settings, *, as_json: bool) -> int:
    """Make no more, and cancel what was made and still waits. What was sent cannot be called back."""
    with opened(settings) as store:
        _found(store, replay_id)
        with store.together():
            store.replays.change(replay_id, "cancel", who=person(), now=now())
            note(store, "undo", replay_id, reason)
        cancelled = _take_back(store, Undoing(replay_id, reason))
        states = store.replays.states(replay_id)
    if as_json:
        print_json({"replay": replay_id, "cancelled": cancelled, "deliveries": dict(states)})
        return 0
    click.echo(f"Undone {replay_id}: cancelled {cancelled} {'delivery' if cancelled == 1 else 'deliveries'}.")
    too_late: dict[State, str] = {
        "delivered": "were sent already",
        "sending": "are on their way; run this again if they fail",
    }
    for state, what in too_late.items():
        if number := states.get(state, 0):
            click.echo(f"  {number} {what}.")
    return 0


def _take_back(store: SqliteStore, undoing: Undoing) -> int:
    """Cancel what waits or is held, some at a time, so that a bridge beside this goes on receiving."""
    while undoing.step(store):
        time.sleep(_BREATH)
    return undoing.cancelled
