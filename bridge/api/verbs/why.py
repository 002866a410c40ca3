"""The story of an address, a number, an order, a key or an id, with its sentence. What is asked for is never kept."""

from bridge.api.errors import invalid
from bridge.api.office import Office
from bridge.app.spelling import nearest
from bridge.app.why import trace
from bridge.core.findings import Findings


async def why(office: Office, text: str) -> Findings:
    """Find what is known about a text. Raises Declined (422) for none."""
    asked = text.strip()
    if not asked:
        raise invalid("q: write an address, a number, an order, a key or an id")
    now, key = office.now(), office.rules.index_key
    kept, environment = office.settings.keep_history, office.environment
    return await office.read(
        lambda store: trace(store, asked, index_key=key, kept=kept, now=now, environment=environment)
    )


async def alike(office: Office, text: str) -> list[str]:
    """Give texts that are spelled almost like one of which there is no trace, and of which there is one."""
    key = office.rules.index_key
    return await office.read(lambda store: nearest(store.ledger, text.strip(), index_key=key))
