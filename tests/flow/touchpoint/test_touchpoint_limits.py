"""How long a connection is kept, and how little of a target's whims is let in."""

import asyncio
import gc
import socket
import struct
from collections.abc import Sequence

import pytest

from bridge.core.outcome import Answered, NotSent, Unknown
from bridge.touchpoint import Sender
from bridge.touchpoint.dial import Dialer, Origin
from bridge.touchpoint.keeping import Limits, Lines
from bridge.touchpoint.progress import Interrupted, Phase, Progress
from bridge.touchpoint.reader import Reader
from bridge.touchpoint.request import aim
from bridge.touchpoint.transport import Transport
from bridge.touchpoint.wire import Wire
from tests.support.deliveries import SECRETS, TLS, delivery, resolve, touchpoint
from tests.support.targets import PATIENCE, Conversation, Script, Target, answer, answering

ENQUEUED = Answered(200, "enqueued")


def limited(limits: Limits) -> Sender:
    return Sender(transport=Transport(Dialer(resolve, TLS, allow_private=True), limits=limits), allow_private=True)


async def connections_of(script: Script, sender: Sender, *, requests: int) -> int:
    """Send so many requests one after the other, all taken; give how many connections that took."""
    async with Target(script) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        outcomes = [await sender.send(delivery(), made, SECRETS) for _ in range(requests)]
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [200] * requests
        assert len(target.seen) == requests
        return target.connections


# -- how long a connection is kept ---------------------------------------------------------------------------


async def test_a_connection_serves_only_so_many_requests() -> None:
    async with limited(Limits(requests=3)) as sender:
        assert await connections_of(answering(answer()), sender, requests=7) == 3


async def test_a_connection_is_used_only_for_so_long_however_busy_it_is() -> None:
    async with limited(Limits(age=0.0)) as sender:
        assert await connections_of(answering(answer()), sender, requests=3) == 3


@pytest.mark.parametrize(
    ("said", "connections"),
    [
        ("timeout=1", 3),  # a second later it may be closed
        ("timeout=0", 3),
        ("max=5, timeout=1", 3),
        ("timeout=5, max=100", 1),
        ("timeout=99999999999", 1),
        ("timeout=soon", 1),
    ],
)
async def test_a_connection_is_not_used_beyond_what_its_target_says(
    sender: Sender, said: str, connections: int
) -> None:
    script = answering(answer(200, b"{}", f"Keep-Alive: {said}"))
    assert await connections_of(script, sender, requests=3) == connections


async def test_of_several_idle_connections_the_newest_usable_one_is_used_and_old_ones_are_closed() -> None:
    now = [100.0]
    lines = Lines(Limits(idle=4.0, age=60.0), clock=lambda: now[0])
    async with Target(answering(answer())) as target:
        origin = Origin("http", "127.0.0.1", target.port)
        wires = [await Dialer(resolve, TLS, allow_private=True).dial(origin, Progress()) for _ in range(3)]
        for wire in wires:
            lines.give_back(lines.add(origin, wire))
            now[0] += 1.0
        taken = lines.take(origin)
        assert taken is not None
        assert taken.wire is wires[2]
        now[0] += 1.5
        again = lines.take(origin)
        assert again is not None
        assert again.wire is wires[1]
        assert lines.take(origin) is None
        assert [wire.ended is None for wire in wires] == [False, True, True]
        lines.give_back(again)
        now[0] += 60.0
        assert lines.take(origin) is None
        wires[2].abort()
        await target.finished()


async def test_an_answer_with_an_end_that_is_told_twice_is_taken_and_its_connection_is_not(sender: Sender) -> None:
    twice = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    assert await connections_of(answering(twice), sender, requests=3) == 3


async def test_a_connection_whose_request_never_left_in_full_is_not_used(sender: Sender) -> None:
    async def hasty(conversation: Conversation) -> None:
        while await conversation.head():
            await conversation.send(answer(413, b"{}"))
            await conversation.target.release.wait()

    async with Target(hasty) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        huge = delivery('{"email":"' + "a" * 20_000_000 + '"}')
        assert await sender.send(huge, made, SECRETS) == Answered(413, "{}")
        assert await sender.send(huge, made, SECRETS) == Answered(413, "{}")
        assert target.connections == 2


async def test_connections_leave_nothing_for_the_collector(sender: Sender) -> None:
    async with Target(answering(answer(200, b"{}", "Connection: close"))) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        await sender.send(delivery(), made, SECRETS)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await sender.send(delivery(), made, SECRETS)
            await target.finished()
            await asyncio.sleep(0)
            left = [type(each).__name__ for each in gc.get_objects() if isinstance(each, Wire | Reader)]
        finally:
            gc.enable()
        assert left == []


