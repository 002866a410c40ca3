"""The courier and the circuits of its touchpoints: what is sent while a target fails, and what is told of it."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from bridge.core.configuration import Rate, RetryPolicy
from bridge.core.outcome import Answered, NotSent, Outcome
from bridge.courier import Courier
from bridge.outbox.terms import Circuit
from tests.flow.test_courier import NOW, Bridge, Hands, all_are, everybody_else, many, named, running, settled
from tests.support.deliveries import touchpoint
from tests.support.pending import InForce, PendingDesk

SECOND = 1_000
REFUSED = NotSent("connection refused while connecting")
PATIENT = RetryPolicy(first=100, factor=1.0)  # so that what failed is due again when the circuit lets it go


async def until_failing(bridge: Bridge) -> Circuit:
    await bridge.desk.until(lambda outbox: bool(outbox.failing))
    await everybody_else()
    [circuit] = bridge.outbox.failing.values()
    return circuit


async def pass_time(bridge: Bridge, millis: int) -> None:
    bridge.time[0] += millis
    bridge.courier.wake()
    await everybody_else()


async def test_a_failing_target_is_left_alone_tried_once_and_then_gets_more_and_more() -> None:
    outcomes: list[Outcome] = [REFUSED]
    hands = Hands(lambda _: outcomes[0])
    async with running([touchpoint(retry=PATIENT)], hands, many(40)) as bridge:
        circuit = await until_failing(bridge)
        assert circuit == Circuit(
            "post-purchase",
            "5 attempts in a row did not reach the target; the last: connection refused while connecting",
            NOW,
            NOW + 30 * SECOND,
        )
        assert bridge.courier.failing == {"post-purchase"}
        attempts = len(hands.started)
        assert attempts == 8, "what was claimed before is sent, and nothing after it"
        assert Counter(bridge.outbox.states.values()) == {"pending": 40}
        await pass_time(bridge, 29 * SECOND)
        assert len(hands.started) == attempts
        outcomes[0] = Answered(503, "still starting")
        await pass_time(bridge, SECOND)
        assert len(hands.started) == attempts + 1
        assert bridge.outbox.failing["post-purchase"].until == NOW + 90 * SECOND
        outcomes[0] = Answered(200)
        await pass_time(bridge, 60 * SECOND)
        await bridge.desk.until(all_are("delivered"))
        assert bridge.outbox.failing == {}
        assert bridge.courier.failing == frozenset()
    assert len(hands.started) == attempts + 1 + 40
    assert {each.delivery.attempts for each in bridge.seen[attempts + 1 :]} == {0, 1}, "waiting burned no attempts"


async def test_the_first_request_after_the_pause_goes_alone() -> None:
    hands = Hands(lambda _: REFUSED)
    async with running([touchpoint(retry=PATIENT)], hands, many(40)) as bridge:
        await until_failing(bridge)
        gate = hands.gates["post-purchase"] = asyncio.Event()
        hands.most.clear()
        hands.outcome = lambda _: Answered(200)
        await pass_time(bridge, 30 * SECOND)
        await pass_time(bridge, 30 * SECOND)
        assert hands.now["post-purchase"] == 1
        gate.set()
        await bridge.desk.until(all_are("delivered"))


async def test_a_target_that_asks_to_wait_is_left_alone_as_a_whole() -> None:
    outcomes: list[Outcome] = [Answered(429, "slow down", "20")]
    hands = Hands(lambda _: outcomes.pop(0) if outcomes else Answered(200))
    async with running([touchpoint(concurrency=1)], hands, many(3)) as bridge:
        circuit = await until_failing(bridge)
        assert circuit.reason == "the target answered 429 and asked to wait"
        await pass_time(bridge, 20 * SECOND - 1)
        assert hands.started == ["dlv_0"]
        await pass_time(bridge, 1)
        await bridge.desk.until(lambda outbox: len(outbox.settled) >= 3)
        assert hands.started[1:3] == ["dlv_1", "dlv_2"]
        assert bridge.outbox.failing == {}


async def test_one_failing_touchpoint_is_no_other_s() -> None:
    hands = Hands(lambda delivery: REFUSED if delivery.touchpoint == "sick" else Answered(200))
    work = many(20, "sick", "s") + many(200, "well", "w")
    async with running([named("sick"), named("well")], hands, work) as bridge:
        await bridge.desk.until(lambda outbox: all(outbox.states[f"w_{n}"] == "delivered" for n in range(200)))
        assert bridge.courier.failing == {"sick"}


async def test_a_circuit_begins_anew_with_a_changed_touchpoint_and_ends_with_its_touchpoint() -> None:
    hands = Hands(lambda _: REFUSED)
    async with running([touchpoint()], hands, many(9)) as bridge:
        await until_failing(bridge)
        made = bridge.live.touchpoints["post-purchase"]
        bridge.live.touchpoints = {"post-purchase": replace(made, line=made.line + 3)}
        await pass_time(bridge, 0)
        assert bridge.courier.failing == {"post-purchase"}, "it only stands on another line"
        hands.outcome = lambda _: Answered(200)
        bridge.live.touchpoints = {"post-purchase": replace(made, base_url="https://right.example.com/v2")}
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: outbox.states["dlv_8"] == "delivered" and not outbox.failing)
    async with running([touchpoint()], Hands(lambda _: REFUSED), many(9)) as bridge:
        await until_failing(bridge)
        bridge.live.touchpoints = {}
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: not outbox.failing)


async def test_at_start_every_circuit_is_closed() -> None:
    desk = PendingDesk()
    desk.outbox.add(many(1))
    desk.outbox.note_circuit("gone", Circuit("gone", "503", 1, 2))
    desk.outbox.note_circuit("post-purchase", Circuit("post-purchase", "503", 1, 1 << 60))
    live = InForce({"post-purchase": touchpoint()}, {})
    courier = Courier(desk, Hands(), live=lambda: live, clock=lambda: NOW, jitter=lambda: 0.0, observe=lambda _: None)
    task = asyncio.create_task(courier.run())
    await desk.until(all_are("delivered"))
    assert desk.outbox.circuits() == []
    await courier.drain(1.0)
    await task


async def test_a_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(lambda _: REFUSED)
    with caplog.at_level("INFO", logger="bridge"):
        async with running([touchpoint(retry=PATIENT)], hands, many(20)) as bridge:
            await until_failing(bridge)
            hands.outcome = lambda _: Answered(200)
            await pass_time(bridge, 30 * SECOND)
            await bridge.desk.until(all_are("delivered"))
    lines = [(record.msg, record.__dict__["keys"]) for record in caplog.records if record.name == "bridge"]
    assert lines == [
        (
            "touchpoint.failing",
            {
                "touchpoint": "post-purchase",
                "reason": "5 attempts in a row did not reach the target; the last: connection refused while connecting",
                "until": "1970-01-01T00:17:10Z",
            },
        ),
        ("touchpoint.open", {"touchpoint": "post-purchase"}),
    ]


async def test_what_the_end_of_the_process_cut_off_says_nothing_of_the_target() -> None:
    hands = Hands(gates={"post-purchase": asyncio.Event()})
    async with running([touchpoint(concurrency=12)], hands, many(12)) as bridge:
        await bridge.desk.until(lambda outbox: Counter(outbox.states.values())["sending"] == 12)
        await bridge.courier.drain(0)
    assert bridge.outbox.noted == []
    assert set(bridge.outbox.states.values()) == {"held"}


async def test_an_operator_has_a_failing_target_tried_at_once() -> None:
    hands = Hands(lambda _: REFUSED)
    async with running([touchpoint(retry=PATIENT)], hands, many(40)) as bridge:
        await until_failing(bridge)
        attempts = len(hands.started)
        await pass_time(bridge, SECOND)
        assert len(hands.started) == attempts
        gate = hands.gates["post-purchase"] = asyncio.Event()
        hands.outcome = lambda _: Answered(200)
        bridge.courier.hasten(["post-purchase", "nowhere"])
        await everybody_else()
        assert len(hands.started) == attempts + 1, "one request goes first"
        gate.set()
        await bridge.desk.until(all_are("delivered"))
        assert bridge.outbox.failing == {}


# -- the claim -----------------------------------------------------------------------------------------------


async def test_a_touchpoint_of_which_not_all_was_looked_at_is_asked_again_at_once() -> None:
    async with running([touchpoint()], Hands()) as bridge:
        await bridge.desk.until(lambda outbox: outbox.verbs["claim"] > 0)
        await everybody_else()
        bridge.outbox.unfinished = frozenset({"post-purchase"})
        before = bridge.outbox.verbs["claim"]
        bridge.courier.wake()
        await bridge.desk.until(lambda outbox: outbox.verbs["claim"] == before + 3, seconds=0.5)
        bridge.outbox.unfinished = frozenset()
        await everybody_else()
        assert bridge.outbox.verbs["claim"] <= before + 5


async def test_a_rate_still_holds_after_its_touchpoint_recovered() -> None:
    hands = Hands(lambda _: REFUSED)
    async with running([touchpoint(rate=Rate(100, 1_000), retry=PATIENT)], hands, many(40)) as bridge:
        for expected in range(1, 6):
            await bridge.desk.until(settled(expected))
            await pass_time(bridge, 10)
        await until_failing(bridge)
        begun = len(hands.started)
        hands.outcome = lambda _: Answered(200)
        await pass_time(bridge, 40 * SECOND)
        assert len(hands.started) == begun + 10, "a tenth of a second may be caught up with"
