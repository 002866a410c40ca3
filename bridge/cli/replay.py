"""`bridge replay`: new deliveries for old ones and for failed decisions, counted and shown before they are made."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from bridge.app.census import duration, spoken
from bridge.app.clock import new_id, now
from bridge.app.drifting import silent_guard
from bridge.app.inforce import first_choice
from bridge.app.prepare import open_vault
from bridge.app.replays import Again, rule_of, selection
from bridge.app.rules import intake_rules
from bridge.cli import census
from bridge.cli.driving import drive, own, person, result, say
from bridge.cli.find import contact_mark, described
from bridge.cli.journal import note
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, filter_options, opened, settings_flags, to_filter
from bridge.cli.output import as_json as print_json
from bridge.cli.retry import retry_refused
from bridge.core.configuration import Catalog, Rate
from bridge.core.durations import parse_duration, parse_rate
from bridge.outbox.jobs import Job, ReplayMode, Selection
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_MODES = ("stored-body", "current-mapping")
_NOT_PAST = ("state", "touchpoint", "contact", "source", "replay")  # filters that past events do not have
_EPILOG = """\b
Examples:
  bridge replay --since 12h --dry-run            what last night's failures are
  bridge replay --since 12h                      make them again, with the same bodies
  bridge replay --source shopify --since 12h --with current-mapping --rate 10/s --wait 10m
  bridge replay dlv_01jd…                        one delivery
  bridge replay ref_01jd…                        a refused request, when its secret was mended
  bridge replay --mapping shopify/review --backfill --since 30d
                                                 what a new mapping would have made of past events"""


@click.command("replay", epilog=_EPILOG)
@click.argument("ids", nargs=-1, metavar="[IDS]...")
@click.option(
    "--with", "mode", type=click.Choice(_MODES), default="stored-body", show_default=True, help="same body, or"
)
@click.option("--backfill", is_flag=True, help="events from before the mapping (--mapping SOURCE/NAME) was there")
@click.option("--include-delivered", is_flag=True, help="also what was delivered: people are asked again")
@click.option("--rate", metavar="N/s", help="at most so many new deliveries, such as 10/s")
@click.option("--wait", metavar="TIME", help="send nothing before this time has passed, such as 10m: time to undo")
@click.option("--reason", default="no reason given", show_default=True, help="kept with the replay")
@click.option("--dry-run", is_flag=True, help="count what would be made, and make nothing")
@click.option("--detach", is_flag=True, help="leave it to the running bridge, and do not wait for it")
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
    backfill: bool,
    wait: str | None,
    reason: str,
    include_delivered: bool,
    dry_run: bool,
    detach: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Make new deliveries, linked to the old ones.

    IDS are deliveries (dlv_…), events (evt_…) or refused requests (ref_…), which are proven as of the time they came
    in and taken in as if they had just come. Without ids or filters nothing is replayed. Decisions that failed
    always go through the mapping as it is today. What a person must not get twice still counts.

    It goes on page by page, and is stopped, resumed and undone with `bridge replays`.
    """
    refused = _are_refused(ids)
    terms = _terms(mode, rate, wait=wait, reason=reason, include_delivered=include_delivered)
    if backfill:
        _check_backfill(ids, chosen, include_delivered=include_delivered)
        terms |= {"kind": "backfill", "mode": "current-mapping"}
    with opened(settings) as store:
        if refused:
            return retry_refused(ids, store, settings, dry_run=dry_run, as_json=as_json)
        wanted = to_filter(chosen, ids=ids, contact=contact_mark(store, settings, chosen["contact"]))
        if wanted.is_empty:
            raise click.UsageError("Say what to replay: ids, or filters such as --since 12h or --touchpoint NAME.")
        terms["description"] = described(ids, chosen)
        plan = _Plan.of(store, settings, Job(new_id("rpl"), wanted=wanted, **terms))
        if dry_run or not plan.job.found or not _agreed(plan, yes=yes or bool(ids)):
            return plan.show(store, dry_run=dry_run, as_json=as_json)
        return _begin(store, plan, detach=detach, as_json=as_json)


