"""One TCP or TLS connection to a target: requests go out in one piece, answers are read as they come.

What was sent is noted at the very moment in which the network has taken the last byte; streams and clients buffer,
and tell later or never.
"""

import asyncio
import select
import ssl
from typing import cast

from bridge.touchpoint.progress import BROKEN, CLOSED, Interrupted, Phase, Progress
from bridge.touchpoint.reader import Reader
from bridge.touchpoint.tls import Tls

MOST_WAITING = 256 * 1024  # bytes of a body received and not yet taken, before the target has to wait


class Wire(asyncio.Protocol):
    """A connection to a target. No timeouts of its own: the attempt has one deadline for everything.

    `ended` says why nothing more will come; None while it may.
    """

    def __init__(self) -> None:
        self.ended: str | None = None
        self._transport: asyncio.Transport | None = None
        self._tls: Tls | None = None
        self._refusal: ssl.SSLError | None = None
        self._reader = Reader()
        self._progress: Progress | None = None
        self._writing_paused = False
        self._reading_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._poll: select.poll | None = None

    # -- exchanges -------------------------------------------------------------------------------------------

    def send(self, request: bytes, progress: Progress) -> None:
        """Hand the whole request to the network, at once or as it takes it. Raises Interrupted if it will not."""
        if self._transport is None or self.ended is not None:
            raise Interrupted(self.ended or CLOSED)
        self._progress = progress
        self._reader.begin(progress)
        if self._tls is not None:
            self._tls.seal(request)
            request = self._tls.to_send()
        progress.phase = Phase.SENDING
        self._transport.write(request)
        if self._transport.is_closing():  # a failed write does not raise, it closes
            raise Interrupted(BROKEN)
        if not self._writing_paused:
            progress.sent()

    async def head(self) -> None:
        """Wait until the answer's head is complete. Raises Interrupted if it will not be."""
        while not self._reader.has_head:
            if self.ended is not None:
                raise Interrupted(self.ended)
            await self._news()

    async def body(self) -> bytes:
        """Give more of the answer's body, nothing at its end. Raises Interrupted if it was cut."""
        reader = self._reader
        while not reader.body:
            if reader.is_complete or (self.ended == CLOSED and reader.until_close):
                return b""
            if self.ended is not None:
                raise Interrupted(self.ended)
            await self._news()
        part = reader.take()
        if self._reading_paused and self.ended is None and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return part

    def is_at_rest(self) -> bool:
        """Say whether the last exchange has ended well: everything sent, a whole answer read, nothing behind it."""
        is_sent_and_read = not self._writing_paused and not self._reader.body
        return self.ended is None and is_sent_and_read and self._reader.is_reusable

    def is_usable(self) -> bool:
        """Say whether another request may go out here now."""
        return self.is_at_rest() and not self._is_readable()

    @property
    def open_for(self) -> int | None:
        """Give the seconds for which the target said that it keeps the connection, None if it did not say."""
        return self._reader.open_for

    def _is_readable(self) -> bool:
        """Ask the system whether anything came that the event loop has not seen: a close, or bytes nobody asked for."""
        if self._poll is None and self._transport is not None:
            self._poll = select.poll()
            self._poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return self._poll is None or bool(self._poll.poll(0))

    def abort(self) -> None:
        """Drop the connection and, with it, what the network has not taken yet; nothing is sent any more."""
        self._end(CLOSED)
        if self._transport is not None:
            self._transport.abort()

    # -- TLS -------------------------------------------------------------------------------------------------

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Agree on TLS before anything is sent. Raises what the handshake raises, with the connection dropped."""
        try:
            await self._agree(Tls(context, host))
        except BaseException:
            self.abort()
            raise

    async def _agree(self, tls: Tls) -> None:
        self._tls = tls
        self._open(tls, b"")
        while not tls.is_agreed:
            if self.ended is not None:
                raise self._refusal or ConnectionResetError
            await self._news()

    def _open(self, tls: Tls, received: bytes) -> bytes:
        """Decrypt what came, and send what TLS itself has to say. Raises ssl.SSLError."""
        data = tls.open(received)
        answer = tls.to_send()
        if answer and self._transport is not None:
            self._transport.write(answer)
        if tls.has_ended:
            self._end(CLOSED)
        return data

    # -- what the event loop calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, and have it say when its own buffer is not empty."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports do not inherit from it
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Read on in the answer; what is none, or nobody asked for, ends the connection."""
        try:
            if self._tls is not None:
                data = self._open(self._tls, data)
            if data:
                self._reader.feed(data)
        except ssl.SSLError as error:
            self._refusal = error
            self._give_up(BROKEN)
        except Interrupted as error:
            self._give_up(str(error))
        self._wake()
        self._hold_back()

    def eof_received(self) -> None:
        """Note that nothing more will come; the transport closes itself."""
        self._end(CLOSED)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection."""
        self._end(CLOSED if exc is None else BROKEN)
        self._reader.close()

    def pause_writing(self) -> None:
        """Note that bytes wait in the transport's buffer."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Note that the network has taken them all."""
        self._writing_paused = False
        if self._progress is not None:
            self._progress.sent()

    def _hold_back(self) -> None:
        """Let the target wait while nobody takes what came."""
        is_full = len(self._reader.body) > MOST_WAITING
        if is_full and self.ended is None and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def _give_up(self, why: str) -> None:
        self._end(why)
        self.abort()

    def _end(self, why: str) -> None:
        if self.ended is None:
            self.ended = why
            self._wake()

    async def _news(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
