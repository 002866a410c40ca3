"""What an event is found by, besides what its source says of it: whom it asks, and what about. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.core.contact import digest, searchable
from bridge.core.model import Cancel, Event, Mark, Plan, Proposal, Unsubscribe


def with_marks(event: Event, proposals: Sequence[Proposal], *, index_key: bytes) -> Event:
    """Let an event that is made already be found by what today's mappings say of it, too."""
    found_by = marks_of(event.marks, proposals, index_key=index_key)
    return event if found_by == event.marks else replace(event, marks=found_by)


def marks_of(own: Iterable[Mark], proposals: Sequence[Proposal], *, index_key: bytes) -> tuple[Mark, ...]:
    """Add to an event's own marks everyone whom it asks or unsubscribes, and the keys of what it plans or cancels."""
    marks = {(mark.kind, mark.digest): mark for mark in own}
    known = {found for _, found in marks}
    for contact, key in map(_found_by, proposals):
        if contact and ("contact", contact) not in marks:
            marks["contact", contact] = Mark("contact", contact)
        if key and (found := digest(index_key, key)) not in known and searchable(key):
            marks["key", found] = Mark("key", found)
    return tuple(marks.values())


def _found_by(proposal: Proposal) -> tuple[bytes | None, str | None]:
    """Give the contact and the key that the proposal is about."""
    match proposal.outcome:
        case Plan() as plan:
            return plan.contact, plan.key
        case Cancel() as cancel:
            return None, cancel.key
        case Unsubscribe() as unsubscribe:
            return unsubscribe.contact, None
    return None, None
