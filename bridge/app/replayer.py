"""Driving replays within a running bridge: those that nobody else drives, one at a time, live traffic first."""

import asyncio
from collections.abc import Callable
from functools import partial

from bridge.app.clock import new_id, now
from bridge.app.replays import FIRST_PAGE, Again, next_page, next_size
from bridge.core.configuration import Catalog
from bridge.core.errors import StoreBroken, StoreUnavailable
from bridge.intake import Rules
from bridge.outbox.desk import Desk
from bridge.outbox.jobs import Job, Page
from bridge.outbox.protocol import Store
from bridge.telemetry import log, stack_of

LEASE = 10_000  # ms; a driver that is gone is missed for so long
_DRIVER = "bridge"  # only one runs on a data folder, so that after a restart its lease is its own
_LOOK_EVERY = 1.0  # seconds between looks for a replay that nobody drives
_BREATH = 0.05  # seconds between two pages: intake goes first
_SLICE = 2.0  # seconds; while a replay waits for its rate or for room, its lease is renewed so often
_ROOM = 0.2  # seconds between looks whether there is room again
_MOST_WAITING = 1_000  # deliveries of replays that are due and wait; what is more is made later


class Replayer:
    """Takes over any running replay whose lease has run out. `on_made` is called when there may be more to send."""

    def __init__(
        self, desk: Desk, *, catalog: Callable[[], Catalog], rules: Callable[[], Rules], on_made: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._catalog = catalog
        self._rules = rules
        self._on_made = on_made
        self._size = FIRST_PAGE

    async def run(self) -> None:
        """Look for replays and drive them, until cancelled."""
        while True:
            try:
                while (job := await self._take_over()) is not None:
                    await self._drive(job)
            except StoreUnavailable as error:
                log("replay.postponed", level="warning", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def _take_over(self) -> Job | None:
        """Take the oldest replay that nobody drives; only that writes."""
        time = now()
        for job in await self._desk.read(lambda store: store.replays.running()):
            if job.driven_until <= time or job.driver == _DRIVER:
                taken = await self._renew(job.id)
                if taken is not None:
                    log("replay.taken-over", replay=job.id, taken=job.taken, found=job.found)
                    return taken
        return None

    async def _renew(self, replay_id: str) -> Job | None:
        time = now()
        lease = {"now": time, "until": time + LEASE}
        return await self._desk.write(lambda store: store.replays.drive(replay_id, _DRIVER, **lease))

    async def _drive(self, job: Job) -> None:
        current: Job | None = job
        while current is not None and current.state == "running":
            if pause := await self._pause(current):
                await asyncio.sleep(pause)
                current = await self._renew(job.id)
                continue
            current = await self._make(current)
            await asyncio.sleep(_BREATH)
        if current is not None:
            log("replay.done", replay=current.id, made=current.made, taken=current.taken)

    async def _pause(self, job: Job) -> float:
        """Give how many seconds to wait before the next page, 0 if it may be made now."""
        left = (job.next_at - now()) / 1000
        if left > 0:
            return min(left, _SLICE)
        waiting = await self._desk.read(lambda store: store.replays.waiting(now=now(), most=_MOST_WAITING))
        return _ROOM if waiting >= _MOST_WAITING else 0.0

    async def _make(self, job: Job) -> Job | None:
        """Make the next page. What a page cannot survive pauses the replay, so that it does not end the bridge."""
        again = Again(self._catalog(), self._rules(), new_id, job.mode)
        try:
            page = await self._desk.read(partial(next_page, job=job, again=again, driver=_DRIVER, size=self._size))
            after, took = await self._desk.write(partial(_carry_out, page))
        except (StoreUnavailable, StoreBroken):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is would come again with every start
            log("replay.failed", level="error", replay=job.id, kind=type(error).__name__, at=stack_of(error))
            await self._desk.write(partial(_give_up, job.id, type(error).__name__))
            return None
        if page.taken:
            self._size = next_size(self._size, took)
        self._on_made()
        return after


def _carry_out(page: Page, store: Store) -> tuple[Job | None, int]:
    """Carry out a page; gives also how long (ms) nobody else could write."""
    time = now()
    after = store.replays.carry_out(page, now=time, until=time + LEASE)
    return after, now() - time


def _give_up(replay_id: str, kind: str, store: Store) -> bool:
    return store.replays.change(replay_id, "pause", who=f"bridge: {kind}", now=now())
