"""What the books say about what somebody asks for: whom, or what, by an address, an order or an id. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]  # a record as the store gives it for display


@dataclass(frozen=True, slots=True)
class Course:
    """One event and what came of it. Rows are in time order; `event` is None where it is not kept any more.

    `attempts` are by delivery. Of an event about many people, only what is about the one who is asked for.
    """

    id: str
    event: Row | None = None
    decisions: tuple[Row, ...] = ()
    deliveries: tuple[Row, ...] = ()
    attempts: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lookup: Row | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The contact is not to be asked since then (ms), for this reason; added by a person or an event."""

    since: int
    reason: str
    added_by: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing is sent now, other than that it is not due, and what lets it go on."""

    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything found for `text` at `now` (ms); `courses` are newest first, `kept` is how long history is kept (ms).

    `kind` says what the text is: `contact`, `key`, a kind of reference such as `order`, `event`, `delivery`,
    `refused request`; empty if nothing was found. `is_all` is False where older courses were left out. `obstacles` are
    by delivery.
    """

    text: str
    now: int
    kept: int
    kind: str = ""
    courses: tuple[Course, ...] = ()
    refused: Row | None = None
    never: Never | None = None
    obstacles: Mapping[str, Obstacle] = field(default_factory=lambda: MappingProxyType({}))
    is_all: bool = True

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was found."""
        return not self.courses and self.refused is None and self.never is None

    @property
    def zone(self) -> str:
        """The contact's zone, by the newest delivery that knows it; else UTC."""
        hours = (row["hours"] for course in self.courses for row in reversed(course.deliveries))
        return next((str(each["zone"]) for each in hours if each), "UTC")
