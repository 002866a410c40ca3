"""What an operator can do about what a story tells, and the ways there. Pure."""

from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.app.suppressing import normal
from bridge.core.findings import Course, Findings, Row
from bridge.core.sentence import newest

_MOST_KEYS = 12


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do: its button, where it leads, and what it does."""

    label: str
    address: str
    help: str


def remedies(findings: Findings) -> list[Remedy]:
    """Give what can be done about the newest request or event, the likely first."""
    course = newest(findings.courses)
    if course is not None and course.deliveries:
        return list(_of_delivery(course.deliveries[-1]))
    if course is not None:
        return list(_of_event(course))
    if findings.refused is not None and not findings.refused["event_id"]:
        address = f"/refused/retry?{urlencode({'id': findings.refused['id']})}"
        return [Remedy("Retry with today's secret…", address, "Proves it as of the time it came in, and takes it in.")]
    return []


def _of_delivery(row: Row) -> list[Remedy]:
    identity, replay = row["id"], f"/replays/new?{urlencode({'id': row['id']})}"
    match row["state"]:
        case "pending":
            cancel = f"/deliveries/cancel?{urlencode({'id': identity})}"
            return [Remedy("Cancel the request…", cancel, "It is not sent. What was sent cannot be called back.")]
        case "held":
            help_text = "Its page says what is known of it, and asks what is to become of it."
            return [Remedy("Send again or cancel…", f"/deliveries/{identity}", help_text)]
        case "delivered":
            again = f"{replay}&include_delivered=true"
            return [Remedy("Ask once more…", again, "Makes a new request. You say why, since the person was asked.")]
        case "sending":
            return []
    help_text = (
        "Makes a new request for this one. You see what it would become before it is sent, and the cause is named."
    )
    return [Remedy("Ask anyway…", replay, help_text)]


def _of_event(course: Course) -> list[Remedy]:
    if any(row["verdict"] == "failed" for row in course.decisions):
        address = f"/replays/new?{urlencode({'id': course.id})}"
        return [Remedy("Replay the event…", address, "Through the mapping as it is today: mend it first.")]
    return []


def is_contact(findings: Findings) -> bool:
    """Say whether what was asked for is an address or a number that can be asked."""
    try:
        normal(findings.text)
    except ValueError:
        return False
    return True


def keys(findings: Findings) -> list[str]:
    """Give what the person, order or event was asked about, other than what was asked for; the newest first."""
    rows = (row for course in findings.courses for row in reversed(course.deliveries))
    found = (str(row["key"]) for row in rows if row["key"] and str(row["key"]) != findings.text)
    return list(dict.fromkeys(found))[:_MOST_KEYS]
