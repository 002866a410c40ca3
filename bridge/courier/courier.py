"""The courier: claims what is due, sends it, judges the outcome, settles it; one sick touchpoint slows no other.

It claims only for slots that are free, so a delivery that is `sending` in the store is possibly sent. Claiming
and settling are two loops: while the store works on one batch, the next one gathers.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from bridge.core.circuit import Turn
from bridge.core.configuration import Touchpoint
from bridge.core.errors import StoreUnavailable
from bridge.core.model import Delivery
from bridge.core.outcome import NotSent, Outcome, RetryAt, Settled, Unknown
from bridge.courier.errands import claiming, recovering, settling
from bridge.courier.lanes import Lanes
from bridge.courier.needs import Carrier, Desk, Live, Store
from bridge.courier.ruling import rule
from bridge.courier.troubles import Troubles
from bridge.outbox.patience import FIRST_PAUSE, LONGEST_PAUSE, insist, rest_until

SLOTS = 256  # attempts at the same time, over all touchpoints: a target that takes 100 ms then gets 2,560 a second
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
        self._troubles = Troubles()
        self._lanes = Lanes(self._troubles)
        self._known: frozenset[str] | None = None
        self._park_again_at = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()  # ids, from the claim until what became of them is on disk
        self._results: list[Settled] = []
        self._due: int | None = None
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

    def hasten(self, touchpoints: Iterable[str]) -> None:
        """Let one request try each of these failing touchpoints now: an operator asked for it."""
        for name in touchpoints:
            self._lanes.hasten(name, now=self._clock())
            self.wake()

    @property
    def failing(self) -> frozenset[str]:
        """The touchpoints whose target fails, so that nothing, or only one request, is sent there now."""
        return self._troubles.names

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
        return len(self._under_way)

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
        if self._troubles.has_news:
            self._finished.set()
        if not free:
            return False
        lease = max(LEASE, *(4 * touchpoints[name].timeout for name in free))
        asked_at = self._news_count
        found, due = await self._desk.write(claiming(free, touchpoints, now=now, lease_until=now + lease))
        self._lanes.took(free, found, news=asked_at)
        if len(found.deliveries) < sum(free.values()):
            self._due = due
        for delivery in found.deliveries:
            self._begin(delivery, touchpoints[delivery.touchpoint])
        return True

    def _free(self, touchpoints: Mapping[str, Touchpoint], secrets: Mapping[str, str], now: int) -> dict[str, int]:
        if len(self._under_way) >= 4 * self._slots:
            return {}  # the store does not take results: more of them help nobody
        return self._lanes.free(
            touchpoints,
            is_ready=lambda touchpoint: self._sender.ready(touchpoint, secrets) is None,
            news=self._news_count,
            spare=max(0, min(MOST_CLAIMED, self._slots - len(self._sending))),
            now=now,
        )

    def _until_something(self) -> float:
        """Give the seconds until something is due or a rate allows one more, at most a tick."""
        waits = [TICK * 1000, self._lanes.until_token or TICK * 1000]
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
        self._lanes.retain(names)

    # -- sending ---------------------------------------------------------------------------------------------

    def _begin(self, delivery: Delivery, touchpoint: Touchpoint) -> None:
        task = asyncio.create_task(self._attempt(delivery, touchpoint, self._lanes.turn(delivery.touchpoint)))
        self._under_way.add(delivery.id)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _attempt(self, delivery: Delivery, touchpoint: Touchpoint, turn: Turn) -> None:
        started, used = self._clock(), self._live().secrets
        outcome = await self._send(delivery, touchpoint, used)
        ended, current = self._clock(), self._live().secrets
        jitter = self._jitter()
        ruling = rule(delivery, outcome, touchpoint, now=ended, jitter=jitter, used=used, current=current)
        settled = Settled(delivery, outcome, ruling, started, ended)
        self._lanes.ended(delivery.touchpoint, outcome, turn=None if self._cut else turn, now=ended)
        self._results.append(settled)
        self._finished.set()
        self._news.set()
        self._observe(settled)

    async def _send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:
        if self._cut:
            return NotSent("the bridge stopped before it was sent", tried=False)
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
            while self._results or self._troubles.has_news:
                batch, self._results = self._results[:MOST_SETTLED], self._results[MOST_SETTLED:]
                await self._settle(batch)
            if self._claims_ended and self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
                self._finished.set()

    async def _settle(self, batch: Sequence[Settled]) -> None:
        held = await self._write(settling(batch, self._troubles.take_news(), clock=self._clock))
        self._under_way.difference_update(settled.delivery.id for settled in batch)
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
        # A clock that jumps past the leases says nothing about requests that are on their way.
        under_way = frozenset(self._under_way)
        return recovering(self._live().touchpoints, now=self._clock(), everything=everything, under_way=under_way)
