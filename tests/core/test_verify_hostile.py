"""Whatever comes in, a verifier answers with VerificationFailed, quickly, and shows nothing of its keys."""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings, strategies as st

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.scheme import Place
from bridge.core.verification.schemes import SCHEMES, SPECS
from bridge.core.verification.verify import Scheme, Verifier, parse_scheme

NOW = 1_700_000_000_000
CANARY = "canary5ecretcanary5ecretcanary5e"
HEX_CANARY = "cafe5ecdcafe5ecdcafe5ecdcafe5ecd".replace("s", "0")

_PEM, _DER = serialization.Encoding.PEM, serialization.Encoding.DER
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
RSA_PEM = rsa.generate_private_key(65537, 2048).public_key().public_bytes(_PEM, _SPKI).decode()
EC_KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
EC_SPKI = base64.b64encode(EC_KEY.public_bytes(_DER, _SPKI)).decode()
ED25519_RAW = base64.b64encode(ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()


def usable(name: str) -> tuple[Scheme, str]:
    """Give the scheme, with values of an installation, and a secret that fits it."""
    knobs = dict(SPECS[name])
    if name == "paypal":
        knobs |= {"consts": {"webhook_id": "W"}, "key_format": "pem"}
    secrets = {"rsa": RSA_PEM, "jwt": RSA_PEM, "ecdsa": EC_SPKI, "ed25519": ED25519_RAW, "basic": f"u:{CANARY}"}
    scheme = parse_scheme(knobs)
    in_hex = HEX_CANARY if scheme.secret.decode == "hex" else CANARY
    return scheme, secrets.get(scheme.kind, in_hex)


VERIFIERS = {name: Verifier(scheme, [secret]) for name in SCHEMES for scheme, secret in [usable(name)]}
HEADERS = sorted(
    {place.name.lower() for scheme in SCHEMES.values() for place in scheme.sources if place.where == "header"}
    | {s.timestamp.place.name.lower() for s in SCHEMES.values() if s.timestamp}
    | {"authorization", "content-type", "webhook-id", "svix-id", "x-webhook-token", "paypal-auth-algo"}
)
SIGNATURE_LIKE = st.text("0123456789abcdefABCDEFtvs=,;: +/-_.", max_size=120)
VALUES = st.one_of(
    *(st.text(max_size=60), SIGNATURE_LIKE),
    st.sampled_from(
        [
            *("1700000000", "1700000000000", "2023-11-14T22:13:20Z", "SHA256withRSA", "t=1700000000,v1=00"),
            *("v1,AA== v1a,AA==", "sha256=00", "v0=00", "Basic dTpw", "application/json", "ts=1700000000;h1=00"),
        ]
    ),
)
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("notificationItems", "NotificationRequestItem", "additionalData", "hmacSignature", "timestamp"),
                    *("eventCreated", "eventId", "amount", "alg", "exp"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TOKEN_PART = st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="))
BODIES = st.one_of(
    st.binary(max_size=300),
    JSON_LIKE.map(lambda value: repr(value).replace("'", '"').replace("None", "null").encode("utf-8", "replace")),
    st.lists(TOKEN_PART, max_size=4).map(b".".join),
    TOKEN_PART.map(lambda part: b"eyJhbGciOiJSUzI1NiJ9." + part + b"." + part),
)
URLS = st.one_of(
    st.text(max_size=60),
    st.text("%3A&=?#[]@:/abcsecretbodySHA256shopware-", max_size=80).map("https://a.example/hook?".__add__),
)


@pytest.mark.parametrize("name", sorted(SCHEMES))
@settings(max_examples=60, deadline=None)
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=len(HEADERS)),
    body=BODIES,
    line=st.tuples(st.text(max_size=8), URLS),
    now=st.none() | st.integers(-(10**15), 10**15),
)
def test_any_request_is_only_ever_refused(
    name: str, headers: dict[str, str], body: bytes, line: tuple[str, str], now: int | None
) -> None:
    inbound = Inbound(source="s", method=line[0], url=line[1], headers=headers, body=body)
    with pytest.raises(VerificationFailed) as failed:
        VERIFIERS[name].check(inbound, now)
    assert CANARY not in str(failed.value)
    assert HEX_CANARY not in str(failed.value)


@pytest.mark.parametrize("name", [n for n in sorted(SCHEMES) if SCHEMES[n].kind in {"hmac", "hash"}])
@settings(max_examples=20, deadline=None)
@given(signature=VALUES, body=BODIES)
def test_a_complete_request_with_any_signature_is_only_ever_refused(name: str, signature: str, body: bytes) -> None:
    headers = dict.fromkeys(HEADERS, signature) | {"webhook-id": "m", "svix-id": "m"}
    headers["content-type"] = "application/x-www-form-urlencoded"
    inbound = Inbound(source="s", method="POST", url="https://a.example/", headers=headers, body=body)
    with pytest.raises(VerificationFailed):
        VERIFIERS[name].check(inbound, None)


