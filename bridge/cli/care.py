"""Looking after the installation: `doctor` and `migrate`."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from bridge.app.admission import measure
from bridge.app.clock import now
from bridge.app.erasing import erases
from bridge.app.inforce import (
    differing,
    first_choice,
    live_source,
    lookup_state,
    missing_secrets,
    not_applied,
    read_folder,
)
from bridge.app.prepare import create_store, open_vault
from bridge.app.standing import when
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import listing, next_try
from bridge.core.configuration import Source
from bridge.core.errors import BridgeError, ConfigInvalid
from bridge.core.presets import PRESETS
from bridge.intake import PRIVACY
from bridge.outbox.examining import examine
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_MOST_REQUESTS = 10_000  # not carried out yet, that `doctor` looks at
_MOST_NAMED = 20  # privacy requests that `doctor` names, the newest


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined: whether it is well, and what was seen or is to be done."""

    what: str
    well: bool
    seen: str


@click.command("doctor")
@json_flag
@settings_flags(
    *STORE_SETTINGS, *FOLDER_SETTINGS, "apply", "redact", "public_url", "max_waiting", "max_store", "min_free_disk"
)
def doctor_command(settings: Settings, *, as_json: bool) -> int:
    """Examine SQLite, disk, key, mapping files, secrets, pauses, targets, books. Exit status 1 if something is ill."""
    with opened(settings) as store:
        findings = [finding for look in _EXAMINATIONS for finding in _examined(look, store, settings)]
    rows = [{"what": each.what, "state": "ok" if each.well else "PROBLEM", "seen": each.seen} for each in findings]
    listing(rows, ("what", "state", "seen"), as_json_too=as_json, empty="")
    return 0 if all(finding.well for finding in findings) else 1


Examination = Callable[[SqliteStore, Settings], Iterator[Finding]]


def _examined(look: Examination, store: SqliteStore, settings: Settings) -> Iterator[Finding]:
    try:
        yield from look(store, settings)
    except BridgeError as error:
        yield Finding(look.__name__.removeprefix("_").replace("_", " "), well=False, seen=str(error))


def _sqlite(store: SqliteStore, _: Settings) -> Iterator[Finding]:
    for what, seen, well in examine(store.database):
        yield Finding(what, well, seen)


def _disk(store: SqliteStore, settings: Settings) -> Iterator[Finding]:
    room = measure(settings.database_path, store.ledger.counters())
    shortage = room.shortage(settings)
    sizes = f"the database has {room.store >> 20} MiB, {room.free >> 20} MiB are free"
    seen = f"{room.waiting} deliveries and events wait, {sizes}"
    yield Finding("room", shortage is None, shortage or seen)


def _mapping_files(store: SqliteStore, settings: Settings) -> Iterator[Finding]:
    loaded, stale = first_choice(settings, os.environ, store.strongbox)
    seen = f"{len(loaded.catalog.sources)} sources, {len(loaded.catalog.touchpoints)} touchpoints"
    unapplied = None
    if settings.apply == "manual":
        try:
            unapplied = not_applied(differing(loaded.files, read_folder(settings, os.environ).files))
        except ConfigInvalid as error:
            stale = error.problems
    if stale:
        yield Finding("mapping files", well=False, seen=f"not in force: {stale[0]}; run `bridge check`")
    else:
        yield Finding("mapping files", well=True, seen=f"{seen}, {unapplied or 'all in force'}")


def _secrets(store: SqliteStore, settings: Settings) -> Iterator[Finding]:
    secrets = open_vault(store, settings).open_all()
    yield Finding("master key", well=True, seen=f"opens every stored secret ({len(secrets)})")
    loaded, _ = first_choice(settings, os.environ, store.strongbox)
    queues = store.ledger.lookup_queues()
    for name, source in loaded.catalog.sources.items():
        live = live_source(source, secrets, public_url=settings.public_url)
        yield Finding(f"source {name}", well=True, seen=live.waiting or f"open{_patience(source)}")
        if state := lookup_state(source, secrets, queues.get(name)):
            yield Finding(f"lookup of {name}", well=not state.startswith("refused"), seen=state)
    for name, touchpoint in loaded.catalog.touchpoints.items():
        lacking = missing_secrets(touchpoint, secrets)
        yield Finding(f"touchpoint {name}", well=True, seen=f"waits for {', '.join(lacking)}" if lacking else "open")


def _patience(source: Source) -> str:
    """Say how long a known system tries: a bridge that is down for longer loses its events."""
    preset = PRESETS.get(source.preset or "")
    if preset is None:
        return ""
    deadline = f", waits for an answer {preset.deadline}" if preset.deadline else ""
    return f"; sends again: {preset.retry_span}{deadline}"


def _privacy(store: SqliteStore, settings: Settings) -> Iterator[Finding]:
    rows = store.ledger.find(PRIVACY.digest, limit=_MOST_NAMED)
    waiting = set(store.erasures.requests(PRIVACY, limit=_MOST_REQUESTS)) if rows else set()
    catalog = first_choice(settings, os.environ, store.strongbox)[0].catalog if rows else None
    for row in rows:
        seen = f"{row['topic']} of {row['tenant'] or row['source']}, {when(row['received_at'])}: {row['id']}"
        if catalog and row["id"] in waiting and erases(catalog, row["source"], row["topic"]):
            by_whom = "`bridge erase` by you" if settings.redact == "manual" else "the running bridge, which erases"
            seen += f"; waits for {by_whom}"
        yield Finding("privacy request", well=True, seen=seen)


def _pauses(store: SqliteStore, _: Settings) -> Iterator[Finding]:
    for paused in store.ledger.pauses():
        yield Finding(f"pause of {paused.scope} {paused.name}".rstrip(), paused.by == "operator", paused.reason)


def _circuits(store: SqliteStore, _: Settings) -> Iterator[Finding]:
    for circuit in store.ledger.circuits():
        yield Finding(f"target of {circuit.touchpoint}", well=False, seen=next_try(circuit, now=now()))


def _books(store: SqliteStore, _: Settings) -> Iterator[Finding]:
    imbalances = store.ledger.audit()
    yield Finding("books", not imbalances, "run `bridge audit`" if imbalances else "balanced")


_EXAMINATIONS: tuple[Examination, ...] = (
    _sqlite,
    _disk,
    _mapping_files,
    _secrets,
    _pauses,
    _circuits,
    _privacy,
    _books,
)


@click.command("migrate")
@settings_flags(*STORE_SETTINGS)
def migrate_command(settings: Settings) -> None:
    """Bring the database to this version's schema, making it if there is none. `serve` does this by itself."""
    create_store(settings).close()
    click.echo(f"{settings.database_path} has this version's schema.")
