"""A running bridge: what receives, what sends, and what keeps both up to date."""

import asyncio
import os
import random
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Self

from starlette.routing import Route

from bridge.app.admission import Room, measure
from bridge.app.clock import new_id, now
from bridge.app.current import Current
from bridge.app.erasing import Eraser
from bridge.app.front import Front, MainProcess
from bridge.app.inforce import InForce, not_applied
from bridge.app.messages import Standing
from bridge.app.prepare import Prepared
from bridge.app.receiving import Receiving
from bridge.app.replayer import Replayer
from bridge.app.sweeping import Sweep
from bridge.core.errors import ConfigInvalid, StoreBroken, StoreUnavailable
from bridge.core.inquiry import Asked
from bridge.core.outcome import Settled
from bridge.courier import Courier
from bridge.outbox.desk import Desk, desk_on
from bridge.outbox.figures import HOUR
from bridge.outbox.protocol import Store
from bridge.scout import Scout
from bridge.settings import Settings
from bridge.telemetry import Metrics, Snapshot, log, log_attempt, log_lookup, stack_of
from bridge.touchpoint import Sender
from bridge.web.allowance import Allowances, counted_here
from bridge.web.health import Health, metrics_route
from bridge.web.reception import Reception

STORE_FAILED = 70
_TICK = 0.5  # seconds between looks at what others changed and at the room that is left
_LEARN_EVERY = 60_000  # ms between looks at what targets have accepted
_PRUNE_EVERY = 3_600.0  # seconds
_BREATH = 0.05  # seconds between two chunks: intake goes first


