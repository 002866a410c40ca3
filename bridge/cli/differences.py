"""What examples become against what is written down: shown as a diff of the outcome's file, or accepted."""

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from bridge.catalog import Loaded, load_catalog
from bridge.catalog.examples import Ran, run_examples
from bridge.catalog.restating import restated
from bridge.cli.output import printable
from bridge.core.errors import ConfigInvalid


def print_differences(folder: Path, loaded: Loaded) -> None:
    """Show what each differing example's file would be, and how to accept that."""
    differing = [ran for ran in run_examples(folder, loaded.catalog)[1] if ran.differs]
    for _, text in _changes(differing):
        click.echo(text)
    if differing:
        click.echo("If that is meant: bridge check --accept writes it down.")


def accept_differences(folder: Path, *, as_json: bool) -> None:
    """Write down what each differing example becomes now; say what changed (on standard error with JSON)."""
    try:
        catalog = load_catalog(folder, os.environ).catalog
    except ConfigInvalid:
        return  # the check that follows says what is wrong
    differing = [ran for ran in run_examples(folder, catalog)[1] if ran.differs]
    for path, text in _changes(differing, write=True):
        click.echo(text, err=as_json)
        click.echo(f"{path} is rewritten.", err=as_json)


def _changes(differing: list[Ran], *, write: bool = False) -> Iterator[tuple[Path, str]]:
    for ran in differing:
        old = ran.expect.read_text(encoding="utf-8")
        new = restated(old, ran)
        if new == old:
            continue
        if write:
            _replace(ran.expect, new)
        names = f"{ran.expect} (expected)", f"{ran.expect} (as it comes out)"
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), *names, lineterm="")
        yield ran.expect, printable("\n".join(lines))


def _replace(path: Path, text: str) -> None:
    """Write the whole file or nothing."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
