"""Signatures by public keys, made here with the private ones."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.schemes import SCHEMES, SPECS
from bridge.core.verification.verify import Verifier, parse_scheme

NOW = 1_700_000_000_000
BODY = b'{"id": 1}'
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, spki)
    return text.decode()


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sender")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, RSA.public_key(), 7, begin, begin + timedelta(days=30))
    return builder.sign(RSA, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def rsa_signed(message: bytes) -> str:
    return base64.b64encode(RSA.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def request(headers: dict[str, str], body: bytes = BODY) -> Inbound:
    return Inbound("s", "POST", "https://a.example/", {k.lower(): v for k, v in headers.items()}, body)


def test_rsa_is_verified_with_a_key_or_a_certificate() -> None:
    inbound = request({"x-adobe-commerce-webhook-signature": rsa_signed(base64.b64encode(BODY))})
    with_certificate = parse_scheme({**SPECS["adobe-commerce"], "key_format": "cert"})
    assert Verifier(SCHEMES["adobe-commerce"], [pem(RSA)]).check(inbound, NOW) == 0
    assert Verifier(with_certificate, [certificate()]).check(inbound, NOW) == 0


def test_the_second_of_two_public_keys_may_have_signed() -> None:
    other = rsa.generate_private_key(65537, 2048)
    inbound = request({"x-adobe-commerce-webhook-signature": rsa_signed(base64.b64encode(BODY))})
    assert Verifier(SCHEMES["adobe-commerce"], [pem(other), pem(RSA)]).check(inbound, NOW) == 1


def test_ecdsa_is_verified_over_time_and_body() -> None:
    signature = base64.b64encode(P256.sign(b"1600112502" + BODY, ec.ECDSA(hashes.SHA256()))).decode()
    name = "X-Twilio-Email-Event-Webhook-"
    scheme = parse_scheme({**SPECS["sendgrid"], "key_format": "pem"})
    inbound = request({f"{name}Signature": signature, f"{name}Timestamp": "1600112502"})
    assert Verifier(scheme, [pem(P256)]).check(inbound, NOW) == 0
    with pytest.raises(VerificationFailed, match=r"^the signature does not match$"):
        Verifier(scheme, [pem(P256)]).check(request(dict(inbound.headers), BODY + b" "), NOW)


def test_ed25519_takes_raw_and_pem_keys() -> None:
    signature = base64.b64encode(ED25519.sign(b"m." + b"1700000000." + BODY)).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": "1700000000", "webhook-signature": f"v1a,{signature}"}
    raw = "whpk_" + base64.b64encode(ED25519.public_key().public_bytes_raw()).decode()
    as_pem = parse_scheme({**SPECS["standard-webhooks-ed25519"], "key_format": "pem"})
    assert Verifier(SCHEMES["standard-webhooks-ed25519"], [raw]).check(request(headers), NOW) == 0
    assert Verifier(as_pem, [pem(ED25519)]).check(request(headers), NOW) == 0


def token(claims: object, *, header: object = None) -> bytes:
    parts = [header or {"alg": "RS256"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    message = b".".join(encoded)
    signature = RSA.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return message + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")


@pytest.mark.parametrize("claims", [{}, {"exp": 1_700_000_001}, {"exp": 1_700_000_000.5}, {"exp": None}])
def test_a_token_that_has_not_expired_is_accepted(claims: object) -> None:
    assert Verifier(SCHEMES["wix"], [pem(RSA)]).check(request({}, token(claims)), NOW) == 0


def test_an_expired_token_is_accepted_without_a_clock() -> None:
    assert Verifier(SCHEMES["wix"], [pem(RSA)]).check(request({}, token({"exp": 1})), None) == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (token({"exp": 1_700_000_000}), "the token has expired"),
        (token({"exp": "soon"}), "the token's exp is not a number"),
        (token({"exp": True}), "the token's exp is not a number"),
        (token([1]), "the token's parts are not JSON objects"),
        (token({}, header={"alg": "none"}), "the token is not signed with RS256"),
        (token({}, header={"alg": ["RS256"]}), "the token is not signed with RS256"),
        (token({}, header={"alg": "RS256", "crit": ["b64"]}), "the token is not signed with RS256"),
        (token({})[:-8] + b"AAAAAAAA", "the signature of the token does not match"),
        (b"a.b", "the body is not a token of three parts"),
        (b"a.b.c.d", "the body is not a token of three parts"),
        (b"!.!.!", "the token is not written in base64url"),
        (b"..", "the token's parts are not JSON objects"),
    ],
)
def test_a_token_that_proves_nothing_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(VerificationFailed) as failed:
        Verifier(SCHEMES["wix"], [pem(RSA)]).check(request({}, body), NOW)
    assert str(failed.value) == said
