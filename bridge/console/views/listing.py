"""Rows of the lists of deliveries and events, as they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.console.views.subject import About, about, plain
from bridge.console.wording import span
from bridge.core.model import STATES, VERDICTS
from bridge.outbox.previews import Subject
from bridge.outbox.terms import Row


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A row of the list of deliveries. `late` is set where it is due and waits; `when` is when it is or was."""

    id: str
    state: str
    about: About
    contact: str
    source: str
    topic: str
    touchpoint: str
    attempts: int
    when: int
    late: str
    answer: str
    is_replay: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """A row of the list of events; `verdicts` and `states` with their numbers, those that need a person first."""

    id: str
    source: str
    topic: str
    tenant: str
    received_at: int
    size: int
    about: About | None
    verdicts: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, int], ...]


def delivery_lines(rows: Iterable[Row], subjects: Mapping[str, Subject], *, now: int) -> list[DeliveryLine]:
    """Make the lines of a page of deliveries."""
    return [_delivery(row, subjects.get(row["id"]), now) for row in rows]


def _delivery(row: Row, subject: Subject | None, now: int) -> DeliveryLine:
    waits = row["state"] == "pending"
    late = waits and row["due_at"] < now - 1_000
    return DeliveryLine(
        row["id"],
        row["state"],
        about(subject.body if subject else None, key=row["key"], delivery_id=row["id"]),
        row["contact"] or "",
        row["source"],
        (subject.topic if subject else None) or "",
        row["touchpoint"],
        row["attempts"],
        row["due_at"] if waits else row["state_at"],
        f"{span(now - row['due_at'])} late" if late else "",
        row["message"] if row["state"] == "delivered" else plain(row["reason"]),
        row["replay_id"] is not None,
    )


_WORST_VERDICTS = ("failed", "unmatched", "planned", "cancelling", "suppressed", "skipped")
_WORST_STATES = ("held", "dead", "sending", "pending", "delivered", "cancelled")
assert set(_WORST_VERDICTS) == set(VERDICTS), "every verdict has its place"
assert set(_WORST_STATES) == set(STATES), "every state has its place"


def event_lines(rows: Iterable[Row], subjects: Mapping[str, Subject]) -> list[EventLine]:
    """Make the lines of a page of events."""
    return [_event(row, subjects.get(row["id"])) for row in rows]


def _event(row: Row, subject: Subject | None) -> EventLine:
    return EventLine(
        row["id"],
        row["source"],
        row["topic"],
        row["tenant"],
        row["received_at"],
        row["size"],
        about(subject.body, key=subject.key, delivery_id=subject.delivery_id) if subject else None,
        tuple((name, row["verdicts"][name]) for name in _WORST_VERDICTS if name in row["verdicts"]),
        tuple((name, row["deliveries"][name]) for name in _WORST_STATES if name in row["deliveries"]),
    )
