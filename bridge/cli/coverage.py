"""`bridge coverage`: what stored traffic used of the mapping files, and what it has that nobody maps."""

import os
from datetime import UTC, datetime

import click

from bridge.app.clock import now
from bridge.app.inforce import first_choice
from bridge.app.traffic import LAST, as_record, cover, use_record
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, parse_time, settings_flags
from bridge.cli.output import as_json as print_json, printable, problems, table
from bridge.core.coverage import Coverage
from bridge.core.trends import DAY, Change
from bridge.settings import Settings

_MOST_CHANGES = 40  # lines for people; --json has all


@click.command("coverage", epilog="Example: bridge coverage --since 7d")
@click.option("--since", metavar="TIME", help="events received since: 2026-11-22, 2026-11-22T18:00, or 7d ago as 7d")
@click.option(
    "--last", type=click.IntRange(1, 1_000_000), default=LAST, show_default=True, help="at most so many events"
)
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS, "apply")
def coverage_command(since: str | None, last: int, settings: Settings, *, as_json: bool) -> int:
    """Show which mappings and fields stored events use, how often fields are null, and what changed in payloads.

    Verdicts are as recorded; fields are worked out by the mapping files in force.
    """
    with opened(settings) as store:
        loaded, stale = first_choice(settings, os.environ, store.strongbox)
        problems(stale)
        coverage, trends = cover(store.ledger, loaded.catalog, last=last, since=parse_time(since, "--since"))
    changes = trends.changes()
    if as_json:
        print_json(as_record(coverage, changes))
    else:
        _print(coverage, changes)
    return 0


def _print(coverage: Coverage, changes: list[Change]) -> None:
    not_worked_out = f", {coverage.unread} of them without a payload" if coverage.unread else ""
    click.echo(f"{coverage.events} events{not_worked_out}.\n")
    used = [use for use in coverage.uses.values() if use.events]
    table(
        [use_record(use) for use in used],
        ("source", "mapping", "events", "last_used_at", "verdicts"),
        empty="No mapping was used.",
    )
    never = [f"{use.source}/{use.mapping}" for use in coverage.uses.values() if not use.events]
    never += [name for name, events in coverage.stops.items() if not events]
    if never:
        click.echo(f"\nNever used: {'; '.join(never)}.")
    _section(
        "Events that cancel or unsubscribe", [f"  {name}  {count}" for name, count in coverage.stops.items() if count]
    )
    nulls = [
        f"  {use.source}/{use.mapping}  {name} is null in {_percent(null, of)} ({null} of {of})"
        for use in used
        for name, (null, of) in use.fields.items()
        if null
    ]
    _section("Fields that give null", nulls)
    topics = coverage.unmatched.most_common()
    _section(
        "Topics that no mapping takes", [f"  {name}  {topic or '(none)'}  {count}" for (name, topic), count in topics]
    )
    strangers = [f"  {name}  {count}" for name, count in coverage.strangers.most_common()]
    _section("Events of sources without a mapping file", strangers)
    _section("What changed in payloads", [f"  {said(change, now=now())}" for change in changes[:_MOST_CHANGES]])
    if len(changes) > _MOST_CHANGES:
        click.echo(f"  and {len(changes) - _MOST_CHANGES} more; --json has all")


def _section(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"\n{title}:")
        click.echo(printable("\n".join(lines)))


def said(change: Change, *, now: int) -> str:
    """Say a change in a sentence; `now` in ms, as days of the last week are called by their names."""
    day = datetime.fromtimestamp(change.since / 1000, UTC)
    since = f"{day:%A}" if now - change.since < 7 * DAY else f"{day:%Y-%m-%d}"
    where = f"{change.source} {change.topic}".strip()
    if change.what == "appeared":
        return f"{where}: {change.path} appeared, since {since}"
    if change.what == "vanished":
        return f"{where}: {change.path} is not there any more, since {since}"
    return f"{where}: {change.path} is null in {_share(change.after)} since {since}, {_share(change.before)} before"


def _percent(part: int, whole: int) -> str:
    return _share(part / whole) if whole else "none"


def _share(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
