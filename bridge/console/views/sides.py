"""One event by two configurations, side by side: what differs, and what is the same, attribute by attribute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.console.views.trial import written
from bridge.core.drift import TYPE_NAMES, VALUE_TYPES
from bridge.core.model import Cancel, Failed, Plan, Proposal, Scalar, Skipped, Unmatched, Unsubscribe

Outcome = Plan | Cancel | Unsubscribe | Skipped | Failed | Unmatched


@dataclass(frozen=True, slots=True)
class Side:
    """A decision before and after: what is said of it, which attributes differ, which are the same."""

    place: str
    before: str
    after: str
    changed: tuple[tuple[str, str | None, str | None], ...]
    same: tuple[tuple[str, str], ...]


def pair(old: Sequence[Proposal], new: Sequence[Proposal]) -> list[Side]:
    """Put the decisions of both together by mapping and element, in the order of the old ones."""
    before, after = ({(each.mapping, each.element): each.outcome for each in side} for side in (old, new))
    return [_side(place, before.get(place), after.get(place)) for place in {**before, **after}]


def _side(place: tuple[str, int], old: Outcome | None, new: Outcome | None) -> Side:
    name = place[0] or "(no mapping)"
    was, now = _body(old), _body(new)
    names = list({**was, **now})
    differing = [
        each for each in names if (each in was, each in now) != (True, True) or not _same(was[each], now[each])
    ]
    return Side(
        place=f"{name} [{place[1]}]" if place[1] else name,
        before=_said(old),
        after=_said(new),
        changed=tuple((each, *_told_apart(was.get(each), now.get(each))) for each in differing),
        same=tuple((each, written(was[each])) for each in names if each not in differing),
    )


def _body(outcome: Outcome | None) -> Mapping[str, Scalar]:
    return outcome.body if isinstance(outcome, Plan) else {}


def _same(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and one == other


def _told_apart(old: Scalar | None, new: Scalar | None) -> tuple[str | None, str | None]:
    """Write two values that differ; with their types where they look alike."""
    was, now = (None if each is None else written(each) for each in (old, new))
    if was == now and old is not None and new is not None:
        was, now = (f"{written(each)} ({TYPE_NAMES[VALUE_TYPES[type(each)]]})" for each in (old, new))
    return was, now


def _said(outcome: Outcome | None) -> str:
    match outcome:
        case Plan(touchpoint=touchpoint):
            return f"sent to {touchpoint}"
        case Cancel(mapping=mapping, key=key):
            return f"cancels {mapping} about {key}"
        case Unsubscribe(shown=shown):
            return f"{shown} is not asked again"
        case Skipped(reason=reason):
            return f"skipped: {reason}"
        case Failed(reason=reason):
            return f"failed: {reason}"
        case Unmatched(reason=reason):
            return f"unmatched: {reason}"
    return "not taken"
