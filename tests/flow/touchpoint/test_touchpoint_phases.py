"""Was it sent? Every way a connection can end, against real sockets: the outcome, and what the target saw."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.core.outcome import Answered, NotSent, Outcome, Unknown
from bridge.touchpoint import Sender
from bridge.touchpoint.address import Address
from bridge.touchpoint.dial import Dialer, Origin
from bridge.touchpoint.progress import Phase, Progress
from bridge.touchpoint.request import aim
from bridge.touchpoint.transport import Transport
from bridge.touchpoint.wire import Wire
from tests.support.deliveries import BODY, SECRETS, TLS, delivery, resolve, touchpoint
from tests.support.targets import (
    Authority,
    Conversation,
    Deaf,
    Script,
    Target,
    answer,
    answering,
    authority,
    refusing_port,
)

HUGE = '{"email":"' + "a" * 20_000_000 + '"}'  # more than the socket buffers of both sides take


@pytest.fixture(scope="module")
def issuer() -> Authority:
    return authority()


async def outcome_of(script: Script, sender: Sender, *, body: str = BODY, within: int = 5_000) -> tuple[Outcome, int]:
    """Send one delivery to a target with this script: the outcome, and how many full requests the target saw."""
    async with Target(script) as target:
        outcome = await sender.send(
            delivery(body), touchpoint(f"http://127.0.0.1:{target.port}", timeout=within), SECRETS
        )
        target.release.set()
        await target.finished()
        return outcome, len(target.seen)


def unknown(what: str) -> Unknown:
    """Give the outcome of an attempt that was sent in full, by the clock of the sender of these tests."""
    return Unknown(f"sent in full at 14:03:07 UTC, {what} after 0.0 s without an answer")


# -- before anything is sent ---------------------------------------------------------------------------------


async def test_a_refused_connection_is_not_sent(sender: Sender) -> None:
    outcome = await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{refusing_port()}"), SECRETS)
    assert outcome == NotSent("connection refused while connecting")


async def test_an_unknown_name_is_not_sent(sender: Sender) -> None:
    outcome = await sender.send(delivery(), touchpoint("http://nothing.invalid"), SECRETS)
    assert outcome == NotSent("name not found while looking up the target's name")


async def test_a_name_server_that_does_not_answer_is_not_sent() -> None:
    async def never(host: str) -> Sequence[Address]:
        await asyncio.Event().wait()
        return []

    async with Sender(allow_private=True, resolve=never, tls=TLS) as sender:
        outcome = await sender.send(delivery(), touchpoint("http://slow.test", timeout=50), SECRETS)
    assert outcome == NotSent("timed out while looking up the target's name")


async def test_a_connection_that_is_never_made_is_not_sent(sender: Sender) -> None:
    with Deaf() as port:
        outcome = await sender.send(delivery(), touchpoint(f"http://127.0.0.1:{port}", timeout=100), SECRETS)
    assert outcome == NotSent("timed out while connecting")


async def test_a_private_address_is_not_connected_to() -> None:
    async with Target(answering(answer())) as target, Sender(resolve=resolve, tls=TLS) as sender:
        outcome = await sender.send(delivery(), touchpoint(f"https://localhost.test:{target.port}"), SECRETS)
        assert outcome == NotSent(
            "the address is not a public one, so nothing was sent while looking up the target's name"
        )
        assert target.connections == 0


# -- TLS -----------------------------------------------------------------------------------------------------


async def over_tls(
    issuer: Authority, folder: Path, *, names: Sequence[str], trusted: Authority, days: int = 30
) -> tuple[Outcome, int]:
    context = issuer.server(folder, names, days=days)
    async with (
        Target(answering(answer()), tls=context) as target,
        Sender(allow_private=True, resolve=resolve, tls=trusted.trusted()) as sender,
    ):
        outcome = await sender.send(delivery(), touchpoint(f"https://localhost.test:{target.port}"), SECRETS)
        return outcome, len(target.seen)


async def test_a_good_certificate_is_accepted(issuer: Authority, tmp_path: Path) -> None:
    result = await over_tls(issuer, tmp_path, names=["localhost.test"], trusted=issuer)
    assert result == (Answered(200, "enqueued"), 1)


async def test_a_certificate_for_another_name_is_not_sent_to(issuer: Authority, tmp_path: Path) -> None:
    result = await over_tls(issuer, tmp_path, names=["other.test"], trusted=issuer)
    assert result == (NotSent("TLS certificate not accepted (it is for another name) while agreeing on TLS"), 0)


async def test_the_name_is_checked_although_the_connection_goes_to_the_address(
    issuer: Authority, tmp_path: Path
) -> None:
    result = await over_tls(issuer, tmp_path, names=["127.0.0.1"], trusted=issuer)
    assert result == (NotSent("TLS certificate not accepted (it is for another name) while agreeing on TLS"), 0)


async def test_an_untrusted_certificate_is_not_sent_to(issuer: Authority, tmp_path: Path) -> None:
    result = await over_tls(issuer, tmp_path, names=["localhost.test"], trusted=authority())
    assert result == (
        NotSent("TLS certificate not accepted (its issuer is not trusted) while agreeing on TLS"),
        0,
    )


async def test_an_expired_certificate_is_not_sent_to(issuer: Authority, tmp_path: Path) -> None:
    result = await over_tls(issuer, tmp_path, names=["localhost.test"], trusted=issuer, days=-1)
    assert result == (NotSent("TLS certificate not accepted (it has expired) while agreeing on TLS"), 0)


async def test_a_port_that_does_not_speak_tls_is_not_sent_to(sender: Sender) -> None:
    async def plain(conversation: Conversation) -> None:
        await conversation.reader.read(1)
        await conversation.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with Target(plain) as target:
        outcome = await sender.send(delivery(), touchpoint(f"https://127.0.0.1:{target.port}"), SECRETS)
    assert outcome == NotSent("TLS could not be agreed on while agreeing on TLS")


async def test_a_handshake_that_stalls_is_not_sent(sender: Sender) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.target.release.wait()

    async with Target(silent) as target:
        outcome = await sender.send(delivery(), touchpoint(f"https://127.0.0.1:{target.port}", timeout=100), SECRETS)
    assert outcome == NotSent("timed out while agreeing on TLS")


async def test_a_close_in_the_handshake_is_not_sent(sender: Sender) -> None:
    async def closing(conversation: Conversation) -> None:
        await conversation.reader.read(1)

    async with Target(closing) as target:
        outcome = await sender.send(delivery(), touchpoint(f"https://127.0.0.1:{target.port}"), SECRETS)
    assert outcome == NotSent("connection closed while agreeing on TLS")


# -- while it is sent ----------------------------------------------------------------------------------------


async def test_a_body_that_only_partly_left_before_the_deadline_is_not_sent(sender: Sender) -> None:
    async def reading_later(conversation: Conversation) -> None:
        await conversation.target.release.wait()
        await conversation.request()

    result = await outcome_of(reading_later, sender, body=HUGE, within=200)
    assert result == (NotSent("timed out before the whole request was sent"), 0)


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_that_ends_in_the_middle_of_the_body_is_not_sent(sender: Sender, how: str) -> None:
    async def leaving(conversation: Conversation) -> None:
        await conversation.head()
        if how == "reset":
            conversation.reset()

    result = await outcome_of(leaving, sender, body=HUGE)
    assert isinstance(result[0], NotSent)
    assert result[0].reason.endswith("before the whole request was sent")
    assert result[1] == 0


async def test_an_early_answer_counts_although_the_body_never_left(sender: Sender) -> None:
    async def too_large(conversation: Conversation) -> None:
        await conversation.head()
        await conversation.send(answer(413, b'{"message": "too large"}', "Connection: close"))
        while await conversation.reader.read(2**16):
            pass

    assert await outcome_of(too_large, sender, body=HUGE) == (Answered(413, "too large"), 0)


# -- after it was sent ---------------------------------------------------------------------------------------


async def test_a_request_that_lies_unread_in_the_target_s_buffer_is_unknown(sender: Sender) -> None:
    async def reading_later(conversation: Conversation) -> None:
        await conversation.target.release.wait()
        await conversation.request()

    result = await outcome_of(reading_later, sender, within=100)
    assert result == (unknown("timed out"), 1)


async def test_no_answer_in_time_is_unknown(sender: Sender) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.target.release.wait()

    assert await outcome_of(silent, sender, within=100) == (unknown("timed out"), 1)


async def test_a_close_after_sending_is_unknown(sender: Sender) -> None:
    async def closing(conversation: Conversation) -> None:
        await conversation.request()

    assert await outcome_of(closing, sender) == (unknown("the connection was closed"), 1)


async def test_a_close_without_reading_is_unknown_since_the_network_took_it_all(sender: Sender) -> None:
    async def closing(conversation: Conversation) -> None:
        await conversation.reader.read(1)

    outcome, seen = await outcome_of(closing, sender)
    assert isinstance(outcome, Unknown)
    assert seen == 0


async def test_a_reset_after_sending_is_unknown(sender: Sender) -> None:
    async def resetting(conversation: Conversation) -> None:
        await conversation.request()
        conversation.reset()

    result = await outcome_of(resetting, sender)
    assert result == (unknown("the connection was broken off"), 1)


@pytest.mark.parametrize(
    "junk",
    [
        b"HELLO THERE\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"\x00" * 64,
        b"HTTP/1.1 099 Odd\r\n\r\n",
        b"x" * 200_000,
    ],
)
async def test_a_junk_status_line_is_unknown(sender: Sender, junk: bytes) -> None:
    async def babbling(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(junk)

    result = await outcome_of(babbling, sender)
    assert result == (Unknown("sent in full at 14:03:07 UTC, the answer was cut or not HTTP after 0.0 s"), 1)


async def test_a_status_line_cut_in_the_middle_is_unknown(sender: Sender) -> None:
    async def cutting(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\nContent-Le")

    result = await outcome_of(cutting, sender)
    assert result == (unknown("the connection was closed"), 1)


async def test_headers_that_drip_beyond_the_deadline_are_unknown(sender: Sender) -> None:
    async def dripping(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b"HTTP/1.1 200 OK\r\n")
        while not conversation.target.release.is_set():
            await conversation.send(b"X-Drip: 1\r\n")
            await asyncio.sleep(0.01)

    assert await outcome_of(dripping, sender, within=150) == (unknown("timed out"), 1)


async def test_only_100_continue_is_unknown(sender: Sender) -> None:
    async def going_on(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    result = await outcome_of(going_on, sender)
    assert result == (unknown("the connection was closed"), 1)


async def test_what_is_known_of_an_unknown_fate_is_when_it_was_sent_and_how_long_an_answer_was_waited_for() -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.request()

    times = [50_587.9, 50_602.85]
    async with Sender(allow_private=True, resolve=resolve, tls=TLS, clock=lambda: times.pop(0)) as sender:
        outcome, _ = await outcome_of(silent, sender)
    told = "sent in full at 14:03:07 UTC, the connection was closed after 14.9 s without an answer"
    assert outcome == Unknown(told)


# -- in the very moment --------------------------------------------------------------------------------------


class Slow(asyncio.Transport):
    """A transport whose network takes nothing until the test says so."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire, self.high, self.written = wire, -1, asyncio.Event()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002 - asyncio's
        self.high = -1 if high is None else high

    def write(self, data: object) -> None:  # noqa: ARG002 - asyncio's
        if self.high == 0:
            self.wire.pause_writing()
        self.written.set()

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self.wire.connection_lost(None)


