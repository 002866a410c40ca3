"""Finding people: an address or number given on the command line becomes the keyed hash it is indexed under."""

from bridge.app.clock import now
from bridge.app.prepare import open_vault
from bridge.core.contact import digest
from bridge.outbox.store import SqliteStore
from bridge.settings import Settings


def contact_mark(store: SqliteStore, settings: Settings, text: str | None) -> bytes | None:
    """Give the keyed hash of an address, number or reference; None for none."""
    if text is None:
        return None
    return digest(open_vault(store, settings).index_key(now=now()), text)
