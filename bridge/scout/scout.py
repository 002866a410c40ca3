"""The scout: looks up what accepted events do not say, and lets them be decided; no sender's answer waits for it.

It changes nothing at the systems that it asks, so whatever was cut off is simply asked again. One lookup is one task:
claimed, asked, judged, and finished or postponed in a transaction of its own.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from bridge.core.configuration import RetryPolicy, Source
from bridge.core.errors import StoreUnavailable
from bridge.core.ids import Kind
from bridge.core.inquiry import Asked, Denied, Finding, Finished, Found, Inquiry, Later, Lost, Postponed
from bridge.core.lookup import again
from bridge.core.marking import with_marks
from bridge.intake import Rules, propose_again, propose_failure
from bridge.outbox.patience import insist, rest_until
from bridge.scout.asking import Asking
from bridge.scout.needs import Desk, Fetcher, Live, Store
from bridge.scout.pace import Pace, lookup_rate

SLOTS = 32  # lookups at the same time, over all sources
LEASE = 60_000  # ms, at least; otherwise four times what the slowest lookup may take
TICK = 1.0  # seconds after which the scout looks, whatever it was or was not told
SWEEP = 5.0  # seconds between looks for leases that ran out
DENIED_FOR = (
    5 * 60_000
)  # ms after which a system that refuses the secret is asked again, should it have been mended there

T = TypeVar("T")
_log = logging.getLogger("bridge.scout")


class Scout:
    """Looks up until it is drained. `clock` gives ms, `jitter` a number from 0 to 1; `observe` hears each attempt.

    `on_decided` is called when events were decided, so that their deliveries begin at once.
    """

    def __init__(
        self,
        desk: Desk,
        fetcher: Fetcher,
        *,
        live: Callable[[], Live],
        rules: Callable[[], Rules],
        clock: Callable[[], int],
        jitter: Callable[[], float],
        new_id: Callable[[Kind], str],
        on_decided: Callable[[], None],
        observe: Callable[[Asked], None],
    ) -> None:
        self._desk = desk
        self._fetcher = fetcher
        self._live = live
        self._rules = rules
        self._clock = clock
        self._jitter = jitter
        self._new_id = new_id
        self._on_decided = on_decided
        self._observe = observe
        self._paces: dict[str, Pace] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._news_count = 0
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._claims_ended = asyncio.Event()
        self._claims_ended.set()
        self._due: int | None = None
        self._until_pace = TICK * 1000

    def wake(self) -> None:
        """Look for work now: something was accepted, replayed or changed."""
        self._news_count += 1
        self._news.set()

    async def run(self) -> None:
        """Look up until `drain`. Raises StoreBroken, on which the process must end."""
        self._claims_ended.clear()
        try:
            await self._write(self._recovery(everything=True))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_claiming())
                group.create_task(self._keep_recovering())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._claims_ended.set()

    async def drain(self, seconds: float) -> None:
        """Claim no more, let what is asked finish for so long, and give up the rest: it is asked again at the start."""
        self._stopping.set()
        self._news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._claims_ended.wait()
                while self._asking:
                    await asyncio.wait(self._asking)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    # -- claiming --------------------------------------------------------------------------------------------

    async def _keep_claiming(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                claimed_some = await self._claim(self._live())
            except StoreUnavailable:
                await rest_until(self._stopping, TICK)
                continue
            if not claimed_some and await rest_until(self._news, self._until_something()):
                self._news_count += 1

    async def _claim(self, live: Live) -> bool:
        """Claim for the free slots and begin to ask; False if there was none for which anything may be due."""
        sources, now = live.catalog.sources, self._clock()
        free = self._free(live, now)
        if not free:
            return False
        lease = max(LEASE, *(4 * _longest(sources[name]) for name in free))
        asked_at = self._news_count

        def work(store: Store) -> tuple[list[Inquiry], int | None]:
            claimed = store.outbox.claim_lookups(now=now, lease_until=now + lease, free=free)
            return claimed, store.outbox.next_lookup_due(sources=[*free], now=now)

        claimed, self._due = await self._desk.write(work)
        counts = Counter(inquiry.event.source for inquiry in claimed)
        for name, could in free.items():
            self._paces[name].took(counts[name], lookup_rate(sources[name]))
            if counts[name] < could:
                self._paces[name].seen_empty = asked_at
        for inquiry in claimed:
            self._begin(inquiry, sources[inquiry.event.source], live)
        return True

    def _free(self, live: Live, now: int) -> dict[str, int]:
        """Say how much each source may ask. One without lookups is asked for too: its last ones may still wait."""
        spare, free = SLOTS - len(self._asking), dict[str, int]()
        self._until_pace = TICK * 1000
        for name, source in live.catalog.sources.items():
            pace = self._paces.setdefault(name, Pace(now))
            if pace.seen_empty == self._news_count or self._is_unready(source, live.secrets):
                continue
            rate = lookup_rate(source)
            # An idle source gets a slot even when none is spare: however many hang, the others go on.
            share = min(pace.may_ask(rate, now), max(spare, 0 if pace.busy else 1))
            if share > 0:
                free[name] = share
                spare -= share
            elif (wait := pace.wait(rate, now)) > 0:
                self._until_pace = min(self._until_pace, max(1.0, wait))
        return free

    def _is_unready(self, source: Source, secrets: Mapping[str, str]) -> bool:
        return any(self._fetcher.can_fetch(lookup, secrets) is not None for lookup in source.lookups)

    def _until_something(self) -> float:
        waits = [TICK * 1000, self._until_pace]
        if self._due is not None:
            waits.append(self._due - self._clock())
        return max(0.001, min(waits) / 1000)

    async def _keep_recovering(self) -> None:
        while await rest_until(self._stopping, SWEEP):
            with suppress(StoreUnavailable):
                if await self._desk.write(self._recovery(everything=False)):
                    self.wake()

    def _recovery(self, *, everything: bool) -> Callable[[Store], int]:
        now = self._clock()
        return lambda store: store.outbox.recover_lookups(now=now, everything=everything)

    # -- asking ----------------------------------------------------------------------------------------------

    def _begin(self, inquiry: Inquiry, source: Source, live: Live) -> None:
        task = asyncio.create_task(self._look_up(inquiry, source, live))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _look_up(self, inquiry: Inquiry, source: Source, live: Live) -> None:
        pace, started = self._paces[source.name], self._clock()
        works = pace.answered_at is not None and started - pace.answered_at < DENIED_FOR
        asking = Asking(
            inquiry=inquiry,
            source=source,
            secrets=live.secrets,
            rules=self._rules(),
            fetcher=self._fetcher,
            live=self._live,
            clock=self._clock,
            jitter=self._jitter(),
            secret_works=works,
        )
        try:
            finding = await self._finding(asking)
        finally:
            pace.busy -= 1
            self._news.set()
        ended = self._clock()
        if isinstance(finding, Found) and finding.answers:
            pace.answered_at = ended
        if isinstance(finding, Later):
            pace.not_before = max(pace.not_before, finding.hold_until)
        self._observe(Asked(inquiry, asking.reply, finding, started, ended))
        await self._settle(asking, finding, ended)

    async def _finding(self, asking: Asking) -> Finding:
        try:
            return await asking.finding()
        except Exception as error:  # noqa: BLE001 - a lookup must not stay claimed because of a mistake of ours
            _log.error("looking up failed event=%s error=%s", asking.inquiry.event.id, type(error).__name__)
            policy = next((lookup.retry for lookup in asking.source.lookups), RetryPolicy())
            said = f"the scout failed ({type(error).__name__})"
            return again(asking.inquiry, policy, said, now=self._clock(), jitter=self._jitter())

    async def _settle(self, asking: Asking, finding: Finding, now: int) -> None:
        inquiry = asking.inquiry
        match finding:
            case Later(due_at, reason):
                self._due = min(self._due or due_at, due_at)
                postponed = Postponed(inquiry, due_at, reason)
                await self._write(lambda store: store.outbox.postpone_lookups([postponed], now=now))
            case Denied(reason):
                postponed = Postponed(inquiry, now, reason, now + DENIED_FOR)
                await self._write(lambda store: store.outbox.postpone_lookups([postponed], now=now))
            case Found() | Lost():
                finished = self._finished(asking, finding)
                if (await self._write(lambda store: store.outbox.finish_lookups([finished], now=now)))[0]:
                    self._on_decided()
        self._news.set()

    def _finished(self, asking: Asking, finding: Found | Lost) -> Finished:
        event, source, rules = asking.inquiry.event, asking.source, asking.rules
        if isinstance(finding, Lost):
            reason = f"the lookup failed: {finding.reason}"
            proposals = propose_failure(event, source, reason, rules=rules)
            event = with_marks(event, proposals, index_key=rules.index_key)
            return Finished(asking.inquiry, event, proposals, None, reason)
        proposals = propose_again(event, source, new_id=self._new_id, rules=rules, answers=finding.answers)
        event = with_marks(event, proposals, index_key=rules.index_key)
        return Finished(asking.inquiry, event, proposals, finding.answers)

    async def _write(self, work: Callable[[Store], T]) -> T:
        return await insist(lambda: self._desk.write(work), on_failure=_say_store_fails)


def _say_store_fails(pause: float) -> None:
    _log.warning("store unavailable, trying again in %.2f s", pause)


def _longest(source: Source) -> int:
    """Give how long a lookup of this source may take, in ms."""
    return max((lookup.timeout * len(lookup.requests) for lookup in source.lookups), default=0)
