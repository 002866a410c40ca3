"""From due to settled: the courier over a desk in memory, real sockets, and a clock of the test's own."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridge.core.configuration import Rate, RetryPolicy, Touchpoint
from bridge.core.errors import StoreBroken, StoreUnavailable
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Delivered, Hold, NotSent, Outcome, Pause, RetryAt, Settled, Unknown
from bridge.courier import Carrier, Courier
from bridge.touchpoint import Sender
from tests.support.deliveries import SECRETS, TLS, delivery, touchpoint
from tests.support.pending import InForce, PendingDesk, PendingOutbox
from tests.support.targets import Conversation, Target, answer, answering

NOW = 1_000_000


@dataclass
class Hands:
    """A sender in memory: says what the test wants, and can be made to wait."""

    outcome: Callable[[Delivery], Outcome] = lambda _: Answered(200, "ok")
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    unready: set[str] = field(default_factory=set)
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    started: list[str] = field(default_factory=list)
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the courier's Protocol
        return "waiting for its secret" if touchpoint.name in self.unready else None

    async def send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:  # noqa: ARG002 - the courier's Protocol
        name = delivery.touchpoint
        self.started.append(delivery.id)
        self.begun.set()
        self.now[name] += 1
        self.now["all"] += 1
        self.most |= self.now
        try:
            if gate := self.gates.get(name):
                waits = [asyncio.ensure_future(event.wait()) for event in (gate, self.cut)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
                if not gate.is_set():
                    return Unknown("cut off")
            await asyncio.sleep(0)
            return self.outcome(delivery)
        finally:
            self.now[name] -= 1
            self.now["all"] -= 1

    def cut_off(self) -> None:
        self.cut.set()


@dataclass
class Bridge:
    """A running courier with everything around it."""

    courier: Courier
    desk: PendingDesk
    live: InForce
    time: list[int]
    seen: list[Settled]
    running: "asyncio.Task[None]"

    @property
    def outbox(self) -> PendingOutbox:
        return self.desk.outbox


@asynccontextmanager
async def running(
    touchpoints: Iterable[Touchpoint],
    sender: Carrier,
    deliveries: Iterable[Delivery] = (),
    *,
    slots: int = 64,
    faults: Mapping[str, Sequence[Exception]] | None = None,
) -> AsyncIterator[Bridge]:
    desk = PendingDesk()
    desk.outbox.add(deliveries)
    desk.outbox.faults.update({verb: list(errors) for verb, errors in (faults or {}).items()})
    live = InForce({made.name: made for made in touchpoints}, dict(SECRETS))
    time, seen = [NOW], list[Settled]()
    courier = Courier(
        desk, sender, live=lambda: live, clock=lambda: time[0], jitter=lambda: 1.0, observe=seen.append, slots=slots
    )
    task = asyncio.create_task(courier.run())
    try:
        yield Bridge(courier, desk, live, time, seen, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def named(name: str, **changes: Any) -> Touchpoint:
    return replace(touchpoint(**changes), name=name)


def many(count: int, name: str = "post-purchase", prefix: str = "dlv") -> list[Delivery]:
    return [delivery(id=f"{prefix}_{number}", touchpoint=name, due_at=NOW, age_from=NOW) for number in range(count)]


def all_are(state: str) -> Callable[[PendingOutbox], bool]:
    return lambda outbox: bool(outbox.states) and set(outbox.states.values()) == {state}


def settled(count: int) -> Callable[[PendingOutbox], bool]:
    return lambda outbox: len(outbox.settled) == count


async def everybody_else() -> None:
    """Let all that can go on go on, to see that nothing does what it must not."""
    for _ in range(50):
        await asyncio.sleep(0)


# -- claim, send, judge, settle ------------------------------------------------------------------------------


async def test_what_is_due_reaches_the_target_and_is_settled() -> None:
    async with Target(answering(answer())) as target, Sender(allow_private=True, tls=TLS) as sender:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        async with running([made], sender, many(50)) as bridge:
            await bridge.desk.until(all_are("delivered"))
            assert await bridge.courier.drain(1.0) == 0
        assert sorted(seen.headers["idempotency-key"] for seen in target.seen) == sorted(f"dlv_{n}" for n in range(50))
        assert target.connections <= 8
    assert Counter(settled.delivery.id for settled in bridge.seen) == Counter(f"dlv_{n}" for n in range(50))
    assert {settled.ruling for settled in bridge.seen} == {Delivered("enqueued")}
    assert bridge.seen[0].started_at == bridge.seen[0].ended_at == NOW


async def test_a_wake_finds_what_was_just_accepted() -> None:
    async with running([touchpoint()], Hands()) as bridge:
        await bridge.desk.until(lambda outbox: outbox.verbs["claim"] > 0)
        bridge.outbox.add(many(1))
        bridge.courier.wake()
        await bridge.desk.until(all_are("delivered"), seconds=0.5)


async def test_it_looks_every_second_even_if_nobody_tells() -> None:
    async with running([touchpoint()], Hands()) as bridge:
        await bridge.desk.until(lambda outbox: outbox.verbs["claim"] > 0)
        bridge.outbox.add(many(1))
        await bridge.desk.until(all_are("delivered"))


async def test_what_becomes_due_later_is_sent_on_time() -> None:
    later = delivery(id="dlv_0", due_at=NOW + 30, age_from=NOW)
    async with running([touchpoint()], Hands(), [later]) as bridge:
        await bridge.desk.until(lambda outbox: outbox.verbs["claim"] > 0)
        bridge.time[0] += 30
        await bridge.desk.until(all_are("delivered"), seconds=0.5)


async def test_a_failed_attempt_is_made_again_when_it_is_due() -> None:
    tries: list[Outcome] = [Answered(503, "busy"), NotSent("connection refused"), Answered(201, "ok")]
    made = touchpoint(retry=RetryPolicy(first=20, factor=1.0))
    async with running([made], Hands(lambda _: tries.pop(0)), many(1)) as bridge:
        await bridge.desk.until(lambda outbox: len(outbox.settled) == 1)
        assert bridge.seen[0].ruling == RetryAt(NOW + 100, "it answered 503 (busy)")
        bridge.time[0] += 100
        await bridge.desk.until(lambda outbox: len(outbox.settled) == 2)
        bridge.time[0] += 100
        await bridge.desk.until(all_are("delivered"))
    assert [settled.delivery.attempts for settled in bridge.seen] == [0, 1, 2]
    assert [settled.delivery.lease for settled in bridge.seen] == [2, 3, 4]


async def test_a_refused_key_pauses_the_touchpoint() -> None:
    made = touchpoint(concurrency=1)
    async with running([made], Hands(lambda _: Answered(401)), many(3)) as bridge:
        await bridge.desk.until(lambda outbox: bool(outbox.paused))
        await bridge.courier.drain(1.0)
    assert len(bridge.seen) == 1
    assert isinstance(bridge.seen[0].ruling, Pause)
    assert Counter(bridge.outbox.states.values()) == {"pending": 3}


async def test_a_mistake_in_the_sender_is_held_as_unknown() -> None:
    def broken(_: Delivery) -> Outcome:
        raise RuntimeError("https://secret")

    async with running([touchpoint()], Hands(broken), many(1)) as bridge:
        await bridge.desk.until(all_are("held"))
    assert bridge.seen[0].outcome == Unknown("the sender failed (RuntimeError)")


# -- slots and rates -----------------------------------------------------------------------------------------


async def test_no_more_is_claimed_than_there_are_slots() -> None:
    hands = Hands(gates={"post-purchase": asyncio.Event()})
    async with running([touchpoint(concurrency=3)], hands, many(10)) as bridge:
        await bridge.desk.until(lambda outbox: Counter(outbox.states.values())["sending"] == 3)
        bridge.courier.wake()
        await everybody_else()
        assert Counter(bridge.outbox.states.values()) == {"sending": 3, "pending": 7}
        hands.gates["post-purchase"].set()
        await bridge.desk.until(all_are("delivered"))
    assert hands.most["post-purchase"] == 3


async def test_all_touchpoints_together_keep_to_the_slots_of_the_process() -> None:
    hands = Hands()
    made = [named(name, concurrency=8) for name in ("a", "b", "c")]
    work = [item for name in ("a", "b", "c") for item in many(40, name, name)]
    async with running(made, hands, work, slots=6) as bridge:
        await bridge.desk.until(all_are("delivered"))
    assert hands.most["all"] <= 6
    assert min(hands.most[name] for name in ("a", "b", "c")) >= 2


async def test_dead_touchpoints_on_all_slots_do_not_stop_a_healthy_one() -> None:
    dead = [named(f"dead-{number}", concurrency=4) for number in range(4)]
    hands = Hands(gates={made.name: asyncio.Event() for made in dead})
    work = [item for made in dead for item in many(10, made.name, made.name)]
    async with running([*dead, named("healthy")], hands, work, slots=16) as bridge:
        await bridge.desk.until(lambda outbox: Counter(outbox.states.values())["sending"] == 16)
        bridge.outbox.add(many(20, "healthy", "ok"))
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: all(outbox.states[f"ok_{n}"] == "delivered" for n in range(20)))
        assert len(bridge.seen) == 20


async def test_a_dead_target_slows_no_other() -> None:
    async def deaf(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.target.release.wait()

    async with (
        Target(deaf) as dead,
        Target(answering(answer())) as fast,
        Sender(allow_private=True, tls=TLS) as sender,
    ):
        made = [
            named("dead", base_url=f"http://127.0.0.1:{dead.port}", timeout=60_000),
            named("fast", base_url=f"http://127.0.0.1:{fast.port}"),
        ]
        async with running(made, sender, many(100, "dead", "d") + many(200, "fast", "f")) as bridge:
            await bridge.desk.until(lambda outbox: len(outbox.settled) == 200)
            assert {settled.delivery.touchpoint for settled in bridge.seen} == {"fast"}
            assert Counter(bridge.outbox.states.values()) == {"delivered": 200, "sending": 8, "pending": 92}
            assert await bridge.courier.drain(0) == 0
            assert Counter(bridge.outbox.states.values()) == {"delivered": 200, "held": 8, "pending": 92}


async def test_a_rate_limits_what_is_claimed() -> None:
    made = touchpoint(rate=Rate(100, 1_000))
    async with running([made], Hands(), many(50)) as bridge:
        await bridge.desk.until(lambda outbox: len(outbox.settled) == 1)
        for expected in (3, 5, 15):
            bridge.time[0] += {3: 20, 5: 20, 15: 5_000}[expected]
            await bridge.desk.until(settled(expected))
            bridge.courier.wake()
            await everybody_else()
            assert len(bridge.outbox.settled) == expected


# -- what is in force ----------------------------------------------------------------------------------------


async def test_nothing_is_claimed_for_a_touchpoint_without_its_secret() -> None:
    hands = Hands(unready={"post-purchase"})
    async with running([touchpoint()], hands, many(1)) as bridge:
        await bridge.desk.until(lambda outbox: bool(outbox.parked))
        assert bridge.outbox.states == {"dlv_0": "pending"}
        hands.unready.clear()
        bridge.courier.wake()
        await bridge.desk.until(all_are("delivered"))


async def test_the_store_hears_which_touchpoints_there_are() -> None:
    async with running([named("a"), named("b")], Hands()) as bridge:
        await bridge.desk.until(lambda outbox: outbox.parked == [["a", "b"]])
        bridge.live.touchpoints = {"a": named("a")}
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: outbox.parked == [["a", "b"], ["a"]])
        bridge.time[0] += 60_000
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: outbox.parked == [["a", "b"], ["a"], ["a"]])


# -- trouble with the store ----------------------------------------------------------------------------------


async def test_at_start_whatever_was_being_sent_is_recovered_before_anything_is_claimed() -> None:
    hands = Hands()
    desk = PendingDesk()
    desk.outbox.add(many(1, "hold", "h") + many(1, "retry", "r"), state="sending")
    live = InForce({name: named(name, ambiguous=name) for name in ("hold", "retry")}, {})
    courier = Courier(desk, hands, live=lambda: live, clock=lambda: NOW, jitter=lambda: 0.0, observe=lambda _: None)
    task = asyncio.create_task(courier.run())
    await desk.until(lambda outbox: outbox.states == {"h_0": "held", "r_0": "delivered"})
    await courier.drain(1.0)
    await task
    assert hands.started == ["r_0"]


async def test_no_result_is_lost_while_the_store_cannot_be_used() -> None:
    faults = {
        "recover": [StoreUnavailable("full")],
        "claim": [StoreUnavailable("full")],
        "settle": [StoreUnavailable("full"), StoreUnavailable("full")],
    }
    async with running([touchpoint()], Hands(), many(5), faults=faults) as bridge:
        await bridge.desk.until(all_are("delivered"))
    assert len(bridge.outbox.settled) == len(bridge.seen) == 5


async def test_nothing_more_is_claimed_while_results_cannot_be_settled() -> None:
    hands = Hands()
    faults = {"settle": [StoreUnavailable("full")] * 3}
    async with running([touchpoint()], hands, many(40), slots=2, faults=faults) as bridge:
        await bridge.desk.until(lambda outbox: outbox.verbs["settle"] == 3)
        assert len(hands.started) <= 8 + 2
        await bridge.desk.until(all_are("delivered"))


async def test_a_broken_store_ends_the_run() -> None:
    async with running([touchpoint()], Hands(), many(1), faults={"settle": [StoreBroken("disk")]}) as bridge:
        with pytest.raises(StoreBroken):
            await bridge.running


async def test_a_lost_lease_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(gates={"post-purchase": asyncio.Event()})
    async with running([touchpoint()], hands, many(1)) as bridge:
        await hands.begun.wait()
        bridge.outbox.add(many(1), state="held")
        hands.gates["post-purchase"].set()
        with caplog.at_level(logging.WARNING):
            await bridge.courier.drain(1.0)
    assert [record.getMessage() for record in caplog.records] == [
        "lease lost delivery=dlv_0 touchpoint=post-purchase lease=2"
    ]


# -- the end -------------------------------------------------------------------------------------------------


async def test_draining_lets_finish_what_is_being_sent_and_claims_nothing_more() -> None:
    hands = Hands(gates={"post-purchase": asyncio.Event()})
    async with running([touchpoint(concurrency=2)], hands, many(5)) as bridge:
        await hands.begun.wait()
        draining = asyncio.create_task(bridge.courier.drain(5.0))
        await asyncio.sleep(0)
        hands.gates["post-purchase"].set()
        assert await draining == 0
        await bridge.running
    assert Counter(bridge.outbox.states.values()) == {"delivered": 2, "pending": 3}


async def test_draining_cuts_off_what_takes_too_long_and_settles_it() -> None:
    hands = Hands(gates={"post-purchase": asyncio.Event()})
    async with running([touchpoint()], hands, many(1)) as bridge:
        await hands.begun.wait()
        assert await bridge.courier.drain(0.01) == 0
        await bridge.running
    assert isinstance(bridge.seen[0].ruling, Hold)
    assert bridge.outbox.states == {"dlv_0": "held"}


async def test_draining_an_idle_courier_is_over_at_once() -> None:
    async with running([touchpoint()], Hands()) as bridge:
        await bridge.desk.until(lambda outbox: bool(outbox.parked))
        assert await bridge.courier.drain(5.0) == 0
        await bridge.running
