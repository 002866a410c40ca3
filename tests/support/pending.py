"""A desk over deliveries in memory: what the courier needs of the store, with faults on order."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bridge.core.configuration import Ambiguous, Touchpoint
from bridge.core.model import Cap, Delivery
from bridge.core.outcome import Dead, Delivered, Hold, Pause, RetryAt, Settled
from bridge.outbox.terms import Circuit, Claimed

T = TypeVar("T")
STATES: dict[type, str] = {Delivered: "delivered", RetryAt: "pending", Hold: "held", Pause: "pending", Dead: "dead"}


@dataclass
class PendingOutbox:
    """The verbs of the outbox that the courier uses, over a dictionary. `verbs` counts the calls."""

    rows: dict[str, Delivery] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    parked: list[Sequence[str]] = field(default_factory=list)
    verbs: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    waiting: dict[str, dict[str, None]] = field(default_factory=dict)
    caps: dict[str, Cap] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()
    failing: dict[str, Circuit] = field(default_factory=dict)
    noted: list[tuple[str, Circuit | None]] = field(default_factory=list)

    def add(self, deliveries: Iterable[Delivery], state: str = "pending") -> None:
        for delivery in deliveries:
            self.rows[delivery.id] = delivery
            self._enter(delivery.id, state)

    def _enter(self, delivery_id: str, state: str) -> None:
        waiting = self.waiting.setdefault(self.rows[delivery_id].touchpoint, {})
        waiting.pop(delivery_id, None)
        self.states[delivery_id] = state
        if state == "pending":
            waiting[delivery_id] = None

    def _called(self, verb: str) -> None:
        self.verbs[verb] += 1
        if faults := self.faults.get(verb):
            raise faults.pop(0)

    def claim(self, *, now: int, lease_until: int, free: Mapping[str, int], caps: Mapping[str, Cap]) -> Claimed:
        self._called("claim")
        self.caps |= caps
        claimed = []
        for name, most in free.items():
            due: list[str] = []
            for waiting in self.waiting.get(name, {}) if name not in self.paused else ():
                if len(due) == most:
                    break
                if self.rows[waiting].due_at <= now:
                    due.append(waiting)
            for delivery_id in due:
                row = self.rows[delivery_id]
                self.rows[delivery_id] = row = replace(row, lease=row.lease + 1)
                self.leases[delivery_id] = lease_until
                self._enter(delivery_id, "sending")
                claimed.append(row)
        return Claimed(tuple(claimed), self.unfinished)

    def settle(self, results: Sequence[Settled], *, now: int) -> list[bool]:  # noqa: ARG002 - the outbox's Protocol
        self._called("settle")
        return [self._settle(result) for result in results]

    def _settle(self, result: Settled) -> bool:
        self.settled.append(result)
        row = self.rows[result.delivery.id]
        if self.states[row.id] != "sending" or row.lease != result.delivery.lease:
            return False
        if isinstance(result.ruling, RetryAt):
            self.rows[row.id] = replace(row, due_at=result.ruling.due_at, attempts=row.attempts + 1)
        if isinstance(result.ruling, Pause):
            self.paused.add(row.touchpoint)
        self._enter(row.id, STATES[type(result.ruling)])
        return True

    def recover(
        self, *, now: int, everything: bool, ambiguous: Mapping[str, Ambiguous], under_way: Collection[str] = ()
    ) -> int:
        self._called("recover")
        lost = [
            key
            for key, state in self.states.items()
            if state == "sending" and (everything or self.leases[key] < now) and key not in under_way
        ]
        for delivery_id in lost:
            again = ambiguous.get(self.rows[delivery_id].touchpoint) == "retry"
            self._enter(delivery_id, "pending" if again else "held")
        return len(lost)

    def park(self, *, touchpoints: Sequence[str], now: int) -> int:  # noqa: ARG002 - the outbox's Protocol
        self._called("park")
        self.parked.append(touchpoints)
        return 0

    def note_circuit(self, touchpoint: str, circuit: Circuit | None) -> None:
        self.noted.append((touchpoint, circuit))
        self.failing.pop(touchpoint, None)
        if circuit is not None:
            self.failing[touchpoint] = circuit

    def circuits(self) -> list[Circuit]:
        return [*self.failing.values()]

    def next_due(self, *, now: int) -> int | None:
        later = [self.rows[key].due_at for keys in self.waiting.values() for key in keys if self.rows[key].due_at > now]
        return min(later, default=None)


@dataclass
class PendingStore:
    outbox: Any = field(default_factory=PendingOutbox)

    @property
    def ledger(self) -> Any:
        """The same object, which also knows the one thing that the courier asks the ledger."""
        return self.outbox


class PendingDesk:
    """Runs work at once, after letting everybody else run, as the real desk does from its thread."""

    def __init__(self) -> None:
        self.store = PendingStore()
        self._changed = asyncio.Event()

    @property
    def outbox(self) -> PendingOutbox:
        outbox: PendingOutbox = self.store.outbox
        return outbox

    async def write(self, work: Callable[[Any], T], /) -> T:
        await asyncio.sleep(0)
        try:
            return work(self.store)
        finally:
            self._changed.set()

    async def until(self, condition: Callable[[PendingOutbox], bool], seconds: float = 5.0) -> None:
        """Wait until the condition holds, looking after each work."""
        async with asyncio.timeout(seconds):
            while not condition(self.outbox):
                self._changed.clear()
                await self._changed.wait()


@dataclass
class InForce:
    """What is in force, to be changed by a test."""

    touchpoints: dict[str, Touchpoint]
    secrets: dict[str, str]
