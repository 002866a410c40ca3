"""Turns the text of a stored secret into a key that proves signatures; no error echoes a secret."""

import hashlib
import hmac
from collections.abc import Callable, Sequence

from bridge.core.verification.scheme import Algorithm, Scheme
from bridge.core.verification.secret_text import Key, secret_bytes

Digest = Callable[[bytes], bytes]


def compile_key(scheme: Scheme, secret: str) -> Key:
    """Make the key of a signed scheme; raises ValueError, without the secret, where it cannot be one."""
    if scheme.kind not in {"hmac", "hash"}:
        from bridge.core.verification import public_key  # noqa: PLC0415 - cryptography costs 40 ms, and few schemes need it

        return public_key.compile_public_key(scheme, secret)
    digest = compile_digest(scheme, secret)

    def proves(message: bytes, candidates: Sequence[bytes]) -> bool:
        expected = digest(message)
        return any(hmac.compare_digest(expected, candidate) for candidate in candidates)

    return proves


def compile_digest(scheme: Scheme, secret: str) -> Digest:
    """Make the function that signs a message, for kinds hmac and hash; raises ValueError for a bad secret."""
    key = secret_bytes(scheme.secret, secret)
    return keyed_digest(key, scheme.algorithm) if scheme.kind == "hmac" else plain_digest(scheme.algorithm)


def keyed_digest(key: bytes, algorithm: Algorithm) -> Digest:
    """Make an HMAC whose key is scheduled once."""
    scheduled = hmac.new(key, digestmod=algorithm)

    def digest(message: bytes) -> bytes:
        running = scheduled.copy()
        running.update(message)
        return running.digest()

    return digest


def plain_digest(algorithm: Algorithm) -> Digest:
    """Make a digest without a key: the message holds the secret."""
    return lambda message: hashlib.new(algorithm, message).digest()
