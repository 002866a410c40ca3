"""Signs a request as its system would, to try out a running bridge; what it makes, `Verifier` accepts."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.age import to_text
from bridge.core.verification.evidence import Evidence, as_signed, finder
from bridge.core.verification.keys import compile_digest
from bridge.core.verification.message import compile_message
from bridge.core.verification.scheme import Grammar, Scheme, Timestamp
from bridge.core.verification.secret_text import encoded, secret_bytes
from bridge.core.verification.signature import encode


def sign(
    scheme: Scheme, secret: str, *, method: str, url: str, headers: Mapping[str, str], body: bytes, now: int
) -> dict[str, str]:
    """Give the headers that the sender would add at `now` (ms), with their usual spelling.

    Raises ValueError, without the secret, for schemes that need the sender's private key, or whose proof is in
    the URL or the body, and where a part of the request that is signed is missing.
    """
    match scheme.kind:
        case "none":
            return {}
        case "basic":
            if ":" not in secret:
                raise ValueError("the secret of kind basic must be written as user:password")
            return {"Authorization": f"Basic {b64encode(encoded(secret)).decode()}"}
        case "token":
            return _token_header(scheme, secret)
        case "hmac" | "hash":
            return _signed_headers(scheme, secret, Inbound("", method, url, _lowered(headers), body), now)
    raise ValueError(f"kind {scheme.kind} needs the sender's private key, so it cannot be signed here")


def _token_header(scheme: Scheme, secret: str) -> dict[str, str]:
    assert scheme.token is not None, "parse_scheme gives every token scheme its place"
    place = scheme.token.place
    if place.where != "header":
        raise ValueError(f"the token stands in {place}, not in a header: write it there yourself")
    prefix = scheme.token.strip_prefix[0] if scheme.token.strip_prefix else ""
    return {place.name: prefix + secret}


def _signed_headers(scheme: Scheme, secret: str, bare: Inbound, now: int) -> dict[str, str]:
    source = next((place for place in scheme.sources if place.where == "header"), None)
    if source is None:
        raise ValueError(f"the signature stands in {scheme.sources[0]}, not in a header: it cannot be added here")
    added = _signed_beside(scheme, bare, now)
    evidence = Evidence(Inbound("", bare.method, bare.url, {**bare.headers, **_lowered(added)}, bare.body))
    try:
        stamp = _stamp(scheme.timestamp, evidence, now)
        if scheme.timestamp:
            evidence.timestamp = as_signed(stamp, scheme.timestamp.place)
        message = compile_message(scheme, secret_bytes(scheme.secret, secret))(evidence)
    except VerificationFailed as failed:
        raise ValueError(str(failed)) from None
    signature = encode(compile_digest(scheme, secret)(message), scheme.encoding)
    return {**added, source.name: _written(scheme.grammar, signature, scheme.timestamp, stamp)}


def _signed_beside(scheme: Scheme, bare: Inbound, now: int) -> dict[str, str]:
    """Give the headers beside the signature that it covers or needs, as far as the request has none yet."""
    added = dict(scheme.require_headers)
    stamp = scheme.timestamp
    if stamp and stamp.place.where == "header":
        added[stamp.place.name] = to_text(now, stamp.unit)
    for part in scheme.template:
        if part.what == "header" and part.argument.lower() not in bare.headers:
            added[part.argument] = "msg_" + hashlib.sha256(bare.body + b"%d" % now).hexdigest()[:24]
    return added


def _stamp(timestamp: Timestamp | None, evidence: Evidence, now: int) -> str:
    """Give the timestamp's text; one within the body is taken as it stands there."""
    if timestamp is None:
        return ""
    if timestamp.place.where == "sigfield":
        return to_text(now, timestamp.unit)
    text = finder(timestamp.place)(evidence)
    if text is None:
        raise VerificationFailed(f"{timestamp.place} is missing, which the signature covers")
    return text


def _written(grammar: Grammar | None, signature: str, timestamp: Timestamp | None, stamp: str) -> str:
    """Write the signature as its header has it, with the timestamp where that is a field of it."""
    if grammar is None:
        return signature
    field = timestamp.place.name if timestamp and timestamp.place.where == "sigfield" else None
    separator = grammar.item_sep or ","
    if grammar.positional is not None:
        fields = [stamp if str(index) == field else "" for index in range(grammar.positional)]
        return separator.join([*fields, signature])
    named = f"{grammar.key}{grammar.kv_sep}{signature}"
    return f"{field}{grammar.kv_sep}{stamp}{separator}{named}" if field else named


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
