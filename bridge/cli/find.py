"""Who and what is meant: an address or number becomes the keyed hash it is indexed under, a choice a description."""

from typing import Any

from bridge.app.clock import now
from bridge.app.prepare import open_vault
from bridge.core.contact import digest
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings

_LONGEST = 500  # characters of a description


def contact_mark(store: SqliteStore, settings: Settings, text: str | None) -> bytes | None:
    """Give the keyed hash of an address, number or reference; None for none."""
    if text is None:
        return None
    return digest(open_vault(store, settings).index_key(now=now()), text)


def described(ids: tuple[str, ...], chosen: dict[str, Any]) -> str:
    """Say what was chosen, without the address or number of anybody."""
    options = [_option(name, value) for name, value in chosen.items() if value]
    return " ".join([*ids, *options])[:_LONGEST]


def _option(name: str, value: Any) -> str:
    if value is True:
        return f"--{name}"
    return f"--{name} {'***' if name == 'contact' else ' '.join(value) if isinstance(value, tuple) else value}"
