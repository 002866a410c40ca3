"""What an event is found by, besides what its source says of it: whom it asks, and what about. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bridge.core.contact import digest, searchable
from bridge.core.model import Cancel, Event, Mark, Plan, Proposal, Unsubscribe


def with_marks(event: Event, proposals: Sequence[Proposal], *, index_key: bytes) -> Event:
    """Let the event be found by everyone whom it asks or unsubscribes, and by the keys of what it plans or cancels."""
    marks = {(mark.kind, mark.digest): mark for mark in event.marks}
    known = {mark.digest for mark in event.marks}
    for contact, key in map(_found_by, proposals):
        if contact and ("contact", contact) not in marks:
            marks["contact", contact] = Mark("contact", contact)
        if key and (found := digest(index_key, key)) not in known and searchable(key):
            marks["key", found] = Mark("key", found)
    found_by = tuple(marks.values())
    return event if found_by == event.marks else replace(event, marks=found_by)


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
