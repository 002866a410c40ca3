"""The courier: claims what is due, sends it, judges the outcome, settles it; one sick touchpoint slows no other.

It claims only for slots that are free, so a delivery that is `sending` in the store is possibly sent. Claiming
and settling are two loops: while the store works on one batch, the next one gathers.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from bridge.core.configuration import Touchpoint
from bridge.core.errors import StoreUnavailable
from bridge.core.model import Delivery
from bridge.core.outcome import NotSent, Outcome, RetryAt, Settled, Unknown
from bridge.courier.lanes import Lane, shares
from bridge.courier.needs import Carrier, Desk, Live, Store
from bridge.courier.ruling import rule
from bridge.outbox.patience import FIRST_PAUSE, LONGEST_PAUSE, insist, rest_until

SLOTS = 64  # attempts at the same time
LEASE = 60_000  # ms, at least; otherwise four times the longest timeout, so that no attempt outlives its lease
TICK = 1.0  # seconds after which the courier looks, whatever it was or was not told
SWEEP = 5.0  # seconds between looks for leases that ran out
PARK_AGAIN = 60_000  # ms after which deliveries for touchpoints that are gone are looked for again
MOST_CLAIMED = 64  # deliveries per claim: the first are under way while the next ones are claimed
MOST_SETTLED = 256  # attempts per share of a settling transaction
GRACE = 2.0  # seconds for the outcomes of cut-off attempts to be settled

T = TypeVar("T")
_log = logging.getLogger("bridge.courier")


class Courier:
    """Delivers until it is drained. `clock` gives ms, `jitter` a number from 0 to 1; `observe` hears each attempt."""

    def __init__(
        self,
        desk: Desk,
        sender: Carrier,
        *,
        live: Callable[[], Live],
        clock: Callable[[], int],
        jitter: Callable[[], float],
        observe: Callable[[Settled], None],
        slots: int = SLOTS,
    ) -> None:
        self._desk = desk
        self._sender = sender
        self._live = live
        self._clock = clock
        self._jitter = jitter
        self._observe = observe
        self._slots = slots
        self._lanes: dict[str, Lane] = {}
        self._known: frozenset[str] | None = None
        self._park_again_at = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._results: list[Settled] = []
        self._unsettled = 0
        self._due: int | None = None
        self._until_token = TICK * 1000
        self._news_count = 0
        self._news = asyncio.Event()
        self._finished = asyncio.Event()
        self._stopping = asyncio.Event()
        self._over = asyncio.Event()
        self._over.set()
        self._is_failing = False
        self._claims_ended = False
        self._cut = False

    def wake(self) -> None:
        """Look for work now: something was accepted, released, resumed or changed."""
        self._news_count += 1
        self._news.set()

    async def run(self) -> None:
        """Deliver until `drain`. Raises StoreBroken, on which the process must end."""
        self._over.clear()
        try:
            await self._write(self._recovery(everything=True))
            async with asyncio.TaskGroup() as group:
                for loop in (self._keep_claiming(), self._keep_settling(), self._keep_recovering()):
                    group.create_task(loop)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._over.set()
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def drain(self, seconds: float) -> int:
        """Stop claiming, let what is being sent finish for so long, cut off the rest, settle everything.

        Gives how many attempts could not be settled because the store was not to be used: their leases run out,
        and the next start treats them by the touchpoint's `ambiguous`.
        """
        self._stopping.set()
        self._news.set()
        self._finished.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        self._cut = True
        self._sender.cut_off()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._over.wait()
        return self._unsettled + len(self._sending)

    # -- claiming --------------------------------------------------------------------------------------------

    async def _keep_claiming(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            self._news.clear()
            try:
                claimed_some = await self._claim(self._live())
                pause = 0.0
            except StoreUnavailable:
                claimed_some = False
                pause = min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
                _log.warning("store unavailable, claiming again in %.2f s", pause)
            if pause:
                await rest_until(self._stopping, pause)
            elif not claimed_some and await rest_until(self._news, self._until_something()):
                self._news_count += 1
        self._claims_ended = True
        self._finished.set()

    async def _claim(self, live: Live) -> bool:
        """Claim for the free slots and begin to send; False if there was none for which anything may be due."""
        touchpoints, secrets = live.touchpoints, live.secrets  # of this moment, whatever changes while we wait
        await self._park(touchpoints)
        now = self._clock()
        free = self._free(touchpoints, secrets, now)
        if not free:
            return False
        lease = max(LEASE, *(4 * touchpoints[name].timeout for name in free))
        asked_at = self._news_count
        claimed, due = await self._desk.write(_claim(free, now, now + lease))
        counts = Counter(delivery.touchpoint for delivery in claimed)
        for name, could in free.items():
            lane = self._lanes[name]
            lane.took(counts[name], touchpoints[name].rate)
            if counts[name] < could:
                lane.seen_empty = asked_at
        if len(claimed) < sum(free.values()):
            self._due = due
        for delivery in claimed:
            self._begin(delivery, touchpoints[delivery.touchpoint])
        return True

    def _free(self, touchpoints: Mapping[str, Touchpoint], secrets: Mapping[str, str], now: int) -> dict[str, int]:
        if self._unsettled >= 4 * self._slots:
            return {}  # the store does not take results: more of them help nobody
        wanted = []
        self._until_token = TICK * 1000
        for name, touchpoint in touchpoints.items():
            lane = self._lane(name, now)
            if lane.seen_empty == self._news_count or lane.busy >= touchpoint.concurrency:
                continue
            if self._sender.ready(touchpoint, secrets) is not None:
                continue
            want = lane.may_take(touchpoint.concurrency, touchpoint.rate, now)
            if want:
                wanted.append((name, want, lane.busy == 0))
            elif touchpoint.rate is not None:
                self._until_token = min(self._until_token, max(1.0, lane.next_token(touchpoint.rate)))
        return shares(wanted, max(0, min(MOST_CLAIMED, self._slots - len(self._sending))))

    def _lane(self, name: str, now: int) -> Lane:
        if name not in self._lanes:
            self._lanes[name] = Lane(now)
        return self._lanes[name]

    def _until_something(self) -> float:
        """Give the seconds until something is due or a rate allows one more, at most a tick."""
        waits = [TICK * 1000, self._until_token]
        if self._due is not None:
            waits.append(self._due - self._clock())
            if waits[-1] <= 0:
                self._due = None  # what is due by now is for the next claim to find
        return max(0.0, min(waits)) / 1000

    async def _park(self, touchpoints: Mapping[str, Touchpoint]) -> None:
        """Tell the store which touchpoints there are: when that changes, and again for what was accepted meanwhile."""
        names = frozenset(touchpoints)
        now = self._clock()
        if names == self._known and now < self._park_again_at:
            return
        await self._desk.write(lambda store: store.outbox.park(touchpoints=sorted(names), now=now))
        self._known, self._park_again_at = names, now + PARK_AGAIN
        for name in [name for name, lane in self._lanes.items() if name not in names and not lane.busy]:
            del self._lanes[name]

    # -- sending ---------------------------------------------------------------------------------------------

    def _begin(self, delivery: Delivery, touchpoint: Touchpoint) -> None:
        task = asyncio.create_task(self._attempt(delivery, touchpoint))
        self._unsettled += 1
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _attempt(self, delivery: Delivery, touchpoint: Touchpoint) -> None:
        started, used = self._clock(), self._live().secrets
        outcome = await self._send(delivery, touchpoint, used)
        ended, current = self._clock(), self._live().secrets
        jitter = self._jitter()
        ruling = rule(delivery, outcome, touchpoint, now=ended, jitter=jitter, used=used, current=current)
        settled = Settled(delivery, outcome, ruling, started, ended)
        self._lanes[delivery.touchpoint].busy -= 1
        self._results.append(settled)
        self._finished.set()
        self._news.set()
        self._observe(settled)

    async def _send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:
        if self._cut:
            return NotSent("the bridge stopped before it was sent")
        try:
            return await self._sender.send(delivery, touchpoint, secrets)
        except Exception as error:  # noqa: BLE001 - a delivery must not stay claimed because of a mistake
            # A mistake of this program: what it did before it failed cannot be known.
            _log.error("sending failed delivery=%s error=%s", delivery.id, type(error).__name__)
            return Unknown(f"the sender failed ({type(error).__name__})")

    # -- settling --------------------------------------------------------------------------------------------

    async def _keep_settling(self) -> None:
        while not (self._claims_ended and not self._sending and not self._results):
            await self._finished.wait()
            self._finished.clear()
            while self._results:
                batch, self._results = self._results[:MOST_SETTLED], self._results[MOST_SETTLED:]
                await self._settle(batch)
            if self._claims_ended and self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
                self._finished.set()

    async def _settle(self, batch: Sequence[Settled]) -> None:
        held = await self._write(lambda store: store.outbox.settle(batch, now=self._clock()))
        self._unsettled -= len(batch)
        for settled, kept in zip(batch, held, strict=True):
            if not kept:
                lost = settled.delivery
                _log.warning("lease lost delivery=%s touchpoint=%s lease=%d", lost.id, lost.touchpoint, lost.lease)
            if isinstance(settled.ruling, RetryAt):
                self._due = min(self._due or settled.ruling.due_at, settled.ruling.due_at)
        self._news.set()

    async def _write(self, work: Callable[[Store], T]) -> T:
        done = await insist(lambda: self._desk.write(work), on_failure=self._store_fails)
        self._is_failing = False
        return done

    def _store_fails(self, pause: float) -> None:
        self._is_failing = True
        _log.warning("store unavailable, trying again in %.2f s", pause)

    # -- recovering ------------------------------------------------------------------------------------------

    async def _keep_recovering(self) -> None:
        while await rest_until(self._stopping, SWEEP):
            if self._is_failing:
                continue  # results wait to be settled: they come first, though their leases ran out meanwhile
            with suppress(StoreUnavailable):
                if await self._desk.write(self._recovery(everything=False)):
                    self.wake()

    def _recovery(self, *, everything: bool) -> Callable[[Store], int]:
        ambiguous = {name: touchpoint.ambiguous for name, touchpoint in self._live().touchpoints.items()}
        now = self._clock()
        return lambda store: store.outbox.recover(now=now, everything=everything, ambiguous=ambiguous)


def _claim(free: Mapping[str, int], now: int, lease_until: int) -> Callable[[Store], tuple[list[Delivery], int | None]]:
    def work(store: Store) -> tuple[list[Delivery], int | None]:
        claimed = store.outbox.claim(now=now, lease_until=lease_until, free=free)
        is_short = len(claimed) < sum(free.values())
        return claimed, store.outbox.next_due(now=now) if is_short else None

    return work
