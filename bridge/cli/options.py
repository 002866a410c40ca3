"""Options that many commands share: the settings as flags, `--json`, and filters."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from bridge.app.clock import now
from bridge.core.errors import ConfigInvalid
from bridge.core.model import STATES
from bridge.core.points import parse_point
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter
from bridge.settings import SETTINGS, Settings, read_settings

Command = TypeVar("Command", bound=Callable[..., Any])

STORE_SETTINGS = ("data", "database", "key_file")
FOLDER_SETTINGS = ("mappings",)


def settings_flags(*names: str) -> Callable[[Command], Command]:
    """Add the named settings (all, without names) as flags; the command gets one `settings` argument."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings(**arguments: Any) -> Any:
            flags = {setting.name: arguments.pop(setting.name, None) for setting in chosen}
            return command(settings=read_settings(os.environ, flags), **arguments)

        wrapped: Any = with_settings
        for setting in reversed(chosen):
            default = f"; default: {setting.default}" if setting.default and "default" not in setting.meaning else ""
            wrapped = click.option(setting.flag, setting.name, metavar="VALUE", help=setting.meaning + default)(wrapped)
        result: Command = wrapped
        return result

    chosen = [setting for setting in SETTINGS if not setting.secret and (not names or setting.name in names)]
    return decorate


json_flag = click.option("--json", "as_json", is_flag=True, help="print JSON")
unknown_flag = click.option("--unknown", is_flag=True, help="held, and the target may have taken it already")


def filter_options(command: Command) -> Command:
    """Add the filters of events and deliveries; the command gets them as a dict `chosen`."""

    @functools.wraps(command)
    def with_filters(**arguments: Any) -> Any:
        chosen = {name: arguments.pop(name) for name in _FILTERS}
        return command(chosen=chosen, **arguments)

    wrapped: Any = with_filters
    for name, (metavar, sentence) in reversed(_FILTERS.items()):
        multiple = {"multiple": True, "type": click.Choice(STATES)} if name == "state" else {"metavar": metavar}
        wrapped = click.option(f"--{name}", name, help=sentence, **multiple)(wrapped)
    result: Command = wrapped
    return result


_FILTERS = {
    "source": ("NAME", "of this source"),
    "topic": ("TOPIC", "of this topic"),
    "state": ("STATE", "in this state (may be repeated)"),
    "touchpoint": ("NAME", "to this touchpoint"),
    "mapping": ("NAME", "made by this mapping"),
    "contact": ("TEXT", "to this address or number"),
    "replay": ("ID", "made by this replay"),
    "since": ("TIME", "received since: 2026-11-22, 2026-11-22T18:00, or 12h ago as 12h"),
    "until": ("TIME", "received before: the same forms"),
}


def to_filter(
    chosen: dict[str, Any], *, ids: tuple[str, ...] = (), contact: bytes | None = None, before: str | None = None
) -> Filter:
    """Make the store's filter from the options; the contact is given as its keyed hash."""
    return Filter(
        source=chosen["source"],
        topic=chosen["topic"],
        states=tuple(chosen["state"]),
        touchpoint=chosen["touchpoint"],
        mapping=chosen["mapping"],
        contact=contact,
        since=parse_time(chosen["since"], "--since"),
        until=parse_time(chosen["until"], "--until"),
        ids=ids,
        before=before,
        replay=chosen["replay"],
    )


def parse_time(text: str | None, flag: str) -> int | None:
    """Parse a date, a time (UTC unless it says otherwise) or a duration ago, to ms."""
    try:
        return None if text is None else parse_point(text, now=now())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=flag) from None


@contextmanager
def opened(settings: Settings) -> Iterator[SqliteStore]:
    """Open the existing store; a command that looks never creates one."""
    if not settings.database_path.exists():
        raise ConfigInvalid.because(
            f"there is no database at {settings.database_path}",
            "start the bridge once with `bridge serve`, or say where it is with --data or BRIDGE_DATA",
        )
    store = open_store(settings.database_path, create=False)
    try:
        yield store
    finally:
        store.close()
