"""Kept connections: used again when they can be, never when they might lie about what was sent."""

import asyncio

import pytest

from bridge.core.outcome import Answered, Unknown
from bridge.touchpoint import Sender
from bridge.touchpoint.dial import Dialer
from bridge.touchpoint.keeping import Limits
from bridge.touchpoint.progress import Interrupted, Phase, Progress
from bridge.touchpoint.transport import Transport
from bridge.touchpoint.wire import Wire
from tests.support.deliveries import SECRETS, TLS, delivery, resolve, touchpoint
from tests.support.targets import Conversation, Target, answer, answering

ENQUEUED = Answered(200, "enqueued")


async def test_a_connection_serves_one_request_after_the_other(sender: Sender) -> None:
    async with Target(answering(answer())) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        outcomes = [await sender.send(delivery(), made, SECRETS) for _ in range(5)]
        assert outcomes == [ENQUEUED] * 5
        assert target.connections == 1
        assert len(target.seen) == 5


async def test_requests_at_the_same_time_have_a_connection_each(sender: Sender) -> None:
    async def together(conversation: Conversation) -> None:
        await conversation.request()
        if len(conversation.target.seen) == 3:
            conversation.target.release.set()
        await conversation.target.release.wait()
        await conversation.send(answer())

    async with Target(together) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        outcomes = await asyncio.gather(*(sender.send(delivery(), made, SECRETS) for _ in range(3)))
        assert outcomes == [ENQUEUED] * 3
        assert target.connections == 3


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_that_the_target_closed_meanwhile_is_not_used(sender: Sender, how: str) -> None:
    async def once(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.target.release.wait()
        if how == "reset":
            conversation.reset()

    async with Target(once) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        target.release.set()
        await target.finished()
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        assert target.connections == 2
        assert len(target.seen) == 2


async def test_a_close_that_crosses_the_next_request_is_unknown(sender: Sender) -> None:
    async def once(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.reader.read(1)  # the next request is on its way: it cannot be known what became of it

    async with Target(once) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        assert isinstance(await sender.send(delivery(), made, SECRETS), Unknown)
        assert (target.connections, len(target.seen)) == (1, 1)


async def test_a_target_that_says_close_gets_a_new_connection_each_time(sender: Sender) -> None:
    async with Target(answering(answer(200, b"{}", "Connection: close"))) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == Answered(200, "{}")
        assert await sender.send(delivery(), made, SECRETS) == Answered(200, "{}")
        assert target.connections == 2


async def test_a_second_answer_is_not_taken_for_the_next_request_s(sender: Sender) -> None:
    async def twice(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer() + answer(200, b'{"message": "not yours"}'))
        await conversation.request()
        await conversation.send(answer(500))

    async with Target(twice) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        assert target.connections == 2


async def test_bytes_on_an_idle_connection_end_it(sender: Sender) -> None:
    async def late(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.target.release.wait()
        await conversation.send(answer(200, b'{"message": "not yours"}'))
        conversation.target.arrival.set()
        await conversation.request()

    async with Target(late) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        target.arrival.clear()
        target.release.set()
        await target.arrival.wait()
        assert await sender.send(delivery(), made, SECRETS) == ENQUEUED
        assert target.connections == 2


async def test_what_came_before_the_first_byte_went_out_is_nobody_s_answer() -> None:
    async def greeting(conversation: Conversation) -> None:
        await conversation.send(answer())
        await conversation.request()

    async with Target(greeting) as target:
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(Wire, "127.0.0.1", target.port)
        while wire.ended is None:  # noqa: ASYNC110 - it has no event to tell, and needs none
            await asyncio.sleep(0)
        assert not wire.is_usable()
        progress = Progress()
        with pytest.raises(Interrupted):
            wire.send(b"POST / HTTP/1.1\r\n\r\n", progress)
        assert progress.phase is Phase.RESOLVING
        await target.finished()
        assert target.seen == []


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    async def watching(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.reader.read()

    dialer = Dialer(resolve, TLS, allow_private=True)
    async with (
        Target(watching) as target,
        Sender(transport=Transport(dialer, limits=Limits(idle=0.02)), allow_private=True) as s,
    ):
        assert await s.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS) == ENQUEUED
        await target.finished()


async def test_closing_the_sender_closes_its_connections() -> None:
    async def watching(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.reader.read()

    async with Target(watching) as target:
        async with Sender(allow_private=True, tls=TLS) as sender:
            await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS)
        await target.finished()


async def test_each_failed_connection_is_closed_and_not_used_again(sender: Sender) -> None:
    async def closing(conversation: Conversation) -> None:
        await conversation.request()

    async with Target(closing) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        for _ in range(20):
            assert isinstance(await sender.send(delivery(), made, SECRETS), Unknown)
        await target.finished()
        assert target.connections == 20
