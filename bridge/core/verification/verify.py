"""Verifies that a request comes from who holds the secret, over the raw bytes, before anything is parsed."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.age import compile_timestamp
from bridge.core.verification.evidence import Evidence, query_value, signed_items, url_forms
from bridge.core.verification.keys import compile_key
from bridge.core.verification.knobs import parse_scheme
from bridge.core.verification.message import Build, compile_message
from bridge.core.verification.scheme import Kind, Scheme
from bridge.core.verification.secret_text import Key, secret_bytes
from bridge.core.verification.shared_secret import Check, compile_basic_check, compile_token_check
from bridge.core.verification.signature import compile_signature, decode
from bridge.core.verification.web_token import compile_jwt_check

__all__ = ["Scheme", "Verifier", "parse_scheme"]

Group = tuple[Build, tuple[tuple[int, Key], ...]]  # a message, and the keys (by index of their secret) that sign it


class Verifier:
    """Checks requests against one scheme; everything that does not depend on the request is computed once.

    Any of the secrets may have signed (rotation); messages call them by their `names`. Raises ValueError, without
    echoing it, where a secret cannot be a key, where there is none, or where a value of the installation (`consts`)
    is not set.
    """

    __slots__ = ("_check", "scheme")

    def __init__(self, scheme: Scheme, secrets: Sequence[str], *, names: Sequence[str] = ()) -> None:
        if not secrets and scheme.kind != "none":
            raise ValueError(f"kind {scheme.kind} needs at least one secret")
        self.scheme = scheme
        compile_other = _COMPILERS.get(scheme.kind)
        self._check = compile_other(scheme, secrets) if compile_other else _compile_signed_check(scheme, secrets, names)

    def check(self, inbound: Inbound, now: int | None) -> int:
        """Give the index of the secret that matched; with kind none, 0.

        `now` is in ms; None leaves out every rule of age. Total: whatever bytes come in, nothing but
        VerificationFailed comes out, in bounded time, and never holds a secret or an expected signature.
        """
        return self._check(inbound, now)


def _compile_signed_check(scheme: Scheme, secrets: Sequence[str], names: Sequence[str]) -> Check:
    """Compile the check of the signed kinds: one signature over the request, or one over each item."""
    _refuse_unset(scheme)
    required = tuple((name, name.lower(), value) for name, value in scheme.require_headers)
    check_one = _compile_proof(scheme, secrets, _mismatch(scheme, len(secrets), names))
    per_item = scheme.per_item

    def check(inbound: Inbound, now: int | None) -> int:
        for name, lower, value in required:
            if inbound.headers.get(lower) != value:
                raise VerificationFailed(f"the header {name} is not {value}")
        evidence = Evidence(inbound)
        if per_item is None:
            return check_one(evidence, now)
        matched = []
        for item in signed_items(evidence, per_item):
            evidence.item = item
            matched.append(check_one(evidence, now))
        return max(matched)

    return check


def _compile_proof(scheme: Scheme, secrets: Sequence[str], reason: str) -> Callable[[Evidence, int | None], int]:
    find_signature = compile_signature(scheme)
    stamp = compile_timestamp(scheme.timestamp) if scheme.timestamp else None
    groups = tuple(_groups(scheme, secrets))
    url_mode = scheme.url_mode if scheme.signs_url else "as_configured"
    body_hash = scheme.body_hash_query

    def check_one(evidence: Evidence, now: int | None) -> int:
        signature = find_signature(evidence)
        if stamp:
            stamp(evidence, signature, now)
        if body_hash:
            _refuse_other_body(evidence.inbound, body_hash)
        for url in url_forms(evidence.inbound.url, url_mode):
            evidence.url = url
            for build, keys in groups:
                message = build(evidence)
                for index, key in keys:
                    if key(message, signature.candidates):
                        return index
        raise VerificationFailed(reason)

    return check_one


def _groups(scheme: Scheme, secrets: Sequence[str]) -> list[Group]:
    """Give one message for all keys, or one per key where the secret is part of the message."""
    keys = [compile_key(scheme, secret) for secret in secrets]
    if all(part.what != "secret" for part in scheme.template):
        return [(compile_message(scheme), tuple(enumerate(keys)))]
    messages = [compile_message(scheme, secret_bytes(scheme.secret, secret)) for secret in secrets]
    return [(message, ((index, keys[index]),)) for index, message in enumerate(messages)]


def _refuse_unset(scheme: Scheme) -> None:
    unset = [name for name, value in scheme.consts if not value]
    if unset:
        raise ValueError(f"the value of {unset[0]} is not set; write `consts: {{{unset[0]}: …}}` under `verify`")


def _refuse_other_body(inbound: Inbound, parameter: str) -> None:
    """Check the body against its hash in the URL, if it is there; else the form's fields are signed."""
    given = query_value(inbound.query, parameter.encode())
    if given is None:
        return
    if not hmac.compare_digest(decode(given, "hex") or b"", hashlib.sha256(inbound.body).digest()):
        raise VerificationFailed(f"the body does not fit its hash in the query parameter {parameter}")


def _mismatch(scheme: Scheme, secrets: int, names: Sequence[str]) -> str:
    """Say that no signature matched, and where an operator should look."""
    which = "the signature does not match" if secrets == 1 else f"the signature matches none of the {secrets} secrets"
    if names:
        which += f" secret {names[0]}" if secrets == 1 else f" ({', '.join(names)})"
    if scheme.signs_url:
        return f"{which}; it covers the URL, so the public URL must be the one that the sender calls"
    return which


_COMPILERS: Mapping[Kind, Callable[[Scheme, Sequence[str]], Check]] = MappingProxyType(
    {
        "jwt": compile_jwt_check,
        "basic": compile_basic_check,
        "token": compile_token_check,
        "none": lambda _scheme, _secrets: lambda _inbound, _now: 0,
    }
)
