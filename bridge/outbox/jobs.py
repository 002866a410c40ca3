"""Replays as jobs: what one takes, how far it is, who drives it; and the verbs of the store that are about them."""

# ruff: noqa: D102 - verbs whose name and types say everything

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from bridge.core.configuration import Rate
from bridge.core.inquiry import Awaited
from bridge.core.model import Proposal, State
from bridge.outbox.terms import Filter, Row

ReplayMode = Literal["stored-body", "current-mapping"]
ReplayKind = Literal["replay", "backfill"]
ReplayState = Literal["running", "paused", "cancelled", "done"]
Change = Literal["pause", "resume", "cancel"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a replay takes: nothing that is not older than the delivery id `newest`.

    With `backfill` the filter's mapping (`source/name`) is new, and these are the topics that it takes, of which some
    may end in `*` and none means all: taken are the events that were decided without it.
    """

    wanted: Filter
    include_delivered: bool = False
    newest: str | None = None
    backfill: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A replay: what it is to do, and how far it is.

    `wait` (ms) passes before a delivery is due. `after` is where the next page begins and `next_at` when. `found`,
    `taken` and `made` count; `others` counts by reason what was taken and not made. `driver` may make pages until
    `driven_until`; `changed_by` paused, resumed or cancelled it last.
    """

    id: str
    kind: ReplayKind
    mode: ReplayMode
    wanted: Filter
    newest: str
    started_at: int
    found: int = 0
    who: str = ""
    why: str = ""
    description: str = ""
    include_delivered: bool = False
    rate: Rate | None = None
    wait: int = 0
    state: ReplayState = "running"
    after: str | None = None
    next_at: int = 0
    taken: int = 0
    made: int = 0
    others: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    ended_at: int | None = None
    changed_by: str = ""
    driver: str = ""
    driven_until: int = 0


@dataclass(frozen=True, slots=True)
class Replayed:
    """One item of a replay: what the stored body or today's mapping proposes for an old delivery or decision.

    `replay_of` is the old delivery, None where a decision had failed or there was none. A plan makes a delivery.
    """

    event_id: str
    proposal: Proposal
    replay_of: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The next part of a replay, worked out: `taken` rows, ended by the cursor `after`; `is_last` if none follow.

    `awaited` are those rows whose events must be looked up first.
    """

    replay_id: str
    driver: str
    items: tuple[Replayed, ...]
    taken: int
    after: str | None
    is_last: bool = False
    awaited: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of items: how many were made, and by reason how many of the others there were."""

    made: int
    others: Mapping[str, int]


class Replays(Protocol):
    """What is asked of the store about replays. Raises StoreUnavailable and StoreBroken as all its verbs do."""

    def replayable(self, selection: Selection, *, limit: int, after: str | None) -> list[Row]:
        """Give a page of what a replay takes: dead deliveries, then failed decisions; for a backfill events.

        Cancelled and held deliveries only where the filter names their state or ids: somebody decided on them.
        What was replayed before is left to its replay. Each row has `kind` (`delivery`, `decision` or `event`),
        `event_id`, `source`, `tenant`, `mapping`, `element` and `cursor`, which is the `after` of the next page; a
        delivery also `id`, `touchpoint`, `contact` (hex), `key`, `state`, `hours` and `body` (JSON texts).
        """

    def count_replayable(self, selection: Selection) -> list[Row]:
        """Count all of that, by `kind`, `source`, `mapping`, `touchpoint` (empty for none), and `state`.

        The `state` of a decision is `failed`, that of an event its topic. `number` is how many.
        """

    def start(self, job: Job) -> None:
        """Put a replay on record; whoever drives it first makes its first page."""

    def job(self, replay_id: str) -> Job | None: ...
    def jobs(self, *, limit: int, before: str | None = None) -> list[Job]:
        """Give the replays, newest first; `before` is the last id of the page before."""

    def running(self) -> list[Job]:
        """Give the replays that somebody has to drive, oldest first."""

    def change(self, replay_id: str, change: Change, *, who: str, now: int) -> bool:
        """Pause what runs, resume what is paused, cancel either; nobody drives it then. False if it is not so."""

    def drive(self, replay_id: str, driver: str, *, now: int, until: int) -> Job | None:
        """Take or renew the lease on a running replay; None while another has it, or if it does not run."""

    def carry_out(self, page: Page, *, now: int, until: int) -> Job | None:
        """Make a page's deliveries and note how far the replay is, in one transaction; renews the lease.

        Each item is made once per replay. Passed over: what was replayed before, is waiting or being sent by now, or
        has no event any more. A held delivery that is replayed is cancelled, so that it cannot be released as well.
        None, and nothing happens, if the replay does not run or another drives it by now.
        """

    def rehearse(self, items: Sequence[Replayed], *, include_delivered: bool, now: int) -> Outcome:
        """Say what would become of these items; nothing is kept."""

    def take_back(self, replay_id: str, *, reason: str, now: int, limit: int, after: str = "") -> list[str]:
        """Cancel deliveries that a replay made and that are pending or held, at most `limit`, from the id `after` on.

        Gives their ids in order; none when that was all.
        """

    def states(self, replay_id: str) -> dict[State, int]:
        """Count the deliveries that a replay made and that are kept, by state."""

    def waiting(self, *, now: int, most: int) -> int:
        """Count the deliveries of all replays that are due and wait, up to `most`."""
