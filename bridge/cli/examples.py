"""`bridge example`: a stored event becomes a masked example beside the mapping files, run by `check` for ever after."""

import os
import re
from pathlib import Path

import click

from bridge.app.example import make_example
from bridge.app.inforce import read_folder
from bridge.catalog.examples import EXPECT
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.errors import Unreadable
from bridge.settings import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@click.command("example", epilog="Example: bridge example evt_01… --name refund-without-customer")
@click.argument("event_id", metavar="EVENT")
@click.option("--name", metavar="NAME", help="of the files; default: the topic and, if need be, a number")
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def example_command(event_id: str, name: str | None, settings: Settings, *, as_json: bool) -> int:
    """Write a masked example of a stored event, and what the folder's mapping files make of it.

    Names, addresses, numbers, ids and texts are replaced by invented ones. Read the file before you share it.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise click.BadParameter("write lower-case letters, digits, '.', '-' and '_'", param_hint="--name")
    loaded = read_folder(settings, os.environ)
    with opened(settings) as store:
        row, entry = store.ledger.event(event_id), store.ledger.entry(event_id)
        looked_up = store.ledger.lookup(event_id)
    if row is None or entry is None:
        kept = "There is no event" if row is None else "The payload is not kept any more of the event"
        click.echo(f"{kept} {event_id}.", err=True)
        return 1
    source = loaded.catalog.sources.get(entry.event.source)
    if source is None:
        raise click.UsageError(f"There is no mapping file of the source {entry.event.source!r} in {settings.mappings}.")
    try:
        example = make_example(entry.event, source, answers=looked_up and looked_up["results"])
    except Unreadable as error:
        click.echo(f"No example can be made of {event_id}: {error}.", err=True)
        return 1
    payload, expect = _paths(settings.mappings / "examples" / source.name, name, entry.event.topic)
    payload.parent.mkdir(parents=True, exist_ok=True)
    _write(payload, example.payload)
    _write(expect, example.expect)
    for difference in example.otherwise:
        click.echo(f"Note: {difference}. Mend the example by hand if it is to show that.", err=True)
    if as_json:
        print_json({"payload": str(payload), "expect": str(expect), "otherwise": list(example.otherwise)})
    else:
        click.echo(f"{payload}\n{expect}")
    return 0


def _paths(folder: Path, name: str | None, topic: str) -> tuple[Path, Path]:
    if name is not None:
        stems = [name]
    else:
        base = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:48] or "event"
        stems = [base, *(f"{base}-{number}" for number in range(2, 1000))]
    for stem in stems:
        payload, expect = folder / f"{stem}.json", folder / f"{stem}{EXPECT}"
        if not payload.exists() and not expect.exists():
            return payload, expect
    raise click.BadParameter(f"an example {stems[0]} is there already; choose another --name", param_hint="--name")


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
