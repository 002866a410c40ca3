"""No key, token or address leaves by a log, an error, a repr or an outcome, even with every logger at DEBUG."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from types import MappingProxyType

import pytest

from bridge.core.configuration import Touchpoint
from bridge.core.template import Secret, Template
from bridge.touchpoint import Sender
from bridge.touchpoint.progress import Progress
from bridge.touchpoint.quiet import CLIENT_LOGGERS
from bridge.touchpoint.request import aim
from tests.support.deliveries import delivery, touchpoint
from tests.support.targets import Conversation, Script, Target, answer, answering, refusing_port

SECRETS = {"key": "canary/KEY one", "token": "canary/TOKEN two"}
CANARIES = ("canary", "KEY", "TOKEN", "/channel/", "apiKey")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that any logger lets out, with its traceback, while each is set to DEBUG as an operator might."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    names = ["", "asyncio", *CLIENT_LOGGERS]
    levels = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


def to_debug() -> None:
    for name in ["", "asyncio", *CLIENT_LOGGERS]:
        logging.getLogger(name).setLevel(logging.DEBUG)


async def closing(conversation: Conversation) -> None:
    await conversation.request()


async def babbling(conversation: Conversation) -> None:
    seen = await conversation.request()
    assert seen is not None
    await conversation.send(seen.line.encode() + b"\r\n\r\n")


async def echoing(conversation: Conversation) -> None:
    seen = await conversation.request()
    assert seen is not None
    _, token, _, key = seen.line.replace("/enqueue?apiKey=", "/x/").removesuffix(" HTTP/1.1").split("/")[-4:]
    await conversation.send(answer(403, f"{token} {key}".encode()))


async def silent(conversation: Conversation) -> None:
    await conversation.request()
    await conversation.target.release.wait()


@pytest.mark.parametrize("script", [answering(answer()), closing, babbling, echoing, silent])
async def test_nothing_leaks_whatever_the_target_does(sender: Sender, logged: list[str], script: Script) -> None:
    asyncio.get_running_loop().set_debug(True)
    to_debug()
    async with Target(script) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}/v2", timeout=200)
        outcome = await sender.send(delivery(), made, SECRETS)
        assert target.seen[0].line.startswith("POST /v2/channel/mail/canary%2FTOKEN%20two/enqueue")
    logging.getLogger("elsewhere").debug("the handler works")
    assert "the handler works" in logged
    assert_clean("\n".join([*logged, repr(outcome), repr(sender)]))


async def test_nothing_leaks_when_nothing_can_be_sent(sender: Sender, logged: list[str]) -> None:
    to_debug()
    for url in (f"http://127.0.0.1:{refusing_port()}", "https://nothing.invalid", "https://user@nothing.invalid"):
        outcome = await sender.send(delivery(), touchpoint(url), SECRETS)
        assert_clean("\n".join([*logged, repr(outcome)]))


async def test_the_built_request_shows_only_where_it_goes() -> None:
    target = aim(touchpoint(), SECRETS, allow_private=False)
    request = target.request(delivery(), Progress())
    assert repr(request) == "<Request('POST', 'https://api.example.com')>"
    assert_clean(repr(target) + repr(request.url) + str(request.url))


async def test_an_error_inside_the_client_is_told_by_its_kind_only(logged: list[str]) -> None:
    import httpx  # noqa: PLC0415 - a stand-in for the transport, needed here alone

    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError(str(request.extensions["target"]))

    to_debug()
    async with Sender(transport=httpx.MockTransport(broken)) as sender:
        outcome = await sender.send(delivery(), touchpoint(), SECRETS)
    assert "the HTTP client failed (RuntimeError)" in repr(outcome)
    assert_clean("\n".join([*logged, repr(outcome)]))


def test_a_problem_with_a_header_does_not_show_its_value() -> None:
    headers = MappingProxyType({"X-Key": Template(("a\n", Secret("key")))})
    made: Touchpoint = touchpoint(channel="http", url=Template(("https://x.example/",)), request_headers=headers)
    try:
        aim(made, SECRETS, allow_private=False)
    except ValueError as error:
        assert_clean("".join(traceback.format_exception(error)).replace('secrets["key"]', ""))
    else:
        pytest.fail("a header with a line break was taken")


def assert_clean(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []
