"""`bridge replay ref_…`: refused requests that are tried again, one by one."""

import os
from typing import Any

import click

from bridge.app.clock import new_id, now
from bridge.app.drifting import silent_guard
from bridge.app.inforce import first_choice, live_source
from bridge.app.prepare import open_vault
from bridge.app.retries import Retried, examine, retry
from bridge.app.rules import intake_rules
from bridge.cli.output import as_json as print_json
from bridge.core.model import Refused
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings


def retry_refused(ids: tuple[str, ...], store: SqliteStore, settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Try the refused requests again and say what became of each. Exit status 1 if one cannot be taken in."""
    worker = _Worker(store, settings, dry_run=dry_run)
    results = [worker.retry(refused_id) for refused_id in ids]
    if as_json:
        print_json({"refused": [_row(result, dry_run=dry_run) for result in results]})
    else:
        for result in results:
            click.echo(f"{result.refused_id}: {_said(result, dry_run=dry_run)}")
    return 1 if any(result.reason for result in results) else 0


class _Worker:
    """What trying again needs: the configuration in force, with its secrets."""

    def __init__(self, store: SqliteStore, settings: Settings, *, dry_run: bool) -> None:
        self._store = store
        self._settings = settings
        self._dry_run = dry_run
        self._loaded, _ = first_choice(settings, os.environ, store.strongbox)
        vault = open_vault(store, settings)
        self._secrets = vault.open_all()
        fingerprint, guard = self._loaded.catalog.fingerprint, silent_guard(store.ledger.attributes(), settings)
        self._rules = intake_rules(settings, vault.index_key(now=now()), fingerprint, guard=guard)

    def retry(self, refused_id: str) -> Retried:
        refused = self._store.ledger.refusal(refused_id)
        if refused is None:
            return Retried(refused_id, reason="there is no such refused request any more")
        return self._retry(refused)

    def _retry(self, refused: Refused) -> Retried:
        source = self._loaded.catalog.sources.get(refused.source)
        public_url = self._settings.public_url
        live = live_source(source, self._secrets, public_url=public_url) if source else None
        around: dict[str, Any] = {"public_url": public_url, "now": now(), "new_id": new_id, "rules": self._rules}
        if self._dry_run:
            return Retried(refused.id, reason=examine(refused, live, **around))
        return retry(self._store, refused, live, **around)


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
