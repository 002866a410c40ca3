"""Proofs that the books balance: made one at a time beside all else, and shown again until somebody asks anew."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bridge.outbox.books import Balance
from bridge.outbox.protocol import Store

T = TypeVar("T")
_MOST = 16  # results that are kept
_FRESH = 30_000  # ms for which a result is shown without reading again


class Study(Protocol):
    """Runs long work on a reading store."""

    async def __call__(self, work: Callable[[Store], T], /) -> T:
        """Give what the work gives. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the books: of one source or all, received since the beginning of the day (UTC) of a time in ms."""

    source: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the books said at `at` (ms)."""

    balance: Balance
    at: int


class Proofs:
    """Makes proofs and keeps the latest of each scope."""

    def __init__(self, study: Study, *, now: Callable[[], int]) -> None:
        self._study = study
        self._now = now
        self._made: OrderedDict[Scope, Proof] = OrderedDict()
        self._making: dict[Scope, asyncio.Task[Proof]] = {}

    async def prove(self, scope: Scope) -> Proof:
        """Read the books now; those who ask for the same meanwhile share the answer. Raises StoreUnavailable."""
        return await asyncio.shield(self._task(scope))

    async def latest(self, scope: Scope, *, patience: float) -> Proof | None:
        """Give the latest proof, a new one if it is some seconds old and the new one is made within `patience` seconds.

        None where there is none yet; it is made beside. Raises StoreUnavailable.
        """
        made = self._made.get(scope)
        if made is not None and self._now() - made.at < _FRESH:
            return made
        return await self.anew(scope, patience=patience)

    async def anew(self, scope: Scope, *, patience: float) -> Proof | None:
        """Begin a new proof; give it if it is made within `patience` seconds, else the one before it, if any.

        Raises StoreUnavailable.
        """
        task = self._task(scope)
        await asyncio.wait([task], timeout=patience)
        return await task if task.done() else self._made.get(scope)

    def is_making(self, scope: Scope) -> bool:
        """Say whether a proof is being made."""
        return scope in self._making

    def _task(self, scope: Scope) -> asyncio.Task[Proof]:
        if (making := self._making.get(scope)) is not None:
            return making
        task = asyncio.create_task(self._make(scope))
        self._making[scope] = task
        task.add_done_callback(lambda done: self._done(scope, done))
        return task

    async def _make(self, scope: Scope) -> Proof:
        at = self._now()
        balance = await self._study(lambda store: store.ledger.balance(source=scope.source, since=scope.since))
        return Proof(balance, at)

    def _done(self, scope: Scope, task: asyncio.Task[Proof]) -> None:
        del self._making[scope]
        if task.cancelled() or task.exception() is not None:
            return  # who waits for it is told
        self._made[scope] = task.result()
        self._made.move_to_end(scope)
        while len(self._made) > _MOST:
            self._made.popitem(last=False)
