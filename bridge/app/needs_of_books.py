"""What the books say a person is needed for: what is held, and what lately died, failed or was refused."""

from collections.abc import Callable, Mapping

from bridge.app.need import Need, Remedy, address, capital, page_of, some
from bridge.outbox.figures import HOUR, LATELY, Count, Group, GroupKind
from bridge.outbox.sending import PARKED

_GIVEN_UP = "given up"
_LATELY = f"{LATELY // HOUR}h"  # as far back as groups go; what died may be older, as it was tried for long
_TARGET_SAYS = ("the target refused it: ", "the target may have taken it: ")
_ASK_THERE = "; ask there"  # what follows names commands; here are buttons

_Said = tuple[str, str, str, Remedy]  # before and after the name, the detail, and what helps


def need_of_group(group: Group) -> Need:
    """Make an issue of what has one place and one cause."""
    before, after, detail, remedy = _SAYING[group.kind](group, Count(group.number, exact=group.exact))
    source, _, mapping = group.place.partition("/")
    return Need(
        group.kind,
        source if group.kind == "failed" and not mapping else group.place,
        after,
        before=capital(before),
        detail=capital(detail),
        page=page_of("touchpoint" if group.kind in {"held", "dead"} else "source", source),
        number=group.number,
        exact=group.exact,
        since=group.first,
        last=group.last,
        remedies=(remedy,),
    )


def _held(group: Group, count: Count) -> _Said:
    many = some(count, "delivery", "deliveries")
    chosen = address("/deliveries", state="held", touchpoint=group.place)
    look = Remedy(f"Look at {count.number:,}", chosen)
    if group.is_unsure:
        detail = f"held, so that nobody is asked twice · {_said(group.reason)}"
        return f"{many} to ", " may or may not have been taken.", detail, Remedy(f"Decide {count.number:,}", chosen)
    if group.reason == PARKED:
        return f"{many} {_was(count, 'waits', 'wait')} for ", ", which is not in the mapping files any more.", "", look
    return f"{many} to ", f" {_was(count, 'is', 'are')} held.", group.reason, look


def _dead(group: Group, count: Count) -> _Said:
    were = _was(count, "was", "were")
    after = f" {were} given up." if group.reason.startswith(_GIVEN_UP) else f" {were} refused for good."
    look = Remedy(f"Look at {count.number:,}", address("/deliveries", state="dead", touchpoint=group.place))
    return f"{some(count, 'delivery', 'deliveries')} to ", after, _said(group.reason), look


def _failed(group: Group, count: Count) -> _Said:
    many = some(count, "event", "events")
    source, _, mapping = group.place.partition("/")
    if not mapping:
        look = Remedy(f"Look at {count.number:,}", address("/events", verdict="failed", source=source, since=_LATELY))
        return f"{many} of ", " could not be decided.", group.reason, look
    look = Remedy(f"Look at {count.number:,}", address("/events", verdict="failed", mapping=group.place, since=_LATELY))
    return f"{many} failed in ", ", so that no request was made.", group.reason, look


def _refused(group: Group, count: Count) -> _Said:
    look = Remedy(f"Look at {count.number:,}", address("/refused", source=group.place))
    many = some(count, "request", "requests")
    return f"{many} of ", f" {_was(count, 'was', 'were')} refused.", group.reason, look


_SAYING: Mapping[GroupKind, Callable[[Group, Count], _Said]] = {
    "held": _held,
    "dead": _dead,
    "failed": _failed,
    "refused": _refused,
}


def _said(reason: str) -> str:
    """Give what the target said, without our words around it."""
    for beginning in _TARGET_SAYS:
        reason = reason.removeprefix(beginning)
    return reason.partition(_ASK_THERE)[0]


def _was(count: Count, one: str, many: str) -> str:
    return one if count.number == 1 and count.exact else many
