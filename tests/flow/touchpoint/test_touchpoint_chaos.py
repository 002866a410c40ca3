"""Many requests at a time to a target that does anything: what is said of each agrees with what the target saw."""

import asyncio
import random
import ssl
from collections import Counter
from pathlib import Path

import pytest

from bridge.core.outcome import Answered, NotSent, Outcome, Unknown
from bridge.touchpoint import Sender
from tests.support.deliveries import SECRETS, delivery, resolve, touchpoint
from tests.support.targets import Authority, Conversation, Script, Target, answer, authority

REQUESTS = 250
AT_A_TIME = 50
BODIES = ("x" * 100, "x" * 100, "x" * 100, "x" * 8_000_000)  # the last one is more than the sockets of both sides take
ENDS = ["close", "reset", "junk", "cut head", "cut body", "surplus", "early", "silent", "drip", "close header"]


def whims(dice: random.Random) -> Script:
    """Make a target that mostly answers each request with its own id, and now and then does something else."""

    async def script(conversation: Conversation) -> None:
        while head := await conversation.head():
            if dice.random() < 0.05:
                return  # in the middle of the body
            if dice.random() < 0.03:
                await conversation.target.release.wait()  # so that what is on its way fills the buffers
            seen = await conversation.body(*head)
            if seen is None:
                return
            whole = answer(200, f'{{"message":"{seen.headers["idempotency-key"]}"}}'.encode())
            how = dice.choice(ENDS) if dice.random() < 0.3 else "answer"
            if not await carried_out(conversation, how, whole):
                return

    return script


async def carried_out(conversation: Conversation, how: str, whole: bytes) -> bool:
    """Do it; False if the connection is to end with it."""
    head, _, body = whole.partition(b"\r\n\r\n")
    match how:
        case "answer":
            await conversation.send(whole)
        case "close header":
            await conversation.send(head + b"\r\nConnection: close\r\n\r\n" + body)
        case "surplus":
            await conversation.send(whole + answer(200, b'{"message":"not yours"}'))
        case "early":
            await conversation.send(b"HTTP/1.1 100 Continue\r\n\r\n" + whole)
        case "drip":
            for byte in whole:
                await conversation.send(bytes([byte]))
        case "junk":
            await conversation.send(b"HELLO THERE\r\n\r\n")
        case "cut head" | "cut body":
            await conversation.send(whole[: 20 if how == "cut head" else -5])
        case "silent":
            await conversation.target.release.wait()
        case "reset":
            if not conversation.writer.is_closing():
                conversation.reset()
    return how in {"answer", "close header", "surplus", "early", "drip"}


async def sent_by_many(sender: Sender, target: Target, scheme: str, dice: random.Random) -> dict[str, Outcome]:
    """Send all of them, so many at a time; a deadline cuts off those that the target leaves alone."""
    made = touchpoint(f"{scheme}://localhost.test:{target.port}", timeout=400)
    names = iter([f"dlv_{number}" for number in range(REQUESTS)])
    outcomes: dict[str, Outcome] = {}

    async def keep_sending() -> None:
        for name in names:
            outcomes[name] = await sender.send(delivery(dice.choice(BODIES), id=name), made, SECRETS)

    await asyncio.gather(*(keep_sending() for _ in range(AT_A_TIME)))
    return outcomes


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_is_said_of_each_request_agrees_with_what_the_target_saw(scheme: str, tmp_path: Path) -> None:
    dice, issuer = random.Random(7), authority()
    async with Target(whims(dice), tls=server(issuer, tmp_path, scheme), buffer=16_384) as target:
        async with Sender(allow_private=True, resolve=resolve, tls=issuer.trusted()) as sender:
            outcomes = await sent_by_many(sender, target, scheme, dice)
        target.release.set()
        await target.finished()
        seen = Counter(request.headers["idempotency-key"] for request in target.seen)
    assert len(outcomes) == REQUESTS
    assert [name for name, outcome in outcomes.items() if not agrees(name, outcome, seen[name])] == []
    kinds = Counter(type(outcome).__name__ for outcome in outcomes.values())
    assert min(kinds["Answered"], kinds["NotSent"], kinds["Unknown"]) > 0


def agrees(name: str, outcome: Outcome, seen: int) -> bool:
    match outcome:
        case Answered(status, message):
            own = message == name or f'{{"message":"{name}"}}'.startswith(message)  # the latter where it was cut
            return status == 200 and seen == 1 and own
        case NotSent():
            return seen == 0
        case Unknown():
            return seen <= 1


def server(issuer: Authority, folder: Path, scheme: str) -> ssl.SSLContext | None:
    return issuer.server(folder, ["localhost.test"]) if scheme == "https" else None
