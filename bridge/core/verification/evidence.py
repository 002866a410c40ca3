"""One request while it is verified: the texts that a scheme names, each found within bounds."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.scheme import PerItem, Place

LONGEST_TEXT = 8_192  # of a signature, a timestamp or a token, in characters
MOST_FIELDS = 1_000  # of a query or a form
MOST_ITEMS = 1_000  # of a list in which every item is signed
FORM = "application/x-www-form-urlencoded"

_AUTHORITY = re.compile(
    r"(https?://(?:[^/?#@]*@)?(?:\[[^\]/?#]*\]|[^:/?#@\[\]]*))(:\d*)?((?:[/?#].*)?)",
    re.DOTALL | re.IGNORECASE,
)
_PORTS = {"http": ":80", "https": ":443"}
_HUBSPOT_ESCAPES = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_DECODER = msgspec.json.Decoder(float_hook=str)  # numbers keep the text that was signed


class Evidence:
    """A request, what was parsed of it so far, and what the scheme looks at now: item, timestamp and URL."""

    __slots__ = ("_form", "_json", "inbound", "item", "timestamp", "url")

    def __init__(self, inbound: Inbound) -> None:
        self.inbound = inbound
        self.item: Any = None
        self.timestamp = b""
        self.url = inbound.url
        self._json: Any = _DECODER
        self._form: list[tuple[bytes, bytes]] | None = None

    @property
    def json(self) -> Any:
        """The parsed body; raises VerificationFailed where it is not JSON."""
        if self._json is _DECODER:
            try:
                self._json = _DECODER.decode(self.inbound.body)
            except (ValueError, RecursionError):
                raise VerificationFailed("the body is not JSON, where the signature needs a field of it") from None
        return self._json

    @property
    def form(self) -> list[tuple[bytes, bytes]]:
        """The decoded fields of a form; raises VerificationFailed where the body is no form."""
        if self._form is None:
            self._form = _form_fields(self.inbound)
        return self._form


Find = Callable[[Evidence], str | None]


def wire(text: str) -> bytes:
    """Give the bytes of a header or URL as they came: servers decode them as Latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def as_signed(text: str, place: Place) -> bytes:
    """Give the bytes of a text as its sender signed it: JSON is UTF-8, all else is as it came."""
    return text.encode("utf-8", "surrogatepass") if place.where in {"json", "item"} else wire(text)


def dotted(value: Any, path: tuple[str, ...]) -> str | None:
    """Give what stands at the path as the text that was signed; None where nothing is, or a list or table."""
    found = walk(value, path)
    match found:
        case bool():
            return "true" if found else "false"
        case str() | int():
            return str(found)
    return None


def walk(value: Any, path: tuple[str, ...]) -> Any:
    """Give the value at the path: keys of tables, and numbers as places in lists."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def finder(place: Place) -> Find:
    """Make the function that finds a place's text: None where absent, VerificationFailed where too long."""
    name, path, encoded = place.name.lower(), tuple(place.name.split(".")), place.name.encode()
    finds: dict[str, Find] = {
        "header": lambda evidence: evidence.inbound.headers.get(name),
        "query": lambda evidence: query_value(evidence.inbound.query, encoded),
        "form": lambda evidence: _text(dict(reversed(evidence.form)).get(encoded)),
        "json": lambda evidence: dotted(evidence.json, path),
        "item": lambda evidence: dotted(evidence.item, path),
    }
    find = finds[place.where]

    def find_within_bounds(evidence: Evidence) -> str | None:
        text = find(evidence)
        if text is not None and len(text) > LONGEST_TEXT:
            raise VerificationFailed(f"{place} is longer than {LONGEST_TEXT} characters")
        return text

    return find_within_bounds


def query_value(query: str, name: bytes) -> str | None:
    """Give the first value of a query parameter, percent-decoded; `+` stays, as base64 has it."""
    for field in query.split("&", MOST_FIELDS):
        key, _, value = wire(field).partition(b"=")
        if unquote_to_bytes(key) == name:
            return _text(unquote_to_bytes(value))
    return None


def query_without(query: str, names: frozenset[bytes]) -> bytes:
    """Give the raw query without these parameters, byte for byte."""
    fields = wire(query).split(b"&", MOST_FIELDS)
    return b"&".join(field for field in fields if unquote_to_bytes(field.partition(b"=")[0]) not in names)


def _form_fields(inbound: Inbound) -> list[tuple[bytes, bytes]]:
    content_type = inbound.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if content_type != FORM and inbound.body:
        raise VerificationFailed("the body is not form-encoded, where the signature needs its fields")
    fields = inbound.body.split(b"&", MOST_FIELDS)
    if len(fields) > MOST_FIELDS:
        raise VerificationFailed(f"the form has more than {MOST_FIELDS} fields")
    pairs = (field.replace(b"+", b" ").partition(b"=") for field in fields if field)
    return [(unquote_to_bytes(key), unquote_to_bytes(value)) for key, _, value in pairs]


def signed_items(evidence: Evidence, rule: PerItem) -> list[Any]:
    """Give the objects that must each verify; a body without the list is one."""
    whole = evidence.json
    found = walk(whole, tuple(rule.array.split(".")))
    if found is None:
        return [whole]
    if not isinstance(found, list) or not 0 < len(found) <= MOST_ITEMS:
        raise VerificationFailed(f"{rule.array} of the body must be a list of 1 to {MOST_ITEMS} items")
    return [walk(element, tuple(rule.item.split("."))) for element in found]


def url_forms(url: str, mode: str) -> tuple[str, ...]:
    """Give the forms of the public URL that the sender may have signed, the likeliest first."""
    if mode == "hubspot_v3":
        return _distinct(_HUBSPOT_ESCAPES.sub(lambda match: chr(int(match[0][1:], 16)), url), url)
    match = _AUTHORITY.fullmatch(url) if mode == "with_and_without_port" else None
    if match is None:
        return (url,)
    front, port, rest = match[1], match[2], match[3]
    default = _PORTS[front.partition(":")[0].lower()]
    return _distinct(url, front + rest, front + (port or default) + rest)


def _distinct(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
