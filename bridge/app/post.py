"""Posting a webhook as its source would: the right headers, the signature, one request. For `send` and the demo."""

import http.client
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.app.clock import now
from bridge.core.configuration import Source
from bridge.core.errors import ConfigInvalid
from bridge.core.language.expression import Expression
from bridge.core.reading import as_sent
from bridge.core.verification.proving import prove

_HEADER = re.compile(r"header\('([^']+)'\)")
_PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Posted:
    """What the bridge answered."""

    status: int
    answer: str


def request_headers(source: Source, topic: str | None, given: Mapping[str, str]) -> dict[str, str]:
    """Give the headers a sender would add besides the signature: content type, topic, a fresh delivery id."""
    present = {name.lower() for name in given}
    headers = dict(given) if "content-type" in present else {"Content-Type": source.manners.sends, **given}
    topic_header, id_header = _first_header(source.reading.topic), _first_header(source.reading.id)
    if topic is not None and topic_header and topic_header not in present:
        headers[topic_header] = topic
    if id_header and id_header not in present:
        headers[id_header] = secrets.token_hex(16)
    return headers


def _first_header(expression: Expression | None) -> str | None:
    match = _HEADER.search(expression.text) if expression else None
    return match[1] if match else None


def post_webhook(
    source: Source, secret: str, body: bytes, *, base: str, public_url: str, headers: Mapping[str, str]
) -> Posted:
    """Sign the body and post it to the hooks at `base`. Raises ConfigInvalid where it cannot be signed or posted."""
    path = f"/hooks/{source.name}"
    body = as_sent(body, content_type(headers))
    try:
        proven = prove(source.scheme, secret, url=public_url + path, headers=headers, body=body, now=now())
    except ValueError as error:
        raise ConfigInvalid.because(f"a webhook of {source.name} cannot be signed here: {error}") from None
    parts = urlsplit(base if "://" in base else f"http://{base}")
    query = f"?{proven.query}" if proven.query else ""
    target = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or path}{query}"
    return _post(target, headers={**headers, **proven.headers}, body=proven.body)


def content_type(headers: Mapping[str, str]) -> str:
    """Give the content type among headers of any spelling."""
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")


def _post(address: str, *, headers: Mapping[str, str], body: bytes) -> Posted:
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_PATIENCE)
    try:
        connection.request("POST", f"{parts.path}?{parts.query}" if parts.query else parts.path, body, dict(headers))
        response = connection.getresponse()
        return Posted(response.status, response.read(65536).decode("utf-8", "replace"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        base = f"{parts.scheme}://{parts.netloc}"
        raise ConfigInvalid.because(f"nothing answers at {base}: {reason}", "is the bridge running there?") from None
    finally:
        connection.close()
