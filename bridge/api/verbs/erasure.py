"""Erasing a person: what there is of them, and removing it everywhere."""

import asyncio
from time import monotonic

import msgspec

from bridge.api.errors import Declined, invalid
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.app.erasing import Erasing, searching
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action

_BREATH = 0.005  # seconds between two chunks: intake goes first
_SETTLING = 20.0  # seconds for which requests on their way are waited for
_PAUSE = 0.5  # seconds between two looks at them


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored about somebody: how many rows of each kind. `in_flight` are on their way now.

    `is_searched` is False where the text is too short to be looked for in what systems sent.
    """

    counts: dict[str, int]
    rows: int
    in_flight: list[str]
    is_searched: bool


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure on record: its number, when (ms) and by whom it was done, and what it emptied.

    What is `in_flight` was not erased: do it once more when that is settled. The running bridge writes the file anew
    after it, so that no stale copy stays in it.
    """

    number: int
    at: int
    who: str
    counts: dict[str, int]
    rows: int
    in_flight: list[str]


async def preview(office: Office, contact: str) -> Traced:
    """Count what would be erased, and change nothing. Looks at everything that is stored. Raises Declined."""
    search = searching(office.rules.index_key, _given(contact))
    found = await _walked(office, Erasing(search, trial=True))
    return Traced(
        counts=found.counts,
        rows=len(found.rows),
        in_flight=sorted(found.in_flight),
        is_searched=search.traces.pattern is not None,
    )


async def erase(office: Office, person: Person, contact: str, *, expected: int | None = None) -> Certificate:
    """Erase what is stored about an address or number, for good. Raises Declined.

    `expected` is the number of rows that a preview found: where it is another by now, nothing is erased (409).
    """
    if expected is not None and (found := (await preview(office, contact)).rows) != expected:
        raise Declined(409, f"there are {found} rows by now, not {expected}; look at them again before you erase them")
    erasing = await _settled(office, Erasing(searching(office.rules.index_key, _given(contact))))
    if not erasing.rows and not erasing.in_flight:
        raise Declined(409, "nothing is stored about this address or number, so nothing was erased")
    number = await office.write(lambda store: _recorded(store, person, erasing.counts, office.now()))
    return Certificate(
        number=number,
        at=office.now(),
        who=person.name,
        counts=erasing.counts,
        rows=len(erasing.rows),
        in_flight=sorted(erasing.in_flight),
    )


def _recorded(store: Store, person: Person, counts: dict[str, int], now: int) -> int:
    detail = ", ".join(f"{kind}: {number}" for kind, number in counts.items())
    with store.together():
        number = store.erasures.record(event_id="", who=person.name, now=now, counts=counts)
        store.controls.note(Action(now, person.name, "erase", f"erasure {number}", detail))
    return number


async def _walked(office: Office, erasing: Erasing) -> Erasing:
    more = True
    while more:
        more = await office.write(erasing.step)
        await asyncio.sleep(_BREATH)
    return erasing


async def _settled(office: Office, erasing: Erasing) -> Erasing:
    """Erase until nothing is in flight any more, or the patience is at its end."""
    until = monotonic() + _SETTLING
    while (await _walked(office, erasing)).in_flight and monotonic() < until:
        await asyncio.sleep(_PAUSE)
        erasing.again()
    return erasing


def _given(contact: str) -> str:
    text = contact.strip()
    if not text:
        raise invalid("contact: write the address or number of the person")
    return text
