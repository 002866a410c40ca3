"""`bridge replay`: new deliveries for old ones and for failed decisions, counted and shown before they are made."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from bridge.app.clock import new_id, now
from bridge.app.inforce import first_choice
from bridge.app.prepare import open_vault
from bridge.app.replays import PAGE, Again, items, lacking, outcome, pages
from bridge.app.rules import intake_rules
from bridge.cli.find import contact_mark
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, filter_options, opened, settings_flags, to_filter
from bridge.cli.output import as_json as print_json
from bridge.cli.retry import retry_refused
from bridge.core.durations import parse_rate
from bridge.outbox.protocol import Filter, ReplayMode, Row
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_MODES = ("stored-body", "current-mapping")
_EPILOG = """\b
Examples:
  bridge replay --since 12h --dry-run            what last night's failures are
  bridge replay --since 12h                      make them again, with the same bodies
  bridge replay --source shopify --since 12h --with current-mapping
  bridge replay dlv_01jd…                        one delivery
  bridge replay ref_01jd…                        a refused request, when its secret was mended"""


@click.command("replay", epilog=_EPILOG)
@click.argument("ids", nargs=-1, metavar="[IDS]...")
@click.option(
    "--with", "mode", type=click.Choice(_MODES), default="stored-body", show_default=True, help="same body, or"
)
@click.option("--include-delivered", is_flag=True, help="also what was delivered: people are asked again")
@click.option("--rate", metavar="N/s", help="at most so many new deliveries, such as 10/s")
@click.option("--dry-run", is_flag=True, help="count what would be made, and make nothing")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@filter_options
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS, "apply")
def replay_command(
    ids: tuple[str, ...],
    mode: ReplayMode,
    rate: str | None,
    chosen: dict[str, Any],
    settings: Settings,
    *,
    include_delivered: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Make new deliveries, linked to the old ones.

    IDS are deliveries (dlv_…), events (evt_…) or refused requests (ref_…), which are proven as of the time they came
    in and taken in as if they had just come. Without ids or filters nothing is replayed. Decisions that failed
    always go through the mapping as it is today. What a person must not get twice still counts.
    """
    pause = _seconds_between(rate)
    refused = [each for each in ids if each.startswith("ref_")]
    if refused and len(refused) < len(ids):
        raise click.UsageError("Replay refused requests apart from deliveries and events.")
    with opened(settings) as store:
        if refused:
            return retry_refused(ids, store, settings, dry_run=dry_run, as_json=as_json)
        wanted = to_filter(chosen, ids=ids, contact=contact_mark(store, settings, chosen["contact"]))
        if wanted.is_empty:
            raise click.UsageError("Say what to replay: ids, or filters such as --since 12h or --touchpoint NAME.")
        run = _Run(store, settings, wanted, mode, include_delivered=include_delivered)
        total = run.count()
        if not total or dry_run or not _agreed(total, pause, yes=yes or bool(ids)):
            return _report({"replay": None, "found": total, "made": 0, "others": {}}, as_json=as_json)
        return _report(run.carry_out(total, pause), as_json=as_json)


class _Run:
    """One replay, from the count to the last page."""

    def __init__(
        self, store: SqliteStore, settings: Settings, wanted: Filter, mode: ReplayMode, *, include_delivered: bool
    ) -> None:
        self._store = store
        self._wanted = wanted
        self._include_delivered = include_delivered
        self._newest = new_id("dlv")  # what this replay makes is newer, and must not be replayed by it
        loaded, _ = first_choice(settings, os.environ, store.strongbox)
        vault = open_vault(store, settings)
        rules = intake_rules(settings, vault.index_key(now=now()), loaded.catalog.fingerprint)
        self._again = Again(loaded.catalog, rules, new_id, mode)

    def count(self) -> int:
        """Count what the filter selects."""
        return sum(len(page) for page in self._pages())

    def _pages(self, size: int = PAGE) -> Iterator[list[Row]]:
        return pages(
            self._store.controls,
            self._wanted,
            include_delivered=self._include_delivered,
            before=self._newest,
            size=size,
        )

    def carry_out(self, total: int, pause: float) -> dict[str, Any]:
        """Make the deliveries, a page in a transaction, with progress on the terminal."""
        replay_id = new_id("rpl")
        description = " ".join(sys.argv[2:])[:500]
        self._store.controls.start_replay(replay_id, mode=self._again.mode, description=description, now=now())
        made, others = 0, Counter[str]()
        size = max(1, min(PAGE, round(1 / pause))) if pause else PAGE  # with a rate, about a page a second
        with click.progressbar(length=total, label=f"Replay {replay_id}", file=sys.stderr) as bar:
            for page in self._pages(size):
                rest = self._look_up_first(page, replay_id, others)
                bar.update(len(page) - len(rest))
                worked_out = items(self._store.ledger, rest, self._again)
                step = outcome(worked_out, self._make(replay_id, worked_out))
                made += step.made
                others.update(step.others)
                bar.update(step.taken)
                time.sleep(pause * step.made)
        return {"replay": replay_id, "found": total, "made": made, "others": dict(others)}

    def _look_up_first(self, page: list[Row], replay_id: str, others: Counter[str]) -> list[Row]:
        """Let the running bridge make the lookups that some rows need, and go on with those; gives the other rows."""
        awaited = lacking(self._store.ledger, page, self._again, replay_id)
        if awaited:
            self._store.controls.await_lookups(awaited, now=now())
            others["waiting: the running bridge makes its lookup first"] += len(awaited)
        places = {(each.event_id, each.mapping, each.element, each.replay_of) for each in awaited}
        return [row for row in page if (row["event_id"], row["mapping"], row["element"], row.get("id")) not in places]

    def _make(self, replay_id: str, worked_out: list[Any]) -> int:
        controls = self._store.controls
        return controls.replay(replay_id, worked_out, now=now(), include_delivered=self._include_delivered)


def _seconds_between(rate: str | None) -> float:
    if rate is None:
        return 0.0
    try:
        count, period = parse_rate(rate)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--rate") from None
    return period / 1000 / count


def _agreed(total: int, pause: float, *, yes: bool) -> bool:
    """Say how many and how long, and ask on a terminal; a script says --yes."""
    duration = f", over about {max(1, round(total * pause))} s" if pause else ""
    click.echo(f"{total} to replay{duration}.", err=True)
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("Add --yes to go on without being asked, or --dry-run to see only how many.")
    return click.confirm("Go on?", err=True)


def _report(result: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(result)
        return 0
    if result["replay"] is None:
        click.echo(f"Found {result['found']}; made nothing.")
        return 0
    click.echo(f"Replay {result['replay']}: made {result['made']} of {result['found']}.")
    for reason, count in result["others"].items():
        click.echo(f"  {count} not made: {reason}")
    return 0
