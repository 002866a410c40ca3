"""The charset that a content type names: a short table, since codecs beyond it are a risk and nobody sends them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bridge.core.errors import Unreadable

_PARAMETER = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_CODECS: Mapping[str, str | None] = MappingProxyType(
    {
        "utf-8": None,
        "utf8": None,
        "us-ascii": None,
        "ascii": None,
        "iso-8859-1": "latin-1",
        "latin1": "latin-1",
        "latin-1": "latin-1",
        "windows-1252": "cp1252",
        "cp1252": "cp1252",
        "iso-8859-15": "iso8859-15",
        "utf-16": "utf-16",
        "utf-16le": "utf-16-le",
        "utf-16be": "utf-16-be",
    }
)


def charset_of(content_type: str, *, strict: bool) -> str | None:
    """Give Python's name of the charset; None for UTF-8, which is the default.

    Another one raises Unreadable if `strict`; JSON is UTF-8 whatever its content type says (RFC 8259, 11).
    """
    found = _PARAMETER.search(content_type)
    name = found[1].lower() if found else "utf-8"
    if name not in _CODECS and not strict:
        return None
    if name not in _CODECS:
        raise Unreadable(f"the charset {name[:40]!r} is not supported; send UTF-8")
    return _CODECS[name]


def decoded(body: bytes, charset: str) -> str:
    """Give the text of a body in this charset, without a byte order mark. Raises Unreadable."""
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except UnicodeError:
        raise Unreadable(f"the body is not text in the charset that its content type names ({charset})") from None
