"""`bridge why`: the story of one contact, order or id, ending in one sentence."""

import os

import click

from bridge.app.clock import now
from bridge.app.prepare import open_vault
from bridge.app.spelling import nearest
from bridge.app.why import MOST, as_rows, trace
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json, printable
from bridge.core.findings import Findings
from bridge.core.schedule import spoken_time
from bridge.core.sentence import conclude
from bridge.core.story import LONGEST, Moment, timeline
from bridge.settings import Settings

_EPILOG = """\b
Examples:
  bridge why anna@example.com
  bridge why '#1001'
  bridge why dlv_01jd…"""


@click.command("why", epilog=_EPILOG)
@click.argument("text", metavar="TEXT")
@json_flag
@settings_flags(*STORE_SETTINGS, "keep_history")
def why_command(text: str, settings: Settings, *, as_json: bool) -> int:
    """Tell what became of an address, a phone number, an order, a key or an id, and why.

    What happened comes in order, the newest last; then one sentence says how it stands and what to do next.
    """
    if not text.strip():
        raise click.UsageError("Write an address, a number, an order, a key or an id.")
    with opened(settings) as store:
        at = now()
        index_key = open_vault(store, settings).index_key(now=at)
        findings = trace(
            store, text.strip(), index_key=index_key, kept=settings.keep_history, now=at, environment=os.environ
        )
        alike = nearest(store.ledger, findings.text, index_key=index_key) if findings.is_empty else []
    moments = timeline(findings)
    if as_json:
        print_json(_as_json(findings, moments[-LONGEST:]) | {"alike": alike})
    else:
        _print(findings, moments)
        if alike:
            click.echo(printable(f"Did you mean {' or '.join(alike)}?"))
    return 1 if findings.is_empty else 0


def _as_json(findings: Findings, moments: list[Moment]) -> dict[str, object]:
    return {
        "kind": findings.kind,
        "zone": findings.zone,
        "is_all": findings.is_all,
        "events": as_rows(findings),
        "moments": [{"at": each.at, "id": each.id, "text": each.text} for each in moments],
        "sentence": conclude(findings),
    }


def _print(findings: Findings, moments: list[Moment]) -> None:
    if not findings.is_all:
        click.echo(f"Only the newest {MOST} events are looked at.")
    if len(moments) > LONGEST:
        click.echo(f"Only the newest {LONGEST} of {len(moments)} moments are shown.")
    shown = [(spoken_time(each.at, findings.zone), each.text, each.id) for each in moments[-LONGEST:]]
    width = max((len(time) for time, _, _ in shown), default=0)
    for time, text, identity in shown:
        line = f"{time.ljust(width)}  {text}" + (f" ({identity})" if identity and identity not in text else "")
        click.echo(printable(line).replace("\n", " "))
    if shown:
        click.echo()
    click.echo(printable(conclude(findings)).replace("\n", " "))
