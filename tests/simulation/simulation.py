"""One simulation: the real intake, store and courier through three months of virtual time."""

import asyncio
import heapq
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bridge.core.configuration import Touchpoint
from bridge.core.ids import Kind, make_id
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Dead, Pause, Settled
from bridge.courier import Courier
from bridge.intake import Rules
from bridge.outbox.store import SqliteStore, open_store
from tests.simulation.catalog import DAY, catalog
from tests.simulation.desk import SimulatedDesk
from tests.simulation.operators import Operators
from tests.simulation.promises import check_books, check_end, waits_for
from tests.simulation.script import Step, meddling, write_script
from tests.simulation.sources import Sources
from tests.simulation.target import Targets
from tests.simulation.virtual import Clock, VirtualLoop
from tests.simulation.witness import Broken, Witness

RULES = Rules(b"i" * 32, "config")
TICK = 1.05  # seconds in which the courier surely looks once
LONGEST_STEP = 600_000  # ms that pass at once while something is due and cannot be sent
QUIET = 60 * DAY  # ms within which everything must have ended when nothing goes wrong any more


@dataclass(slots=True)
class InForce:
    """What the courier sends to, and with which secrets."""

    touchpoints: Mapping[str, Touchpoint]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a simulation was: all that happened, line by line, and how often each rare thing did."""

    log: tuple[str, ...]
    seen: Counter[str] = field(default_factory=Counter)


def simulate(seed: int, database: Path) -> Ended:
    """Run the simulation of this seed on a fresh database; raises Broken at the first promise that does not hold."""
    loop = VirtualLoop()
    store = open_store(database, create=False, checkpoints=True)
    try:
        return loop.run_until_complete(Simulation(seed, store, loop).run())
    finally:
        store.close()
        loop.close()


class Simulation:
    """A bridge, its targets, its sources and its operators."""

    def __init__(self, seed: int, store: SqliteStore, loop: VirtualLoop) -> None:
        draw = self._draw = Random(seed)
        self._steps = [(step.at, number, step) for number, step in enumerate(write_script(draw))]
        self._last = len(self._steps)
        self._store = store
        self._clock = Clock(loop, self._steps[0][0] - DAY)
        self.witness = Witness()
        self._ids = 0
        self._targets = Targets(seed, self._clock, self.witness, on_flight=self._meddle)
        self._desk = SimulatedDesk(store, self._clock, self.witness, draw)
        self._operators = Operators(store, self._clock, self.witness, draw, new_id=self._new_id, rules=RULES)
        secrets = {"key": "k", "post": "post-1", "hook": "hook-1"}
        self._live = InForce(catalog().touchpoints, secrets)
        self._sources = Sources(store, self._clock, self.witness, draw, new_id=self._new_id, rules=RULES)

    async def run(self) -> Ended:
        """Live through everything, and then through a quiet time."""
        witness = self.witness
        self._start()
        try:
            while self._steps:
                await self._wait_until(self._steps[0][0])
                await self._take_step()
            await self._calm_down()
            check_end(self._store, witness, self._operators.pruned_before)
        except Broken as broken:
            broken.add_note("\n".join(witness.log[-40:]))
            raise
        finally:
            await self._end()
        return Ended(tuple(witness.log), witness.seen)

    # -- time ------------------------------------------------------------------------------------------------

    async def _wait_until(self, at: int) -> None:
        """Let time pass until then, or until something happens before."""
        step = 1_000
        while (now := self._clock()) < at and (not self._steps or self._steps[0][0] >= at):
            self._raise_broken()
            if self._is_busy:
                await asyncio.sleep(min(0.5, (at - now) / 1000))
                continue
            before = len(self.witness.log)
            due = waits_for(self._store, now)
            if due is None or due > now:
                self._clock.put_forward(at if due is None else min(at, due))
                if due is None or due > at:
                    return
            await asyncio.sleep(TICK)
            if len(self.witness.log) > before or due is None or due > now:
                step = 1_000
            else:
                self._clock.put_forward(min(at, self._clock() + step))
                step = min(2 * step, LONGEST_STEP)

    @property
    def _is_busy(self) -> bool:
        """Say whether anything is on its way, so that time must not jump: leases are shorter than its jumps."""
        return bool(self.witness.claimed or self._desk.unsettled)

    def _raise_broken(self) -> None:
        if self._desk.broken:
            raise self._desk.broken
        if self._running.done():
            self._running.result()
            raise Broken("the courier has ended")

    def _check_step(self) -> None:
        self._raise_broken()
        if self._draw.random() < 0.05:
            check_books(self._store)

    # -- the bridge ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._targets.start_anew()
        self._courier = Courier(
            self._desk,
            self._targets,
            live=lambda: self._live,
            clock=self._clock,
            jitter=self._draw.random,
            observe=self._observe,
            slots=6,
        )
        self._running = asyncio.create_task(self._courier.run())

    async def _end(self) -> None:
        self._running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._running

    async def _crash(self) -> None:
        if self.witness.claimed:
            self.witness.saw("crash in flight")
        await self._end()
        self._forget()
        self._start()

    async def _stop(self) -> None:
        """Stop as a signal does, and start again."""
        if self.witness.claimed:
            self.witness.saw("stopped in flight")
        unsettled = await self._courier.drain(self._draw.choice([0, 2, 20]))
        await self._end()
        if unsettled or self._forget():
            raise Broken("the bridge was stopped in peace, and did not put on record how its requests ended")
        self._start()

    def _forget(self) -> int:
        """Tell the witness what is not on record; gives how many requests that are."""
        rows = self._store.database.connection.execute("SELECT delivery_id, lease FROM attempts")
        known = set(rows)
        lost = [
            each
            for requests in self.witness.requests.values()
            for each in requests
            if not each.is_lost and (each.answered_at is None or each.answered_at > self._clock() - DAY)
            if (each.delivery, each.lease) not in known
        ]
        self._desk.unsettled = 0
        self.witness.crashed(lost, self._clock())
        return len(lost)

    def _observe(self, settled: Settled) -> None:
        delivery, witness = settled.delivery, self.witness
        witness.claimed.pop(delivery.id, None)
        self._desk.unsettled += 1
        if isinstance(settled.ruling, Dead):
            witness.gave_up([delivery.id])
            witness.saw("died")
        if isinstance(settled.ruling, Pause) and isinstance(settled.outcome, Answered):
            witness.refused.setdefault(delivery.touchpoint, self._clock())

    def _meddle(self, delivery: Delivery, draw: Random) -> None:
        """Let something happen while a delivery is on its way."""
        said, wish = self.witness.said[delivery.event_id], self.witness.wishes[delivery.id]
        step = meddling(draw, self._clock() + draw.randrange(1_500), said, wish)
        if step and step.about.get("topic") == said.topic and step.about.get("source") == said.source:
            self.witness.saw(f"asked again while it was sent: {wish.promise.repeat}")
        if step:
            self._last += 1
            heapq.heappush(self._steps, (step.at, self._last, step))

    # -- steps -----------------------------------------------------------------------------------------------

    async def _take_step(self) -> None:
        _, _, step = heapq.heappop(self._steps)
        self.witness.note(self._clock(), f"{step.what} {json.dumps(step.about)}")
        await self._do(step)
        self._check_step()

    async def _do(self, step: Step) -> None:
        about = step.about
        match step.what:
            case "event":
                self._sources.send(about["source"], about["topic"], about["payload"])
            case "again":
                self._sources.send_again(about["order"])
            case "mood":
                self._targets.moods[about["touchpoint"]] = about["mood"]
            case "pause":
                self._operators.pause(about["scope"], about["name"])
            case "resume":
                self._operators.resume(about["scope"], about["name"])
            case "revoke":
                self._targets.valid[about["touchpoint"]] += 1
            case "exchange":
                self._exchange(about["touchpoint"])
            case "crash":
                await self._crash()
            case "stop":
                await self._stop()
            case "faults":
                self._desk.failures = self._draw.randint(1, 3)
            case deed:
                self._operators.deeds[deed]()
        self._courier.wake()

    def _exchange(self, touchpoint: str) -> None:
        """Store the secret that the target accepts, and go on."""
        value = f"{touchpoint}-{self._targets.valid[touchpoint]}"
        self._live = InForce(self._live.touchpoints, {**self._live.secrets, touchpoint: value})
        self._operators.resume("touchpoint", touchpoint)

    def _new_id(self, kind: Kind) -> str:
        self._ids += 1
        return make_id(kind, self._clock(), self._ids)

    # -- the end ---------------------------------------------------------------------------------------------

    async def _calm_down(self) -> None:
        """Let all troubles end, release what is held, and wait until nothing is left to do."""
        for name in ("post", "hook"):
            self._targets.moods[name] = "healthy"
            self._exchange(name)
        for scope, name in sorted(self.witness.paused):
            self._operators.resume(scope, name)
        until = self._clock() + QUIET
        while self._clock() < until:
            self._courier.wake()
            await asyncio.sleep(TICK)
            await self._next_quiet(until)
            self._raise_broken()
            if not self._operators.release_all() and not self._steps:
                return
        raise Broken(f"it does not come to rest: {waits_for(self._store, self._clock())} is still due")

    async def _next_quiet(self, until: int) -> None:
        """Let time pass while anything is due, on its way, or still to happen."""
        while (now := self._clock()) < until:
            due = waits_for(self._store, now)
            if self._steps and self._steps[0][0] <= now:
                await self._take_step()
                await asyncio.sleep(TICK)
            elif due is None and not self._is_busy and not self._steps:
                return
            else:
                await self._wait_until(
                    min([now + LONGEST_STEP if due is None else due + LONGEST_STEP, until, *self._next_step()])
                )
            self._raise_broken()

    def _next_step(self) -> list[int]:
        return [self._steps[0][0]] if self._steps else []