@pytest.mark.parametrize(
    "body",
    [b"[" * 1_000_000, b'{"a":' * 100_000, b"&" * 1_000_000, b"%" * 1_000_000, b"." * 1_000_000, b"A" * 1_000_000],
)
@pytest.mark.parametrize("name", ["adyen-item", "ecwid", "toast", "twilio", "mandrill", "wix"])
def test_large_and_deep_bodies_are_refused(name: str, body: bytes) -> None:
    headers = dict.fromkeys(HEADERS, "AA==") | {"content-type": "application/x-www-form-urlencoded"}
    inbound = Inbound(source="s", method="POST", url="https://a.example/", headers=headers, body=body)
    with pytest.raises(VerificationFailed):
        VERIFIERS[name].check(inbound, NOW)


def test_no_reason_shows_the_secret_or_the_right_signature() -> None:
    right = hmac.digest(CANARY.encode(), b"body", "sha256")
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    inbound = Inbound("s", "POST", "https://a.example/", {"x-shopify-hmac-sha256": wrong}, b"body")
    with pytest.raises(VerificationFailed) as failed:
        VERIFIERS["shopify"].check(inbound, NOW)
    shown = f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__context__!r} {VERIFIERS['shopify']!r}"
    assert CANARY not in shown
    assert right.hex() not in shown
    assert base64.b64encode(right).decode() not in shown


@pytest.mark.parametrize(
    ("name", "secret", "said"),
    [
        ("shopify", "", "the secret is empty; paste it exactly as the system shows it"),
        ("shopify", CANARY + "\udc80", "the secret holds characters that are not text"),
        ("standard-webhooks", "whsec_", "the secret is empty; paste it exactly as the system shows it"),
        (
            *("standard-webhooks", f"whsec_{CANARY}!"),
            "the secret is not written in base64; paste it exactly as the system shows it",
        ),
        (
            *("squarespace", f"{CANARY}x"),
            "the secret is not written in hex; paste it exactly as the system shows it",
        ),
        ("header-token", "", "the secret is empty"),
        ("basic", CANARY, "the secret of kind basic must be written as user:password"),
        (
            *("adobe-commerce", CANARY),
            "the secret is not a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----",
        ),
        ("sendgrid", CANARY, "the secret is not the base64 text of a public key (SPKI, DER)"),
        ("sendgrid", CANARY + "\u00fc", "the secret is not the base64 text of a public key (SPKI, DER)"),
        ("standard-webhooks-ed25519", "whpk_AAAA", "the secret is not the base64 text of 32 bytes"),
        (
            *("wix", "-----BEGIN RSA PRIVATE KEY-----\n" + CANARY),
            "the secret is a private key; the bridge needs the sender's public key",
        ),
    ],
)
def test_a_secret_that_cannot_be_a_key_is_refused_without_echo(name: str, secret: str, said: str) -> None:
    with pytest.raises(ValueError) as failed:
        Verifier(SCHEMES[name], [secret])
    assert str(failed.value) == said
    assert CANARY not in repr((failed.value, failed.value.__cause__))
    assert failed.value.__suppress_context__ or failed.value.__context__ is None


@pytest.mark.parametrize(
    ("kind", "secret", "said"),
    [
        ("rsa", EC_SPKI, "the secret is not an RSA key, which kind rsa needs"),
        ("ecdsa", "", "the secret is not the base64 text of a public key (SPKI, DER)"),
    ],
)
def test_a_key_of_another_kind_is_refused(kind: str, secret: str, said: str) -> None:
    knobs = {**SPECS["sendgrid"], "kind": kind}
    with pytest.raises(ValueError) as failed:
        Verifier(parse_scheme(knobs), [secret])
    assert str(failed.value) == said


def test_a_scheme_without_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^kind hmac needs at least one secret$"):
        Verifier(SCHEMES["shopify"], [])


def test_a_value_of_the_installation_must_be_set() -> None:
    with pytest.raises(ValueError, match=r"^the value of webhook_id is not set; write `consts: \{webhook_id: …\}`"):
        Verifier(SCHEMES["paypal"], [RSA_PEM])


def test_the_places_of_credentials_are_known() -> None:
    assert SCHEMES["basic"].credentials == (Place("header", "Authorization"),)
    assert SCHEMES["query-token"].credentials == (Place("query", "secret"),)
    assert SCHEMES["shopify"].credentials == ()
    assert SCHEMES["wix"].credentials == ()
