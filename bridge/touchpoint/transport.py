"""The transport under httpx: httpcore's HTTP/1.1 over guarded connections, kept for reuse per origin.

httpcore's own pool looks at every connection at every request; the courier already bounds how many are open, so
the newest idle connection is all a request needs. Nothing is retried, redirected or decoded here.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import httpcore
import httpx

from bridge.touchpoint.dial import Dialer, Origin
from bridge.touchpoint.wire import Wire

if TYPE_CHECKING:
    from bridge.touchpoint.progress import Progress

KEEP_ALIVE = 4.0  # seconds; targets commonly close after five, and a request must not meet that close


class Line:
    """An open connection and the HTTP/1.1 state on it."""

    __slots__ = ("http", "origin", "wire")

    def __init__(self, origin: Origin, wire: Wire, keep_alive: float = KEEP_ALIVE) -> None:
        self.origin = origin
        self.wire = wire
        self.http = httpcore.AsyncHTTP11Connection(origin.for_httpcore(), wire, keepalive_expiry=keep_alive)

    def is_usable(self) -> bool:
        """Say whether another request may go out here: idle, young, nothing unread in any buffer."""
        # httpcore would read a second answer that arrived with the first as the answer to the next request.
        unread, _ = self.http._h11_state.trailing_data  # noqa: SLF001 - the only place that knows
        return not unread and self.http.is_idle() and not self.wire.is_spent() and not self.http.has_expired()


class Transport(httpx.AsyncBaseTransport):
    """Sends a request that carries `progress`, `origin` and `target` in its extensions."""

    def __init__(self, dialer: Dialer, *, keep_alive: float = KEEP_ALIVE) -> None:
        self._dialer = dialer
        self._keep_alive = keep_alive
        self._idle: dict[Origin, deque[Line]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on an idle or a new connection. Raises DialFailed and httpcore's errors; `progress` has the phase."""
        origin: Origin = request.extensions["origin"]
        progress: Progress = request.extensions["progress"]
        line = self._take(origin) or Line(origin, await self._dialer.dial(origin, progress), self._keep_alive)
        line.wire.begin(corked=not progress.body_is_empty)
        try:
            answer = await line.http.handle_async_request(_for_httpcore(request))
        except BaseException:
            progress.broke(everything_left=line.wire.everything_left)
            line.wire.abort()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, line, self._give_back))

    async def aclose(self) -> None:
        """Close what is idle."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for lines in self._idle.values():
            for line in lines:
                line.wire.abort()
        self._idle.clear()

    def _take(self, origin: Origin) -> Line | None:
        lines = self._idle.get(origin)
        while lines:
            line = lines.pop()
            if line.is_usable():
                return line
            line.wire.abort()
        return None

    def _give_back(self, line: Line) -> None:
        if not line.is_usable():
            line.wire.abort()
            return
        self._idle.setdefault(line.origin, deque()).append(line)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._keep_alive / 2, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle too long, so that quiet touchpoints hold no sockets."""
        self._sweeping = None
        for origin, lines in list(self._idle.items()):
            while lines and not lines[0].is_usable():
                lines.popleft().wire.abort()
            if not lines:
                del self._idle[origin]
        if self._idle:
            self._sweeping = asyncio.get_running_loop().call_later(self._keep_alive / 2, self._sweep)


class _Body(httpx.AsyncByteStream):
    """The answer's body as it comes; closing it frees the connection for reuse, if it was read to its end."""

    def __init__(self, answer: httpcore.Response, line: Line, give_back: Callable[[Line], None]) -> None:
        self._answer = answer
        self._line = line
        self._give_back = give_back
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._answer.aiter_stream():
            yield part

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._answer.aclose()
        except BaseException:
            self._line.wire.abort()
            raise
        self._give_back(self._line)


def _for_httpcore(request: httpx.Request) -> httpcore.Request:
    url = httpcore.URL(
        scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.extensions["origin"].port, target=b"/"
    )
    return httpcore.Request(
        request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
    )
