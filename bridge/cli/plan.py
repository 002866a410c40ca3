"""`bridge plan`: what a changed folder of mapping files would do to the events that came lately."""

import os
import sys
from typing import Any

import click

from bridge.app.drifting import silent_guard
from bridge.app.inforce import read_folder
from bridge.app.plan import Planning, kept_answers, last_in_force, outline
from bridge.app.planned import EVENT_TITLES, TITLES, report, waiting_for_removed
from bridge.app.rules import intake_rules
from bridge.app.traffic import recent
from bridge.catalog import Loaded
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, parse_time, settings_flags
from bridge.cli.output import as_json as print_json, printable
from bridge.core.comparison import Comparison, Group
from bridge.core.difference import KINDS
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_NO_KEY = bytes(32)  # hashes of people are neither shown nor compared with stored ones
_LAST = 1_000
_EPILOG = """\b
Examples:
  bridge plan                                    the folder of the settings, the last 1,000 events
  bridge plan --mappings ./new --since 7d        another folder, all events of a week
  bridge plan --fail-on removed --json           for CI: also status 1 if something is no longer sent"""
_FAILS: dict[str, tuple[str, ...]] = {"changed": ("changed",), "removed": ("no_longer_sent",)}


@click.command("plan", epilog=_EPILOG)
@click.option("--last", type=click.IntRange(1), help=f"over so many of the newest stored events; default: {_LAST}")
@click.option("--since", metavar="TIME", help="over all since then: 2026-11-22, 2026-11-22T18:00, or 12h ago as 12h")
@click.option(
    "--fail-on",
    "fails",
    type=click.Choice(sorted(_FAILS)),
    multiple=True,
    help="status 1 also for what is changed, or no longer sent (may be repeated)",
)
@json_flag
@settings_flags(*STORE_SETTINGS, "mappings", "dedupe", "json_depth", "max_body")
def plan_command(
    last: int | None, since: str | None, fails: tuple[str, ...], settings: Settings, *, as_json: bool
) -> int:
    """Show what a folder of mapping files would change against what is in force, over stored events.

    Nothing is sent or stored. Exit status 1 if anything newly fails.
    """
    if last is not None and since is not None:
        raise click.UsageError("Say either --last or --since.")
    start = parse_time(since, "--since")
    new = read_folder(settings, os.environ)
    with opened(settings) as store:
        old = last_in_force(store.strongbox, os.environ)
        comparison = _compare(store, settings, old, new, last=None if since else last or _LAST, since=start)
        waiting = waiting_for_removed(store.ledger, outline(old, new))
    found = report(old, new, comparison, waiting)
    if as_json:
        print_json(found)
    else:
        _print(found, comparison, settings)
    failing = {"newly_failing", *(kind for name in fails for kind in _FAILS[name])}
    return 1 if any(comparison.kinds[kind] for kind in KINDS if kind in failing) else 0


def _compare(
    store: SqliteStore, settings: Settings, old: Loaded, new: Loaded, *, last: int | None, since: int | None
) -> Comparison:
    rules, guard = intake_rules(settings, _NO_KEY, ""), silent_guard(store.ledger.attributes(), settings)
    planning = Planning(old.catalog, new.catalog, rules, guard, kept_answers(store.ledger))
    comparison = Comparison()
    events = planning.compare(recent(store.ledger, last=last, since=since), comparison)
    quiet = not sys.stderr.isatty()
    with click.progressbar(events, length=last, label="Compare", file=sys.stderr, hidden=quiet) as bar:
        bar.update_min_steps = 100
        for _ in bar:
            pass  # each step takes an event
    return comparison


def _print(found: dict[str, Any], comparison: Comparison, settings: Settings) -> None:
    versions = f"In force {found['in_force']}, {settings.mappings} {found['candidate']}"
    compared, made = found["events"]["compared"], sum(found["decisions"].values())
    click.echo(f"{versions}: {_count(compared, 'event')} compared, {_count(made, 'decision')}.")
    _print_outline(found)
    for kind, number in found["decisions"].items():
        if number or kind == "unchanged":
            click.echo(f"{number:8,}  {TITLES[kind]}")
    for name, title in EVENT_TITLES.items():
        if found["events"][name]:
            click.echo(f"{found['events'][name]:8,}  events {title}")
    title = ""
    for group in comparison.groups():
        if title != TITLES[group.kind]:
            title = TITLES[group.kind]
            click.echo(f"\n{title.capitalize()}")
        _print_group(group)
    _print_drift(found["drift"])


def _print_outline(found: dict[str, Any]) -> None:
    if not found["files"]:
        click.echo("The folder is what is in force.")
        return
    click.echo(f"Files that differ: {', '.join(found['files'])}.")
    for what in ("sources", "touchpoints"):
        for how in ("added", "removed", "changed"):
            if names := found.get(f"{what}_{how}"):
                click.echo(f"{what.capitalize()} {how}: {', '.join(names)}.")
    for name, number in found["waiting_for_removed"].items():
        if number:
            click.echo(f"{_count(number, 'delivery', 'deliveries')} for {name} would wait, held, until it is back.")


def _print_drift(drifts: list[dict[str, Any]]) -> None:
    if drifts:
        click.echo("\nDrift from what the targets accepted")
    for each in drifts:
        where = f"{each['source']}/{each['mapping']}"
        click.echo(f"{each['count']:8,}  {where} {printable(each['problem'])} → {printable(each['suggestion'])}")


def _print_group(group: Group) -> None:
    place = group.source
    if group.kind != "read_differently":
        place = f"{place}/{group.mapping or 'suppress_on'}"
    what = " ".join(part for part in (place, group.field) if part)
    why = f": {printable(group.reason)}" if group.reason else ""
    click.echo(f"{group.count:8,}  {what}{why}")
    for example in group.examples:
        click.echo(f"{'':10}{example.event}  {printable(example.before)} → {printable(example.after)}")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
