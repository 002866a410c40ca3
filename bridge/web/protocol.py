"""The server's connections: uvicorn's protocol with a receive deadline, caps on the head and no ambiguous requests.

uvicorn has no deadline for receiving, and its parser takes heads of any size. Every limit here ends in an answer
`{"message": …}` and a closed connection. One timer per connection serves all deadlines: it is re-armed when it fires.
"""

import asyncio
import math
import socket
from dataclasses import dataclass
from typing import NoReturn

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_VERSIONS = frozenset({"1.0", "1.1"})
_OFFER = frozenset({b"connection", b"upgrade"})
_WATCHED = frozenset({b"host", b"transfer-encoding", b"expect"})


@dataclass(frozen=True, slots=True)
class ReceiveLimits:
    """What one connection may take. Times are seconds, sizes bytes.

    `receive` is for a whole request, head and body; `keep_alive` for the pause between two; `send` for a client that
    stops reading its answer. `head` counts the request line and all fields. `discard` is what is still read of a body
    whose answer has been given already, so that the client can see the answer.
    """

    receive: float = 5.0
    keep_alive: float = 5.0
    send: float = 30.0
    head: int = 32 * 1024
    fields: int = 100
    url: int = 8 * 1024
    requests: int = 100
    discard: int = 4 * 1024 * 1024
    linger: float = 1.0


def guarded_protocol(limits: ReceiveLimits) -> type["GuardedProtocol"]:
    """Make the protocol class with these limits, for `uvicorn.Config(http=…)`."""
    return type("GuardedProtocol", (GuardedProtocol,), {"limits": limits})


