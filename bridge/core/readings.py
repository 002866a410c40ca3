"""What two ways of reading make of the same stored event: its topic, id, tenant, time, and whom it is found by."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bridge.core.difference import Change
from bridge.core.masking import masked_pair
from bridge.core.model import Event

_HIDDEN = ("(not shown)", "(another)")  # a mark is a hash: that it differs is all that can be said
_DIGEST = "sha256:"  # what stands for an id where the source has none


def reading_changes(old: Event, new: Event) -> Iterator[Change]:
    """Name what is read differently, masked for display: `<topic>`, `<id>`, `<tenant>`, `<time>`, or a kind of mark."""
    if old.topic != new.topic:
        yield Change("<topic>", old.topic or "(none)", new.topic or "(none)")
    if old.source_event_id != new.source_event_id:
        yield Change("<id>", *masked_pair("id", _own_id(old), _own_id(new)))
    if old.tenant != new.tenant:
        yield Change("<tenant>", *masked_pair("tenant_id", old.tenant or None, new.tenant or None))
    if old.occurred_at != new.occurred_at:
        yield Change("<time>", _time(old.occurred_at), _time(new.occurred_at))
    marks = _marks(old), _marks(new)
    for kind in sorted(marks[0].keys() | marks[1].keys()):
        before, after = (each.get(kind, frozenset()) for each in marks)
        if before != after:
            shown = _HIDDEN if before and after else ("nothing", "found by it") if after else ("found by it", "nothing")
            yield Change(f"<{kind}>", *shown)


def _own_id(event: Event) -> str:
    return "none of its own" if event.source_event_id.startswith(_DIGEST) else event.source_event_id


def _time(time: int | None) -> str:
    return "nothing" if time is None else f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"


def _marks(event: Event) -> dict[str, frozenset[bytes]]:
    kinds = {mark.kind for mark in event.marks}
    return {kind: frozenset(mark.digest for mark in event.marks if mark.kind == kind) for kind in kinds}
