"""The story of a person, an order or an event as the books tell it: a timeline in an operator's words. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.core.contact import searchable
from bridge.core.findings import Course, Findings, Row
from bridge.core.masking import masked
from bridge.core.schedule import spoken_time

LONGEST = 100  # moments of a story: the newest

_ADDRESS = re.compile(r"[^\s@<>\"'`,;:()]{1,64}@[\w.-]{0,250}\w")
_NUMBER = re.compile(r"\+\d[\d ()./-]{5,24}\d")
_RULINGS = {
    "delivered": "delivered",
    "retry": "to be tried again",
    "hold": "held",
    "pause": "touchpoint paused",
    "dead": "given up",
}


_ENDS = {"delivered": "delivered", "hold": "held", "dead": "dead"}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at `at` (ms) to the event, delivery or refused request `id`.

    Of what happened in one moment, that of a lower `rank` led to the others.
    """

    at: int
    id: str
    text: str
    rank: int = 0


def timeline(findings: Findings) -> list[Moment]:
    """Tell what happened, the newest last; things of one moment in the order in which one led to the other."""
    told = [moment for course in reversed(findings.courses) for moment in _course(course, findings.zone)]
    if findings.refused is not None:
        told.extend(_refused(findings.refused))
    if findings.never is not None:
        why = f"put on the list of those who are not to be asked, by {findings.never.added_by}: {findings.never.reason}"
        told.append(Moment(findings.never.since, "", why))
    told.sort(key=lambda moment: (moment.at, moment.rank))
    return [replace(each, text=hide_others(each.text, findings.text)) for each in told]


def hide_others(text: str, known: str) -> str:
    """Mask the addresses and international numbers in a text, other than the one that is known already."""

    def hide(found: re.Match[str]) -> str:
        same = searchable(found[0]) == searchable(known)
        return found[0] if same else masked("contact", found[0])

    return _NUMBER.sub(hide, _ADDRESS.sub(hide, text))


def in_order(decisions: tuple[Row, ...]) -> list[Row]:
    """Give the decisions with those of replays last, the newest replay's at the end."""
    return sorted(decisions, key=lambda row: row["replay_id"] or "")


def _course(course: Course, zone: str) -> Iterator[Moment]:
    begun = course.deliveries[0]["created_at"] if course.deliveries else 0
    if course.event is not None:
        begun = course.event["received_at"]
        yield Moment(begun, course.id, f"{course.event['source']} said {course.event['topic']}")
    decided = begun
    if course.lookup is not None:
        decided = max(begun, course.lookup["state_at"])
        yield Moment(decided, course.id, said_of_lookup(course.lookup), rank=1)
    for row in in_order(course.decisions):
        if row["verdict"] != "planned":
            yield Moment(decided, course.id, _decision(row), rank=2)
    for row in course.deliveries:
        yield from _delivery(row, course.attempts.get(row["id"], ()), zone)


def _decision(row: Row) -> str:
    again = f"replayed by {row['replay_id']}: " if row["replay_id"] else ""
    if row["verdict"] in {"cancelling", "unmatched"}:
        return f"{again}{row['reason']}"
    by = f"mapping {row['mapping']} " if row["mapping"] else ""
    element = f"element {row['element'] + 1} " if row["element"] else ""
    return f"{again}{by}{element}{row['verdict']}: {row['reason']}"


def said_of_lookup(row: Row) -> str:
    """Say how an event's lookup stands."""
    because = f": {row['reason']}" if row["reason"] else ""
    words = {"waiting": "waits for its lookup", "calling": "is being looked up", "done": "was looked up"}
    return words.get(row["state"], "its lookup failed") + because


def _delivery(row: Row, attempts: tuple[Row, ...], zone: str) -> Iterator[Moment]:
    made = "replayed" if row["replay_id"] else "planned"
    by = f" by {row['replay_id']} for {row['replay_of'] or row['event_id']}" if row["replay_id"] else ""
    due = f", due {spoken_time(row['wanted_at'], zone)}" if row["wanted_at"] > row["created_at"] else ""
    planned = f"mapping {row['mapping']} {made}{by} a request to {row['touchpoint']}{due}"
    yield Moment(row["created_at"], row["id"], planned, rank=3)
    for attempt in attempts:
        yield Moment(attempt["ended_at"], row["id"], said_of_attempt(attempt), rank=4)
    if row["state"] in {"held", "cancelled", "dead", "delivered"} and not was_told(row, attempts):
        reason = str(row["reason"] or row["message"])
        text = reason if reason.startswith(row["state"]) else f"{row['state']}: {reason}".removesuffix(": ")
        yield Moment(row["state_at"], row["id"], text, rank=5)
    elif row["state"] == "sending":
        yield Moment(row["state_at"], row["id"], "being sent", rank=5)


def was_told(row: Row, attempts: tuple[Row, ...]) -> bool:
    """Say whether the last attempt brought the delivery to where it is."""
    last = attempts[-1] if attempts else None
    return last is not None and _ENDS.get(last["ruling"]) == row["state"] and last["reason"] == row["reason"]


def said_of_attempt(row: Row) -> str:
    """Say what an attempt came to."""
    answer = f"the target answered {row['status']}" if row["status"] is not None else ""
    if answer and row["message"]:
        answer += f" ({row['message']})"
    what = _RULINGS[row["ruling"]] if row["effective"] else "without effect, since another attempt was made meanwhile"
    said = answer or row["reason"]
    return f"attempt {row['number']}: {said}; {what}" if said else f"attempt {row['number']}: {what}"


def _refused(row: Row) -> Iterator[Moment]:
    yield Moment(row["received_at"], row["id"], f"{row['source']}: refused with {row['status']}: {row['reason']}")
    if row["retried_at"] is not None:
        yield Moment(row["retried_at"], row["id"], f"taken in after all as {row['event_id']}")
