"""What the store says of itself in numbers: how many, how much each hour, and where a person is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bridge.core.model import State

if TYPE_CHECKING:  # the verbs about filters come after this module
    from bridge.outbox.terms import Filter

Counted = Literal["events", "deliveries", "refused"]
GroupKind = Literal["held", "dead", "failed", "refused"]

HOUR = 3_600_000  # ms
KEPT_HOURS = 35 * 24

MOST_COUNTED = 10_000  # rows that are counted one by one
COUNT_FOR = 8  # ms in which they are: of what a page may take, the smaller part
MOST_GROUPED = 1_000  # rows of a kind that are looked at for what they have in common, the newest
LATELY = 24 * HOUR  # in which something went wrong that is worth a look


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; where that is not `exact`, there are at least so many."""

    number: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, newest first.

    `older` is the `before` with which the next page begins, None at the end. Where time was over before the page was
    full, everything since `reached` (ms) was searched: the next page may find more.
    """

    rows: list[dict[str, Any]]
    older: str | None
    reached: int | None = None


@dataclass(frozen=True, slots=True)
class HourBegun:
    """How the counters stood at the beginning of an hour (ms), or when the bridge first looked in it."""

    hour: int
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """What is held, or lately died, failed or was refused, in one place for one reason.

    The place is a touchpoint of deliveries, `source/mapping` of decisions, a source of refused requests. `is_unsure`:
    the target may have taken them. `first` and `last` are when it happened (ms); `newest` is the latest one's id.
    Unless `exact`, there are at least `number`.
    """

    kind: GroupKind
    place: str
    reason: str
    number: int
    exact: bool
    first: int
    last: int
    newest: str
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """The books of one moment, as far as short looks tell.

    `totals` are deliveries by touchpoint and state, `hours` how the counters stood at each of a day, `due` how many are
    pending by the times asked for: up to the first one, from there to the second, and so on. `oldest` is the pending
    delivery that is due first (id, source, mapping, touchpoint, key, due_at, reason).
    """

    counters: Mapping[str, int]
    totals: Mapping[str, Mapping[State, int]]
    hours: Sequence[HourBegun]
    groups: Sequence[Group]
    due: Sequence[Count]
    oldest: Mapping[str, Any] | None


class Figures(Protocol):
    """The part of the ledger that counts; no verb looks at more rows than it says."""

    def count(self, what: Counted, wanted: "Filter") -> Count:
        """Count what a filter selects; its `before` is a place in a list and does not matter.

        Exact where kept counters know it, else up to MOST_COUNTED that can be found within COUNT_FOR.
        """

    def page(self, what: Counted, wanted: "Filter", *, limit: int) -> Page:
        """Give a page of events, deliveries or refused requests, as `events`, `deliveries` and `refused` give rows.

        It takes a bounded time: what few rows match is looked for only so far back.
        """

    def hours(self, *, since: int, until: int) -> list[HourBegun]:
        """Give how the counters stood at the hours that begin in this time (ms), both included, in order.

        There is none where the bridge was off.
        """

    def overview(self, *, now: int, due_by: Sequence[int]) -> Overview:
        """Give the books as of one moment for whoever looks after the bridge; `due_by` are times (ms), in order."""