def _are_refused(ids: tuple[str, ...]) -> bool:
    refused = [each for each in ids if each.startswith("ref_")]
    if refused and len(refused) < len(ids):
        raise click.UsageError("Replay refused requests apart from deliveries and events.")
    return bool(refused)


def _terms(
    mode: ReplayMode, rate: str | None, *, wait: str | None, reason: str, include_delivered: bool
) -> dict[str, Any]:
    """Give what a job says besides what it takes."""
    return {
        "kind": "replay",
        "mode": mode,
        "rate": _rate(rate),
        "wait": _parsed(parse_duration, wait, "--wait") or 0,
        "include_delivered": include_delivered,
        "who": person(),
        "why": reason,
        "newest": new_id("dlv"),  # what this replay makes is newer, and must not be replayed by it
        "started_at": now(),
    }


def _check_backfill(ids: tuple[str, ...], chosen: dict[str, Any], *, include_delivered: bool) -> None:
    if "/" not in (chosen["mapping"] or ""):
        raise click.UsageError("Say which mapping is new: --backfill --mapping SOURCE/NAME.")
    if ids or include_delivered or any(chosen[name] for name in _NOT_PAST):
        raise click.UsageError("With --backfill choose past events by --since, --until and --topic only.")


def _parsed(parse: Callable[[str], Any], text: str | None, flag: str) -> Any:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=flag) from None


def _rate(text: str | None) -> Rate | None:
    parsed = _parsed(parse_rate, text, "--rate")
    return None if parsed is None else Rate(*parsed)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A replay before it begins: what it takes, and how it makes it anew."""

    job: Job
    again: Again
    selection: Selection
    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, store: SqliteStore, settings: Settings, job: Job) -> "_Plan":
        loaded, _ = first_choice(settings, os.environ, store.strongbox)
        _check_mapping(loaded.catalog, job)
        key = open_vault(store, settings).index_key(now=now())
        guard = silent_guard(store.ledger.attributes(), settings)
        rules = intake_rules(settings, key, loaded.catalog.fingerprint, guard=guard)
        again = Again(loaded.catalog, rules, new_id, job.mode)
        taken = selection(job, loaded.catalog)
        assert taken is not None, "the mapping was just found"
        rows = store.replays.count_replayable(taken)
        return cls(replace(job, found=sum(row["number"] for row in rows)), again, taken, rows)

    def show(self, store: SqliteStore, *, dry_run: bool, as_json: bool) -> int:
        """Say what was found, and for a dry run what it would become."""
        counted = census.count(store, self.job, self.again, self.rows) if dry_run and self.job.found else None
        if as_json:
            print_json({"replay": None, "found": self.job.found, "made": 0, "others": {}} | (counted or {}))
            return 0
        click.echo(f"Found {self.job.found}; made nothing.")
        if counted:
            census.say(counted, self.job)
        return 0


def _check_mapping(catalog: Catalog, job: Job) -> None:
    source, _, name = (job.wanted.mapping or "").rpartition("/")
    if job.kind == "backfill" and rule_of(catalog, source, name) is None:
        raise click.UsageError(f"There is no mapping {job.wanted.mapping} in force; `bridge sources` lists them.")


def _agreed(plan: _Plan, *, yes: bool) -> bool:
    """Say how many and how long, and ask on a terminal; a script says --yes."""
    job = plan.job
    over = "" if job.rate is None else f", over about {spoken(duration(job))}"
    click.echo(f"{job.found} to replay{over}.", err=True)
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("Add --yes to go on without being asked, or --dry-run to see only how many.")
    return click.confirm("Go on?", err=True)


def _begin(store: SqliteStore, plan: _Plan, *, detach: bool, as_json: bool) -> int:
    job = plan.job if detach else own(plan.job)
    with store.together():
        store.replays.start(job)
        why = f": {job.why}" if job.why else ""
        note(store, "replay", job.id, f"{job.found} found; {job.description}; {job.mode}{why}")
    status = 0 if detach else drive(store, job, plan.again)
    job = store.replays.job(job.id) or job
    if as_json:
        print_json(result(job))
    elif detach:
        click.echo(f"Replay {job.id}: left to the running bridge; see `bridge replays show {job.id}`.")
    else:
        say(job)
    return status
