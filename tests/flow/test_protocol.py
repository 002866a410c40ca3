"""The guarded server protocol, through raw sockets: deadlines, caps, and requests that could be read two ways."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bridge.web.protocol import ReceiveLimits
from tests.support.servers import PATIENCE, Line, Running, serving

LIMITS = ReceiveLimits(receive=0.2, keep_alive=0.2, send=0.2, linger=0.2, requests=4)


class Application:
    """Answers with the size of the body, and remembers the requests it saw in full."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def has_started(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.started.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        self.started.set()
        request = Request(scope, receive)
        if scope["path"] == "/early":
            await JSONResponse({"size": -1}, 413)(scope, receive, send)
            return
        parts = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message["body"])
            if not message["more_body"]:
                break
        await self.go_on.wait()
        self.seen.append((request.method, scope["path"], b"".join(parts)))
        answer: dict[str, object] = {"size": len(b"".join(parts))}
        if scope["path"] == "/big":
            answer["padding"] = "x" * 8_000_000
        if scope["path"] == "/headers":
            answer["headers"] = dict(request.headers)
        await JSONResponse(answer)(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": message["type"] + ".complete"})
    await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
async def server(application: Application) -> AsyncIterator[Running]:
    async with serving(application, limits=LIMITS) as running:
        yield running


@pytest.fixture
async def line(server: Running) -> Line:
    return await server.connect()


# -- deadlines ------------------------------------------------------------------------------------------------


async def test_a_connection_that_sends_nothing_is_closed(line: Line, application: Application) -> None:
    answer = await line.answer()
    assert answer.status in {0, 408}
    assert await line.rest() == b""
    assert application.seen == []


async def test_a_head_that_drips_is_answered_408_and_closed(line: Line) -> None:
    async def drip() -> None:
        while not line.reader.at_eof():
            await line.write(b"X-Slow: 1\r\n")
            await asyncio.sleep(0.02)  # the pace of the attack, not a wait for a result

    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\n")
    dripping = asyncio.create_task(drip())
    answer = await line.answer()
    await line.rest()
    dripping.cancel()
    assert answer.status == 408
    assert answer.json == {"message": "the request did not arrive within 0.2 seconds"}
    assert answer.headers["connection"] == "close"


async def test_a_body_that_does_not_arrive_is_answered_408_and_never_handled(
    line: Line, application: Application
) -> None:
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    assert (await line.answer()).status == 408
    assert await line.rest() == b""
    assert application.started.is_set()
    assert application.seen == []


async def test_line_breaks_between_requests_do_not_keep_a_connection_alive(line: Line) -> None:
    async def drip() -> None:
        while not line.reader.at_eof():
            await line.write(b"\r\n")
            await asyncio.sleep(0.02)  # the pace of the attack

    dripping = asyncio.create_task(drip())
    await line.answer()
    await line.rest()
    dripping.cancel()
    assert line.reader.at_eof()


async def test_an_idle_connection_is_closed_after_its_answer(line: Line) -> None:
    await line.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await line.answer()).json == {"size": 0}
    assert await line.rest() == b""


async def test_a_second_request_that_drips_is_answered_408(line: Line) -> None:
    await line.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await line.answer()).status == 200
    await line.write(b"GET / HTTP/1.1\r\nHo")
    assert (await line.answer()).status == 408


async def test_an_application_may_take_longer_than_the_deadline(line: Line, application: Application) -> None:
    application.go_on.clear()
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    await application.has_started()
    loop = asyncio.get_running_loop()
    loop.call_later(3 * LIMITS.receive, application.go_on.set)
    assert (await line.answer()).json == {"size": 3}


async def test_a_client_that_does_not_read_its_answer_is_cut_off(server: Running, application: Application) -> None:
    line = await server.connect()
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await line.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    await application.has_started()
    async with asyncio.timeout(5):
        while server.state.connections:  # noqa: ASYNC110  # the server has no event for a connection that it drops
            await asyncio.sleep(0.02)


async def test_a_client_that_has_sent_all_may_close_its_side_and_still_reads_the_answer(
    line: Line, application: Application
) -> None:
    application.go_on.clear()
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
    line.writer.write_eof()
    await application.has_started()
    asyncio.get_running_loop().call_later(0.05, application.go_on.set)
    assert (await line.answer()).json == {"size": 3}
    assert await line.rest() == b""


async def test_a_client_that_closes_its_side_within_a_request_is_closed(line: Line, application: Application) -> None:
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    line.writer.write_eof()
    assert await line.rest() == b""
    assert application.seen == []


# -- caps -----------------------------------------------------------------------------------------------------


async def test_a_hundred_fields_are_taken_and_one_more_is_not(line: Line, server: Running) -> None:
    fields = b"".join(b"X-%d: 1\r\n" % number for number in range(99))
    await line.write(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
    assert (await line.answer()).status == 200
    other = await server.connect()
    await other.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-More: 1\r\n" + fields + b"\r\n")
    answer = await other.answer()
    assert (answer.status, answer.json) == (431, {"message": "there are more than 100 header fields"})


async def test_a_head_of_16_mb_is_answered_431_and_not_read_to_its_end(line: Line) -> None:
    writing = asyncio.create_task(line.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 16_000_000))
    answer = await line.answer()
    assert answer.json == {"message": "the head of the request is larger than 32768 bytes"}
    assert answer.status == 431
    await line.rest()
    await writing


async def test_a_complete_head_over_the_limit_is_answered_431(line: Line, application: Application) -> None:
    await line.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 33_000 + b"\r\n\r\n")
    assert (await line.answer()).status == 431
    assert application.seen == []


