"""The way to the real store without threads: everything is done at once, and sometimes told only a moment later."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

import msgspec

from bridge.core.errors import StoreUnavailable
from bridge.outbox.store import SqliteStore
from bridge.outbox.terms import Claimed
from tests.simulation.virtual import Clock
from tests.simulation.witness import Broken, Witness

T = TypeVar("T")


class SimulatedDesk:
    """What the courier has of the store. The witness judges all that is claimed, when it is claimed."""

    def __init__(self, store: SqliteStore, clock: Clock, witness: Witness, draw: Random) -> None:
        self.store = store
        self._clock = clock
        self._witness = witness
        self._draw = draw
        self.broken: Broken | None = None
        self.failures = 0  # how often the store cannot be used from now on
        self.unsettled = 0  # attempts that ended and are not on record

    async def write(self, work: Callable[[Any], T], /) -> T:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the disk is full")
        if self._draw.random() < 0.2:
            await asyncio.sleep(self._draw.uniform(0, 0.05))
        done = work(self.store)
        if isinstance(done, tuple) and isinstance(done[0], Claimed):
            self._look_at(done[0])
        elif isinstance(done, list):
            self.unsettled -= len(done)
        if self._draw.random() < 0.2:
            await asyncio.sleep(self._draw.uniform(0, 0.05))
        return done

    def _look_at(self, claimed: Claimed) -> None:
        now, witness = self._clock(), self._witness
        for delivery in claimed.deliveries:
            witness.note(now, f"claim {delivery.id} {delivery.source}/{delivery.mapping} lease={delivery.lease}")
            try:
                wish = witness.wish(delivery, msgspec.json.decode(delivery.body))
                witness.judge_claim(delivery, wish, now)
            except Broken as broken:
                self.broken = self.broken or broken
            witness.claimed[delivery.id] = now
        if claimed.stopped:
            witness.saw("stopped at claim")
