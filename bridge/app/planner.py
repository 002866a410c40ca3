"""Plans of a running bridge: a draft against what is in force over stored events, page by page."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bridge.app.clock import now
from bridge.app.drafts import Draft
from bridge.app.drifting import silent_guard
from bridge.app.plan import Planning, Proposals, kept_answers, last_in_force, outline
from bridge.app.planned import report, waiting_for_removed
from bridge.app.rules import intake_rules
from bridge.app.traffic import PAGE
from bridge.catalog import Loaded
from bridge.core.comparison import Comparison
from bridge.core.errors import BridgeError
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter
from bridge.settings import Settings

LAST = 1_000  # events that are compared where nobody says how many
MOST = 100_000  # events of one plan
_KEPT = 20  # plans, the latest ones
_LONGEST = 120_000  # ms that one plan may take; what it found until then is shown
_NO_KEY = bytes(32)  # hashes of people are neither shown nor compared with stored ones

T = TypeVar("T")
Read = Callable[[Callable[[Store], T]], Awaitable[T]]


@dataclass(slots=True)
class Plan:
    """A draft that is, or was, compared with what was `in_force` when it began (a fingerprint), over stored events.

    `events` were compared so far, at most `last`, or all since then (ms). `found` is there at the end, or `failed`
    says why it is not. `is_whole` is False if it took too long for all events. `accepts` are examples that become
    something else, which is to be written down: their texts before and after. Times in ms.
    """

    draft: Draft
    new: Loaded = field(repr=False)
    last: int | None
    since: int | None
    began: int
    in_force: str = ""
    events: int = 0
    ended: int | None = None
    found: Mapping[str, Any] | None = field(default=None, repr=False)
    failed: str = ""
    is_whole: bool = True
    accepts: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def mark(self) -> str:
        """The fingerprint of the draft, by which the plan is found."""
        return self.draft.mark


class Planner:
    """Makes plans one after the other and keeps the latest ones in memory; all calls are from one event loop."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], study: Read[Any]) -> None:
        self._settings = settings
        self._environment = environment
        self._study = study
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def find(self, mark: str) -> Plan | None:
        """Give the latest plan of the files with this fingerprint, if it is kept."""
        return self._plans.get(mark)

    def begin(
        self,
        draft: Draft,
        new: Loaded,
        *,
        last: int | None,
        since: int | None,
        accepts: Mapping[str, tuple[str, str]],
    ) -> Plan:
        """Begin to compare; of two plans of the same files the later one counts."""
        plan = Plan(draft, new, last, since, now(), accepts=accepts)
        self._plans.pop(plan.mark, None)
        self._plans[plan.mark] = plan
        while len(self._plans) > _KEPT:
            self._plans.popitem(last=False)
        task = asyncio.create_task(self._make(plan))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return plan

    async def sides(self, plan: Plan, event_id: str) -> tuple[Proposals, Proposals] | None:
        """Give what is in force now, and what was planned, make of one stored event; None where that is not known.

        Raises Unreadable.
        """

        def work(store: Store) -> tuple[Proposals, Proposals] | None:
            entry = store.ledger.entry(event_id)
            return None if entry is None else self._begin(store, plan)[1].sides(entry.event)

        both: tuple[Proposals, Proposals] | None = await self._study(work)
        return both

    async def _make(self, plan: Plan) -> None:
        try:
            async with self._turn:
                if self._plans.get(plan.mark) is plan:
                    await self._compare(plan)
        except BridgeError as error:
            plan.failed = str(error)
        finally:
            plan.ended = now()
            plan.over.set()

    async def _compare(self, plan: Plan) -> None:
        old, planning = await self._study(lambda store: self._begin(store, plan))
        plan.in_force = old.catalog.fingerprint
        comparison = Comparison()
        before: str | None = None
        while more := _page_size(plan):
            page = _Page(plan, planning, comparison, before=before, size=more)
            taken, before = await self._study(page)
            plan.events += taken
            if taken < more:
                break
            if now() - plan.began > _LONGEST:
                plan.is_whole = False
                break
        differences = outline(old, plan.new)
        waiting = await self._study(lambda store: waiting_for_removed(store.ledger, differences))
        plan.found = report(old, plan.new, comparison, waiting)

    def _begin(self, store: Store, plan: Plan) -> tuple[Loaded, Planning]:
        old = last_in_force(store.strongbox, self._environment)
        guard = silent_guard(store.ledger.attributes(), self._settings)
        rules = intake_rules(self._settings, _NO_KEY, "")
        return old, Planning(old.catalog, plan.new.catalog, rules, guard, kept_answers(store.ledger))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of events to compare; gives how many there were, and the id of the last one."""

    plan: Plan
    planning: Planning
    comparison: Comparison
    before: str | None = field(kw_only=True)
    size: int = field(kw_only=True)

    def __call__(self, store: Store) -> tuple[int, str | None]:
        events = store.ledger.stored(Filter(since=self.plan.since, before=self.before), limit=self.size)
        for _ in self.planning.over(kept_answers(store.ledger)).compare(iter(events), self.comparison):
            pass  # each step takes an event
        return len(events), events[-1].id if events else None


def _page_size(plan: Plan) -> int:
    most = MOST if plan.last is None else min(plan.last, MOST)
    return min(PAGE, most - plan.events)
