"""What becomes of a proposal, given what the outbox knows, and how that is told."""

from datetime import UTC, datetime, timedelta

from bridge.core.model import Cancel, Cap, Decision, Facts, Failed, Plan, Proposal, Skipped, Unmatched, Unsubscribe

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond"))
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def resolve(proposal: Proposal, facts: Facts) -> Decision:
    """Decide; a plan's obstacles are looked at in order: contact not to be asked, key cancelled, key held, cap."""
    match proposal.outcome:
        case Plan() as plan:
            if why := _suppressed(plan, facts):
                return Decision(proposal.mapping, proposal.element, "suppressed", why)
            return Decision(proposal.mapping, proposal.element, "planned", plan=plan)
        case Cancel(_, _, key):
            why = f"cancels {proposal.mapping} about {key}: {_deliveries(facts.waiting)}"
            return Decision(proposal.mapping, proposal.element, "cancelling", why)
        case Unsubscribe(_, shown):
            why = f"{shown} is not asked again: {_deliveries(facts.waiting)}"
            return Decision(proposal.mapping, proposal.element, "cancelling", why)
        case Skipped(reason):
            return Decision(proposal.mapping, proposal.element, "skipped", reason)
        case Failed(reason):
            return Decision(proposal.mapping, proposal.element, "failed", reason)
        case Unmatched(reason):
            return Decision(proposal.mapping, proposal.element, "unmatched", reason)


def suppressed_since(since: int, reason: str) -> str:
    """Tell that a contact is not to be asked, as `Facts.suppressed` and in the reason of what is cancelled for it."""
    return f"since {_day(since)}: {reason}"


def cancelled_by(topic: str, cancelled_at: int, event_id: str) -> str:
    """Tell which event cancelled a key, as `Facts.cancelled` and in the reason of what is cancelled by it."""
    return f"by {topic} of {_day(cancelled_at)} ({event_id})"


def _day(at: int) -> str:
    """Write the day (UTC) of a time in ms as people do: 3 May 2026."""
    day = _BEGINNING + timedelta(milliseconds=at)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _suppressed(plan: Plan, facts: Facts) -> str:
    if facts.suppressed is not None:
        return f"not to be asked {facts.suppressed}"
    if facts.cancelled is not None:
        return f"cancelled before it came, {facts.cancelled}"
    if plan.repeat != "send" and facts.already is not None:
        return f"already asked about {plan.key}, by {facts.already}"
    if plan.cap is not None and facts.asked >= plan.cap.at_most:
        return _capped(plan.cap, facts.asked)
    return ""


def _deliveries(waiting: int) -> str:
    if not waiting:
        return "nothing waited"
    return "1 delivery that waited" if waiting == 1 else f"{waiting} deliveries that waited"


def _capped(cap: Cap, asked: int) -> str:
    place = "at this touchpoint" if cap.across == "touchpoint" else "at all touchpoints together"
    times = "once" if asked == 1 else f"{asked} times"
    return f"already asked {times} within {spoken_period(cap.period)} {place}; at most {cap.at_most} allowed"


def spoken_period(period: int) -> str:
    """Write a period in ms exactly, in its largest whole unit: 30 days, 1 hour."""
    size, unit = next((size, unit) for size, unit in _UNITS if period % size == 0)
    number = period // size
    return f"{number} {unit}{'' if number == 1 else 's'}"
