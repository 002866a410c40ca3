"""Looking: sources, touchpoints, events, deliveries and refused requests. Nothing here changes anything."""

import os
from dataclasses import replace
from typing import Any

import click

from bridge.app.clock import now
from bridge.app.inforce import first_choice, read_folder
from bridge.app.prepare import open_vault
from bridge.app.standing import Situation, live_sources, situation, source_row, touchpoint_row
from bridge.cli.find import contact_mark
from bridge.cli.options import (
    FOLDER_SETTINGS,
    STORE_SETTINGS,
    filter_options,
    json_flag,
    opened,
    settings_flags,
    to_filter,
    unknown_flag,
)
from bridge.cli.output import as_json as print_json, listing, printable, problems, record, table
from bridge.core.configuration import Catalog
from bridge.core.credentials import PROVEN_BY
from bridge.core.model import STATES
from bridge.outbox.terms import Row
from bridge.settings import Settings

_limit = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
_before = click.option("--before", metavar="ID", help="continue after this id of the last page")
_BOTH = (*STORE_SETTINGS, *FOLDER_SETTINGS, "public_url", "apply")


def _known(settings: Settings) -> tuple[Catalog, dict[str, str], Situation]:
    """Give the configuration in force, the stored secrets, and how the store says that things stand."""
    if not settings.database_path.exists():
        return read_folder(settings, os.environ).catalog, {}, Situation()
    with opened(settings) as store:
        loaded, stale = first_choice(settings, os.environ, store.strongbox)
        problems(stale)
        return loaded.catalog, open_vault(store, settings).open_all(), situation(store.ledger)


@click.command("sources")
@json_flag
@settings_flags(*_BOTH)
def sources_command(settings: Settings, *, as_json: bool) -> None:
    """List the sources: enabled, waiting for their secret, paused, and why."""
    catalog, secrets, now_is = _known(settings)
    live = live_sources(catalog, secrets, public_url=settings.public_url)
    rows = [source_row(live[name], now_is, secrets=secrets, now=now()) for name in sorted(live)]
    listing(rows, ("source", "preset", "path", "state", "why"), as_json_too=as_json, empty="There is no source.")


@click.command("touchpoints")
@json_flag
@settings_flags(*_BOTH)
def touchpoints_command(settings: Settings, *, as_json: bool) -> None:
    """List the touchpoints: open, failing, waiting for a secret, paused, and why; and what lies there."""
    catalog, secrets, now_is = _known(settings)
    touchpoints = [touchpoint for _, touchpoint in sorted(catalog.touchpoints.items())]
    rows = [touchpoint_row(each, now_is, secrets=secrets, now=now()) for each in touchpoints]
    columns = ("touchpoint", "channel", "state", *STATES, "why")
    listing(rows, columns, as_json_too=as_json, empty="There is no touchpoint.")


def _show(row: Row | None, kind: str, identity: str, *, as_json: bool) -> int:
    if row is None:
        click.echo(f"There is no {kind} {identity}.", err=True)
        return 1
    if as_json:
        print_json(row)
    else:
        _print_parts(row)
    return 0


# How the parts of a record that are lists are shown, and which columns of them.
_PARTS = {
    "decisions": ("mapping", "element", "verdict", "delivery_id", "reason"),
    "attempts_made": ("number", "started_at", "outcome", "status", "ruling", "message", "reason"),
}


def _print_parts(row: Row) -> None:
    """Print the plain fields, then lists as tables, headers a line each, and the body as it is."""
    record({name: value for name, value in row.items() if isinstance(value, str | int) and name != "body"})
    for name, columns in _PARTS.items():
        if name in row:
            click.echo(f"\n{name.replace('_', ' ')}:")
            table(row[name], columns, empty="none")
    if row.get("lookup"):
        click.echo("\nlookup:")
        record({name: value for name, value in row["lookup"].items() if name not in {"event_id", "results"}})
        if row["lookup"]["results"] is not None:
            print_json(row["lookup"]["results"])
    if row.get("headers"):
        click.echo("\nheaders:")
        record(row["headers"])
    if row.get("body"):
        click.echo("\nbody:")
        click.echo(printable(row["body"]))


@click.group("events")
def events_command() -> None:
    """Look at what sources said."""


