"""`bridge replay ref_…`: refused requests that are tried again, one by one."""

import os
from typing import Any

import click

from bridge.app.clock import new_id, now
from bridge.app.drifting import silent_guard
from bridge.app.inforce import first_choice, live_source
from bridge.app.prepare import open_vault
from bridge.app.retries import Gate, Retried, try_again
from bridge.app.rules import intake_rules
from bridge.cli.journal import note
from bridge.cli.output import as_json as print_json
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings
from bridge.web.reception import LiveSource


def retry_refused(ids: tuple[str, ...], store: SqliteStore, settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Try the refused requests again and say what became of each. Exit status 1 if one cannot be taken in."""
    gate = _gate(store, settings)
    if not dry_run:
        about = ids[0] if len(ids) == 1 else f"{len(ids)} refused requests"
        note(store, "retry", about)
    results = [try_again(store, refused_id, gate, now=now(), dry_run=dry_run) for refused_id in ids]
    if as_json:
        print_json({"refused": [_row(result, dry_run=dry_run) for result in results]})
    else:
        for result in results:
            click.echo(f"{result.refused_id}: {_said(result, dry_run=dry_run)}")
    return 1 if any(result.reason for result in results) else 0


def _gate(store: SqliteStore, settings: Settings) -> Gate:
    """Give what trying again goes by: the configuration in force, with its secrets."""
    loaded, _ = first_choice(settings, os.environ, store.strongbox)
    vault = open_vault(store, settings)
    secrets, sources = vault.open_all(), loaded.catalog.sources
    guard = silent_guard(store.ledger.attributes(), settings)
    rules = intake_rules(settings, vault.index_key(now=now()), loaded.catalog.fingerprint, guard=guard)

    def live(name: str) -> LiveSource | None:
        return live_source(sources[name], secrets, public_url=settings.public_url) if name in sources else None

    return Gate(live, settings.public_url, rules, new_id)


def _said(result: Retried, *, dry_run: bool) -> str:
    if result.reason:
        return f"not taken in: {result.reason}"
    if dry_run:
        return "can be taken in"
    events = [f"{each.event_id}{' (it had come before)' * each.duplicate}" for each in result.receipts]
    return f"taken in as {', '.join(events)}"


def _row(result: Retried, *, dry_run: bool) -> dict[str, Any]:
    events = [{"event": each.event_id, "duplicate": each.duplicate} for each in result.receipts]
    return {"id": result.refused_id, "taken": not (result.reason or dry_run), "events": events, "reason": result.reason}
