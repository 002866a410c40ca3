"""What an operator may stop, hold, cancel and let go: `pause`, `resume`, `cancel`, `hold`, `release`."""

from typing import Any, Literal, get_args

import click

from bridge.app.clock import now
from bridge.cli.find import contact_mark
from bridge.cli.options import STORE_SETTINGS, filter_options, opened, settings_flags, to_filter
from bridge.outbox.protocol import Filter, Paused, PauseScope
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

Verb = Literal["cancel", "hold", "release"]

_SCOPES = get_args(PauseScope)
_DONE: dict[Verb, str] = {"cancel": "Cancelled", "hold": "Held", "release": "Released"}


def _change(settings: Settings, verb: Verb, ids: tuple[str, ...], chosen: dict[str, Any], *, reason: str) -> int:
    """Change the deliveries that the ids or filters select; an empty choice is refused."""
    with opened(settings) as store:
        wanted = to_filter(chosen, ids=ids, contact=contact_mark(store, settings, chosen["contact"]))
        if wanted.is_empty:
            raise click.UsageError(f"Say which deliveries to {verb}: ids, or filters such as --touchpoint NAME.")
        count = _apply(store, verb, wanted, reason)
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
@filter_options
@settings_flags(*STORE_SETTINGS)
def cancel_command(ids: tuple[str, ...], reason: str, chosen: dict[str, Any], settings: Settings) -> int:
    """Cancel deliveries that wait or are held. What was sent cannot be called back."""
    return _change(settings, "cancel", ids, chosen, reason=reason)


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
@filter_options
@settings_flags(*STORE_SETTINGS)
def release_command(ids: tuple[str, ...], chosen: dict[str, Any], settings: Settings) -> int:
    """Let held deliveries go. One held because its fate is unknown may reach the person twice."""
    return _change(settings, "release", ids, chosen, reason="")


def _check_scope(scope: str, name: str) -> None:
    if (scope == "all") == bool(name):
        raise click.UsageError(
            "Write `all`, or a scope with a name: touchpoint NAME, source NAME, mapping SOURCE/NAME."
        )
    if scope == "mapping" and "/" not in name:
        raise click.UsageError("A mapping is named SOURCE/NAME, such as shopify/post-purchase.")


@click.command("pause", epilog="Examples: bridge pause all; bridge pause touchpoint post-purchase --reason 'new texts'")
@click.argument("scope", type=click.Choice(_SCOPES))
@click.argument("name", default="")
@click.option("--reason", default="no reason given", show_default=True, help="shown wherever the pause is")
@settings_flags(*STORE_SETTINGS)
def pause_command(scope: PauseScope, name: str, reason: str, settings: Settings) -> int:
    """Stop sending. Receiving goes on, what waits stays, what is on its way is finished."""
    _check_scope(scope, name)
    with opened(settings) as store:
        fresh = store.controls.pause(Paused(scope, name, reason, now(), "operator"))
    what = f"{scope} {name}".strip()
    click.echo(f"Paused {what}." if fresh else f"It was paused already: {what}.")
    return 0


@click.command("resume", epilog="Example: bridge resume touchpoint post-purchase")
@click.argument("scope", type=click.Choice(_SCOPES))
@click.argument("name", default="")
@settings_flags(*STORE_SETTINGS)
def resume_command(scope: PauseScope, name: str, settings: Settings) -> int:
    """Go on sending. The time paused does not count towards giving up."""
    _check_scope(scope, name)
    with opened(settings) as store:
        resumed = store.controls.resume(scope, name, now=now())
    what = f"{scope} {name}".strip()
    click.echo(f"Resumed {what}." if resumed else f"It was not paused: {what}.")
    return 0 if resumed else 1
