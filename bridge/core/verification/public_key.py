"""Public keys (RSA, ECDSA P-256, Ed25519) that prove signatures; alone in needing cryptography."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from bridge.core.verification.scheme import KeyFormat, Scheme
from bridge.core.verification.secret_text import Key, encoded, secret_bytes

_SHA1 = hashes.SHA1()  # noqa: S303 - only where a vendor's scheme says so
_HASHES: Mapping[str, hashes.HashAlgorithm] = MappingProxyType({"sha1": _SHA1, "sha256": hashes.SHA256()})
_FORMATS: Mapping[KeyFormat, str] = MappingProxyType(
    {
        "pem": "a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----",
        "cert": "a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----",
        "spki_b64": "the base64 text of a public key (SPKI, DER)",
        "ed25519_raw": "the base64 text of 32 bytes",
    }
)
_KINDS = MappingProxyType(
    {"rsa": "an RSA key", "jwt": "an RSA key", "ecdsa": "a P-256 key", "ed25519": "an Ed25519 key"}
)

Verify = Callable[[bytes, bytes], object]  # signature and message; raises InvalidSignature


def compile_public_key(scheme: Scheme, secret: str) -> Key:
    """Load the key; raises ValueError that names the format wanted, without the text given."""
    if "PRIVATE KEY-----" in secret:
        raise ValueError("the secret is a private key; the bridge needs the sender's public key")
    try:
        loaded = _load(scheme, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"the secret is not {_FORMATS[scheme.key_format]}") from None
    verify = _verify(scheme, loaded)
    if verify is None:
        raise ValueError(f"the secret is not {_KINDS[scheme.kind]}, which kind {scheme.kind} needs")

    def proves(message: bytes, candidates: Sequence[bytes]) -> bool:
        return any(_accepts(verify, candidate, message) for candidate in candidates)

    return proves


def _load(scheme: Scheme, secret: str) -> Any:
    match scheme.key_format:
        case "pem":
            return serialization.load_pem_public_key(encoded(secret))
        case "cert":
            return load_pem_x509_certificate(encoded(secret)).public_key()
        case "spki_b64":
            return serialization.load_der_public_key(b64decode(encoded(secret.strip()), validate=True))
        case "ed25519_raw":
            return ed25519.Ed25519PublicKey.from_public_bytes(secret_bytes(scheme.secret, secret))


def _verify(scheme: Scheme, key: Any) -> Verify | None:
    algorithm = _HASHES[scheme.algorithm]
    match scheme.kind, key:
        case (("rsa" | "jwt"), rsa.RSAPublicKey()):
            return lambda signature, message: key.verify(signature, message, padding.PKCS1v15(), algorithm)
        case "ecdsa", ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
            return lambda signature, message: key.verify(signature, message, ec.ECDSA(algorithm))
        case "ed25519", ed25519.Ed25519PublicKey():
            return key.verify
    return None


def _accepts(verify: Verify, signature: bytes, message: bytes) -> bool:
    try:
        verify(signature, message)
    except InvalidSignature:
        return False
    return True
