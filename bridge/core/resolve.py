"""What becomes of a proposal, given what the outbox knows."""

from bridge.core.model import Cap, Decision, Facts, Failed, Plan, Proposal, Skipped, Unmatched

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond"))


def resolve(proposal: Proposal, facts: Facts) -> Decision:
    """Decide: a plan is suppressed when its once-key is held or its contact was asked often enough."""
    match proposal.outcome:
        case Plan() as plan:
            if why := _suppressed(plan, facts):
                return Decision(proposal.mapping, proposal.element, "suppressed", why)
            return Decision(proposal.mapping, proposal.element, "planned", plan=plan)
        case Skipped(reason):
            return Decision(proposal.mapping, proposal.element, "skipped", reason)
        case Failed(reason):
            return Decision(proposal.mapping, proposal.element, "failed", reason)
        case Unmatched(reason):
            return Decision(proposal.mapping, proposal.element, "unmatched", reason)


def _suppressed(plan: Plan, facts: Facts) -> str:
    if plan.repeat == "once" and facts.already is not None:
        return f"already asked about {plan.key}, by {facts.already}"
    if plan.cap is not None and facts.asked >= plan.cap.at_most:
        return _capped(plan.cap, facts.asked)
    return ""


def _capped(cap: Cap, asked: int) -> str:
    place = "at this touchpoint" if cap.across == "touchpoint" else "at all touchpoints together"
    times = "once" if asked == 1 else f"{asked} times"
    return f"already asked {times} within {_period(cap.period)} {place}; at most {cap.at_most} allowed"


def _period(period: int) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if period % size == 0)
    number = period // size
    return f"{number} {unit}{'' if number == 1 else 's'}"
