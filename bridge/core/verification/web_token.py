"""Checks of requests whose whole body is a signed JSON web token (RFC 7519)."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import msgspec

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.evidence import Evidence
from bridge.core.verification.keys import compile_key
from bridge.core.verification.scheme import Scheme
from bridge.core.verification.shared_secret import Check, compile_token

_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_TOKEN_START = b"eyJ"  # `{"` in base64url, which no JSON text begins with


def compile_jwt_check(scheme: Scheme, secrets: Sequence[str]) -> Check:
    """Compile the check of kind jwt: pinned algorithm, signature, then expiry if `now` is given."""
    assert scheme.token is not None, "parse_scheme gives every jwt scheme its place"
    find_token = compile_token(scheme.token)
    keys = tuple(compile_key(scheme, secret) for secret in secrets)

    def check(inbound: Inbound, now: int | None) -> int:
        signed, claims, signature = _split(find_token(Evidence(inbound)).strip(), scheme.algorithms)
        for index, key in enumerate(keys):
            if key(signed, (signature,)):
                _refuse_expired(claims, now)
                return index
        raise VerificationFailed("the signature of the token does not match")

    return check


def claims_of(body: bytes) -> bytes | None:
    """Give the claims, as JSON text, of a body that is a token; None for any other. Checks nothing."""
    token = body.strip()
    parts = token.split(b".", 3) if token.startswith(_TOKEN_START) else ()
    if len(parts) != 3:
        return None
    try:
        return _decoded(parts[1])
    except VerificationFailed:
        return None


def _split(token: bytes, algorithms: tuple[str, ...]) -> tuple[bytes, bytes, bytes]:
    parts = token.split(b".", 3)
    if len(parts) != 3:
        raise VerificationFailed("the body is not a token of three parts")
    header = _table(_decoded(parts[0]))
    if header.get("alg") not in algorithms or "crit" in header:
        raise VerificationFailed(f"the token is not signed with {' or '.join(algorithms)}")
    return parts[0] + b"." + parts[1], parts[1], _decoded(parts[2])


def _refuse_expired(claims: bytes, now: int | None) -> None:
    expiry = _table(_decoded(claims)).get("exp")
    if expiry is None or now is None:
        return
    if isinstance(expiry, bool) or not isinstance(expiry, int | float):
        raise VerificationFailed("the token's exp is not a number")
    if expiry * 1_000 <= now:  # RFC 7519, 4.1.4: on or after it the token must not be accepted
        raise VerificationFailed("the token has expired")


def _table(text: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise VerificationFailed("the token's parts are not JSON objects")
    return value


def _decoded(part: bytes) -> bytes:
    try:
        return b64decode(part.translate(_URL_SAFE) + b"=" * (-len(part) % 4), validate=True)
    except ValueError:
        raise VerificationFailed("the token is not written in base64url") from None
