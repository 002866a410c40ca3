"""Bodies that were sent compressed, unpacked no further than their limit."""

import zlib

from bridge.core.errors import Unreadable

_GZIP, _ZLIB, _BARE = 31, 15, -15  # zlib's names for what stands around the data
CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # what can be read


def unpacked(body: bytes, coding: str, limit: int) -> bytes:
    """Give the body without its Content-Encoding; raises Unreadable where it has another, or is larger than `limit`."""
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in CODINGS:
        raise Unreadable(f"the Content-Encoding {coding[:40]!r} is not supported; send gzip, deflate or none")
    if coding != "deflate":
        return _inflated(body, _GZIP, limit)
    try:
        return _inflated(body, _ZLIB, limit)
    except _Damaged:
        return _inflated(body, _BARE, limit)  # what many clients send by this name


class _Damaged(Unreadable):
    """The body is not what its Content-Encoding says."""


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        text = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise _Damaged("the body is not compressed as its Content-Encoding says") from None
    if len(text) > limit:
        raise Unreadable(f"unpacked, the body is larger than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise _Damaged("the body is not compressed as its Content-Encoding says")
    return text