class GuardedProtocol(HttpToolsProtocol):
    """One connection. A subclass because that is how uvicorn takes a protocol; total over any bytes."""

    limits = ReceiveLimits()

    # -- the connection -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock of the first request."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in _INTERNET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it off on bound sockets
        self._quiet = 0  # bytes received since they last led to a head, a part of a body or a whole request
        self._discarded = 0
        self._requests = 0
        self._receiving = False  # a request has begun and is not complete
        self._in_head = False
        self._broken = False  # nothing that still arrives is looked at
        self._complaint: tuple[int, str] | None = None
        limits = self.limits
        self._patience = min(limits.receive, limits.keep_alive, limits.send, limits.linger)
        self._deadline = self.loop.time() + limits.receive
        self._timer = self.loop.call_later(self._patience, self._watch)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; whatever it does not take is refused."""
        if self._broken or self.transport.is_closing():
            self._discard(len(data))
            return
        self._quiet += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(*(self._complaint or (400, "this is not a valid HTTP/1.1 request")))
        else:
            if self._quiet > self.limits.head:
                self._refuse(*self._too_long())

    def _decline(self, rest: bytes) -> None:
        """Read a request that offers another protocol again without the offer, since the parser drops its body."""
        kept = [(name, value) for name, value in self.headers if name not in _OFFER]
        fields = [b"%s: %s\r\n" % field for field in kept]
        head = b"%s %s HTTP/1.1\r\n%s\r\n" % (self.parser.get_method(), self.url, b"".join(fields))
        self.parser = httptools.HttpRequestParser(self)
        self._quiet = 0
        self.data_received(head + rest)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for a bool
        """Keep the connection of a client that has sent all it wants to and waits for its answer."""
        cycle = self.cycle
        waits = cycle is not None and not (cycle.more_body or cycle.response_started or self._broken)
        if waits:
            cycle.keep_alive = False
        return waits

    # -- deadlines ----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self.loop.time() >= self._deadline:
            self._expire()
        wait = min(self._deadline - self.loop.time(), self._patience)
        self._timer = self.loop.call_later(max(wait, 0.001), self._watch)

    def _expire(self) -> None:
        if self._broken or self.flow.write_paused or self.transport.is_closing():
            self.transport.abort()
        elif self._receiving and not self._answered_early():
            self._refuse(408, f"the request did not arrive within {self.limits.receive:g} seconds")
        else:
            self._deadline = self.loop.time() + self.limits.send
            self.transport.close()

    def pause_writing(self) -> None:
        """Start the clock of a client that does not read its answer."""
        super().pause_writing()
        self._deadline = self.loop.time() + self.limits.send

    def resume_writing(self) -> None:
        """Stop it; the answer goes on."""
        super().resume_writing()
        if self._unanswered():
            self._deadline = math.inf

    # -- the request --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Start the clock of a request, but for the first, whose clock runs since the connection was made."""
        super().on_message_begin()
        self._receiving = self._in_head = True
        self._hosts = 0
        if self._requests and not self._unanswered():
            self._deadline = self.loop.time() + self.limits.receive

    def on_url(self, url: bytes) -> None:
        """Collect the URL up to its limit."""
        self.url += url
        if len(self.url) > self.limits.url:
            self._complain(414, f"the URL is longer than {self.limits.url} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field; after the head these are trailers, which go into a list that nobody reads."""
        name = name.lower()
        self.headers.append((name, value))
        if len(self.headers) > self.limits.fields:
            self._complain(431, f"there are more than {self.limits.fields} header fields")
        if name in _WATCHED and self._in_head:
            self._look_at(name, value)

    def _look_at(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        elif value.lower() != b"chunked" or self.parser.get_http_version() != "1.1":
            self._complain(400, "the only Transfer-Encoding is chunked, in HTTP/1.1")

    def on_headers_complete(self) -> None:
        """Check the head and hand the request to the application."""
        self._check_head()
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        self.headers = []
        self._in_head = False
        self._quiet = self._discarded = 0
        self._requests += 1
        if self._requests >= self.limits.requests:
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        if self.parser.get_method() == b"CONNECT":
            self._complain(400, "this is no proxy")
        if version not in _VERSIONS:
            self._complain(400, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        if self._hosts != 1 and (self._hosts or version != "1.0"):
            self._complain(400, "a request has exactly one Host")
        if self._quiet > self.limits.head:  # else the head cannot be over it
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self.limits.head:
                self._complain(*self._too_long())

    def on_body(self, body: bytes) -> None:
        """Hand on a part of the body; after an early answer it is counted and dropped."""
        self._quiet = 0
        if self.cycle.response_complete:
            self._discard(len(body))
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the clock of a request that is here: from now on the application's time runs."""
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        self._receiving = False
        self._quiet = 0
        self._deadline = self.loop.time() + self.limits.keep_alive if self._answered_early() else math.inf

    def on_response_complete(self) -> None:
        """Go on to the next request of the connection, or wait for it."""
        self.server_state.total_requests += 1
        limits = self.limits
        if self.transport.is_closing():
            self._deadline = self.loop.time() + limits.send
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            self._deadline = self.loop.time() + limits.receive if cycle.more_body else math.inf
        elif self._in_head:
            self._deadline = self.loop.time() + limits.receive
        elif not self._receiving:
            self._deadline = self.loop.time() + limits.keep_alive

    # -- refusing -----------------------------------------------------------------------------------------

    def _unanswered(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _answered_early(self) -> bool:
        """Say whether the request that is arriving, or was the last to arrive, has its answer."""
        return self.cycle is not None and self.cycle.response_complete and not self._in_head

    def _too_long(self) -> tuple[int, str]:
        if self._in_head:
            return 431, f"the head of the request is larger than {self.limits.head} bytes"
        return 400, "the request holds too much besides its body"

    def _complain(self, status: int, message: str) -> NoReturn:
        """Stop the parser from within one of its callbacks."""
        self._complaint = (status, message)
        raise httptools.HttpParserError(message)

    def _refuse(self, status: int, message: str) -> None:
        """Answer and close, unless an earlier request waits for its answer: then close after that."""
        self._broken = True
        cycle = self.cycle
        if self._unanswered():
            if self.pipeline or self._in_head or cycle.response_started:
                cycle.keep_alive = False
                if cycle.response_started and not self._in_head:
                    self.transport.close()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(_answer(status, message))
        self._linger()

    def _linger(self) -> None:
        """Close our side and let the client read: closing at once would reset what it has not read yet."""
        self._discarded = 0
        self._deadline = self.loop.time() + self.limits.linger
        self.transport.write_eof()
        self.flow.resume_reading()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self.limits.discard:
            self.transport.abort()


def _answer(status: int, message: str) -> bytes:
    body = msgspec.json.encode({"message": message})
    head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    return STATUS_LINE[status] + head + body
