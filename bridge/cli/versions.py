"""`bridge mappings`: the versions of the mapping files that were in force, compared, shown and put back."""

import os
from dataclasses import asdict
from typing import Any

import click

from bridge.app import versions
from bridge.app.clock import now
from bridge.app.versions import (
    Files,
    FolderChange,
    Listed,
    diffs,
    discard,
    folder_texts,
    foreign,
    patch,
    put,
    restoration,
    stage,
)
from bridge.cli.journal import note
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json, listing, printable
from bridge.outbox.safekeeping import Strongbox
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_EPILOG = """\b
Examples:
  bridge mappings history
  bridge mappings diff                           what is in force against the folder
  bridge mappings diff 3f2a 9c01                 one version against another
  bridge mappings restore 3f2a --dry-run"""


@click.group("mappings", epilog=_EPILOG)
def mappings_command() -> None:
    """Look at the versions of the mapping files that were in force, and put one back.

    A version is named by its fingerprint, or by the beginning of it.
    """


@mappings_command.command("history")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="at most so many")
@json_flag
@settings_flags(*STORE_SETTINGS)
def history(limit: int, settings: Settings, *, as_json: bool) -> None:
    """List when which version came into force, how, and which files changed; the newest, in force, first."""
    with opened(settings) as store:
        rows = [_row(each) for each in versions.history(store.strongbox, limit=limit)]
    columns = ("since", "how", "configuration", "changed")
    listing(rows, columns, as_json_too=as_json, empty="Nothing was ever in force here.")


def _row(listed: Listed) -> dict[str, Any]:
    return {
        "configuration": listed.version.fingerprint,
        "since": listed.version.since,
        "how": listed.version.how,
        "changed": ", ".join(f"{_SIGNS[each.change]}{each.file}" for each in listed.changed),
    }


_SIGNS = {"added": "+", "removed": "-", "changed": ""}


@mappings_command.command("show")
@click.argument("version", metavar="FINGERPRINT")
@click.argument("file", required=False)
@json_flag
@settings_flags(*STORE_SETTINGS)
def show(version: str, file: str | None, settings: Settings, *, as_json: bool) -> int:
    """Show the files of a version, or the text of one FILE of it."""
    with opened(settings) as store:
        name, files = _found(store.strongbox, version)
    if file is not None and file not in files:
        click.echo(f"{name} has no file {file}; it has: {', '.join(sorted(files))}.", err=True)
        return 1
    chosen = files if file is None else {file: files[file]}
    if as_json:
        print_json({"configuration": name, "files": chosen})
    elif file is not None:
        click.echo(printable(files[file]), nl=False)
    else:
        for each in sorted(files):
            click.echo(f"{files[each].count(chr(10)):6}  {each}")
    return 0


@mappings_command.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def diff(old: str | None, new: str | None, settings: Settings, *, as_json: bool) -> None:
    """Compare versions: OLD with NEW, OLD with what is in force, or (with neither) what is in force with the folder."""
    with opened(settings) as store:
        before, files_before = _found(store.strongbox, old) if old else versions.in_force(store.strongbox)
        if old is None:
            after, files_after = str(settings.mappings), folder_texts(settings.mappings, os.environ)
        else:
            after, files_after = _found(store.strongbox, new) if new else versions.in_force(store.strongbox)
    found = diffs(files_before, files_after, old_name=before, new_name=after)
    if as_json:
        print_json({"old": before, "new": after, "files": [asdict(each) for each in found]})
    else:
        click.echo("".join(printable(each.diff) for each in found) or f"{before} and {after} are the same.\n", nl=False)


@mappings_command.command("restore")
@click.argument("version", metavar="FINGERPRINT")
@click.option("--dry-run", is_flag=True, help="show what would be written, and write nothing")
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS, "apply")
def restore(version: str, settings: Settings, *, dry_run: bool) -> int:
    """Write the files of a version back into the folder, each as a whole; files it does not have are kept.

    This is a change like any other: a running bridge takes it over, or with BRIDGE_APPLY=manual after `bridge apply`.
    """
    with opened(settings) as store:
        name, files = _found(store.strongbox, version)
        wanted = restoration(settings.mappings, files, os.environ)
        if not wanted.write:
            click.echo(f"{settings.mappings} holds the files of {name} already.")
            return 0
        if dry_run:
            click.echo("".join(patch(wanted)), nl=False)
            return 0
        if why := foreign(wanted.folder, wanted.write) or _carry_out(store, wanted, settings):
            click.echo("".join(patch(wanted)), nl=False)
            click.echo(f"Nothing was written: {why}. Commit the change above where its files come from.", err=True)
            return 1
    _tell(name, wanted, settings)
    return 0


def _carry_out(store: SqliteStore, wanted: FolderChange, settings: Settings) -> str | None:
    """Write the files; what they make is on record before a running bridge sees them. Gives why nothing was written."""
    try:
        staged = stage(wanted)
    except OSError as error:
        return f"the folder {settings.mappings} cannot be written to: {error.strerror}"
    try:
        loaded = wanted.loaded
        with store.together():
            if settings.apply == "auto":
                store.strongbox.keep_configuration(loaded.catalog.fingerprint, loaded.files, now=now(), how="restore")
            note(store, "restore", f"mappings {loaded.catalog.fingerprint}", ", ".join(sorted(wanted.write)))
        put(staged)
    finally:
        discard(staged)
    return None


def _tell(name: str, wanted: FolderChange, settings: Settings) -> None:
    click.echo(f"Restored {name}: wrote {', '.join(sorted(wanted.write))} in {settings.mappings}.")
    result = wanted.loaded.catalog.fingerprint
    if wanted.kept:
        click.echo(f"Kept {', '.join(wanted.kept)}, which that version does not have; together they are {result}.")
    if settings.apply == "auto":
        click.echo(f"This is a change: {result} is in force, and a running bridge takes it over at once.")
    else:
        click.echo(f"This is a change: {result} is not in force yet; see `bridge plan`, then `bridge apply`.")


def _found(strongbox: Strongbox, beginning: str) -> tuple[str, Files]:
    """Give the version of which this is the fingerprint or its beginning."""
    version = versions.found(strongbox, beginning)
    if version is None:
        click.echo(f"There is no version {beginning}; `bridge mappings history` lists them.", err=True)
        raise click.exceptions.Exit(1)
    return version
