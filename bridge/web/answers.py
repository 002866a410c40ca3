"""The answers of the hooks: small documents, written straight to the server."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from starlette.types import Send

Headers = Iterable[tuple[bytes, bytes]]

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the reason for which its request is kept as refused, if it is."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Headers = ()
    reason: str = ""

    @classmethod
    def of(cls, status: int, content: object) -> "Answer":
        """Make an answer that says this in JSON."""
        return cls(status, msgspec.json.encode(content), JSON)

    @classmethod
    def saying(cls, status: int, message: str, *, headers: Headers = (), reason: str = "") -> "Answer":
        """Make an answer that is not 2xx."""
        return cls(status, msgspec.json.encode({"message": message}), JSON, headers, reason)


async def answer(send: Send, said: Answer) -> None:
    """Send the answer."""
    headers = [*said.headers]
    if said.content_type:
        headers.insert(0, (b"content-type", said.content_type.encode()))
    if said.status != 204:  # which has no length (RFC 9110, 8.6)
        headers.append((b"content-length", b"%d" % len(said.body)))
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": said.body})


def retry_after(seconds: float) -> Headers:
    """Give the header that asks for another try after so many seconds, at least one."""
    return ((b"retry-after", str(max(1, round(seconds))).encode()),)
