"""What an operator may stop, hold, cancel and let go: `pause`, `resume`, `cancel`, `hold`, `release`."""

import os
from dataclasses import replace
from typing import Any, Literal, get_args

import click

from bridge.app.clock import now
from bridge.app.pausing import misnamed, stops_nothing
from bridge.catalog import load_texts
from bridge.cli.find import contact_mark, described
from bridge.cli.journal import note
from bridge.cli.options import STORE_SETTINGS, filter_options, opened, settings_flags, to_filter, unknown_flag
from bridge.core.errors import ConfigInvalid
from bridge.outbox.store import SqliteStore
from bridge.outbox.terms import Filter, Paused, PauseScope
from bridge.settings import Settings

Verb = Literal["cancel", "hold", "release"]

_SCOPES = get_args(PauseScope)
_DONE: dict[Verb, str] = {"cancel": "Cancelled", "hold": "Held", "release": "Released"}


def _change(
    settings: Settings,
    verb: Verb,
    ids: tuple[str, ...],
    chosen: dict[str, Any],
    *,
    reason: str = "",
    unknown: bool = False,
) -> int:
    """Change the deliveries that the ids or filters select; an empty choice is refused."""
    with opened(settings) as store:
        wanted = to_filter(chosen, ids=ids, contact=contact_mark(store, settings, chosen["contact"]))
        wanted = replace(wanted, fate_unknown=unknown)
        if wanted.is_empty:
            raise click.UsageError(f"Say which deliveries to {verb}: ids, or filters such as --touchpoint NAME.")
        with store.together():
            count = _apply(store, verb, wanted, reason)
            if count:
                which = described(ids, chosen | {"unknown": unknown})
                note(store, verb, which, f"{count} changed" + (f": {reason}" if reason else ""))
    click.echo(f"{_DONE[verb]} {count} {'delivery' if count == 1 else 'deliveries'}.")
    return 0 if count else 1


def _apply(store: SqliteStore, verb: Verb, wanted: Filter, reason: str) -> int:
    if verb == "cancel":
        return store.controls.cancel(wanted, reason=reason, now=now())
    if verb == "hold":
        return store.controls.hold(wanted, reason=reason, now=now())
    return store.controls.release(wanted, now=now())


_reason = click.option("--reason", default="no reason given", show_default=True, help="kept with each delivery")
_ids = click.argument("ids", nargs=-1, metavar="[IDS]...")


@click.command("cancel", epilog="Example: bridge cancel dlv_01… --reason 'asked by phone'")
@_ids
@_reason
@unknown_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def cancel_command(ids: tuple[str, ...], reason: str, unknown: bool, chosen: dict[str, Any], settings: Settings) -> int:
    """Cancel deliveries that wait or are held. What was sent cannot be called back.

    With --unknown: those that the target may have taken, once it is known that it did.
    """
    return _change(settings, "cancel", ids, chosen, reason=reason, unknown=unknown)


@click.command("hold", epilog="Example: bridge hold --touchpoint post-purchase --reason 'check the new token first'")
@_ids
@_reason
@filter_options
@settings_flags(*STORE_SETTINGS)
def hold_command(ids: tuple[str, ...], reason: str, chosen: dict[str, Any], settings: Settings) -> int:
    """Hold deliveries that wait, until they are released. Time held does not count towards giving up."""
    return _change(settings, "hold", ids, chosen, reason=reason)


@click.command("release", epilog="Example: bridge release --touchpoint post-purchase")
@_ids
@unknown_flag
@filter_options
@settings_flags(*STORE_SETTINGS)
def release_command(ids: tuple[str, ...], unknown: bool, chosen: dict[str, Any], settings: Settings) -> int:
    """Let held deliveries go. One held because its fate is unknown (--unknown) may reach the person twice."""
    return _change(settings, "release", ids, chosen, unknown=unknown)


def _check_scope(scope: PauseScope, name: str) -> None:
    if wrong := misnamed(scope, name):
        raise click.UsageError(wrong)


def _warn_of_nobody(store: SqliteStore, scope: PauseScope, name: str) -> None:
    """Say so if nothing in force has the name."""
    kept = store.strongbox.last_configuration()
    if scope == "all" or kept is None:
        return
    try:
        catalog = load_texts(kept[1], os.environ).catalog
    except ConfigInvalid:
        return  # a variable of the bridge's own environment may be missing in this one
    if nothing := stops_nothing(scope, name, catalog):
        click.echo(nothing, err=True)


@click.command("pause", epilog="Examples: bridge pause all; bridge pause touchpoint post-purchase --reason 'new texts'")
@click.argument("scope", type=click.Choice(_SCOPES))
@click.argument("name", default="")
@click.option("--reason", default="no reason given", show_default=True, help="shown wherever the pause is")
@settings_flags(*STORE_SETTINGS)
def pause_command(scope: PauseScope, name: str, reason: str, settings: Settings) -> int:
    """Stop sending. Receiving goes on, what waits stays, what is on its way is finished."""
    _check_scope(scope, name)
    with opened(settings) as store:
        with store.together():
            fresh = store.controls.pause(Paused(scope, name, reason, now(), "operator"))
            if fresh:
                note(store, "pause", f"{scope} {name}".strip(), reason)
        _warn_of_nobody(store, scope, name)
    what = f"{scope} {name}".strip()
    click.echo(f"Paused {what}." if fresh else f"It was paused already: {what}.")
    return 0


@click.command("resume", epilog="Example: bridge resume touchpoint post-purchase")
@click.argument("scope", type=click.Choice(_SCOPES))
@click.argument("name", default="")
@settings_flags(*STORE_SETTINGS)
def resume_command(scope: PauseScope, name: str, settings: Settings) -> int:
    """Go on sending. The time paused does not count towards giving up.

    A touchpoint that is failing, not paused, is tried at once instead of when its wait ends.
    """
    _check_scope(scope, name)
    with opened(settings) as store, store.together():
        resumed = store.controls.resume(scope, name, now=now())
        tried = not resumed and scope == "touchpoint" and store.controls.hasten(name, now=now())
        if resumed or tried:
            note(store, "resume" if resumed else "try", f"{scope} {name}".strip())
    if tried:
        click.echo(f"It was not paused but failing: one request tries touchpoint {name} now.")
        return 0
    what = f"{scope} {name}".strip()
    click.echo(f"Resumed {what}." if resumed else f"It was not paused: {what}.")
    return 0 if resumed else 1
