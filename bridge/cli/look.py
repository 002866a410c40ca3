"""Looking: sources, touchpoints, events, deliveries and refused requests. Nothing here changes anything."""

import os
from dataclasses import dataclass, field, replace
from typing import Any

import click

from bridge.app.clock import now
from bridge.app.inforce import first_choice, live_source, lookup_state, missing_secrets, read_folder
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
    unknown_flag,
)
from bridge.cli.output import as_json as print_json, listing, next_try, printable, problems, record, table, when
from bridge.core.credentials import PROVEN_BY
from bridge.core.model import STATES
from bridge.outbox.protocol import Circuit, Paused, Row
from bridge.settings import Settings

_limit = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
_before = click.option("--before", metavar="ID", help="continue after this id of the last page")
_BOTH = (*STORE_SETTINGS, *FOLDER_SETTINGS, "public_url", "apply")


@dataclass(frozen=True, slots=True)
class _Known:
    """The configuration in force, the stored secrets, and how the store says that things stand."""

    loaded: Loaded
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    pauses: list[Paused] = field(default_factory=list)
    totals: dict[str, Any] = field(default_factory=dict)
    queues: dict[str, Row] = field(default_factory=dict)
    circuits: dict[str, Circuit] = field(default_factory=dict)


def _known(settings: Settings) -> _Known:
    if not settings.database_path.exists():
        return _Known(read_folder(settings, os.environ))
    with opened(settings) as store:
        loaded, stale = first_choice(settings, os.environ, store.strongbox)
        problems(stale)
        secrets = open_vault(store, settings).open_all()
        ledger = store.ledger
        return _Known(
            loaded,
            secrets,
            ledger.pauses(),
            ledger.touchpoint_totals(),
            ledger.lookup_queues(),
            {circuit.touchpoint: circuit for circuit in ledger.circuits()},
        )


def _pause_of(pauses: list[Paused], scope: str, name: str) -> Paused | None:
    return next((paused for paused in pauses if (paused.scope, paused.name) in {(scope, name), ("all", "")}), None)


def _state(paused: Paused | None, waiting: str, circuit: Circuit | None = None) -> dict[str, str]:
    if paused is not None:
        return {"state": "paused", "why": f"{paused.reason} (by {paused.by}, since {when(paused.since)})"}
    if waiting:
        return {"state": "waiting", "why": waiting}
    if circuit is not None:
        return {"state": "failing", "why": next_try(circuit, now=now())}
    return {"state": "open", "why": ""}


@click.command("sources")
@json_flag
@settings_flags(*_BOTH)
def sources_command(settings: Settings, *, as_json: bool) -> None:
    """List the sources: enabled, waiting for their secret, paused, and why."""
    known = _known(settings)
    rows = []
    for name, source in sorted(known.loaded.catalog.sources.items()):
        live = live_source(source, known.secrets, public_url=settings.public_url)
        lookup = lookup_state(source, known.secrets, known.queues.get(name))
        state = _state(_pause_of(known.pauses, "source", name), live.waiting)
        if lookup not in {"", "open"}:
            state["why"] = "; ".join(filter(None, (state["why"], f"lookup: {lookup}")))
        shown = {"source": name, "preset": source.preset or source.scheme.kind, "path": f"/hooks/{name}"}
        mappings = [mapping.name for mapping in source.mappings]
        rows.append({**shown, **state, "lookup": lookup, "mappings": mappings})
    listing(rows, ("source", "preset", "path", "state", "why"), as_json_too=as_json, empty="There is no source.")


@click.command("touchpoints")
@json_flag
@settings_flags(*_BOTH)
def touchpoints_command(settings: Settings, *, as_json: bool) -> None:
    """List the touchpoints: open, failing, waiting for a secret, paused, and why; and what lies there."""
    known = _known(settings)
    rows = []
    for name, touchpoint in sorted(known.loaded.catalog.touchpoints.items()):
        lacking = missing_secrets(touchpoint, known.secrets)
        waiting = f"waits for its secret: {', '.join(lacking)}" if lacking else ""
        state = _state(_pause_of(known.pauses, "touchpoint", name), waiting, known.circuits.get(name))
        counts: dict[str, int] = {kind: known.totals.get(name, {}).get(kind, 0) for kind in STATES}
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
