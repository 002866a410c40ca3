"""What a replay would take and make, before it begins: counted exactly, and tried on the first of it."""

from typing import Any

import click

from bridge.app.clock import now
from bridge.app.replays import Again, selection, work_out
from bridge.cli.output import printable, table
from bridge.core.durations import spoken_duration
from bridge.outbox.jobs import Job
from bridge.outbox.lookups import AWAITED
from bridge.outbox.store import SqliteStore

_TRIED = 500  # rows that are worked out; the store's lock is held as long as that takes
_COLUMNS = ("kind", "source", "mapping", "touchpoint", "state", "number")


def duration(job: Job) -> int:
    """Give how long (ms) making takes at the replay's rate, at least a second; 0 without a rate."""
    return 0 if job.rate is None else max(1_000, job.found * job.rate.period // job.rate.count)


def spoken(ms: int) -> str:
    """Give a duration roughly, as people say it; at least a second."""
    return f"{max(1, round(ms / 1000))} s" if ms < 2 * 60_000 else spoken_duration(ms)


def count(store: SqliteStore, job: Job, again: Again, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give how many of what kind there are, and what would become of the first."""
    chosen = selection(job, again.catalog)
    first = [] if chosen is None else store.replays.replayable(chosen, limit=_TRIED, after=None)
    worked_out, awaited = work_out(store.ledger, first, again, job.id)
    outcome = store.replays.rehearse(worked_out, include_delivered=job.include_delivered, now=now())
    others = dict(outcome.others) | ({AWAITED: len(awaited)} if awaited else {})
    return {
        "by": sorted(rows, key=lambda row: [str(row[name]) for name in _COLUMNS]),
        "tried": {"rows": len(first), "made": outcome.made, "others": others},
        "takes_ms": duration(job) or None,
    }


def say(counted: dict[str, Any], job: Job) -> None:
    """Print that."""
    table(counted["by"], _COLUMNS, empty="")
    tried = counted["tried"]
    which = "Of these" if tried["rows"] == job.found else f"Of the first {tried['rows']}"
    click.echo(f"{which}, {tried['made']} would be made now.")
    for reason, number in tried["others"].items():
        click.echo(f"  {number} would not: {printable(reason)}")
    if counted["takes_ms"]:
        click.echo(f"At this rate it takes about {spoken(counted['takes_ms'])}.")
