"""Finding an address or number as text in whatever a system sent: escaped, encoded, spaced, in any case."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from bridge.core.errors import Unreadable
from bridge.core.reading.packing import unpacked

_LARGEST = 16 * 1024 * 1024  # bytes of a compressed body that are looked through
_FEWEST_DIGITS = 7  # of a number; shorter ones stand in too many texts that have nothing to do with anybody
_FEWEST_LETTERS = 6
_GZIP = b"\x1f\x8b"
_BETWEEN = rb"(?:[ \-./()+\xa0]|\xc2\xa0|%20|%2[89def]|\\/){0,3}"
# Letters and digits that somebody escaped, which nobody has to.
_HIDDEN = re.compile(rb"\\u00[3-7]|%[3-7][0-9a-f]|&#", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Traces:
    """How one address or number may stand in a text; without a pattern it is too short to be looked for."""

    pattern: re.Pattern[bytes] | None = field(repr=False)
    hint: bytes = field(repr=False)  # in lower case; where it does not stand, unescaped, nothing else has to be tried

    def stand_in(self, *texts: str | bytes | None) -> bool:
        """Say whether any of the texts, or of what compressed ones hold, has it."""
        return self.pattern is not None and any(self._stands(text) for text in texts if text)

    def _stands(self, text: str | bytes) -> bool:
        assert self.pattern is not None
        data = _plain(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        if self.hint not in data.lower() and not _HIDDEN.search(data):
            return False
        return self.pattern.search(data) is not None


def _plain(data: bytes) -> bytes:
    """Give compressed data unpacked and UTF-16 as UTF-8; what cannot be read as it is."""
    if data.startswith(_GZIP):
        try:
            data = unpacked(data, "gzip", _LARGEST)
        except Unreadable:
            return data
    return data.replace(b"\0", b"") if b"\0" in data[:64] else data


@lru_cache(maxsize=64)
def traces_of(contact: str) -> Traces:
    """Say how this address or number may stand in a text. Total."""
    text = contact.strip()
    digits = re.sub(r"\D", "", text)
    if "@" not in text and len(digits) >= _FEWEST_DIGITS and re.fullmatch(r"\+?[\d\s\-./()]+", text):
        return _of_number(digits)
    if len(text) < _FEWEST_LETTERS:
        return Traces(None, b"")
    middle = b"".join(_spelled(sign) for sign in text)
    # What is escaped before it ends in a letter or digit, too: `\n`, `\u003c`, `%3D`.
    before = rb"(?:(?<![\w.\-])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2}))"
    after = rb"(?![\w\-]|\.\w)"
    longest = max(re.findall(r"[A-Za-z0-9]+", text) or [""], key=len).lower().encode()
    return Traces(re.compile(before + middle + after, re.IGNORECASE), longest)


def _of_number(digits: str) -> Traces:
    middle = _BETWEEN.join(_spelled(sign) for sign in digits)
    return Traces(re.compile(rb"(?:(?<!\d)|(?<=%2[0b]))(?:00)?" + middle + rb"(?!\d)", re.IGNORECASE), b"")


def _spelled(sign: str) -> bytes:
    """Match one character as it is, escaped in JSON, encoded in a URL, or as an entity."""
    ways = []
    for each in {sign, sign.lower(), sign.upper()}:
        ways.append(re.escape(each.encode("utf-8", "surrogatepass")))
        units = each.encode("utf-16-be", "surrogatepass").hex()
        ways.append("".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)).encode())
        ways.append("".join(f"%{byte:02x}" for byte in each.encode("utf-8", "surrogatepass")).encode())
        if len(each) == 1:
            ways.append(rf"&#(?:0*{ord(each)}|x0*{ord(each):x});".encode())
    return b"(?:" + b"|".join(dict.fromkeys(ways)) + b")"
