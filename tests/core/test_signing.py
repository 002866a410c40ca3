"""What `sign` makes is what the system would send, and what the verifier accepts."""

import base64
import hashlib
import hmac

import pytest

from bridge.core.model import Inbound
from bridge.core.verification.scheme import Scheme
from bridge.core.verification.schemes import SCHEMES, SPECS
from bridge.core.verification.signing import sign
from bridge.core.verification.verify import Verifier, parse_scheme

NOW = 1_700_000_000_123
BODY = b'{"id": 1, "timestamp": "2023-11-14T22:13:20.123Z", "eventId": "e", "eventCreated": 5}'
URL = "https://bridge.example/hooks/shop?a=%2C"
SECRETS = {
    **dict.fromkeys(("squarespace", "adyen-header", "adyen-item", "close"), "cafe00"),
    "basic": "user:pass",
}
SIGNABLE = [
    *("standard-webhooks", "svix", "bigcommerce", "stripe", "calendly", "paddle", "shopify", "woocommerce", "xero"),
    *("quickbooks", "typeform", "github", "intercom", "meta", "mollie", "shopware", "shopware-registration"),
    *("squarespace", "adyen-header", "lightspeed-x", "zendesk", "slack", "zoom", "recurly"),
    *("hubspot-v1", "hubspot-v2", "hubspot-v3", "square", "twilio", "mandrill", "ecwid", "toast", "klaviyo"),
    *("commercelayer", "checkout-com", "cal-com", "close", "docusign", "basic", "header-token"),
]
UNSIGNABLE = {
    "standard-webhooks-ed25519": "kind ed25519 needs the sender's private key, so it cannot be signed here",
    "sendgrid": "kind ecdsa needs the sender's private key, so it cannot be signed here",
    "paypal": "kind rsa needs the sender's private key, so it cannot be signed here",
    "adobe-commerce": "kind rsa needs the sender's private key, so it cannot be signed here",
    "wix": "kind jwt needs the sender's private key, so it cannot be signed here",
    "shopware-get": "the signature stands in the query parameter shopware-shop-signature, not in a header: "
    "it cannot be added here",
    "adyen-item": "the signature stands in additionalData.hmacSignature of the item, not in a header: "
    "it cannot be added here",
    "zoho-crm": "the token stands in token of the body, not in a header: write it there yourself",
    "query-token": "the token stands in the query parameter secret, not in a header: write it there yourself",
}


def signed(scheme: Scheme, secret: str, headers: dict[str, str] | None = None, body: bytes = BODY) -> dict[str, str]:
    return sign(scheme, secret, method="POST", url=URL, headers=headers or {}, body=body, now=NOW)


def secret_of(name: str) -> str:
    return SECRETS.get(name, "c2VjcmV0LXNlY3JldA==")


def test_every_scheme_is_either_signable_or_says_why_not() -> None:
    assert sorted([*SIGNABLE, *UNSIGNABLE]) == sorted(SCHEMES)


@pytest.mark.parametrize("name", SIGNABLE)
def test_what_is_signed_is_accepted(name: str) -> None:
    body = b"b=2&a=1+1&a=1+1" if name in {"twilio", "mandrill"} else BODY
    added = signed(SCHEMES[name], secret_of(name), body=body)
    headers = {header.lower(): value for header, value in added.items()}
    inbound = Inbound(source="s", method="POST", url=URL, headers=headers, body=body)
    assert Verifier(SCHEMES[name], [secret_of(name)]).check(inbound, NOW) == 0


@pytest.mark.parametrize(("name", "said"), UNSIGNABLE.items())
def test_what_cannot_be_signed_says_why(name: str, said: str) -> None:
    with pytest.raises(ValueError) as failed:
        signed(SCHEMES[name], secret_of(name))
    assert str(failed.value) == said


def test_shopifys_header_is_the_base64_of_the_hmac() -> None:
    digest = base64.b64encode(hmac.digest(b"hush", BODY, "sha256")).decode()
    assert signed(SCHEMES["shopify"], "hush") == {"X-Shopify-Hmac-Sha256": digest}


def test_stripes_header_carries_its_time() -> None:
    digest = hmac.digest(b"whsec_x", b"1700000000." + BODY, "sha256").hex()
    assert signed(SCHEMES["stripe"], "whsec_x") == {"Stripe-Signature": f"t=1700000000,v1={digest}"}


def test_recurlys_header_begins_with_milliseconds() -> None:
    digest = hmac.digest(b"hush", b"1700000000123." + BODY, "sha256").hex()
    assert signed(SCHEMES["recurly"], "hush") == {"recurly-signature": f"1700000000123,{digest}"}


def test_zendesks_time_is_written_in_iso_8601() -> None:
    headers = signed(SCHEMES["zendesk"], "hush")
    assert headers["X-Zendesk-Webhook-Signature-Timestamp"] == "2023-11-14T22:13:20Z"


def test_a_given_message_id_is_kept_and_a_missing_one_is_made() -> None:
    given = signed(SCHEMES["standard-webhooks"], "whsec_aHVzaA==", {"Webhook-Id": "msg_1"})
    assert sorted(given) == ["webhook-signature", "webhook-timestamp"]
    digest = base64.b64encode(hmac.digest(b"hush", b"msg_1.1700000000." + BODY, "sha256")).decode()
    assert given["webhook-signature"] == f"v1,{digest}"
    made = signed(SCHEMES["standard-webhooks"], "whsec_aHVzaA==")
    assert made["webhook-id"] == "msg_" + hashlib.sha256(BODY + b"1700000000123").hexdigest()[:24]


def test_plain_hashes_hold_the_secret() -> None:
    digest = hashlib.sha256(b"hush" + BODY).hexdigest()
    assert signed(SCHEMES["hubspot-v1"], "hush") == {"X-HubSpot-Signature": digest}


def test_basic_tokens_and_none() -> None:
    bearer = {"kind": "token", "token": {"from": "header", "name": "Authorization", "strip_prefix": "Bearer "}}
    assert signed(SCHEMES["basic"], "user:pass") == {"Authorization": "Basic dXNlcjpwYXNz"}
    assert signed(parse_scheme(bearer), "t0ken") == {"Authorization": "Bearer t0ken"}
    assert signed(parse_scheme({"kind": "none"}), "") == {}


def test_required_headers_are_added() -> None:
    scheme = parse_scheme({**SPECS["shopify"], "require_headers": {"X-Algo": "HS256"}})
    assert signed(scheme, "hush")["X-Algo"] == "HS256"


@pytest.mark.parametrize(
    ("name", "secret", "said"),
    [
        ("toast", "hush", "timestamp of the body is missing, which the signature covers"),
        ("ecwid", "hush", "eventCreated of the body is missing, which the signature covers"),
        ("squarespace", "no hex", "the secret is not written in hex; paste it exactly as the system shows it"),
        ("basic", "nobody", "the secret of kind basic must be written as user:password"),
    ],
)
def test_what_is_missing_for_signing_is_named(name: str, secret: str, said: str) -> None:
    with pytest.raises(ValueError) as failed:
        signed(SCHEMES[name], secret, body=b"{}")
    assert str(failed.value) == said
