"""`bridge check`: every problem of mapping files and examples, for people, programs and GitHub; the JSON Schemas."""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from bridge.app.checking import examined
from bridge.app.traffic import note_traffic
from bridge.catalog import Loaded, load_catalog, show
from bridge.catalog.lint import Seen
from bridge.catalog.schema import schema_texts
from bridge.cli.annotations import annotation
from bridge.cli.differences import accept_differences, print_differences
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.drift import Vocabulary, vocabulary
from bridge.core.errors import ConfigInvalid, Problem
from bridge.settings import Settings

_FORMATS = ("text", "json", "github")
_SCHEMAS = ("mapping", "touchpoints")
_EPILOG = """\b
Examples:
  bridge check ./mappings
  bridge check --format github                   in a workflow: problems at their lines
  bridge check --schema > mappings/mapping.schema.json"""


@click.command("check", epilog=_EPILOG)
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--format", "style", type=click.Choice(_FORMATS), default="text", show_default=True, help="how problems are written"
)
@click.option(
    "--schema",
    type=click.Choice(_SCHEMAS),
    is_flag=False,
    flag_value="mapping",
    help="print the JSON Schema of this kind of file (mapping, if you do not say) and check nothing",
)
@click.option("--accept", is_flag=True, help="write down what the examples become now as what is expected")
@click.option(
    "--against-events", is_flag=True, help="compare paths and attributes with what was received and sent, too"
)
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def check_command(
    folder: Path | None,
    style: str,
    schema: str | None,
    *,
    accept: bool,
    against_events: bool,
    settings: Settings,
    as_json: bool,
) -> int:
    """Check every mapping file and run every example; all problems at once. Exit status 1 if there is any."""
    if schema is not None:
        click.echo(schema_texts()[f"{schema}.schema.json"], nl=False)
        return 0
    where = folder or settings.mappings
    if accept:
        accept_differences(where, as_json=as_json)
    loaded, found = checked(where, settings=settings if against_events else None)
    errors = [problem for problem in found if problem.severity == "error"]
    _PRINTERS["json" if as_json else style](loaded, found, where)
    return 1 if errors else 0


def checked(folder: Path, *, settings: Settings | None = None) -> tuple[Loaded | None, list[Problem]]:
    """Check a folder and run its examples; nothing is loaded where the files themselves are wrong.

    With `settings` the paths are compared with those of the stored events, too.
    """
    try:
        loaded = load_catalog(folder, os.environ)
    except ConfigInvalid as error:
        return None, list(error.problems)

    def learn(seen: Seen) -> Vocabulary:
        if settings is None:
            return Vocabulary()
        with opened(settings) as store:
            note_traffic(store.ledger, loaded.catalog, seen)
            return vocabulary(store.ledger.attributes())

    return loaded, list(examined(loaded, folder, named=folder, learn=learn).problems)


def _as_text(loaded: Loaded | None, found: list[Problem], folder: Path) -> None:
    for problem in found:
        click.echo(problem)
        if line := show(problem, _text_of(problem)):
            click.echo(line)
    if loaded is not None and any(problem.severity == "error" for problem in found):
        print_differences(folder, loaded)
    click.echo(_verdict(loaded, found, folder))


def _as_json(_: Loaded | None, found: list[Problem], __: Path) -> None:
    is_fine = not any(problem.severity == "error" for problem in found)
    print_json({"ok": is_fine, "problems": [asdict(problem) for problem in found]})


def _as_annotations(loaded: Loaded | None, found: list[Problem], folder: Path) -> None:
    for problem in found:
        click.echo(annotation(problem, base=Path.cwd()))
    click.echo(_verdict(loaded, found, folder))


_PRINTERS: dict[str, Callable[[Loaded | None, list[Problem], Path], None]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_annotations,
}


def _text_of(problem: Problem) -> str:
    try:
        return Path(problem.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return ""


def _verdict(loaded: Loaded | None, found: list[Problem], folder: Path) -> str:
    number = sum(problem.severity == "error" for problem in found)
    if number or loaded is None:
        return f"{number} {'problem' if number == 1 else 'problems'} in {folder}; nothing of it is in force."
    return f"{folder} is fine: {len(loaded.catalog.sources)} sources, {len(loaded.catalog.touchpoints)} touchpoints."
