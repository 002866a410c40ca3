"""What two configurations make of the same event, side by side: what is sent, what is not, and which fields differ.

Delivery ids are chance, and the facts of the store are not asked: the same event and configurations, the same answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.core.durations import format_duration
from bridge.core.masking import masked, masked_pair
from bridge.core.model import Cap, Failed, Plan, Proposal, Scalar, Skipped, Unmatched

Kind = Literal[
    "unchanged", "changed", "newly_sent", "no_longer_sent", "newly_failing", "no_longer_failing", "still_not_sent"
]
KINDS: tuple[Kind, ...] = (
    "unchanged",
    "changed",
    "newly_sent",
    "no_longer_sent",
    "newly_failing",
    "no_longer_failing",
    "still_not_sent",  # skipped by one, not taken by the other
)
_MOST_ATTRIBUTES = 4  # of a body that an example shows

Outcome = Plan | Skipped | Failed | None  # None: no mapping of this name takes the event


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs, masked for display. `field` is an attribute of the body, or a `<setting>` beside it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one decision. `reason` says why it is not, or was not, sent; names fields, not their content."""

    mapping: str
    element: int
    kind: Kind
    reason: str = ""
    changes: tuple[Change, ...] = ()


def compare(old: Sequence[Proposal], new: Sequence[Proposal]) -> list[Difference]:
    """Compare the proposals of one event by mapping and element, in the order of the old ones; new ones follow."""
    before, after = _by_place(old), _by_place(new)
    return [
        _difference(name, element, before.get((name, element)), after.get((name, element)))
        for name, element in {**before, **after}
    ]


def is_unmatched(proposals: Sequence[Proposal]) -> bool:
    """Say whether no mapping takes the event."""
    return all(isinstance(proposal.outcome, Unmatched) for proposal in proposals)


def _by_place(proposals: Sequence[Proposal]) -> dict[tuple[str, int], Outcome]:
    return {
        (proposal.mapping, proposal.element): proposal.outcome
        for proposal in proposals
        if not isinstance(proposal.outcome, Unmatched)
    }


def _difference(mapping: str, element: int, old: Outcome, new: Outcome) -> Difference:
    if isinstance(old, Plan) and isinstance(new, Plan):
        changes = tuple(_changes(old, new))
        return Difference(mapping, element, "changed" if changes else "unchanged", changes=changes)
    kind = _kind(old, new)
    if kind in {"unchanged", "still_not_sent"}:
        return Difference(mapping, element, kind)
    reason = _why(old if kind in {"newly_sent", "no_longer_failing"} else new)
    return Difference(mapping, element, kind, reason, (Change("", _said(old), _said(new)),))


def _kind(old: Outcome, new: Outcome) -> Kind:
    if isinstance(new, Plan):
        return "newly_sent"
    if isinstance(new, Failed):
        return "unchanged" if isinstance(old, Failed) else "newly_failing"
    if isinstance(old, Plan):
        return "no_longer_sent"
    if isinstance(old, Failed):
        return "no_longer_failing"
    return "unchanged" if type(old) is type(new) else "still_not_sent"


def _changes(old: Plan, new: Plan) -> Iterator[Change]:
    if old.touchpoint != new.touchpoint:
        yield Change("<touchpoint>", old.touchpoint, new.touchpoint)
    if old.key != new.key:
        yield Change("<key>", *masked_pair("key", old.key, new.key))
    if old.repeat != new.repeat:
        yield Change("<repeat>", old.repeat, new.repeat)
    if old.cap != new.cap:
        yield Change("<contact>", _cap(old.cap), _cap(new.cap))
    for name in {**old.body, **new.body}:
        before, after = old.body.get(name), new.body.get(name)
        if before != after or type(before) is not type(after):
            yield Change(name, *masked_pair(name, before, after))


def _cap(cap: Cap | None) -> str:
    return "no limit" if cap is None else f"{cap.at_most} per {format_duration(cap.period)}, across {cap.across}"


def _why(outcome: Outcome) -> str:
    match outcome:
        case Failed(reason=reason):
            return f"failed: {reason}"
        case Skipped(reason=reason):
            return f"skipped: {reason}"
    return "not taken by a mapping of this name"


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Plan):
        return f"to {outcome.touchpoint}: {_body(outcome.body)}"
    return _why(outcome)


def _body(body: Mapping[str, Scalar]) -> str:
    shown = [f"{name}={masked(name, value)}" for name, value in list(body.items())[:_MOST_ATTRIBUTES]]
    return ", ".join([*shown, "…"] if len(body) > _MOST_ATTRIBUTES else shown) or "an empty body"
