"""Proving that the books balance, and who changed what."""

from collections.abc import Sequence

import msgspec

from bridge.api.office import Office
from bridge.api.proofs import Proof, Scope

_DAY = 86_400_000  # ms


async def prove(office: Office, *, source: str | None = None, since: int | None = None) -> Proof:
    """Read the books now, from the day (UTC) of `since` (ms) on; takes seconds where there are millions of events.

    Raises StoreUnavailable.
    """
    return await office.proofs.prove(scope_of(source, since))


async def glance(office: Office, *, source: str | None, since: int | None, patience: float) -> Proof | None:
    """Give the latest proof, or a new one; None where the first one takes longer than `patience` seconds and goes on.

    Raises StoreUnavailable.
    """
    return await office.proofs.latest(scope_of(source, since), patience=patience)


async def read_again(office: Office, *, source: str | None, since: int | None, patience: float) -> None:
    """Begin to read the books now, and wait so long for the end. Raises StoreUnavailable."""
    await office.proofs.anew(scope_of(source, since), patience=patience)


def is_reading(office: Office, *, source: str | None, since: int | None) -> bool:
    """Say whether this part of the books is being read."""
    return office.proofs.is_making(scope_of(source, since))


def scope_of(source: str | None, since: int | None) -> Scope:
    """Say which part of the books is meant."""
    return Scope(source, None if since is None else since // _DAY * _DAY)


class JournalEntry(msgspec.Struct, frozen=True):
    """Who changed what, and when (ms). `about` names a touchpoint, a delivery, a filter; `detail` why or how many."""

    number: int
    at: int
    who: str
    verb: str
    about: str
    detail: str


async def entries(
    office: Office,
    *,
    limit: int,
    before: int | None = None,
    who: str | None = None,
    verb: str | None = None,
    since: int | None = None,
) -> Sequence[JournalEntry]:
    """Give a page of the journal, the latest first; `before` is the number of the last one of the page before."""
    found = await office.read(
        lambda store: store.ledger.actions(limit=limit, before=before, who=who, verb=verb, since=since)
    )
    return [msgspec.convert(each, JournalEntry, from_attributes=True) for each in found]
