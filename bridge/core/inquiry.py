"""The values of a lookup on its way: what waits for it, what the system answered, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.core.model import Event, Proposal
from bridge.core.outcome import NotSent, Unknown


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One event that waits for its lookup, as claimed for asking.

    `attempts`, `lease`, `due_at` and `age_from` are as those of a delivery.
    """

    event: Event
    attempts: int
    lease: int
    due_at: int
    age_from: int


@dataclass(frozen=True, slots=True)
class Awaited:
    """A replay that cannot go on without the answer: of a failed decision, or of the delivery `replay_of`."""

    event_id: str
    replay_id: str
    mapping: str
    element: int
    replay_of: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The system's status line was seen. `body` is what came of its answer; `is_whole` says whether that is all of it.

    `message` is the beginning of the body without secrets, `retry_after` the header as received.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    is_whole: bool = True
    message: str = ""
    retry_after: str | None = None


Reply = Fetched | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """Everything was answered: the answers by the names of the requests."""

    answers: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Later:
    """Ask again at `due_at`. `hold_until` is when the system wants to hear of anything again, 0 if it did not say."""

    due_at: int
    reason: str
    hold_until: int = 0


@dataclass(frozen=True, slots=True)
class Denied:
    """The system refuses the secret or the address, whatever is asked for: nothing of this source is asked now."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """There will never be an answer."""

    reason: str


Finding = Found | Later | Denied | Lost


@dataclass(frozen=True, slots=True)
class Finished:
    """A lookup that has come to its end, with what today's mappings make of the event.

    `answers` None: it failed. `event` is found also by whom the proposals ask.
    """

    inquiry: Inquiry
    event: Event
    proposals: tuple[Proposal, ...]
    answers: Mapping[str, Any] | None = field(repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Postponed:
    """A lookup that is to be made later. `denied_until`: so long nothing of its source is, and this was no attempt."""

    inquiry: Inquiry
    due_at: int
    reason: str
    denied_until: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A finished attempt at a lookup: the last reply (None where nothing was asked), and what was found."""

    inquiry: Inquiry
    reply: Reply | None = field(repr=False)
    finding: Finding = field(repr=False)
    started_at: int
    ended_at: int
