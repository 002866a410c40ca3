"""Saying what a replay would take and make, before it begins."""

from typing import Any

import click

from bridge.app.census import COLUMNS, draw, duration, in_order, rehearse, spoken
from bridge.app.replays import Again
from bridge.cli.output import printable, table
from bridge.outbox.jobs import Job
from bridge.outbox.store import SqliteStore

_TRIED = 500  # rows that are worked out; the store's lock is held as long as that takes


def count(store: SqliteStore, job: Job, again: Again, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give how many of what kind there are, and what would become of the first."""
    tried = rehearse(store, job, draw(store, job, again, most=_TRIED))
    return {
        "by": in_order(rows),
        "tried": {"rows": tried.rows, "made": tried.made, "others": dict(tried.others)},
        "takes_ms": duration(job) or None,
    }


def say(counted: dict[str, Any], job: Job) -> None:
    """Print that."""
    table(counted["by"], COLUMNS, empty="")
    tried = counted["tried"]
    which = "Of these" if tried["rows"] == job.found else f"Of the first {tried['rows']}"
    click.echo(f"{which}, {tried['made']} would be made now.")
    for reason, number in tried["others"].items():
        click.echo(f"  {number} would not: {printable(reason)}")
    if counted["takes_ms"]:
        click.echo(f"At this rate it takes about {spoken(counted['takes_ms'])}.")
