"""What happens, as it happens: server-sent events."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress

from starlette.responses import Response, StreamingResponse

from bridge.api.errors import Declined
from bridge.api.news import Told
from bridge.api.operation import Call, Nothing, Operation
from bridge.api.tidings import Tidings
from bridge.core.errors import StoreUnavailable

HEARTBEAT = 15.0  # seconds; proxies end what is silent for longer, and who may not listen any more is found out then
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_COME_BACK = b"retry: 2000\n\n"  # ms after which a browser asks again
_STILL_HERE = b": still here\n\n"


async def _stream(call: Call[Nothing, Nothing]) -> Response:
    office = call.office
    if office.news.is_full:
        raise Declined(503, "too many streams are open; close some tabs, then try again")
    news = office.news.listen(call.headers.get("last-event-id", ""), patience=HEARTBEAT)
    text = lines(news, still_allowed=call.still_allowed, clock=office.now)
    return StreamingResponse(text, media_type="text/event-stream", headers=_HEADERS)


async def lines(
    news: AsyncGenerator[Told | None, None],
    *,
    still_allowed: Callable[[], Awaitable[bool]],
    clock: Callable[[], int],
) -> AsyncIterator[bytes]:
    """Give the text of the stream until the news end or who listens may not any more: asked every HEARTBEAT seconds."""
    yield _COME_BACK
    asked_at = clock()
    with suppress(StoreUnavailable):  # the stream ends, and the browser comes back
        async with aclosing(news):
            async for told in news:
                if clock() - asked_at >= HEARTBEAT * 1000:
                    if not await still_allowed():
                        return
                    asked_at = clock()
                yield _STILL_HERE if told is None else _framed(told)


def _framed(told: Told) -> bytes:
    return b"event: news\nid: %s\ndata: %s\n\n" % (told.id.encode(), told.data)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="stream_news",
        method="GET",
        path="/stream",
        role="viewer",
        tag="watching",
        summary="What happens, as it happens: server-sent events named `news`, whose data is a Tidings",
        run=_stream,
        answer=Tidings,
        media="text/event-stream",
    ),
)
