"""Reading the answers on one connection with llhttp, the parser of Node.js, as httptools brings it.

An answer is read leniently and its connection is kept strictly: a request that was sent must not be held for a person
because of a line end, but whatever is odd about its answer ends the reuse of the connection that it came on.
"""

import re

import httptools

from bridge.touchpoint.progress import GARBLED, Interrupted, Progress

MOST_HEAD = 64 * 1024  # bytes until the headers end, with what may come before them, such as 100 Continue
_BEGINNING = b"HTTP/"  # llhttp would take RTSP as well
_SWITCHING = 101  # nobody asked for another protocol
_TIMEOUT = re.compile(rb"timeout=([0-9]{1,9})")

# What targets do and RFC 9112 lets a client take: bare line feeds, folded lines, a length beside chunks, spaces after
# the size of a chunk.
_TAKEN = {
    "lenient_optional_cr_before_lf": True,
    "lenient_headers": True,
    "lenient_chunked_length": True,
    "lenient_spaces_after_chunk_size": True,
}


class Reader:
    """Reads one answer after the other; the exchange's `progress` hears of a head the moment it is complete.

    `body` holds what came of the body and was not taken yet. `is_complete`: nothing more belongs to the answer, as
    before the first one. `is_reusable`: it was whole and regular, and the target keeps the connection open, for
    `open_for` seconds if it says so. `until_close`: only the end of the connection tells the end of the body.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**_TAKEN)
        self._progress = Progress()
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self.body = bytearray()
        self.open_for: int | None = None
        self.has_head = self.is_complete = self.is_reusable = True
        self.until_close = self._is_framed_twice = False

    def begin(self, progress: Progress) -> None:
        """Expect the answer to another request."""
        self._progress = progress
        self._headers = []
        self._head_size = 0
        self.has_head = self.is_complete = self.is_reusable = False

    def feed(self, data: bytes) -> None:
        """Take what came. Raises Interrupted for what is no answer, or came when nobody asked."""
        if self.is_complete or (self._head_size == 0 and not _BEGINNING.startswith(data[: len(_BEGINNING)])):
            raise Interrupted(GARBLED)
        self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.is_reusable = False
            if not self.is_complete:  # otherwise it was behind the answer
                raise Interrupted(GARBLED) from None
        if self._head_size > MOST_HEAD and not self.has_head:
            raise Interrupted(GARBLED)

    def take(self) -> bytes:
        """Give what came of the body since it was last asked."""
        part = bytes(self.body)
        self.body.clear()
        return part

    def close(self) -> None:
        """Expect nothing any more. Parser and reader hold each other: let go, without waiting for the collector."""
        self.is_reusable = False
        del self._parser

    # -- what the parser calls -------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Note a second answer in the same bytes: nobody asked for it."""
        if self.is_complete:
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; those after the head are trailers, or a second answer's."""
        if not self.has_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Hand over the head, unless it is an interim one."""
        if self.has_head:
            return
        status, headers = self._parser.get_status_code(), self._headers
        if status < 100 or status == _SWITCHING:
            raise Interrupted(GARBLED)
        self._headers = []
        if status < 200:
            return
        self.has_head = True
        self._take_framing(dict(headers))
        self._progress.answered(status, headers)

    def _take_framing(self, fields: dict[bytes, bytes]) -> None:
        coding = fields.get(b"transfer-encoding")
        self._is_framed_twice = coding is not None and b"content-length" in fields
        is_chunked = coding is not None and coding.lower().endswith(b"chunked")
        self.until_close = not is_chunked and (coding is not None or b"content-length" not in fields)
        said = _TIMEOUT.search(fields.get(b"keep-alive", b""))
        self.open_for = int(said[1]) if said else None

    def on_body(self, part: bytes) -> None:
        """Collect a part of the body."""
        if not self.is_complete:
            self.body += part

    def on_message_complete(self) -> None:
        """Note the end of the answer."""
        if self.has_head and not self.is_complete:
            self.is_complete = True
            self.is_reusable = self._parser.should_keep_alive() and not self._is_framed_twice
