"""The answers of the hooks: small JSON documents, written straight to the server."""

from collections.abc import Iterable

import msgspec
from starlette.types import Send

Headers = Iterable[tuple[bytes, bytes]]

_JSON = (b"content-type", b"application/json")


async def answer(send: Send, status: int, content: object, *, headers: Headers = ()) -> None:
    """Send the content as JSON."""
    body = msgspec.json.encode(content)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]})
    await send({"type": "http.response.body", "body": body})


def retry_after(seconds: float) -> Headers:
    """Give the header that asks for another try after so many seconds, at least one."""
    return ((b"retry-after", str(max(1, round(seconds))).encode()),)
