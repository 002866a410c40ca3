"""What the store's verbs are about: pauses, filters, claims, suppressions, circuits, actions; a row for display."""

from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.model import Delivery, State, Verdict

PauseScope = Literal["all", "touchpoint", "mapping", "source"]
Row = dict[str, Any]  # a record for display: plain JSON values


@dataclass(frozen=True, slots=True)
class Paused:
    """What an operator or a target's refusal stopped from sending. `by` is `operator` or `target`.

    `name` is `` for all; a mapping is named `source/mapping`.
    """

    scope: PauseScope
    name: str
    reason: str
    since: int
    by: Literal["operator", "target"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events, deliveries or refused requests; absent means any.

    `contact` is a keyed hash. `mapping` is a name or `source/name`. `ids` of deliveries may be those of their events.
    `since` (included) and `until` (excluded) are ms by the time in the ids. `before` is the last id of the page
    before: lists are in the order of ids, newest first. `topic` of a refused request is what it claims; `status`, which
    only refused requests have, is what they were answered. `replay` is the replay that made the deliveries.
    `fate_unknown` selects deliveries that are held and may have reached their target, and the events of such.
    """

    source: str | None = None
    topic: str | None = None
    states: tuple[State, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    touchpoint: str | None = None
    mapping: str | None = None
    contact: bytes | None = None
    since: int | None = None
    until: int | None = None
    ids: tuple[str, ...] = ()
    before: str | None = None
    status: int | None = None
    replay: str | None = None
    fate_unknown: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether it would select everything."""
        return self == Filter()


@dataclass(frozen=True, slots=True)
class Claimed:
    """Deliveries that are now `sending`, the longest due first, live ones before those of replays.

    `unfinished` names touchpoints where more may be due than was looked at; `stopped` counts what was judged and is
    not to be sent: cancelled, held or put off.
    """

    deliveries: tuple[Delivery, ...]
    unfinished: frozenset[str] = frozenset()
    stopped: int = 0


@dataclass(frozen=True, slots=True)
class Suppression:
    """Somebody who is never asked again. `shown` is the address or number, masked; `added_by` a person or an event."""

    contact: bytes
    shown: str
    reason: str
    since: int
    added_by: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """A touchpoint that is failing: nothing is sent to it until `until`, when one request tries.

    `until` is 0 where an operator asked for that to be at once.
    """

    touchpoint: str
    reason: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody changed. `who` is a person, `key:NAME`, `cli:ACCOUNT`; `about` names what, never a person's data.

    `detail` says why or how many. `number` counts from 1 and is given by the store.
    """

    at: int
    who: str
    verb: str
    about: str
    detail: str = ""
    number: int = 0
