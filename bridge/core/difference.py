"""What two configurations make of the same event, side by side: what is sent, what is not, and which fields differ.

Delivery ids are chance, and the facts of the store are not asked: the same event and configurations, the same answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.core.durations import format_duration
from bridge.core.masking import masked, masked_pair
from bridge.core.model import Cancel, Cap, Failed, Plan, Proposal, Scalar, Skipped, Unmatched, Unsubscribe
from bridge.core.schedule import spoken_hours
from bridge.core.sending import spoken_timing

Kind = Literal[
    "unchanged",
    "changed",
    "newly_sent",
    "no_longer_sent",
    "newly_cancelling",
    "no_longer_cancelling",
    "newly_failing",
    "no_longer_failing",
    "still_not_sent",
]
KINDS: tuple[Kind, ...] = (
    "unchanged",
    "changed",
    "newly_sent",
    "no_longer_sent",
    "newly_cancelling",
    "no_longer_cancelling",
    "newly_failing",
    "no_longer_failing",
    "still_not_sent",  # skipped by one, not taken by the other
)
_MOST_ATTRIBUTES = 4  # of a body that an example shows

Outcome = Plan | Skipped | Failed | None  # None: no mapping of this name takes the event
Stop = Cancel | Unsubscribe


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
    decided = [
        _difference(name, element, before.get((name, element)), after.get((name, element)))
        for name, element in {**before, **after}
    ]
    return decided + _stops(old, new)


def is_unmatched(proposals: Sequence[Proposal]) -> bool:
    """Say whether no mapping takes the event."""
    return all(isinstance(proposal.outcome, Unmatched) for proposal in proposals)


def _by_place(proposals: Sequence[Proposal]) -> dict[tuple[str, int], Outcome]:
    return {
        (proposal.mapping, proposal.element): proposal.outcome
        for proposal in proposals
        if isinstance(proposal.outcome, Plan | Skipped | Failed)
    }


def _stops(old: Sequence[Proposal], new: Sequence[Proposal]) -> list[Difference]:
    """Compare what is cancelled, and who is unsubscribed, by what that is: the numbers of decisions may differ."""
    before, after = ({each.outcome: each for each in said if isinstance(each.outcome, Stop)} for said in (old, new))
    found = []
    for outcome, proposal in {**before, **after}.items():
        what = (
            f"never ask {outcome.shown}" if isinstance(outcome, Unsubscribe) else f"cancel {masked('key', outcome.key)}"
        )
        texts = ("nothing" if outcome not in said else what for said in (before, after))
        kind: Kind = "newly_cancelling" if outcome not in before else "no_longer_cancelling"
        if outcome in before and outcome in after:
            found.append(Difference(proposal.mapping, proposal.element, "unchanged"))
        else:
            found.append(Difference(proposal.mapping, proposal.element, kind, changes=(Change("", *texts),)))
    return found


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
    if (old.due_at, old.expires_at, old.hours) != (new.due_at, new.expires_at, new.hours):
        yield Change("<send>", _sent(old), _sent(new))
    for name in {**old.body, **new.body}:
        before, after = old.body.get(name), new.body.get(name)
        if before != after or type(before) is not type(after):
            yield Change(name, *masked_pair(name, before, after))


def _cap(cap: Cap | None) -> str:
    return "no limit" if cap is None else f"{cap.at_most} per {format_duration(cap.period)}, across {cap.across}"


def _sent(plan: Plan) -> str:
    return f"{spoken_timing(plan)}, {spoken_hours(plan.hours)}" if plan.hours else spoken_timing(plan)


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
