"""Who is never asked again: adding somebody, allowing it again, listing them."""

from typing import Annotated

import msgspec

from bridge.api.errors import invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.app.suppressing import cursor_of, normal, parse_cursor
from bridge.core.masking import masked
from bridge.core.story import hide_others
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Filter, Suppression

MOST_COUNTED = 1_000  # waiting deliveries that a preview counts
_NO_REASON = "no reason given"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is never asked again. `contact` is masked; `mark` is the keyed hash under which they are kept."""

    contact: str
    mark: str
    reason: str
    since: int
    added_by: str
    cursor: str


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """What adding somebody did: who it was, masked, and how many waiting deliveries were cancelled.

    `added` is False where they were on the list already; the first reason stays.
    """

    contact: str
    mark: str
    added: bool
    cancelled: int


async def listed(office: Office, *, limit: int, before: str | None = None) -> list[Entry]:
    """Give a page of those who are not asked, the latest first. Raises Declined (422) for what is no cursor."""
    try:
        place = None if before is None else parse_cursor(before)
    except ValueError as error:
        raise invalid(f"before: {error}") from None
    entries = await office.read(lambda store: store.ledger.suppressions(limit=limit, before=place))
    return [_entry(each) for each in entries]


async def find(office: Office, mark: str) -> Entry:
    """Give the entry of a keyed hash, in hex. Raises Declined (404)."""
    contact = _bytes(mark)
    found = await office.read(lambda store: store.ledger.suppression(contact))
    if found is None:
        raise not_found("such entry", "they may be asked")
    return _entry(found)


async def waiting(office: Office, contact: str) -> int:
    """Count what waits for an address or number, and would be cancelled; at most `MOST_COUNTED`."""
    wanted = Filter(contact=office.mark(_normal(contact)), states=("pending", "held"))
    return len(await office.read(lambda store: store.ledger.deliveries(wanted, limit=MOST_COUNTED)))


async def add(office: Office, person: Person, contact: str, *, reason: str = "") -> Suppressed:
    """Never ask this address or number again, and cancel what waits for it. Raises Declined (422)."""
    text = _normal(contact)
    why = reason.strip() or _NO_REASON
    entry = Suppression(office.mark(text), masked("contact", text), why, office.now(), person.name)

    def work(store: Store) -> int | None:
        with store.together():
            cancelled = store.controls.suppress(entry)
            if cancelled is not None:
                store.controls.note(Action(entry.since, person.name, "suppress", entry.shown, hide_others(why, "")))
            return cancelled

    cancelled = await office.write(work)
    mark = entry.contact.hex()
    return Suppressed(contact=entry.shown, mark=mark, added=cancelled is not None, cancelled=cancelled or 0)


async def remove(office: Office, person: Person, *, mark: str) -> Entry:
    """Allow somebody to be asked again; what was cancelled stays so. Raises Declined (404)."""
    entry, contact, now = await find(office, mark), _bytes(mark), office.now()

    def work(store: Store) -> bool:
        with store.together():
            removed = store.controls.unsuppress(contact)
            if removed:
                store.controls.note(Action(now, person.name, "unsuppress", entry.contact))
            return removed

    await office.write(work)
    return entry


def mark_of(office: Office, contact: str) -> str:
    """Give the keyed hash of an address or number, in hex. Raises Declined (422)."""
    return office.mark(_normal(contact)).hex()


def _entry(each: Suppression) -> Entry:
    return Entry(
        contact=each.shown,
        mark=each.contact.hex(),
        reason=each.reason,
        since=each.since,
        added_by=each.added_by,
        cursor=cursor_of(each),
    )


def _normal(contact: str) -> str:
    try:
        return normal(contact)
    except ValueError as error:
        raise invalid(f"contact: {error}") from None


def _bytes(mark: str) -> bytes:
    try:
        return bytes.fromhex(mark)
    except ValueError:
        raise not_found("such entry") from None


MarkText = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="The keyed hash of an entry")]
