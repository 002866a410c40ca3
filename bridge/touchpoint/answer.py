"""Reading a target's answer: never more than a bounded part of it, and never a secret out of it."""

from collections.abc import Sequence

import httpx
import msgspec

from bridge.core.outcome import Answered
from bridge.touchpoint.progress import Progress

MOST_READ = 64 * 1024  # bytes of a body; the rest is not wanted
LONGEST_MESSAGE = 500  # characters
_LOOKED_AT = 8 * LONGEST_MESSAGE  # of a body that is not JSON
_LONGEST_RETRY_AFTER = 64
SCRUBBED = "[secret]"


class _Said(msgspec.Struct):
    message: str = ""


async def read_body(stream: httpx.AsyncByteStream, into: bytearray, *, most: int = MOST_READ) -> None:
    """Collect the body as it comes, undecoded, until its end or its bound; then let go of the connection."""
    try:
        async for part in stream:
            into += part
            if len(into) > most:
                break
    finally:
        await stream.aclose()


def answered(progress: Progress, body: bytearray, confidential: Sequence[str]) -> Answered:
    """Make the outcome from the status line and whatever of the body there is."""
    headers = dict(progress.headers)
    is_plain = headers.get(b"content-encoding", b"").lower() in (b"", b"identity")
    text = _message(bytes(body[:MOST_READ])) if is_plain else ""
    retry_after = _all(progress.headers, b"retry-after") if b"retry-after" in headers else None
    return Answered(
        progress.status,
        tidy(text, confidential),
        None if retry_after is None else tidy(retry_after, confidential)[:_LONGEST_RETRY_AFTER],
    )


def _all(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> str:
    return ", ".join(value.decode("latin-1") for name, value in headers if name == wanted)


def _message(body: bytes) -> str:
    """Give the JSON's `message`, else the beginning of the text."""
    try:
        said = msgspec.json.decode(body, type=_Said).message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = ""
    return said or body.decode("utf-8", "replace")


def tidy(text: str, confidential: Sequence[str]) -> str:
    """Take out the secrets and whatever could disturb a terminal or a log, and cut it short."""
    for secret in confidential:
        text = text.replace(secret, SCRUBBED)
    visible = "".join(letter if letter.isprintable() else " " for letter in text[:_LOOKED_AT])
    return " ".join(visible.split())[:LONGEST_MESSAGE]
