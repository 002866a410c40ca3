"""What is taken from an answer: the status always, a message if there is one, bounded and scrubbed."""

import asyncio
import gzip

import pytest

from bridge.core.outcome import Answered, Outcome
from bridge.touchpoint import Sender
from bridge.touchpoint.answer import tidy
from tests.support.deliveries import SECRETS, delivery, touchpoint
from tests.support.targets import Conversation, Script, Target, answer, answering


async def outcome_of(script: Script, sender: Sender, *, within: int = 5_000) -> Outcome:
    async with Target(script) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}", timeout=within)
        return await sender.send(delivery(), made, SECRETS)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message": "queued", "id": [1, 2]}', "queued"),
        (b"<html>\r\n<b>Good</b></html>", "<html> <b>Good</b></html>"),
        (b"", ""),
        (b'{"message": 7}', '{"message": 7}'),
        (b'{"message": "a\\nb\\u001b[31mc\\u202ed"}', "a b [31mc d"),
        (b"\xff\xfe\x00", "��"),
        (b"[" * 60_000, "[" * 500),
        (b'{"message": "' + b"m" * 5_000 + b'"}', "m" * 500),
    ],
)
async def test_the_message_is_the_json_s_or_the_beginning_of_the_text(
    sender: Sender, body: bytes, message: str
) -> None:
    assert await outcome_of(answering(answer(422, body)), sender) == Answered(422, message)


async def test_a_redirect_is_answered_and_not_followed(sender: Sender) -> None:
    async with Target(answering(answer())) as elsewhere:
        moved = answer(307, b"", f"Location: http://127.0.0.1:{elsewhere.port}/")
        assert await outcome_of(answering(moved), sender) == Answered(307, "")
        assert elsewhere.connections == 0


async def test_retry_after_is_handed_on(sender: Sender) -> None:
    busy = answer(503, b"{}", "Retry-After: 120")
    assert await outcome_of(answering(busy), sender) == Answered(503, "{}", "120")


async def test_100_continue_before_the_answer_is_passed_over(sender: Sender) -> None:
    told = answering(b"HTTP/1.1 100 Continue\r\n\r\n", answer())
    assert await outcome_of(told, sender) == Answered(200, "enqueued")


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_body_cut_after_200_is_still_answered(sender: Sender, how: str) -> None:
    async def cutting(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
        if how == "reset":
            await conversation.target.release.wait()
            conversation.reset()

    async with Target(cutting) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        sending = asyncio.create_task(sender.send(delivery(), made, SECRETS))
        await target.arrival.wait()
        target.release.set()
        outcome = await sending
        assert isinstance(outcome, Answered)
        assert outcome.status == 200


async def test_a_body_without_length_ends_with_the_connection(sender: Sender) -> None:
    async def old(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b'HTTP/1.0 201 Created\r\n\r\n{"message": "old"}')

    assert await outcome_of(old, sender) == Answered(201, "old")


async def test_a_chunked_body_is_put_together(sender: Sender) -> None:
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"mess\r\nb\r\nage": "ok"}\r\n0\r\n\r\n'
    assert await outcome_of(answering(chunked), sender) == Answered(200, "ok")


async def test_a_broken_chunk_after_200_is_still_answered(sender: Sender) -> None:
    broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert await outcome_of(answering(broken), sender) == Answered(200, "")


async def test_a_body_that_drips_beyond_the_deadline_is_answered_in_time(sender: Sender) -> None:
    async def dripping(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not conversation.target.release.is_set():
            await conversation.send(b"d")
            await asyncio.sleep(0.02)

    started = asyncio.get_running_loop().time()
    outcome = await outcome_of(dripping, sender, within=200)
    assert isinstance(outcome, Answered)
    assert outcome.status == 200
    assert set(outcome.message) == {"d"}
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_giant_body_is_not_read_to_its_end(sender: Sender) -> None:
    written = 0

    async def giant(conversation: Conversation) -> None:
        nonlocal written
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while written < 1_000_000_000:
            await conversation.send(b"g" * 65_536)
            written += 65_536

    async with Target(giant) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == Answered(200, "g" * 500)
        await target.finished()
    assert written < 30_000_000


async def test_a_compressed_bomb_is_not_unpacked(sender: Sender) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    async with Target(answering(answer(200, bomb, "Content-Encoding: gzip"))) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        assert await sender.send(delivery(), made, SECRETS) == Answered(200, "")
        assert target.seen[0].headers["accept-encoding"] == "identity"


async def test_cookies_are_not_kept(sender: Sender) -> None:
    async with Target(answering(answer(200, b"{}", "Set-Cookie: a=b"))) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        await sender.send(delivery(), made, SECRETS)
        await sender.send(delivery(), made, SECRETS)
        assert "cookie" not in target.seen[1].headers


async def test_a_secret_in_the_answer_is_taken_out(sender: Sender) -> None:
    secrets = {"key": "key/with space", "token": "tok&en"}
    said = b'{"message": "no key/with space nor key%2Fwith%20space key%2fwith+space for tok&en or tok%26en"}'
    async with Target(answering(answer(403, said, "Retry-After: tok&en"))) as target:
        outcome = await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), secrets)
    s = "[secret]"
    assert outcome == Answered(403, f"no {s} nor {s} {s} for {s} or {s}", s)


def test_text_is_scrubbed_before_it_is_cut() -> None:
    assert tidy("x" * 495 + "SECRET-VALUE", ("SECRET-VALUE",)) == "x" * 495 + "[secr"
