"""The values that flow through the bridge, from the untrusted request to the judged attempt.

All times are integer milliseconds since 1970 UTC unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.core.schedule import Hours

Scalar = str | int | float | bool
Verdict = Literal["planned", "skipped", "suppressed", "cancelling", "failed", "unmatched"]
State = Literal["pending", "sending", "held", "delivered", "cancelled", "dead"]
Repeat = Literal["once", "replace", "send"]

VERDICTS: tuple[Verdict, ...] = ("planned", "skipped", "suppressed", "cancelling", "failed", "unmatched")
STATES: tuple[State, ...] = ("pending", "sending", "held", "delivered", "cancelled", "dead")

# -- what comes in ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inbound:
    """One request as it arrived: untrusted, nothing of it is believed.

    `headers` has lower-case names; repeated ones are joined with ", " (RFC 9110, 5.2).
    `url` is the configured public URL with the path and query as received, byte for byte.
    """

    source: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: int = 0

    @property
    def query(self) -> str:
        """The raw query string, without the question mark."""
        return self.url.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something an event can be found by (`contact`, `order`, `customer`, …), as a keyed hash of 16 bytes."""

    kind: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a source proved to have said. Only a verified request makes one.

    `source_event_id` is the source's own id, or `sha256:…` over topic and body where it has none.
    `dedupe_until` is when another event with the same id is no longer taken for this one.
    `headers` and `query` hold no credentials. The parsed body is not kept: many events wait for their commit at a time,
    and what they would hold on to makes reading the next one several times slower.
    """

    id: str
    source: str
    topic: str
    source_event_id: str
    tenant: str
    headers: Mapping[str, str]
    query: str
    body: bytes = field(repr=False)
    received_at: int
    dedupe_until: int
    occurred_at: int | None = None
    marks: tuple[Mark, ...] = ()
    config: str = ""


# -- what a mapping says ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many requests per contact in `period` ms, at one touchpoint or across all."""

    at_most: int
    period: int
    across: Literal["touchpoint", "all"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping wants this body enqueued. `key` is what it is about; `contact` a keyed hash of address or number.

    `due_at` is when, None at once; after `expires_at` it is not sent any more; `hours` are those of the contact.
    """

    delivery_id: str
    touchpoint: str
    body: Mapping[str, Scalar] = field(repr=False)
    contact: bytes | None = None
    key: str | None = None
    repeat: Repeat = "send"
    cap: Cap | None = None
    due_at: int | None = None
    expires_at: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """What waits, or comes within the next days, for this key at this mapping of `source` is not to be sent."""

    source: str
    mapping: str
    key: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The contact is never to be asked again. `shown` is the address or number, masked."""

    contact: bytes
    shown: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """The mapping's `when` said no, or the contact is not in its sample."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The mapping could not be worked out on this event; names the field, not its content."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No mapping takes this topic."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one mapping says of one event, or of its element number `element` with `for_each`, before the facts."""

    mapping: str
    element: int
    outcome: Plan | Cancel | Unsubscribe | Skipped | Failed | Unmatched


@dataclass(frozen=True, slots=True)
class Facts:
    """What the outbox knows that a proposal depends on.

    `already` names the earlier event that holds the same once-key; of a key that is replaced, one whose request was
    delivered, or a newer one whose request waits. `asked` counts requests of the contact that will still count towards
    the cap when this one is due. `suppressed` and `cancelled` say since when, and by what, the contact or the key is
    not to be asked. For `Cancel` and `Unsubscribe`, `waiting` counts the deliveries that they stop.
    """

    already: str | None = None
    asked: int = 0
    suppressed: str | None = None
    cancelled: str | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a proposal. `plan` is there exactly when the verdict is `planned`."""

    mapping: str
    element: int
    verdict: Verdict
    reason: str = ""
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with what every mapping says of it; with `lookup` that is not known yet: it waits for its lookup."""

    event: Event
    proposals: tuple[Proposal, ...]
    lookup: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """All events of one request; they are accepted together or not at all."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event of a request. `changed`: a duplicate by id whose body differs from the first."""

    event_id: str
    duplicate: bool
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receipts of one request in its order, and how many deliveries and lookups became due."""

    receipts: tuple[Receipt, ...]
    planned: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not accepted, kept for a while with the reason. `headers` and `url` hold no credentials.

    `topic` is what the request says of itself: nobody proved it. `retried_at` is when it was taken in after all, as
    the event `event_id`.
    """

    id: str
    source: str
    status: int
    reason: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: int = 0
    topic: str = ""
    retried_at: int | None = None
    event_id: str = ""


# -- what goes out ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """One enqueue request to be made, as claimed for sending.

    `body` is the JSON text of a flat object. `attempts` counts the attempts that counted before this one.
    `lease` is the fencing number. `age_from` is when `give_up_after` begins to count: the time for which it was
    wanted, moved forward by the time spent paused, held or outside its hours. `day` is that of the event's receipt, in
    days since 1970. `asked_before` is when an earlier attempt was made whose fate is unknown.
    """

    id: str
    event_id: str
    source: str
    mapping: str
    touchpoint: str
    body: str = field(repr=False)
    attempts: int
    lease: int
    due_at: int
    age_from: int
    day: int = 0
    asked_before: int | None = None
