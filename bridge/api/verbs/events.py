"""Events as they were stored: shown whole, found by what they name, and made into masked examples."""

import asyncio

import msgspec

from bridge.api.errors import Declined, not_found
from bridge.api.office import Office
from bridge.app.example import Example, make_example
from bridge.core.credentials import PROVEN_BY
from bridge.core.errors import ConfigInvalid, Unreadable
from bridge.core.model import Entry
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter, Row

_MOST_DELIVERIES = 500  # of one event that are shown
_WHERE = "the list of events has those that are kept"


class Found(msgspec.Struct, frozen=True):
    """Where a text leads: its hash as contact or reference, and the newest events that carry it."""

    contact: str
    events: list[str]


async def show(office: Office, event_id: str) -> Row:
    """Give an event with its `decisions`, its `deliveries`, its `lookup` and the `secret` that proved it.

    Raises Declined (404).
    """

    def work(store: Store) -> Row | None:
        row = store.ledger.event(event_id)
        return row and {
            **proven(row),
            "lookup": store.ledger.lookup(event_id),
            "decisions": store.ledger.decisions(event_id),
            "deliveries": store.ledger.deliveries(Filter(ids=(event_id,)), limit=_MOST_DELIVERIES),
        }

    found = await office.read(work)
    if found is None:
        raise not_found(f"event {event_id}", _WHERE)
    return found


def proven(row: Row) -> Row:
    """Name the secret that proved the event beside what it said, not among the headers that came."""
    headers = dict(row["headers"] or {})
    return {**row, "secret": headers.pop(PROVEN_BY, ""), "headers": row["headers"] and headers}


async def find(office: Office, text: str, *, most: int = 50) -> Found:
    """Find the newest events that name an address, number, order or other reference."""
    mark = office.mark(text)
    rows = await office.read(lambda store: store.ledger.find(mark, limit=most))
    return Found(mark.hex(), list(dict.fromkeys(str(row["id"]) for row in rows)))


async def example(office: Office, event_id: str) -> Example:
    """Mask an event and work out what the mappings in force make of it.

    Raises Declined: 404 for an event that there is not, 409 where no example can be made of it.
    """
    entry, answers = await _entry(office, event_id)
    source = office.in_force.catalog.sources.get(entry.event.source)
    if source is None:
        raise Declined(
            409, f"there is no mapping file of the source {entry.event.source}, so nothing says what to mask"
        )
    try:
        return await asyncio.to_thread(make_example, entry.event, source, answers=answers)
    except Unreadable as error:
        raise Declined(409, f"no example can be made of {event_id}: {error}") from None
    except ConfigInvalid as error:
        raise Declined(409, error.errors[0].message) from None


async def _entry(office: Office, event_id: str) -> tuple[Entry, dict[str, object] | None]:
    def work(store: Store) -> tuple[Row | None, Entry | None, Row | None]:
        return store.ledger.event(event_id), store.ledger.entry(event_id), store.ledger.lookup(event_id)

    row, entry, looked_up = await office.read(work)
    if row is None:
        raise not_found(f"event {event_id}", _WHERE)
    if entry is None:
        raise Declined(409, f"the payload of {event_id} is not kept any more")
    return entry, looked_up and looked_up["results"]
