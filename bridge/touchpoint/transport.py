"""The transport under httpx: a request goes out on an idle or a new connection, and its answer is read as it comes.

Nothing is retried, redirected, decompressed or kept of cookies here. The courier bounds how many requests are under
way, so nothing waits for a connection.
"""

from collections.abc import AsyncIterator

import httpx

from bridge.touchpoint.dial import Dialer, Origin
from bridge.touchpoint.keeping import Limits, Line, Lines
from bridge.touchpoint.progress import Interrupted, Phase, Progress

USUAL = Limits()


class Transport(httpx.AsyncBaseTransport):
    """Sends a request that carries `progress`, `origin` and `target` in its extensions."""

    def __init__(self, dialer: Dialer, *, limits: Limits = USUAL) -> None:
        self._dialer = dialer
        self._lines = Lines(limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Give the answer once its head is there. Raises Interrupted; `progress` says how far it got."""
        progress: Progress = request.extensions["progress"]
        line = await self._line(request.extensions["origin"], progress)
        try:
            line.wire.send(_written(request), progress)
            await line.wire.head()
        except BaseException:
            line.wire.abort()
            raise
        return httpx.Response(progress.status, headers=progress.headers, stream=_Body(line, self._lines))

    async def aclose(self) -> None:
        """Close what is idle."""
        self._lines.close()

    async def _line(self, origin: Origin, progress: Progress) -> Line:
        line = self._lines.take(origin)
        if line is None:
            line = self._lines.add(origin, await self._dialer.dial(origin, progress))
        progress.phase = Phase.READY
        return line


def _written(request: httpx.Request) -> bytes:
    """Write the request as it goes over the wire. Raises Interrupted if a header would end it before its end."""
    body = request.read()
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.extensions["target"])]
    lines += [b"%b: %b" % header for header in request.headers.raw]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1:
        raise Interrupted("a line break in a header was refused")
    return b"%b\r\n\r\n%b" % (head, body)


class _Body(httpx.AsyncByteStream):
    """The answer's body as it comes; closing it frees the connection for reuse, if it was read to its end."""

    def __init__(self, line: Line, lines: Lines) -> None:
        self._line: Line | None = line
        self._lines = lines

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = await self._line.wire.body() if self._line else b""
        if not part:
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        if self._line is not None:
            self._lines.give_back(self._line)
            self._line = None