async def test_a_body_in_the_same_packet_does_not_count_as_head(line: Line) -> None:
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + b"z" * 60_000)
    assert (await line.answer()).json == {"size": 60_000}


async def test_a_url_over_8_kb_is_answered_414(line: Line) -> None:
    await line.write(b"GET /" + b"a" * 9_000)
    answer = await line.answer()
    assert (answer.status, answer.json) == (414, {"message": "the URL is longer than 8192 bytes"})


async def test_trailers_are_not_headers_and_are_bounded(server: Running) -> None:
    chunked = b"POST /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    line = await server.connect()
    await line.write(chunked + b"X-Signature: forged\r\n\r\n")
    assert "x-signature" not in (await line.answer()).json["headers"]
    line = await server.connect()
    writing = asyncio.create_task(line.write(chunked + b"X: " + b"y" * 2_000_000))
    answer = await line.answer()
    assert (answer.status, answer.json) == (400, {"message": "the request holds too much besides its body"})
    await writing


async def test_after_an_early_answer_the_body_is_dropped_and_the_connection_goes_on(line: Line) -> None:
    await line.write(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + b"z" * 300_000)
    assert (await line.answer()).status == 413
    await line.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await line.answer()).status == 200


async def test_after_an_early_answer_an_endless_body_is_cut_off(application: Application) -> None:
    async with serving(application, limits=ReceiveLimits(receive=60, discard=1_000_000)) as server:
        line = await server.connect()
        await line.write(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n")
        assert (await line.answer()).status == 413
        writing = asyncio.create_task(line.write(b"z" * 40_000_000))
        assert await line.rest() == b""
        await writing


async def test_a_connection_serves_so_many_requests_and_says_when_it_is_the_last(line: Line) -> None:
    answers = []
    for _ in range(4):
        await line.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answers.append((await line.answer()).headers.get("connection"))
    assert answers == [None, None, None, "close"]
    assert await line.rest() == b""


# -- one request is one request -------------------------------------------------------------------------------

HIDDEN = b"POST /hidden HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
START = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
AMBIGUOUS = {
    "length and chunked": START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": START + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": START + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "two different lengths": START + b"Content-Length: 0\r\nContent-Length: 54\r\n\r\n",
    "a list of lengths": START + b"Content-Length: 0, 0\r\n\r\n",
    "length with plus": START + b"Content-Length: +0\r\n\r\n",
    "negative length": START + b"Content-Length: -5\r\n\r\n",
    "hexadecimal length": START + b"Content-Length: 0x0\r\n\r\n",
    "endless length": START + b"Content-Length: 99999999999999999999\r\n\r\n",
    "bare line feeds": b"POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
    "folded field": START + b"X: a\r\n Content-Length: 0\r\n\r\n",
    "space before the colon": START + b"Content-Length : 0\r\n\r\n",
    "NUL in a value": START + b"X: a\x00b\r\n\r\n",
    "carriage return in a value": START + b"X: a\rb\r\n\r\n",
    "two hosts": START + b"Host: b\r\nContent-Length: 0\r\n\r\n",
    "no host": b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "unknown coding": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding twice": START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size without digits": CHUNKED + b"zz\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
    "bare line feeds in chunks": CHUNKED + b"0\n\n",
    "another version": b"POST / HTTP/2.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "high bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("data", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_a_request_that_could_be_read_two_ways_is_refused(
    data: bytes, line: Line, application: Application
) -> None:
    await line.write(data + HIDDEN)
    answer = await line.answer()
    assert answer.status == 400
    assert list(answer.json) == ["message"]
    assert await line.rest() == b""
    assert application.seen == []


async def test_an_absolute_address_is_taken_for_its_path(line: Line, application: Application) -> None:
    await line.write(b"GET http://elsewhere/here HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await line.answer()).status == 200
    assert application.seen == [("GET", "/here", b"")]


async def test_an_offer_to_upgrade_is_ignored_and_the_body_read(line: Line, application: Application) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    await line.write(b"POST / HTTP/1.1\r\nHost: a\r\n" + upgrade + b"Content-Length: 9\r\n\r\nabc")
    await application.has_started()
    await line.write(b"defghiGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [(await line.answer()).json["size"] for _ in range(2)] == [9, 0]
    assert application.seen == [("POST", "/", b"abcdefghi"), ("GET", "/next", b"")]


async def test_pipelined_requests_are_answered_in_their_order(line: Line, application: Application) -> None:
    await line.write(
        b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
        b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nbb"
        b"POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nccc"
    )
    assert [(await line.answer()).json["size"] for _ in range(3)] == [1, 2, 3]
    assert [path for _, path, _ in application.seen] == ["/1", "/2", "/3"]


async def test_junk_behind_a_request_does_not_take_its_answer_away(line: Line, application: Application) -> None:
    application.go_on.clear()
    await line.write(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na" + b"\x00\x01junk\r\n\r\n")
    await application.has_started()
    application.go_on.set()
    answer = await line.answer()
    assert (answer.json, answer.headers["connection"]) == ({"size": 1}, "close")
    assert await line.rest() == b""


async def test_a_hundred_slow_connections_do_not_disturb_a_good_one(server: Running) -> None:
    slow = [await server.connect() for _ in range(100)]
    for line in slow:
        await line.write(b"POST / HTTP/1.1\r\nHost: a\r\n")
    assert (await server.post("/", b"abc")).json == {"size": 3}
    closed = await asyncio.gather(*(line.rest() for line in slow))
    assert all(b"408" in text.split(b"\r\n")[0] for text in closed)
