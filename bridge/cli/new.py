"""`bridge new`: starts a mapping file, from a preset or from what was stored of a source, and checks it."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from bridge.app.beginning import Sample, from_events
from bridge.app.connecting import file_for, misnamed, touchpoints_of, usual_touchpoint, with_touchpoints
from bridge.app.traffic import LAST, walk
from bridge.catalog import load_texts
from bridge.catalog.folder import read_folder
from bridge.catalog.loading import TOUCHPOINTS_FILE
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, opened, settings_flags
from bridge.cli.output import problems
from bridge.core.configuration import Touchpoint
from bridge.core.errors import ConfigInvalid, Unreadable
from bridge.core.reading import read_body
from bridge.settings import Settings

_UNKNOWN_HEAD = (
    "verify:",
    "  kind: token                               # change this to how the system signs: see docs/mappings.md",
    "  token: {from: header, name: X-Webhook-Token}",
)


@click.command("new", epilog="Example: bridge new my-shop --preset woocommerce")
@click.argument("source", metavar="SOURCE")
@click.option("--preset", metavar="PRESET", help="the system; default: the one that SOURCE names")
@click.option("--from-events", is_flag=True, help="from the last stored events of this source instead")
@click.option("--touchpoint", metavar="NAME", help="where to; default: the first mail touchpoint of the folder")
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def new_command(
    source: str, preset: str | None, touchpoint: str | None, *, from_events: bool, settings: Settings
) -> int:
    """Start a mapping file: a mapping to go on from, and where to find the secret. Never overwrites one."""
    if wrong := misnamed(source):
        raise click.BadParameter(wrong, param_hint="SOURCE")
    if from_events and preset:
        raise click.UsageError("--preset and --from-events exclude each other.")
    path = settings.mappings / f"{source}.yaml"
    if path.exists():
        raise click.UsageError(f"{path} is there already; it stays as it is.")
    files = _files(settings.mappings)
    where = _touchpoint(files, touchpoint)
    text = _of_events(source, where, settings) if from_events else _of_preset(source, preset or source, where)
    loaded = load_texts({**files, path.name: text}, os.environ)
    settings.mappings.mkdir(parents=True, exist_ok=True)
    for name, content in ((TOUCHPOINTS_FILE, files[TOUCHPOINTS_FILE]), (path.name, text)):
        _write_new(settings.mappings / name, content)
    problems(problem for problem in loaded.warnings if problem.file == path.name)
    click.echo(f"Next: bridge secrets set {source}, then bridge check.")
    return 0


def _files(folder: Path) -> dict[str, str]:
    """Give the texts of the folder, with touchpoints to begin with if there are none."""
    texts, found = read_folder(folder) if folder.exists() else ({}, [])
    if any(problem.severity == "error" for problem in found):
        raise ConfigInvalid(found)
    return with_touchpoints(texts)


def _touchpoint(files: dict[str, str], wanted: str | None) -> Touchpoint:
    known = touchpoints_of(files, os.environ)
    if wanted is not None and wanted not in known:
        raise click.BadParameter(f"there are: {', '.join(sorted(known))}", param_hint="--touchpoint")
    return usual_touchpoint(known) if wanted is None else known[wanted]


def _of_preset(source: str, name: str, touchpoint: Touchpoint) -> str:
    try:
        return file_for(source, name, touchpoint)
    except ConfigInvalid as error:
        raise click.UsageError(f"{error.problems[0].message}. Or use --from-events.") from None


def _of_events(source: str, touchpoint: Touchpoint, settings: Settings) -> str:
    sample = Sample()
    with opened(settings) as store:
        kept = store.strongbox.last_configuration()
        for row, event in walk(store.ledger, last=LAST, source=source):
            try:
                payload = read_body(event.body, event.headers.get("content-type", "")) if event else None
            except Unreadable:
                payload = None
            sample.take(row["topic"], payload)
    if not sample.topics:
        raise click.UsageError(f"No event of the source {source!r} is stored; start from a preset with --preset.")
    return from_events(source, sample, touchpoint, head=_head(source, kept[1] if kept else {}))


def _head(source: str, files: dict[str, str]) -> Sequence[str]:
    """Give `verify:` and `event:` as the last file of the source had them, or something to begin with."""
    lines = files.get(f"{source}.yaml", "").split("\n")
    kept: list[str] = []
    inside = False
    for line in lines:
        if line[:1] not in {"", " ", "#"}:
            inside = line.startswith(("verify:", "event:"))
        if inside and line.strip():
            kept.append(line)
    secrets = f'  secrets: ["${{secret:{source}}}"]'
    return kept or [*_UNKNOWN_HEAD, secrets, "event: {topic: type, id: id}"]


def _write_new(path: Path, text: str) -> None:
    if not path.exists():
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        click.echo(str(path))
