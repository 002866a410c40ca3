"""The answer to "why" in a few words: the title of its page. Pure."""

from bridge.core.findings import Course, Findings, Row
from bridge.core.resolve import spoken_period
from bridge.core.schedule import spoken_time
from bridge.core.sentence import newest
from bridge.core.story import hide_others

_NAMES = {"event": "this event", "delivery": "this delivery", "refused request": "this request"}
_REASONS = {
    "failed": "because mapping {mapping} failed",
    "suppressed": "because {reason}",
    "skipped": "because mapping {mapping} skipped the event",
    "unmatched": "because no mapping takes such events",
    "cancelling": "since the event only calls off what waits",
}


def verdict(findings: Findings) -> str:
    """Say whether somebody was asked, and if not why."""
    return hide_others(_verdict(findings), findings.text)


def _verdict(findings: Findings) -> str:
    course = newest(findings.courses)
    if course is not None:
        return f"{_subject(findings)} {_standing(findings, course)}."
    if findings.refused is not None:
        taken = ", and taken in after all" if findings.refused["event_id"] else f": {findings.refused['reason']}"
        return f"This request was refused with {findings.refused['status']}{taken}."
    if findings.never is not None:
        return f"{findings.text} is never asked: {findings.never.reason}."
    return f"No trace of {findings.text} in {spoken_period(findings.kept)}."


def _subject(findings: Findings) -> str:
    if findings.kind == "contact":
        return findings.text
    if findings.kind in _NAMES:
        return f"The person of {_NAMES[findings.kind]}"
    return f"About {'' if findings.kind == 'key' else f'{findings.kind} '}{findings.text}, the person"


def _standing(findings: Findings, course: Course) -> str:
    if course.deliveries:
        return _of_delivery(findings, course.deliveries[-1])
    if not course.decisions:
        return "is not asked yet: the event waits for its lookup"
    rows = {row["verdict"]: row for row in course.decisions}
    row = next((rows[each] for each in _REASONS if each in rows), None)
    if row is None:
        return "was asked, but the delivery is not kept any more"
    return f"was not asked {_REASONS[row['verdict']].format(mapping=row['mapping'], reason=row['reason'])}"


def _of_delivery(findings: Findings, row: Row) -> str:
    since, touchpoint = spoken_time(row["state_at"], findings.zone), row["touchpoint"]
    match row["state"]:
        case "delivered":
            return f"was asked: {touchpoint} took the request {since}"
        case "sending":
            return "is being asked right now"
        case "held":
            asked = "may have been asked, nobody knows" if row["asked_at"] is not None else "was not asked"
            return f"{asked}: the request is held"
        case "dead":
            return f"was not asked: {touchpoint} did not take the request"
        case "cancelled":
            reason = str(row["reason"] or "no reason given")
            because = reason if reason.startswith("cancelled ") else f"cancelled: {reason}"
            return f"was not asked: the request was {because}"
    return _of_waiting(findings, row)


def _of_waiting(findings: Findings, row: Row) -> str:
    if obstacle := findings.obstacles.get(row["id"]):
        return f"is not asked yet: {obstacle.why}"
    if row["due_at"] > findings.now:
        again = " again" if row["attempts"] else ""
        return f"is not asked yet: the request is to go out{again} {spoken_time(row['due_at'], findings.zone)}"
    return "is about to be asked: the request is due"
