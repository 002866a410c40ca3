"""Asking a system by GET: whether the whole answer came is part of the reply."""

from collections.abc import Awaitable, Callable

import pytest

from bridge.core.configuration import Lookup, Request
from bridge.core.inquiry import Fetched
from bridge.core.language.expression import compile_expression
from bridge.touchpoint import Sender
from tests.support.targets import Conversation, Target, answer

Ending = Callable[[Conversation], Awaitable[None]]


async def closing(conversation: Conversation) -> None:
    """Return, which closes."""


async def resetting(conversation: Conversation) -> None:
    conversation.reset()


async def going_on(conversation: Conversation) -> None:
    await conversation.reader.read()


FRAMED = answer(200, b'{"id": 1}')
UNFRAMED = b'HTTP/1.1 200 OK\r\n\r\n{"id": 1}'
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"id": 1}\r\n'


@pytest.mark.parametrize(
    ("said", "ending", "reply"),
    [
        (FRAMED, going_on, Fetched(200, b'{"id": 1}')),
        (FRAMED, closing, Fetched(200, b'{"id": 1}')),
        (FRAMED[:-2], closing, Fetched(200, b'{"id": ', is_whole=False)),
        (UNFRAMED, closing, Fetched(200, b'{"id": 1}')),
        (UNFRAMED, resetting, Fetched(200, b'{"id": 1}', is_whole=False)),
        (CHUNKED + b"0\r\n\r\n", going_on, Fetched(200, b'{"id": 1}')),
        (CHUNKED, closing, Fetched(200, b'{"id": 1}', is_whole=False)),
        (CHUNKED + b"zz\r\n", going_on, Fetched(200, b'{"id": 1}', is_whole=False)),
        (b"HTTP/1.1 204 None\r\n\r\n", going_on, Fetched(204)),
        (answer(404, b"gone"), going_on, Fetched(404, b"gone", message="gone")),
    ],
)
async def test_a_reply_says_whether_it_is_whole(sender: Sender, said: bytes, ending: Ending, reply: Fetched) -> None:
    async def script(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(said)
        await ending(conversation)

    async with Target(script) as target:
        lookup = Lookup(f"http://127.0.0.1:{target.port}/v1", (Request(compile_expression("path")),), timeout=2_000)
        assert await sender.fetch(lookup, "/orders/1", {}) == reply
        assert target.seen[0].line == "GET /v1/orders/1 HTTP/1.1"
