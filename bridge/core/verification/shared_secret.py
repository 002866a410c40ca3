"""Checks of requests that carry the secret itself: a token, or Basic authorization. Nothing is signed."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Sequence

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.evidence import LONGEST_TEXT, Evidence, finder, wire
from bridge.core.verification.scheme import Scheme, Token
from bridge.core.verification.secret_text import encoded

Check = Callable[[Inbound, int | None], int]


def compile_token_check(scheme: Scheme, secrets: Sequence[str]) -> Check:
    """Compile the check of kind token: the text at its place equals a secret."""
    assert scheme.token is not None, "parse_scheme gives every token scheme its place"
    find_token, accepted, place = compile_token(scheme.token), _accepted(secrets), scheme.token.place

    def check(inbound: Inbound, _: int | None) -> int:
        token = find_token(Evidence(inbound))
        return _match(token, accepted, f"the token in {place} is wrong")

    return check


def compile_token(token: Token) -> Callable[[Evidence], bytes]:
    """Make the function that finds the token; it raises VerificationFailed where there is none."""
    if token.place.where == "body":
        return lambda evidence: _stripped(evidence.inbound.body.decode("latin-1"), token)
    find = finder(token.place)

    def find_token(evidence: Evidence) -> bytes:
        text = find(evidence)
        if text is None:
            raise VerificationFailed(f"{token.place} is missing")
        return _stripped(text, token)

    return find_token


def compile_basic_check(_: Scheme, secrets: Sequence[str]) -> Check:
    """Compile the check of kind basic; raises ValueError where a secret is not `user:password`."""
    if not all(":" in secret for secret in secrets):
        raise ValueError("the secret of kind basic must be written as user:password")
    accepted = _accepted(secrets)

    def check(inbound: Inbound, _: int | None) -> int:
        return _match(_credentials(inbound), accepted, "user or password is wrong")

    return check


def _credentials(inbound: Inbound) -> bytes:
    header = inbound.headers.get("authorization")
    if header is None:
        raise VerificationFailed("the header Authorization is missing")
    method, _, text = header[:LONGEST_TEXT].partition(" ")
    if method.lower() != "basic":
        raise VerificationFailed("the header Authorization is not of the form Basic")
    bare = text.strip().rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        raise VerificationFailed("the header Authorization is not written in base64") from None


def _stripped(text: str, token: Token) -> bytes:
    prefix = next((prefix for prefix in token.strip_prefix if text.startswith(prefix)), "")
    return wire(text[len(prefix) :])


def _accepted(secrets: Sequence[str]) -> tuple[tuple[bytes, ...], ...]:
    """Give the spellings of each secret: clients send UTF-8 or Latin-1 (RFC 7617, 2.1)."""
    if not all(secrets):
        raise ValueError("the secret is empty")
    return tuple((encoded(secret), wire(secret)) for secret in secrets)


def _match(given: bytes, accepted: tuple[tuple[bytes, ...], ...], reason: str) -> int:
    found = -1
    for index, spellings in enumerate(accepted):
        if any(hmac.compare_digest(given, spelling) for spelling in spellings) and found < 0:
            found = index
    if found < 0:
        raise VerificationFailed(reason)
    return found
