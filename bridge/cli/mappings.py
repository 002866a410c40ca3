"""Mapping files and payloads: `try`, `apply`, `send`."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from bridge.app.clock import now
from bridge.app.inforce import first_choice
from bridge.app.post import Posted, post_webhook, request_headers
from bridge.app.prepare import create_store, open_vault
from bridge.app.rules import intake_rules
from bridge.app.trying import NO_KEY, shown, try_request
from bridge.catalog import Loaded, load_catalog
from bridge.cli.check import checked
from bridge.cli.journal import note
from bridge.cli.options import FOLDER_SETTINGS, STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.configuration import Source
from bridge.core.errors import ConfigInvalid
from bridge.core.reading import read_body
from bridge.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_payload = click.argument("payload", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
_topic = click.option("--topic", metavar="TOPIC", help="the event's topic, where it is not in the payload")
_header = click.option("--header", "headers", metavar="NAME=VALUE", multiple=True, help="a header (may be repeated)")


def _source(loaded: Loaded, name: str) -> Source:
    source = loaded.catalog.sources.get(name)
    if source is None:
        raise click.UsageError(f"There is no source {name!r}; there are: {', '.join(sorted(loaded.catalog.sources))}.")
    return source


def _read(payload: Path) -> bytes:
    return sys.stdin.buffer.read() if str(payload) == "-" else payload.read_bytes()


def _pairs(headers: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in headers]
    if any(not sign for _, sign, _ in pairs):
        raise click.BadParameter("write NAME=VALUE", param_hint="--header")
    return {name.strip(): value.strip() for name, _, value in pairs}


@click.command(
    "try", epilog="Example: bridge try shopify mappings/examples/shopify/order-fulfilled.json --topic orders/fulfilled"
)
@click.argument("source", metavar="SOURCE")
@_payload
@_topic
@_header
@click.option(
    "--looked-up", "answers", type=_FILE, multiple=True, help="a file with what the lookup answers (may be repeated)"
)
@json_flag
@settings_flags(*FOLDER_SETTINGS)
def try_command(
    source: str,
    payload: Path,
    topic: str | None,
    headers: tuple[str, ...],
    answers: tuple[Path, ...],
    *,
    settings: Settings,
    as_json: bool,
) -> int:
    """Show what one payload (a file, or - for standard input) would become. Sends nothing, stores nothing.

    What its lookup would answer is given with --looked-up, once for each request.
    """
    known = _source(load_catalog(settings.mappings, os.environ), source)
    given = [read_body(path.read_bytes(), "application/json") for path in answers]
    extra = request_headers(known, topic, _pairs(headers))
    rules = intake_rules(settings, NO_KEY, "")
    tried = try_request(known, _read(payload), headers=extra, answers=given, received_at=now(), rules=rules)
    events = [shown(each) for each in tried]
    if as_json:
        print_json({"events": events})
    else:
        _print_events(events)
    return 1 if any(each["verdict"] == "failed" for event in events for each in event["decisions"]) else 0


def _print_events(events: list[dict[str, Any]]) -> None:
    for event in events:
        click.echo(f"topic {event['topic'] or '(none)'}, id {event['event_id']}, tenant {event['tenant'] or '(none)'}")
        lookup = event.get("lookup", {"asks": [], "waits": False})
        for address in lookup["asks"]:
            click.echo(f"  looks up {address}")
        if lookup["waits"]:
            click.echo("  waits for the answer: give it with --looked-up FILE")
        for decision in event["decisions"]:
            more = decision["reason"] or (f"to be sent {decision['sending']}" if decision["sending"] else "")
            click.echo(f"  {decision['mapping'] or '(no mapping)'}  {decision['verdict']}{more and f': {more}'}")
            for name, value in (decision["body"] or {}).items():
                click.echo(f"    {name}: {value}")


@click.command("apply")
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS)
def apply_command(settings: Settings, *, as_json: bool) -> int:
    """Put the folder of mapping files in force; a running bridge takes it over at once. Broken files are refused."""
    loaded, found = checked(settings.mappings)
    if loaded is None or any(problem.severity == "error" for problem in found):
        raise ConfigInvalid(found)
    store = create_store(settings)
    try:
        fingerprint = loaded.catalog.fingerprint
        with store.together():
            if store.strongbox.keep_configuration(fingerprint, loaded.files, now=now(), how="apply"):
                note(store, "apply", f"mappings {fingerprint}", str(settings.mappings))
    finally:
        store.close()
    if as_json:
        print_json({"configuration": loaded.catalog.fingerprint})
    else:
        click.echo(f"In force: {loaded.catalog.fingerprint}.")
    return 0


@click.command(
    "send",
    epilog="Example: bridge send shopify mappings/examples/shopify/order-fulfilled.json --topic orders/fulfilled",
)
@click.argument("source", metavar="SOURCE")
@_payload
@_topic
@_header
@click.option("--url", metavar="URL", help="default: the hooks' host and port of the settings")
@json_flag
@settings_flags(*STORE_SETTINGS, *FOLDER_SETTINGS, "apply", "host", "port", "public_url")
def send_command(
    source: str,
    payload: Path,
    topic: str | None,
    headers: tuple[str, ...],
    url: str | None,
    *,
    settings: Settings,
    as_json: bool,
) -> int:
    """Sign a payload (a file, or - for standard input) like the source would, and post it to a running bridge."""
    with opened(settings) as store:
        loaded, _ = first_choice(settings, os.environ, store.strongbox)
        known = _source(loaded, source)
        secrets = open_vault(store, settings).open_all()
    secret = next((text for template in known.secrets if (text := template.render(secrets)) is not None), "")
    if not secret and known.scheme.kind != "none":
        raise ConfigInvalid.because(f"no secret of the source {source} is stored", "store it with `bridge secrets set`")
    base = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    posted = post_webhook(
        known,
        secret,
        _read(payload),
        base=base,
        public_url=settings.public_url or base,
        headers=request_headers(known, topic, _pairs(headers)),
    )
    return _report(posted, as_json=as_json)


def _report(posted: Posted, *, as_json: bool) -> int:
    if as_json:
        print_json({"status": posted.status, "answer": posted.answer})
    else:
        click.echo(f"{posted.status} {posted.answer}")
    return 0 if 200 <= posted.status < 300 else 1
