"""Proves a request as its system would, wherever the proof stands: headers, the address, the body or its items."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.evidence import FORM, Evidence, signed_items, walk
from bridge.core.verification.keys import compile_digest
from bridge.core.verification.message import compile_message
from bridge.core.verification.scheme import Scheme, Token
from bridge.core.verification.secret_text import secret_bytes
from bridge.core.verification.signature import encode
from bridge.core.verification.signing import sign


@dataclass(frozen=True, slots=True)
class Proven:
    """What a sender would send: headers to add, a query to append to the address, the body."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: str = field(default="", repr=False)


def prove(scheme: Scheme, secret: str, *, url: str, headers: Mapping[str, str], body: bytes, now: int) -> Proven:
    """Prove a POST of the body at `now` (ms), so that `Verifier` accepts it.

    Raises ValueError, without the secret, for schemes that need the sender's private key, and where what is signed, or
    the place of the proof, is missing in the body.
    """
    if scheme.kind == "token" and scheme.token and scheme.token.place.where != "header":
        return _with_token(scheme.token, secret, body)
    if scheme.kind == "hmac" and scheme.per_item:
        return Proven(_with_signed_items(scheme, secret, Inbound("", "POST", url, {}, body)))
    return Proven(body, sign(scheme, secret, method="POST", url=url, headers=headers, body=body, now=now))


def _with_token(token: Token, secret: str, body: bytes) -> Proven:
    text = (token.strip_prefix[0] if token.strip_prefix else "") + secret
    name = token.place.name
    match token.place.where:
        case "query":
            return Proven(body, query=f"{quote(name)}={quote(text, safe='')}")
        case "form":
            field_text = f"{quote(name)}={quote(text, safe='')}".encode()
            return Proven(b"&".join(part for part in (body, field_text) if part), {"Content-Type": FORM})
        case "json":
            payload = _decoded(body)
            _put(payload, name, text)
            return Proven(msgspec.json.encode(payload))
    raise ValueError(f"the token stands in {token.place}: write it there yourself")


def _with_signed_items(scheme: Scheme, secret: str, inbound: Inbound) -> bytes:
    """Give the body with the signature of every item in it."""
    rule, place = scheme.per_item, scheme.sources[0]
    assert rule is not None, "the caller asks for schemes that sign items"
    payload = _decoded(inbound.body)
    elements = walk(payload, tuple(rule.array.split(".")))
    evidence = Evidence(inbound)
    build, digest = compile_message(scheme, secret_bytes(scheme.secret, secret)), compile_digest(scheme, secret)
    try:
        for number, item in enumerate(signed_items(evidence, rule)):
            evidence.item = item
            signature = encode(digest(build(evidence)), scheme.encoding)
            target = payload if elements is None else elements[number]
            _put(target, place.name if elements is None else f"{rule.item}.{place.name}", signature)
    except VerificationFailed as failed:
        raise ValueError(str(failed)) from None
    return msgspec.json.encode(payload)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON, where the proof belongs into it") from None


def _put(payload: Any, path: str, text: str) -> None:
    *around, name = path.split(".")
    found = payload
    for step in around:
        if isinstance(found, dict):
            found = found.setdefault(step, {})
    if not isinstance(found, dict):
        raise ValueError(f"the body has no place for {path}")  # noqa: TRY004 - the body is wrong, not a type of ours
    found[name] = text
