"""Sizes, methods, addresses and rates: what is refused before, or although, a signature is right."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from bridge.core.configuration import Rate
from bridge.web.allowance import Allowance
from bridge.web.hooks import hooks_app
from tests.support.receptions import Shop, live, signed, source
from tests.support.servers import Running, serving

LIMIT = 1_000
BODY = b'{"id": 1}'


@pytest.fixture
def shop() -> Shop:
    slow = source("slow", limit=Rate(2, 60_000))
    return Shop({"shop": live(source()), "slow": live(slow)}, body_limit=LIMIT)


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(shop.reception())) as running:
        yield running


def padded(size: int) -> bytes:
    return b'["' + b"x" * (size - 4) + b'"]'


async def test_a_body_at_the_limit_is_taken(server: Running) -> None:
    body = padded(LIMIT)
    assert (await server.post("/hooks/shop", body, headers=signed(body))).status == 200


async def test_a_body_one_byte_over_the_limit_is_answered_413_and_kept_without_its_body(
    server: Running, shop: Shop
) -> None:
    body = padded(LIMIT + 1)
    answer = await server.post("/hooks/shop", body, headers=signed(body))
    assert (answer.status, answer.json) == (413, {"message": "the body is larger than 1000 bytes"})
    assert (shop.refused[0].status, shop.refused[0].body) == (413, b"")
    assert shop.refused[0].reason == "the body is larger than 1000 bytes"


async def test_an_announced_size_over_the_limit_is_answered_before_the_body_is_sent(server: Running) -> None:
    line = await server.connect()
    await line.write(b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n")
    assert (await line.answer()).status == 413


async def test_a_client_that_asks_first_is_told_413_instead_of_to_continue(server: Running) -> None:
    line = await server.connect()
    head = b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    await line.write(head % (LIMIT + 1))
    assert (await line.reader.readline()).startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_asks_first_may_continue(server: Running) -> None:
    line = await server.connect()
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    head = (
        f"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{fields}Content-Length: {len(BODY)}\r\n\r\n"
    )
    await line.write(head.encode())
    assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await line.write(BODY)
    assert (await line.answer()).status == 200


async def test_a_chunked_body_over_the_limit_is_answered_413_while_it_is_still_sent(
    server: Running, shop: Shop
) -> None:
    line = await server.connect()
    await line.write(b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    await line.write(b"3e9\r\n" + b"x" * (LIMIT + 1) + b"\r\n")
    assert (await line.answer()).status == 413
    assert shop.refused[0].body == b""


async def test_a_body_compressed_in_an_unknown_way_is_answered_415(server: Running, shop: Shop) -> None:
    answer = await server.post("/hooks/shop", BODY, headers={**signed(BODY), "Content-Encoding": "br"})
    assert answer.status == 415
    message = "the body must not be compressed in this way; send gzip, deflate or no Content-Encoding"
    assert answer.json == {"message": message}
    reason = "the body is compressed in a way that is not read; switch compression off at the sender"
    assert shop.refused[0].reason == reason
    identity = {**signed(BODY), "Content-Encoding": "identity"}
    assert (await server.post("/hooks/shop", BODY, headers=identity)).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_answered_405(method: str, server: Running) -> None:
    for name in ("shop", "nobody"):
        answer = await server.send(method, f"/hooks/{name}")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert answer.json == {"message": "webhooks are sent by POST"}


@pytest.mark.parametrize(
    "path", ["/", "/hooks", "/hooks/", "/hooks/shop/", "/hooks/a/b", "/Hooks/shop", "/hooks/a%2Fb"]
)
async def test_other_addresses_are_answered_404_and_never_redirected(path: str, server: Running) -> None:
    answer = await server.post(path, BODY, headers=signed(BODY))
    message = "there is nothing at this address; webhooks go to /hooks/NAME-OF-THE-SOURCE"
    assert (answer.status, answer.json) == (404, {"message": message})


@pytest.mark.parametrize("name", ["%00", "..", "%F0%9F%92%A9", "%ff", "a" * 4_000, "shop%00", "SHOP", "*"])
async def test_odd_names_of_sources_are_unknown_sources(name: str, server: Running, shop: Shop) -> None:
    answer = await server.post(f"/hooks/{name}", BODY, headers=signed(BODY))
    assert (answer.status, answer.json) == (401, {"message": "the signature was not accepted"})
    assert shop.answers == [("", 401)]


async def test_a_source_over_its_own_limit_is_answered_429_until_the_bucket_fills(server: Running, shop: Shop) -> None:
    answers = [await server.post("/hooks/slow", BODY, headers=signed(BODY)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "30"
    assert answers[2].json == {"message": "this source sends more than its limit allows; send it again later"}
    assert (await server.post("/hooks/shop", BODY, headers=signed(BODY))).status == 200
    shop.now += 30_000
    assert (await server.post("/hooks/slow", BODY, headers=signed(BODY))).status == 200
    assert shop.refused == []


async def test_forged_requests_do_not_use_up_a_sources_limit(server: Running) -> None:
    for _ in range(5):
        assert (await server.post("/hooks/slow", BODY)).status == 401
    assert (await server.post("/hooks/slow", BODY, headers=signed(BODY))).status == 200


def test_a_clock_that_jumps_back_grants_nothing_and_blocks_nothing() -> None:
    allowance = Allowance(Rate(1, 1_000), 10_000)
    assert allowance.take(10_000) == 0
    assert allowance.take(5_000) == 1_000
    assert allowance.take(6_000) == 0


async def test_a_sender_that_leaves_within_its_request_leaves_no_trace(server: Running, shop: Shop) -> None:
    line = await server.connect()
    await line.write(b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    await line.close()
    async with asyncio.timeout(5):
        while server.state.connections or server.state.tasks:  # noqa: ASYNC110  # the server has no such event
            await asyncio.sleep(0.01)
    assert (shop.answers, shop.refused, shop.accepted) == ([], [], [])


async def test_a_flood_of_refusals_is_kept_but_does_not_flood_the_log(
    server: Running, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    line = await server.connect()
    for _ in range(90):
        await line.write(b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        assert (await line.answer()).status == 401
    shop.now += 50
    await server.post("/hooks/shop", BODY)
    lines = [record.__dict__["keys"] for record in caplog.records if record.message == "request.refused"]
    assert (len(shop.refused), len(lines), lines[-1]["unsaid"]) == (91, 21, 70)


FINE = {0, 200, 400, 401, 404, 405, 408, 413, 414, 415, 431}


@pytest.mark.parametrize("seed", range(8))
async def test_damaged_requests_are_refused_or_taken_but_never_a_fault(seed: int, server: Running, shop: Shop) -> None:
    chance = random.Random(seed)
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    whole = f"POST /hooks/shop?a=1 HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(data))
            data[start : start + chance.choice([0, 1, 8])] = chance.choice(
                [
                    b"",
                    b"\x00",
                    b"\r\n",
                    b"%",
                    b"\xff",
                    b": ",
                    b"\n\n",
                    chance.randbytes(3),
                    b"Transfer-Encoding: chunked\r\n",
                ]
            )
        line = await server.connect()
        await line.write(bytes(data))
        line.writer.write_eof()
        assert (await line.answer()).status in FINE, bytes(data)
    assert (await server.post("/hooks/shop", BODY, headers=signed(BODY))).status == 200
    assert {status for _, status in shop.answers} <= FINE
