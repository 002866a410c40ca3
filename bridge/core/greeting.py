"""Handshakes: recognises them, and makes exactly the answer that the system waits for. Pure, bounded, total."""

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from bridge.core.errors import Unreadable
from bridge.core.manners import JSON, TEXT, Condition, Echo, Handshake
from bridge.core.model import Inbound
from bridge.core.reading import read_body
from bridge.core.verification.evidence import FORM, walk
from bridge.core.verification.scheme import Place

LARGEST_BODY = 8 * 1024  # bytes of a handshake; a larger body is none
LONGEST_TEXT = 2_048  # characters that are echoed
_MOST_FIELDS = 100
_FIELD_VALUE = re.compile(r"[\x21-\x7e]{1,2048}")  # what may be echoed in a header
_NOSNIFF = ("X-Content-Type-Options", "nosniff")


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to a handshake. Without a content type its body is empty."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def recognise(handshakes: Iterable[Handshake], inbound: Inbound, *, proven: bool) -> Handshake | None:
    """Give the handshake that the request is; `proven` asks for those that come after the source's own proof."""
    asked = _Asked(inbound)
    for handshake in handshakes:
        if inbound.method not in handshake.methods or (handshake.proof == "signature") is not proven:
            continue
        if handshake.is_empty and inbound.body:
            continue
        if all(asked.fits(condition) for condition in handshake.conditions) and asked.can_answer(handshake):
            return handshake
    return None


def shows_token(handshake: Handshake, inbound: Inbound, secrets: Sequence[str]) -> bool:
    """Say whether the request shows one of the secrets as its token, in a time that does not tell how near it came."""
    given = _Asked(inbound).text(handshake.token) if handshake.token else None
    shown = (given or "").encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(shown, secret.encode("utf-8", "surrogatepass")) for secret in secrets]
    return any(matches) and bool(shown)


def greet(handshake: Handshake, inbound: Inbound, secret: str = "") -> Greeting:
    """Make the answer to a request that `recognise` found to be this handshake, with the secret that signed it."""
    asked = _Asked(inbound)
    headers = tuple((name, asked.said(echo, secret)) for name, echo in handshake.headers)
    if handshake.echo:
        text = asked.said(handshake.echo, secret).encode("utf-8", "replace")
        return Greeting(200, text, TEXT, (*headers, _NOSNIFF))  # reflected: a browser must not take it for HTML
    if handshake.members:
        body = msgspec.json.encode({name: asked.said(echo, secret) for name, echo in handshake.members})
        return Greeting(200, body, JSON, headers)
    return Greeting(200, headers=headers)


def address_to_open(handshake: Handshake, inbound: Inbound) -> str | None:
    """Give the address that a person must open to finish, if it is one of the system's own."""
    text = _Asked(inbound).text(handshake.confirm) if handshake.confirm else None
    try:
        parts = urlsplit(text or "")
        is_own = parts.scheme == "https" and (parts.hostname or "").endswith(".amazonaws.com")
    except ValueError:
        return None
    return text if is_own else None


class _Asked:
    """What a request says at the places that handshakes look at; each part is read once, within bounds."""

    __slots__ = ("_body", "_inbound", "_query")

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound
        self._body: Any = self
        self._query: dict[str, str] | None = None

    def fits(self, condition: Condition) -> bool:
        if condition.is_empty_list:
            return bool(self._found(condition.place) == [])
        text = self.text(condition.place)
        return bool(text) and condition.text in {None, text}

    def can_answer(self, handshake: Handshake) -> bool:
        """Say whether what its answer's headers repeat may stand in a header."""
        return all(_FIELD_VALUE.fullmatch(self.text(echo.place) or "") for _, echo in handshake.headers)

    def text(self, place: Place) -> str | None:
        found = self._found(place)
        return found if isinstance(found, str) and len(found) <= LONGEST_TEXT else None

    def said(self, echo: Echo, secret: str) -> str:
        text = self.text(echo.place) or ""
        if not echo.is_signed:
            return text
        return hmac.digest(secret.encode(), text.encode("utf-8", "replace"), "sha256").hex()

    def _found(self, place: Place) -> Any:
        match place.where:
            case "header":
                return self._inbound.headers.get(place.name.lower())
            case "query":
                return self._parameters().get(place.name)
            case "form" if self._is_form:
                return self._read().get(place.name)
            case "json" if not self._is_form:
                return walk(self._read(), tuple(place.name.split(".")))
        return None

    @property
    def _is_form(self) -> bool:
        return self._inbound.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM

    def _parameters(self) -> dict[str, str]:
        if self._query is None:
            try:
                pairs = parse_qsl(self._inbound.query, max_num_fields=_MOST_FIELDS, errors="strict")
            except ValueError:
                pairs = []
            self._query = dict(reversed(pairs))
        return self._query

    def _read(self) -> Any:
        if self._body is self:
            self._body = _read(self._inbound)
        return self._body


def _read(inbound: Inbound) -> Any:
    """Give the body, an empty object where it cannot be that of a handshake."""
    if len(inbound.body) > LARGEST_BODY:
        return {}
    kind, coding = inbound.headers.get("content-type", ""), inbound.headers.get("content-encoding", "")
    try:
        return read_body(inbound.body, kind, coding=coding, limit=LARGEST_BODY)
    except Unreadable:
        return {}
