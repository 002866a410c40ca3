"""One TCP or TLS connection, as httpcore wants it: writing ends when the network has taken every byte.

That is what lets an attempt say truly whether its request was sent; the streams of asyncio and anyio buffer.
"""

import asyncio
import select
import ssl
from typing import Any, cast

import httpcore

MOST_WAITING = 256 * 1024  # bytes received and not yet read, before the target has to wait


class Wire(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A connection to a target. No timeouts of its own: the attempt has one deadline for everything.

    `everything_left` says whether the network has taken all bytes that were handed to `write`.
    """

    def __init__(self) -> None:
        self.everything_left = False
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._lost = False
        self._error: Exception | None = None
        self._writing_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._poll: select.poll | None = None
        self._reading_paused = False
        self._fresh = True
        self._corked = False
        self._held = b""

    # -- what the event loop calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, and have it say when its own buffer is not empty."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Keep what came until it is read."""
        self._received += data
        if len(self._received) > MOST_WAITING and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that nothing more will come; the transport closes itself."""
        self._lost = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection."""
        self._lost = True
        self._error = exc
        self._wake()

    def pause_writing(self) -> None:
        """Note that bytes wait in the transport's buffer."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Note, at once, that the network has taken them all."""
        self._writing_paused = False
        self.everything_left = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _news(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # -- what httpcore calls ---------------------------------------------------------------------------------

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - httpcore's
        """Hand the bytes over and wait until the network has taken them; WriteError if it will not."""
        if not buffer:
            return
        self.everything_left = False
        if self._corked:
            self._corked, self._held = False, buffer
            return
        buffer, self._held = self._held + buffer, b""
        if self._fresh and self._received:
            # Something came that nobody asked for: it must not pass for the answer to this request.
            self.abort()
        self._fresh = False
        self._open_transport().write(buffer)
        self._open_transport()  # a failed write does not raise, it closes
        self.everything_left = not self._writing_paused
        while self._writing_paused:
            await self._news()
            if self._writing_paused:
                self._open_transport()

    def _open_transport(self) -> asyncio.Transport:
        if self._lost or self._transport is None or self._transport.is_closing():
            raise httpcore.WriteError
        return self._transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - httpcore's
        """Give what came, at most so many bytes; empty at the end; ReadError if the connection broke."""
        while not self._received and not self._lost:
            await self._news()
        if not self._received:
            if self._error is not None:
                raise httpcore.ReadError
            return b""
        data = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        if self._reading_paused and not self._lost and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature; the attempt's deadline rules
    ) -> "Wire":
        """Agree on TLS over this connection; raises what the handshake raises, with the connection closed."""
        transport = self._transport
        if transport is None:
            raise ConnectionResetError
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, self, ssl_context, server_hostname=server_hostname
            )
        except BaseException:
            transport.abort()
            raise
        if secured is None:
            raise ConnectionResetError
        self.connection_made(secured)
        return self

    async def aclose(self) -> None:
        """Give the connection up."""
        self.abort()

    def abort(self) -> None:
        """Drop the connection and, with it, what the network has not taken yet; nothing is sent any more."""
        self._lost = True
        self._received.clear()
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def get_extra_info(self, info: str) -> Any:
        """Answer httpcore's question whether an idle connection is readable: then it is closed or out of step."""
        return self._is_readable() if info == "is_readable" else None

    def is_spent(self) -> bool:
        """Say whether the connection has ended or holds bytes that nobody asked for."""
        return self._lost or bool(self._received)

    def begin(self, *, corked: bool) -> None:
        """Begin another exchange: what was received before its first write is nobody's answer.

        `corked`: the first write waits for the second, so that head and body leave in one packet.
        """
        self._fresh = True
        self._corked, self._held = corked, b""

    def _is_readable(self) -> bool:
        if self.is_spent() or self._transport is None:
            return True
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(self._poll.poll(0))