class Bridge:
    """Owns the desk, the sender, the courier and the scout; an asynchronous context manager."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], prepared: Prepared, *, front: Front | None = None
    ) -> None:
        """Make it; with a `front` other processes receive, else this one does."""
        self.settings = settings
        self._metrics = Metrics(self._snapshot)
        self.front = front or Front(settings, environment, number=0)
        self.current = Current(
            settings,
            environment,
            prepared,
            on_change=self.wake,
            on_drift=self._metrics.drifted,
            spread=self.front.spread,
        )
        self.desk: Desk = desk_on(settings.database_path, create=False, on_broken=_end_process, turn=self.front.turn)
        self._allowances = Allowances()
        self._receiving = Receiving(
            self.desk,
            settings,
            sources=lambda: self.in_force.sources,
            rules=lambda: self.current.rules,
            shortage=lambda: self._room.shortage(settings),
            woken=self._wake_for,
            allow=counted_here(),
            notes=self._metrics,
        )
        self._counters: dict[str, int] = {}
        self._earliest_due: int | None = None
        self._room = Room(0, 0, 1 << 62)
        self._trouble: str | None = None
        self._is_behind = False  # another program wrote something that was not taken over yet
        self._hour = 0  # the last one (in hours since 1970) whose counters were kept
        self._learn_at = 0  # when to look again at what targets have accepted
        self._stopping = False
        self.observers: list[Callable[[Settled], None]] = []  # told of every attempt; they must be quick
        self._exits = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.desk)
        sender = await self._exits.enter_async_context(Sender(allow_private=self.settings.allow_private_targets))
        self._courier = Courier(
            self.desk, sender, live=lambda: self.in_force, clock=now, jitter=random.random, observe=self._observe
        )
        self._scout = Scout(
            self.desk,
            sender,
            live=lambda: self.in_force,
            rules=lambda: self.current.rules,
            clock=now,
            jitter=random.random,
            new_id=new_id,
            on_decided=self._courier.wake,
            observe=self._observe_lookup,
        )
        await self._look()
        replayer = Replayer(
            self.desk, catalog=lambda: self.in_force.catalog, rules=lambda: self.current.rules, on_made=self.wake
        )
        eraser = Eraser(
            self.desk, self.settings, catalog=lambda: self.in_force.catalog, rules=lambda: self.current.rules
        )
        working = (self._scout.run(), self._courier.run(), self._tick(), self._prune())
        running = (*working, replayer.run(), eraser.run())
        self._tasks = [asyncio.create_task(work) for work in running]
        for task in self._tasks:
            task.add_done_callback(end_on_failure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.begin_to_stop()
        seconds = self.settings.drain / 1000
        unsettled, _ = await asyncio.gather(self._courier.drain(seconds), self._scout.drain(seconds))
        if unsettled:
            log("bridge.unsettled", level="warning", attempts=unsettled)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._receiving.keep_refused()
        await self._exits.aclose()

    @property
    def in_force(self) -> InForce:
        """The configuration in force."""
        return self.current.in_force

    def wake(self) -> None:
        """Let courier and scout look for work now."""
        self._courier.wake()
        self._scout.wake()

    # -- receiving --------------------------------------------------------------------------------------------

    def reception(self) -> Reception:
        """Give what the hooks need where this process receives."""
        return self._receiving.reception()

    async def receive_on(self, hooks: socket.socket) -> None:
        """Have the intake processes receive; this one keeps the socket open."""
        main = MainProcess(
            hooks,
            work=self.current.work,
            standing=self._standing,
            woken=self._wake_for,
            counted=self._metrics.add,
            allow=self._allow,
            broken=partial(os._exit, STORE_FAILED),
            ended=end_on_failure,
        )
        await self.front.open(main)

    def _wake_for(self, planned: bool, waiting: bool) -> None:  # noqa: FBT001 - both facts of accepted requests
        if planned:
            self._courier.wake()
        if waiting:
            self._scout.wake()

    def _allow(self, name: str) -> float:
        source = self.in_force.catalog.sources.get(name)
        return self._allowances.take(source, now()) if source else 0

    def _standing(self) -> Standing:
        health = self.health()
        return Standing(
            configuration=health.fingerprint(),
            shortage=health.disk(),
            trouble=health.store(),
            stale=health.stale(),
            unapplied=health.unapplied(),
            stopping=health.stopping(),
        )

    # -- keeping up to date -------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            await self._receiving.keep_refused()
            try:
                await self._look()
            except (StoreUnavailable, ConfigInvalid) as error:
                self._note_trouble(str(error))
            self.front.tell()

    async def _look(self) -> None:
        """Look at the room that is left, and at what another program wrote: secrets, pauses, a configuration."""
        changed, self._counters, self._earliest_due, hastened = await self.desk.write(_look_around)
        self._courier.hasten(hastened)
        self._room = measure(self.settings.database_path, self._counters)
        await self._keep_hour()
        self._is_behind = self._is_behind or changed
        if self._is_behind:
            await self.current.refresh(self.desk)
            self._is_behind = False
            self.wake()
        if now() >= self._learn_at:
            await self.current.learn(self.desk)
            self._learn_at = now() + _LEARN_EVERY
        self._note_trouble(None)

    async def _keep_hour(self) -> None:
        """Keep how the counters stand, once an hour: the charts are made of it. Can it not be written, then later."""
        time = now()
        if time // HOUR != self._hour:
            with suppress(StoreUnavailable):
                await self.desk.write(lambda store: store.controls.keep_hour(now=time))
                self._hour = time // HOUR

    def _note_trouble(self, trouble: str | None) -> None:
        if trouble and trouble != self._trouble:
            log("store.trouble", level="error", reason=trouble)
        if self._trouble and not trouble:
            log("store.well")
        self._trouble = trouble

    async def _prune(self) -> None:
        while True:
            try:
                sweep = Sweep(self.settings)
                more = True
                while more:
                    more = await self.desk.write(sweep.step)
                    await asyncio.sleep(_BREATH)
            except StoreUnavailable as error:
                log("prune.postponed", level="warning", reason=str(error))
            await asyncio.sleep(_PRUNE_EVERY)

    # -- what it says of itself -----------------------------------------------------------------------------------

    def _observe(self, settled: Settled) -> None:
        self._metrics.attempted(settled)
        log_attempt(settled)
        for observer in self.observers:
            observer(settled)

    def _observe_lookup(self, asked: Asked) -> None:
        self._metrics.looked_up(asked)
        log_lookup(asked)

    def _snapshot(self) -> Snapshot:
        late = None if self._earliest_due is None else max(0, now() - self._earliest_due)
        figures, failing = self.desk.figures, self._courier.failing
        return Snapshot(
            counters=self._counters,
            commits=figures.commits + self.front.commits,
            requests=figures.requests + self.front.requests,
            commit_wait=figures.wait,
            oldest_due=late,
            config_stale=bool(self.in_force.stale),
            store_up=self._trouble is None,
            touchpoints={name: name in failing for name in self.in_force.touchpoints},
        )

    def metrics_routes(self) -> list[Route]:
        """Give the route of /metrics."""
        return [metrics_route(self._render)]

    async def _render(self) -> tuple[bytes, str]:
        await self.front.ask()
        return self._metrics.render()

    def begin_to_stop(self) -> None:
        """Say on /readyz that no more requests should come."""
        self._stopping = True
        self.front.tell()

    def health(self) -> Health:
        """Give what /readyz shows."""
        return Health(
            fingerprint=lambda: self.in_force.catalog.fingerprint,
            stale=lambda: str(self.in_force.stale[0]) if self.in_force.stale else None,
            unapplied=lambda: not_applied(self.in_force.unapplied),
            store=lambda: self._trouble,
            disk=lambda: self._room.shortage(self.settings),
            stopping=lambda: self._stopping,
        )


def _look_around(store: Store) -> tuple[bool, dict[str, int], int | None, list[str]]:
    hastened = [circuit.touchpoint for circuit in store.ledger.circuits() if not circuit.until]
    return store.changed(), store.ledger.counters(), store.outbox.next_due(now=0), hastened


def end_on_failure(task: asyncio.Task[None]) -> None:
    """End at once when a part fails by a mistake of ours: a bridge that receives but never sends helps nobody."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log("bridge.failed", level="error", kind=type(error).__name__, at=stack_of(error))
        os._exit(STORE_FAILED)


def _end_process(error: StoreBroken) -> None:
    """End at once: after a failed sync nobody knows what is on disk, and only a fresh start reads it again."""
    log("store.broken", level="error", reason=str(error))
    os._exit(STORE_FAILED)