# -- the network has the last word ---------------------------------------------------------------------------


def ended_by_the_target(listening: socket.socket, *, reset: bool) -> None:
    """Accept and end a connection at once, without the event loop's knowing."""
    accepted, _ = listening.accept()
    if reset:
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()


async def exchange(wire: Wire, progress: Progress) -> None:
    wire.send(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", progress)
    await wire.head()


@pytest.mark.parametrize(
    ("reset", "phase"),
    [
        (True, Phase.SENDING),  # the system refuses the bytes
        (False, Phase.SENT),  # it takes them: a target may close its side only, and go on reading
    ],
)
async def test_an_end_that_the_event_loop_has_not_seen_yet_is_judged_by_what_the_network_took(
    *, reset: bool, phase: Phase
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", port)
        ended_by_the_target(listening, reset=reset)
        assert not wire.is_usable()  # which is why an idle connection is asked before it is used
        progress = Progress()
        with pytest.raises(Interrupted):
            await exchange(wire, progress)
        assert progress.phase is phase
        wire.abort()


async def test_an_end_before_sending_is_not_sent(sender: Sender) -> None:
    class Late(Dialer):
        """Hands a connection over only when its target has closed it."""

        async def dial(self, origin: Origin, progress: Progress) -> Wire:
            wire = await super().dial(origin, progress)
            while wire.ended is None:  # noqa: ASYNC110 - it has no event to tell, and needs none
                await asyncio.sleep(0)
            return wire

    async def leaving(conversation: Conversation) -> None:
        """Close at once."""

    async with (
        Target(leaving) as target,
        Sender(transport=Transport(Late(resolve, TLS, allow_private=True)), allow_private=True) as late,
    ):
        outcome = await late.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS)
        assert outcome == NotSent("the connection was closed before the request was sent")


# -- what is let in, and out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flood", [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000, b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000]
)
async def test_a_head_without_end_is_junk(sender: Sender, flood: bytes) -> None:
    async def flooding(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(flood)

    async with Target(flooding) as target:
        outcome = await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS)
        assert isinstance(outcome, Unknown)
        assert "the answer was cut or not HTTP" in outcome.reason


async def test_a_target_waits_while_nobody_takes_what_it_sends() -> None:
    written = 0

    async def giant(conversation: Conversation) -> None:
        nonlocal written
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            await conversation.send(b"g" * 65_536)
            written += 65_536

    async with Target(giant) as target:
        transport = Transport(Dialer(resolve, TLS, allow_private=True))
        aimed = aim(touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS, allow_private=True)
        response = await transport.handle_async_request(aimed.request(delivery(), Progress()))
        for _ in range(3_000):  # enough turns of the event loop for 200 MB
            await asyncio.sleep(0)
        assert 0 < written < 30_000_000
        at_first = written
        parts = response.aiter_raw()
        taken = 0
        async with asyncio.timeout(PATIENCE):
            while taken < 50_000_000:
                taken += len(await anext(parts))
        assert written > at_first
        await response.aclose()


@pytest.mark.parametrize("name", ["dlv_1\r\nX-Injected: 1", "dlv_1\nX-Injected: 1", "dlv_1\r", "dlv_1\r\n\r\nPOST /"])
async def test_a_line_break_in_a_header_is_not_sent(sender: Sender, name: str) -> None:
    async with Target(answering(answer())) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        outcome = await sender.send(delivery(id=name), made, SECRETS)
        assert outcome == NotSent("a line break in a header was refused before the request was sent")
        await target.finished()
        assert target.seen == []


async def test_no_proxy_of_the_environment_is_used(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Target(answering(answer(500))) as proxy, Target(answering(answer())) as target:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS) == ENQUEUED
        assert proxy.connections == 0


async def test_requests_at_the_same_time_are_answered_each_by_its_own_answer(sender: Sender) -> None:
    async def echoing(conversation: Conversation) -> None:
        while seen := await conversation.request():
            await conversation.send(answer(200, seen.body))

    async def numbered(number: int, port: int) -> Sequence[object]:
        made = touchpoint(f"http://127.0.0.1:{port}")
        return [await sender.send(delivery(f'{{"message":"{number}-{turn}"}}'), made, SECRETS) for turn in range(20)]

    async with Target(echoing) as target:
        found = await asyncio.gather(*(numbered(number, target.port) for number in range(32)))
    assert found == [[Answered(200, f"{number}-{turn}") for turn in range(20)] for number in range(32)]