@events_command.command("list", epilog="Example: bridge events list --source shopify --since 12h")
@_limit
@_before
@json_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def list_events(limit: int, before: str | None, chosen: dict[str, Any], settings: Settings, *, as_json: bool) -> None:
    """List events, newest first."""
    with opened(settings) as store:
        mark = contact_mark(store, settings, chosen["contact"])
        rows = store.ledger.events(to_filter(chosen, contact=mark, before=before), limit=limit)
    columns = ("id", "source", "topic", "tenant", "received_at", "verdicts")
    listing(rows, columns, as_json_too=as_json, empty="No event.")


@events_command.command("show", epilog="Example: bridge events show evt_01…")
@click.argument("event_id", metavar="EVENT")
@json_flag
@settings_flags(*STORE_SETTINGS)
def show_event(event_id: str, settings: Settings, *, as_json: bool) -> int:
    """Show one event: what it said, and what every mapping decided."""
    with opened(settings) as store:
        row = store.ledger.event(event_id)
        lookup = store.ledger.lookup(event_id)
        full = row and {**_proven(row), "lookup": lookup, "decisions": store.ledger.decisions(event_id)}
    return _show(full, "event", event_id, as_json=as_json)


def _proven(row: Row) -> Row:
    """Name the secret that proved the event beside what it said, not among the headers that came."""
    headers = dict(row["headers"] or {})
    return {**row, "secret": headers.pop(PROVEN_BY, ""), "headers": row["headers"] and headers}


@click.group("deliveries")
def deliveries_command() -> None:
    """Look at what was, is or will be sent."""


@deliveries_command.command("list", epilog="Example: bridge deliveries list --state dead --since 24h")
@_limit
@_before
@unknown_flag
@json_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def list_deliveries(
    limit: int, before: str | None, chosen: dict[str, Any], settings: Settings, *, unknown: bool, as_json: bool
) -> None:
    """List deliveries, newest first."""
    with opened(settings) as store:
        mark = contact_mark(store, settings, chosen["contact"])
        wanted = replace(to_filter(chosen, contact=mark, before=before), fate_unknown=unknown)
        rows = store.ledger.deliveries(wanted, limit=limit)
    how = ("key", "asked_at") if unknown else ("state", "attempts", "due_at")
    columns = ("id", "event_id", "mapping", "touchpoint", *how, "reason")
    listing(rows, columns, as_json_too=as_json, empty="No delivery.")


@deliveries_command.command("show", epilog="Example: bridge deliveries show dlv_01…")
@click.argument("delivery_id", metavar="DELIVERY")
@json_flag
@settings_flags(*STORE_SETTINGS)
def show_delivery(delivery_id: str, settings: Settings, *, as_json: bool) -> int:
    """Show one delivery: its body and every attempt at it."""
    with opened(settings) as store:
        row = store.ledger.delivery(delivery_id)
        full = row and {**row, "attempts_made": store.ledger.attempts(delivery_id)}
    return _show(full, "delivery", delivery_id, as_json=as_json)


@click.group("refused")
def refused_command() -> None:
    """Look at requests that were not accepted, and why."""


@refused_command.command("list", epilog="Example: bridge refused list --source shopify --status 401 --since 12h")
@_limit
@click.option("--status", type=int, metavar="NUMBER", help="answered with this HTTP status")
@_before
@json_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def list_refused(
    limit: int, before: str | None, status: int | None, chosen: dict[str, Any], settings: Settings, *, as_json: bool
) -> None:
    """List refused requests, newest first. Their topic is what they claim; none has a state or a contact."""
    with opened(settings) as store:
        mark = contact_mark(store, settings, chosen["contact"])
        wanted = replace(to_filter(chosen, contact=mark, before=before), status=status)
        rows = store.ledger.refused(wanted, limit=limit)
    columns = ("id", "source", "status", "topic", "received_at", "event_id", "reason")
    listing(rows, columns, as_json_too=as_json, empty="No refused request.")


@refused_command.command("show", epilog="Example: bridge refused show ref_01…")
@click.argument("refused_id", metavar="REFUSED")
@json_flag
@settings_flags(*STORE_SETTINGS)
def show_refused(refused_id: str, settings: Settings, *, as_json: bool) -> int:
    """Show one refused request: the reason and what came, without credentials."""
    with opened(settings) as store:
        refused = store.ledger.refusal(refused_id)
    if refused is None:
        return _show(None, "refused request", refused_id, as_json=as_json)
    shown = ("id", "source", "status", "topic", "reason", "method", "url", "received_at", "retried_at", "event_id")
    row = {name: getattr(refused, name) for name in shown}
    body = refused.body.decode("utf-8", "replace")
    return _show(
        {**row, "headers": dict(refused.headers), "body": body}, "refused request", refused_id, as_json=as_json
    )
