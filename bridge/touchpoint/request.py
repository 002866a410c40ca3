"""From a touchpoint, its secrets and a delivery to the request: address, headers and body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import msgspec

from bridge import __version__
from bridge.core.configuration import Channel, Format, Touchpoint
from bridge.core.model import Delivery
from bridge.core.template import Template
from bridge.touchpoint.dial import Origin
from bridge.touchpoint.progress import Progress

CONTENT_TYPES: dict[Format, str] = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
PORTS = {"https": 443, "http": 80}
PATHS: dict[Channel, str] = {"mail": "/channel/mail/{}/enqueue", "sms": "/channel/sms/{}/enqueue"}

# Headers that say how the connection works are not the touchpoint's to choose.
_OURS = frozenset(
    [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "expect",
        "cookie",
        "proxy-connection",
        "idempotency-key",
    ]
)
_SHORTEST_VARIABLE = 4  # characters; anything shorter is no secret, and would blank out ordinary words
_FLAT = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")


class Unusable(ValueError):
    """The touchpoint cannot be sent to as it is; the message names what to mend, never a value."""


@dataclass(frozen=True, slots=True)
class Target:
    """A touchpoint with its secrets put in. `path` goes on the request line, `confidential` out of answers."""

    origin: Origin
    url: httpx.URL
    method: str
    path: bytes = field(repr=False)
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    format: Format
    confidential: tuple[str, ...] = field(repr=False)

    def request(self, delivery: Delivery, progress: Progress) -> httpx.Request:
        """Make the request; Unusable if the stored body cannot be written in the touchpoint's format.

        Its URL is only the origin: the keys travel in the `target` extension, which nothing logs.

        The Idempotency-Key is the delivery's id: the same for every attempt at it, so that a target which knows
        such keys takes it once; another for a replay, which an operator wants sent, and for another mapping's
        delivery of the same event.
        """
        try:
            body = delivery.body.encode() if self.format == "json" else form(delivery.body)
        except (ValueError, msgspec.DecodeError, RecursionError):
            raise Unusable(f"the stored body cannot be written as {self.format}: replay its event") from None
        # Headers and body in httpx's own form, so that it need not add, sort and encode any at each request.
        headers = [
            *self.headers,
            (b"Content-Length", str(len(body)).encode()),
            (b"Idempotency-Key", delivery.id.encode()),
        ]
        extensions = {"target": self.path, "progress": progress, "origin": self.origin}
        return httpx.Request(
            self.method, self.url, headers=headers, stream=httpx.ByteStream(body), extensions=extensions
        )


def ready(touchpoint: Touchpoint, secrets: Mapping[str, str], *, allow_private: bool = False) -> str | None:
    """Say why nothing can be sent to this touchpoint now (a missing secret, a bad address); None if it is ready."""
    try:
        aim(touchpoint, secrets, allow_private=allow_private)
    except Unusable as error:
        return str(error)
    return None


def aim(touchpoint: Touchpoint, secrets: Mapping[str, str], *, allow_private: bool) -> Target:
    """Put the secrets in. Raises Unusable."""
    missing = sorted(name for name in touchpoint.secret_names if not secrets.get(name))
    if missing:
        raise Unusable(f"waiting for its secret: store it with `bridge secrets set {missing[0]}`")
    if touchpoint.channel == "http":
        url = check_address(_render(touchpoint.url, secrets, "url"), allow_private=allow_private, key="url")
        method, path = touchpoint.method, url.raw_path
    else:
        url = check_address(touchpoint.base_url, allow_private=allow_private, key="base_url")
        method, path = "POST", _enqueue_path(touchpoint, url, secrets)
    origin = Origin(url.scheme, url.raw_host.decode(), url.port or PORTS[url.scheme])
    own = {"Content-Type": CONTENT_TYPES[touchpoint.format]}
    headers = ((b"Host", url.netloc), *render_headers(touchpoint.request_headers, secrets, own=own).raw)
    bare = httpx.URL(scheme=origin.scheme, host=origin.host, port=origin.port)
    return Target(origin, bare, method, path, headers, touchpoint.format, confidential(touchpoint, secrets))


def confidential(touchpoint: Touchpoint, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """List every form in which a secret of this touchpoint could come back in an answer, longest first."""
    values = {secrets[name] for name in touchpoint.secret_names if secrets.get(name)}
    values |= {text for text in touchpoint.variables if len(text) >= _SHORTEST_VARIABLE}
    for template in (touchpoint.token, touchpoint.api_key):
        rendered = template.render(secrets) if template else None
        if rendered:
            values.add(rendered)
    forms = {form for value in values for form in spellings(value)}
    return tuple(sorted(forms, key=len, reverse=True))


def form(body: str) -> bytes:
    """Write a flat JSON object as a form: true and false in words, numbers as their JSON text, exact."""
    pairs = _FLAT.decode(body)
    return "&".join(f"{quote_plus(name)}={quote_plus(_text(value))}" for name, value in pairs.items()).encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def spellings(value: str) -> set[str]:
    """Give the forms in which a secret could stand in an answer."""
    quoted = {quote(value, safe=""), quote(value), quote_plus(value)}
    escaped = msgspec.json.encode(value).decode()[1:-1]
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in quoted}
    return {value, escaped, *quoted, *lower}


def _render(template: Template | None, secrets: Mapping[str, str], key: str) -> str:
    text = template.render(secrets) if template else None
    if not text:
        raise Unusable(f"its {key} is missing or empty: set it in touchpoints.yaml")
    return text


def _enqueue_path(touchpoint: Touchpoint, url: httpx.URL, secrets: Mapping[str, str]) -> bytes:
    if url.query:
        raise Unusable("its base_url has a query: write only the address up to the version, such as https://…/v2")
    token = quote(_render(touchpoint.token, secrets, "token"), safe="")
    key = quote(_render(touchpoint.api_key, secrets, "api_key"), safe="")
    path = url.raw_path.decode().rstrip("/") + PATHS[touchpoint.channel].format(token)
    return f"{path}?apiKey={key}".encode()


def check_address(text: str, *, allow_private: bool, key: str, file: str = "touchpoints.yaml") -> httpx.URL:
    """Read a target's address. Raises Unusable for what nothing must be sent to."""
    if not text.isprintable() or " " in text:
        raise Unusable(f"its {key} holds spaces or control characters: correct it in {file}")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise Unusable(f"its {key} is not a web address: correct it in {file}") from None
    if url.userinfo:
        raise Unusable(f"its {key} has a user name in it: put credentials in `headers`")
    if url.scheme != "https" and not (allow_private and url.scheme == "http"):
        raise Unusable(f"its {key} is not https://, and the keys would travel in the open: correct {file}")
    if not url.raw_host or not 0 < (url.port or PORTS[url.scheme]) < 65536:
        raise Unusable(f"its {key} names no host or no possible port: correct it in {file}")
    return url


def render_headers(
    templates: Mapping[str, Template],
    secrets: Mapping[str, str],
    *,
    own: Mapping[str, str] = MappingProxyType({}),
    file: str = "touchpoints.yaml",
) -> httpx.Headers:
    """Give the request's headers: the bridge's, these `own`, and those of the file, which win. Raises Unusable."""
    headers = httpx.Headers(
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"pressnxpress-bridge/{__version__}",
            **own,
        }
    )
    for name, template in templates.items():
        value = template.render(secrets) or ""
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Unusable(f"its header {name!r} holds characters that a header cannot: check the secret or the file")
        if name.lower() in _OURS:
            raise Unusable(f"its header {name!r} is set by the bridge itself: remove it from {file}")
        headers[name] = value
    return headers
