"""`bridge example`: a stored event becomes a masked example beside the mapping files, run by `check` for ever after."""

import os

import click

from bridge.app.example import NAME, free_paths, make_example, write_example
from bridge.app.inforce import read_folder
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.errors import Unreadable
from bridge.settings import Settings


@click.command("example", epilog="Example: bridge example evt_01… --name refund-without-customer")
@click.argument("event_id", metavar="EVENT")
@click.option("--name", metavar="NAME", help="of the files; default: the topic and, if need be, a number")
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def example_command(event_id: str, name: str | None, settings: Settings, *, as_json: bool) -> int:
    """Write a masked example of a stored event, and what the folder's mapping files make of it.

    Names, addresses, numbers, ids and texts are replaced by invented ones. Read the file before you share it.
    """
    if name is not None and not NAME.fullmatch(name):
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
    payload, expect = paths = free_paths(settings.mappings / "examples" / source.name, name, entry.event.topic)
    write_example(example, paths)
    for difference in example.otherwise:
        click.echo(f"Note: {difference}. Mend the example by hand if it is to show that.", err=True)
    if as_json:
        print_json({"payload": str(payload), "expect": str(expect), "otherwise": list(example.otherwise)})
    else:
        click.echo(f"{payload}\n{expect}")
    return 0
