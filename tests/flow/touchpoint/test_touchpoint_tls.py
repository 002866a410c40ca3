"""Was it sent over TLS? As exactly as without: what lies in a buffer of this process was not sent."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.core.outcome import Answered, NotSent, Outcome, Unknown
from bridge.touchpoint import Sender
from tests.support.deliveries import BODY, SECRETS, TLS, delivery, resolve, touchpoint
from tests.support.targets import Authority, Conversation, Script, Target, answer, answering, authority

HUGE = '{"email":"' + "a" * 20_000_000 + '"}'  # more than the socket buffers of both sides take
ENQUEUED = Answered(200, "enqueued")


@pytest.fixture(scope="module")
def issuer() -> Authority:
    return authority()


@asynccontextmanager
async def secured(issuer: Authority, folder: Path, script: Script) -> AsyncIterator[tuple[Target, Sender]]:
    """Give a target behind TLS, and a sender that trusts it and whose clock stands at 14:03:07 UTC."""
    context = issuer.server(folder, ["localhost.test"])
    async with (
        Target(script, tls=context) as target,
        Sender(allow_private=True, resolve=resolve, tls=issuer.trusted(), clock=lambda: 50_587.0) as sender,
    ):
        yield target, sender


async def sent_to(target: Target, sender: Sender, *, body: str = BODY, within: int = 5_000) -> Outcome:
    made = touchpoint(f"https://localhost.test:{target.port}", timeout=within)
    return await sender.send(delivery(body), made, SECRETS)


def unknown(what: str) -> Unknown:
    return Unknown(f"sent in full at 14:03:07 UTC, {what} after 0.0 s without an answer")


def test_a_peer_must_prove_its_name_by_tls_1_2_or_newer_and_once() -> None:
    assert TLS.verify_mode is ssl.CERT_REQUIRED
    assert TLS.check_hostname
    assert TLS.minimum_version is ssl.TLSVersion.TLSv1_2
    assert TLS.options & ssl.OP_NO_RENEGOTIATION


async def test_a_body_that_only_partly_left_before_the_deadline_is_not_sent(issuer: Authority, tmp_path: Path) -> None:
    async def reading_later(conversation: Conversation) -> None:
        await conversation.target.release.wait()
        await conversation.request()

    async with secured(issuer, tmp_path, reading_later) as (target, sender):
        outcome = await sent_to(target, sender, body=HUGE, within=1_000)
        target.release.set()
        await target.finished()
        assert (outcome, target.seen) == (NotSent("timed out before the whole request was sent"), [])


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_that_ends_in_the_middle_of_the_body_is_not_sent(
    issuer: Authority, tmp_path: Path, how: str
) -> None:
    async def leaving(conversation: Conversation) -> None:
        await conversation.head()
        if how == "reset":
            conversation.reset()

    async with secured(issuer, tmp_path, leaving) as (target, sender):
        outcome = await sent_to(target, sender, body=HUGE)
        assert isinstance(outcome, NotSent)
        assert outcome.reason.endswith("before the whole request was sent")


async def test_a_huge_body_that_is_read_arrives_whole(issuer: Authority, tmp_path: Path) -> None:
    async with secured(issuer, tmp_path, answering(answer())) as (target, sender):
        assert await sent_to(target, sender, body=HUGE) == ENQUEUED
        assert target.seen[0].body == HUGE.encode()


@pytest.mark.parametrize(
    ("how", "told"), [("close", "the connection was closed"), ("reset", "the connection was broken off")]
)
async def test_an_end_after_sending_is_unknown(issuer: Authority, tmp_path: Path, how: str, told: str) -> None:
    async def leaving(conversation: Conversation) -> None:
        await conversation.request()
        if how == "reset":
            conversation.reset()
        else:
            conversation.writer.close()
            await conversation.writer.wait_closed()

    async with secured(issuer, tmp_path, leaving) as (target, sender):
        assert await sent_to(target, sender) == unknown(told)
        assert len(target.seen) == 1


async def test_no_answer_in_time_is_unknown(issuer: Authority, tmp_path: Path) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.target.release.wait()

    async with secured(issuer, tmp_path, silent) as (target, sender):
        assert await sent_to(target, sender, within=300) == unknown("timed out")
        assert len(target.seen) == 1


async def test_bytes_that_are_not_tls_after_sending_are_unknown(issuer: Authority, tmp_path: Path) -> None:
    async def forging(conversation: Conversation) -> None:
        await conversation.request()
        os.write(
            conversation.writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x14" + b"forged " * 2 + b"answer"
        )
        await conversation.target.release.wait()

    async with secured(issuer, tmp_path, forging) as (target, sender):
        assert await sent_to(target, sender) == unknown("the connection was broken off")


async def test_junk_within_tls_is_unknown(issuer: Authority, tmp_path: Path) -> None:
    async with secured(issuer, tmp_path, answering(b"220 mail.test ESMTP\r\n")) as (target, sender):
        told = "sent in full at 14:03:07 UTC, the answer was cut or not HTTP after 0.0 s"
        assert await sent_to(target, sender) == Unknown(told)


async def test_an_answer_in_many_records_is_put_together(issuer: Authority, tmp_path: Path) -> None:
    async def piecemeal(conversation: Conversation) -> None:
        await conversation.request()
        for letter in answer(202, b'{"message": "in pieces"}'):
            await conversation.send(bytes([letter]))

    async with secured(issuer, tmp_path, piecemeal) as (target, sender):
        assert await sent_to(target, sender) == Answered(202, "in pieces")


async def test_a_body_ends_with_the_session(issuer: Authority, tmp_path: Path) -> None:
    async def old(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b'HTTP/1.0 201 Created\r\n\r\n{"message": "old"}')
        conversation.writer.close()
        await conversation.writer.wait_closed()

    async with secured(issuer, tmp_path, old) as (target, sender):
        assert await sent_to(target, sender) == Answered(201, "old")


async def test_a_connection_serves_one_request_after_the_other(issuer: Authority, tmp_path: Path) -> None:
    async with secured(issuer, tmp_path, answering(answer())) as (target, sender):
        assert [await sent_to(target, sender) for _ in range(3)] == [ENQUEUED] * 3
        assert (target.connections, len(target.seen)) == (1, 3)


async def test_a_session_that_the_target_ended_meanwhile_is_not_used(issuer: Authority, tmp_path: Path) -> None:
    async def once(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(answer())
        await conversation.target.release.wait()

    async with secured(issuer, tmp_path, once) as (target, sender):
        assert await sent_to(target, sender) == ENQUEUED
        target.release.set()
        await target.finished()
        assert await sent_to(target, sender) == ENQUEUED
        assert (target.connections, len(target.seen)) == (2, 2)


async def test_a_cancelled_handshake_drops_its_connection(issuer: Authority, tmp_path: Path) -> None:
    async def silent(conversation: Conversation) -> None:
        conversation.target.arrival.set()
        await conversation.reader.read()
        await conversation.reader.read()

    async with Target(silent) as target, Sender(allow_private=True, resolve=resolve, tls=issuer.trusted()) as sender:
        task = asyncio.create_task(sent_to(target, sender))
        await target.arrival.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await target.finished()