class Dialing(Dialer):
    """Connects to nothing but a slow transport."""

    def __init__(self) -> None:
        super().__init__(resolve, TLS, allow_private=True)
        self.wire = Wire()
        self.slow = Slow(self.wire)

    async def dial(self, origin: Origin, progress: Progress) -> Wire:  # noqa: ARG002 - the dialer's signature
        self.wire.connection_made(self.slow)
        return self.wire


@pytest.mark.parametrize(("everything_left", "phase"), [(False, Phase.SENDING), (True, Phase.SENT)])
@pytest.mark.parametrize("body", [BODY, ""])
async def test_a_deadline_that_strikes_as_the_last_byte_leaves_makes_it_sent(
    *, everything_left: bool, phase: Phase, body: str
) -> None:
    dialing, progress = Dialing(), Progress()
    request = aim(touchpoint(), SECRETS, allow_private=True).request(delivery(body), progress)
    sending = asyncio.create_task(Transport(dialing).handle_async_request(request))
    await dialing.slow.written.wait()
    if everything_left:
        dialing.wire.resume_writing()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert progress.phase is phase


# -- the end of the process ----------------------------------------------------------------------------------


async def test_cutting_off_gives_each_attempt_the_outcome_of_its_phase(sender: Sender) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.target.release.wait()

    async with Target(silent) as target:
        sent = asyncio.create_task(sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS))
        await target.arrival.wait()
        with Deaf() as port:
            unsent = asyncio.create_task(sender.send(delivery(), touchpoint(f"http://127.0.0.1:{port}"), SECRETS))
            await asyncio.sleep(0)
            sender.cut_off()
            assert await sent == unknown("the bridge stopped")
            assert isinstance(await unsent, NotSent)


async def test_a_cancelled_attempt_drops_its_connection(sender: Sender) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.request()
        await conversation.reader.read()

    async with Target(silent) as target:
        task = asyncio.create_task(sender.send(delivery(), touchpoint(f"http://127.0.0.1:{target.port}"), SECRETS))
        await target.arrival.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await target.finished()
