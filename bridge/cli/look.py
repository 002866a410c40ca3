"""Looking: sources, touchpoints, events, deliveries and refused requests. Nothing here changes anything."""

import os
from typing import Any

import click

from bridge.app.inforce import first_choice, live_source, missing_secrets, read_folder
from bridge.app.prepare import open_vault
from bridge.catalog import Loaded
from bridge.cli.find import contact_mark
from bridge.cli.options import (
    FOLDER_SETTINGS,
    STORE_SETTINGS,
    filter_options,
    json_flag,
    opened,
    settings_flags,
    to_filter,
)
from bridge.cli.output import as_json as print_json, listing, printable, problems, record, table, when
from bridge.core.model import STATES
from bridge.outbox.protocol import Paused, Row
from bridge.settings import Settings

_limit = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
_before = click.option("--before", metavar="ID", help="continue after this id of the last page")
_BOTH = (*STORE_SETTINGS, *FOLDER_SETTINGS, "public_url", "apply")


def _known(settings: Settings) -> tuple[Loaded, dict[str, str], list[Paused], dict[str, Any]]:
    """Give the configuration in force, the stored secrets, the pauses and the totals."""
    if not settings.database_path.exists():
        return read_folder(settings, os.environ), {}, [], {}
    with opened(settings) as store:
        loaded, stale = first_choice(settings, os.environ, store.strongbox)
        problems(stale)
        secrets = open_vault(store, settings).open_all()
        return loaded, secrets, store.ledger.pauses(), store.ledger.touchpoint_totals()


def _pause_of(pauses: list[Paused], scope: str, name: str) -> Paused | None:
    return next((paused for paused in pauses if (paused.scope, paused.name) in {(scope, name), ("all", "")}), None)


def _state(paused: Paused | None, waiting: str) -> dict[str, str]:
    if paused is not None:
        return {"state": "paused", "why": f"{paused.reason} (by {paused.by}, since {when(paused.since)})"}
    return {"state": "waiting", "why": waiting} if waiting else {"state": "open", "why": ""}


@click.command("sources")
@json_flag
@settings_flags(*_BOTH)
def sources_command(settings: Settings, *, as_json: bool) -> None:
    """List the sources: enabled, waiting for their secret, paused, and why."""
    loaded, secrets, pauses, _ = _known(settings)
    rows = []
    for name, source in sorted(loaded.catalog.sources.items()):
        live = live_source(source, secrets, public_url=settings.public_url)
        state = _state(_pause_of(pauses, "source", name), live.waiting)
        shown = {"source": name, "preset": source.preset or source.scheme.kind, "path": f"/hooks/{name}"}
        rows.append({**shown, **state, "mappings": [mapping.name for mapping in source.mappings]})
    listing(rows, ("source", "preset", "path", "state", "why"), as_json_too=as_json, empty="There is no source.")


@click.command("touchpoints")
@json_flag
@settings_flags(*_BOTH)
def touchpoints_command(settings: Settings, *, as_json: bool) -> None:
    """List the touchpoints: open, waiting for a secret, paused, and why; and what lies there."""
    loaded, secrets, pauses, totals = _known(settings)
    rows = []
    for name, touchpoint in sorted(loaded.catalog.touchpoints.items()):
        lacking = missing_secrets(touchpoint, secrets)
        state = _state(
            _pause_of(pauses, "touchpoint", name), f"waits for its secret: {', '.join(lacking)}" * bool(lacking)
        )
        counts: dict[str, int] = {kind: totals.get(name, {}).get(kind, 0) for kind in STATES}
        rows.append({"touchpoint": name, "channel": touchpoint.channel, **state, **counts})
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
        full = row and {**row, "decisions": store.ledger.decisions(event_id)}
    return _show(full, "event", event_id, as_json=as_json)


@click.group("deliveries")
def deliveries_command() -> None:
    """Look at what was, is or will be sent."""


@deliveries_command.command("list", epilog="Example: bridge deliveries list --state dead --since 24h")
@_limit
@_before
@json_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def list_deliveries(
    limit: int, before: str | None, chosen: dict[str, Any], settings: Settings, *, as_json: bool
) -> None:
    """List deliveries, newest first."""
    with opened(settings) as store:
        mark = contact_mark(store, settings, chosen["contact"])
        rows = store.ledger.deliveries(to_filter(chosen, contact=mark, before=before), limit=limit)
    columns = ("id", "event_id", "mapping", "touchpoint", "state", "attempts", "due_at", "reason")
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


@refused_command.command("list", epilog="Example: bridge refused list --source shopify")
@_limit
@_before
@json_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def list_refused(limit: int, before: str | None, chosen: dict[str, Any], settings: Settings, *, as_json: bool) -> None:
    """List refused requests, newest first. Nobody read them, so none has a topic, a state or a contact."""
    with opened(settings) as store:
        mark = contact_mark(store, settings, chosen["contact"])
        rows = store.ledger.refused(to_filter(chosen, contact=mark, before=before), limit=limit)
    columns = ("id", "source", "status", "reason", "received_at")
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
    row = {
        name: getattr(refused, name) for name in ("id", "source", "status", "reason", "method", "url", "received_at")
    }
    body = refused.body.decode("utf-8", "replace")
    return _show(
        {**row, "headers": dict(refused.headers), "body": body}, "refused request", refused_id, as_json=as_json
    )
