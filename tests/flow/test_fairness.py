"""Sick targets delay no healthy one: real sockets, a real database file, thousands of deliveries that wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.core.configuration import RetryPolicy, Touchpoint
from bridge.core.outcome import Settled
from bridge.courier import Courier
from bridge.outbox.desk import Desk, desk_on
from bridge.touchpoint import Sender
from tests.support.books import NOW, a_plan, an_event, an_intake, planned, proposing
from tests.support.deliveries import SECRETS, TLS, touchpoint
from tests.support.pending import InForce
from tests.support.targets import Conversation, Target, answer, answering, refusing_port

AT_ONCE, ROUNDS = 4, 40  # deliveries of the healthy touchpoint that come together, and how often
WAITING = 2_000  # deliveries that wait for a sick touchpoint
ALLOWED = 0.25  # seconds, or a tenth, by which the others may delay a healthy one's p99


@dataclass
class Scene:
    """A running courier, and how long each delivery of the healthy touchpoint took from its event to its answer."""

    desk: Desk
    live: InForce
    begun: float = field(default_factory=time.monotonic)
    ended: dict[str, float] = field(default_factory=dict)
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0

    def clock(self) -> int:
        return NOW + int((time.monotonic() - self.begun) * 1000)

    def observe(self, settled: Settled) -> None:
        self.ended[settled.delivery.id] = time.monotonic()
        self.seen.set()

    def next_number(self) -> int:
        self.number += 1
        return self.number

    async def add(self, made: Touchpoint, count: int) -> None:
        """Put a touchpoint in force, for which as many deliveries wait."""
        self.live.touchpoints = {**self.live.touchpoints, made.name: made}
        event = an_event(self.next_number(), at=NOW)
        plans = [a_plan(self.next_number(), at=NOW, touchpoint=made.name) for _ in range(count)]
        proposals = [proposing(plan, element=element) for element, plan in enumerate(plans)]
        await self.desk.accept(an_intake(event, *proposals))

    async def latencies(self, courier: Courier) -> list[float]:
        """Let deliveries of the healthy touchpoint come, some at a time, and give how long each took, in seconds."""
        taken = []
        for _ in range(ROUNDS):
            taken += await asyncio.gather(*(self._deliver(courier) for _ in range(AT_ONCE)))
        return sorted(taken)

    async def _deliver(self, courier: Courier) -> float:
        begun = time.monotonic()
        number = self.next_number()
        intake = planned(number, at=self.clock(), touchpoint="healthy")
        accepted = await self.desk.accept(intake)
        assert accepted.planned
        courier.wake()
        [proposal] = intake.entries[0].proposals
        delivery_id = proposal.outcome.delivery_id  # type: ignore[union-attr]  # it is a plan
        async with asyncio.timeout(5):
            while delivery_id not in self.ended:
                self.seen.clear()
                await self.seen.wait()
        return self.ended[delivery_id] - begun


@asynccontextmanager
async def scene(tmp_path: Path) -> AsyncIterator[tuple[Scene, Courier, AsyncExitStack]]:
    async with AsyncExitStack() as exits:
        healthy = await exits.enter_async_context(Target(answering(answer())))
        desk = await exits.enter_async_context(desk_on(tmp_path / "bridge.db", create=True, on_broken=lambda _: None))
        sender = await exits.enter_async_context(Sender(allow_private=True, tls=TLS))
        live = InForce({"healthy": at("healthy", healthy.port)}, dict(SECRETS))
        made = Scene(desk, live)
        courier = Courier(desk, sender, live=lambda: live, clock=made.clock, jitter=lambda: 0.5, observe=made.observe)
        running = asyncio.create_task(courier.run())
        try:
            yield made, courier, exits
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def at(name: str, port: int, *, timeout: int = 300) -> Touchpoint:
    made = touchpoint(f"http://127.0.0.1:{port}", timeout=timeout, ambiguous="retry")
    return replace(made, name=name, retry=RetryPolicy(first=50, factor=1.0))


async def silent(conversation: Conversation) -> None:
    await conversation.request()
    await conversation.target.release.wait()


async def dripping(conversation: Conversation) -> None:
    await conversation.request()
    await conversation.send(b"HTTP/1.1 200 OK\r\n")
    while not conversation.target.release.is_set():
        await conversation.send(b"X-Drip: 1\r\n")
        await asyncio.sleep(0.02)


def p99(sorted_values: Sequence[float]) -> float:
    return sorted_values[int(0.99 * len(sorted_values))]


def told(phases: dict[str, list[float]]) -> str:
    return "; ".join(
        f"{name}: p50 {each[len(each) // 2]:.4f} s, p99 {p99(each):.4f} s" for name, each in phases.items()
    )


async def sending(desk: Desk, names: Iterable[str]) -> int:
    totals = await desk.read(lambda store: store.ledger.touchpoint_totals())
    return sum(totals.get(name, {}).get("sending", 0) for name in names)


async def test_dead_silent_and_dripping_targets_delay_no_healthy_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as (made, courier, exits):
        phases = {"alone": await made.latencies(courier)}
        ports = [(await exits.enter_async_context(Target(script))).port for script in (silent, dripping)]
        for name, port in (("dead", refusing_port()), ("silent", ports[0]), ("dripping", ports[1])):
            await made.add(at(name, port), WAITING)
        courier.wake()
        phases["three sick ones"] = await made.latencies(courier)
        assert courier.failing >= {"dead"}
        slow = [(await exits.enter_async_context(Target(silent))).port for _ in range(20)]
        names = [f"slow-{number}" for number in range(20)]
        for name, port in zip(names, slow, strict=True):
            await made.add(at(name, port, timeout=60_000), 100)
        courier.wake()
        async with asyncio.timeout(5):
            while await sending(made.desk, {*made.live.touchpoints} - {"healthy"}) < 60:
                await made.latencies(courier)
        phases["twenty slow ones"] = await made.latencies(courier)
        assert await sending(made.desk, names) >= 48, "the slow ones sit on the slots"
        bound = max(p99(phases["alone"]) + ALLOWED, 1.1 * p99(phases["alone"]))
        assert all(p99(each) <= bound for each in phases.values()), told(phases)
        print(told(phases))  # noqa: T201 - for whoever runs it with -s
