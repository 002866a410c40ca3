"""The last net: replaces every currently known secret in what is about to be logged, in the spellings it may take."""

import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Set as AbstractSet
from traceback import format_exception
from urllib.parse import quote

MASK = "***"
SHORTEST = 4  # characters; anything shorter would blank out ordinary words
_URL = re.compile(r"https?://[^\s'\"<>]+")
_CLIENT_LOGGERS = ("httpx", "httpcore")


class Redactor(logging.Filter):
    """Replaces secrets in message, keys and exception text of every record that passes, whatever its level.

    `secrets` gives the values that are known now; the pattern is made anew only when they change.
    """

    def __init__(self, secrets: Callable[[], AbstractSet[str]] = frozenset) -> None:
        super().__init__()
        self._secrets = secrets
        self._known: AbstractSet[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it always passes."""
        message = _message_of(record)
        if record.name.startswith(_CLIENT_LOGGERS):
            message = _URL.sub("(address)", message)
        record.msg, record.args = self.redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(format_exception(*record.exc_info))
        if record.exc_text:
            record.exc_text, record.exc_info = self.redact(record.exc_text), None
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        keys: dict[str, object] = getattr(record, "keys", {})
        # One look at all of them together: a secret is in a line so rarely that the values are seldom worth one each.
        if self._holds("\n".join([str(value) for value in keys.values()])):
            record.keys = {name: self._redact_value(value) for name, value in keys.items()}
        return True

    def redact(self, text: str) -> str:
        """Give the text with every known secret replaced by `***`."""
        pattern = self._current()
        return pattern.sub(MASK, text) if pattern else text

    def _holds(self, text: str) -> bool:
        pattern = self._current()
        return pattern is not None and pattern.search(text) is not None

    def _current(self) -> re.Pattern[str] | None:
        known = self._secrets()
        if known is not self._known and known != self._known:
            spellings = {spelling for secret in known for spelling in _spellings(secret)}
            ordered = sorted(spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._known = known
        return self._pattern

    def _redact_value(self, value: object) -> object:
        return value if value is None or isinstance(value, (bool, int, float)) else self.redact(str(value))


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # a foreign record whose arguments do not fit must not lose its line
        return str(record.msg)


def _spellings(secret: str) -> Iterator[str]:
    """Give the secret plain, percent-encoded, quoted, in hex, and in base64 at each of the three offsets."""
    if len(secret) < SHORTEST:
        return
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield repr(secret)[1:-1]
    for safe in ("", "/"):
        encoded = quote(raw, safe=safe)
        yield from (encoded, encoded.replace("%20", "+"), _lower_escapes(encoded))
    yield raw.hex()
    yield raw.hex().upper()
    for offset in range(3):
        standard = _inner_base64(raw, offset)
        if len(standard) >= SHORTEST:
            yield from (standard, standard.replace("+", "-").replace("/", "_"))


def _inner_base64(raw: bytes, offset: int) -> str:
    """Give the characters that depend on these bytes alone, where they stand `offset` bytes into the text."""
    text = b64encode(bytes(offset) + raw).decode()
    end = (offset + len(raw)) * 8 // 6
    return text[-(-offset * 8 // 6) : end]


def _lower_escapes(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text)
