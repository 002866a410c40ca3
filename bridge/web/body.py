"""Reads a request's body, and no more of it than its limit."""

from collections.abc import Mapping

from starlette.types import Receive

from bridge.core.errors import TooLarge


class SenderGone(Exception):
    """The sender closed the connection before the request was complete: there is nobody to answer."""


def announced_size(headers: Mapping[str, str]) -> int:
    """Give the Content-Length, 0 if there is none."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def read_body(receive: Receive, limit: int) -> bytes:
    """Read the whole body. Raises TooLarge as soon as it is over the limit in bytes, and SenderGone."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)
