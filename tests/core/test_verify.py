"""Which requests a verifier accepts, and what it says about those it refuses."""

import base64
import hashlib
import hmac
import json

import pytest

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.schemes import SCHEMES, SPECS
from bridge.core.verification.verify import Verifier, parse_scheme

BODY = b'{"id": 820982911946154508}'
NOW = 1_700_000_000_000
ADYEN_KEY = "44782DEF547AAA06"
PUBLIC_URL = "https://bridge.example/hooks/shop"


def request(
    headers: dict[str, str] | None = None, *, body: bytes = BODY, url: str = PUBLIC_URL, method: str = "POST"
) -> Inbound:
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    return Inbound(source="shop", method=method, url=url, headers=lowered, body=body)


def base64_hmac(secret: str, message: bytes = BODY, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message, algorithm)).decode()


def hex_hmac(secret: str, message: bytes = BODY) -> str:
    return hmac.digest(secret.encode(), message, "sha256").hex()


def reason(scheme: str, inbound: Inbound, *, secrets: tuple[str, ...] = ("hush",), now: int | None = NOW) -> str:
    with pytest.raises(VerificationFailed) as failed:
        Verifier(SCHEMES[scheme], secrets).check(inbound, now)
    return str(failed.value)


def shopify(signature: str) -> Inbound:
    return request({"X-Shopify-Hmac-Sha256": signature})


def slack(seconds: str, *, secret: str = "hush") -> Inbound:
    signature = hex_hmac(secret, b"v0:" + seconds.encode() + b":" + BODY)
    return request({"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": seconds})


def test_the_index_of_the_secret_that_signed_is_given() -> None:
    verifier = Verifier(SCHEMES["shopify"], ["new", "old", "older"])
    assert verifier.check(shopify(base64_hmac("new")), NOW) == 0
    assert verifier.check(shopify(base64_hmac("old")), NOW) == 1
    assert verifier.check(shopify(base64_hmac("older")), NOW) == 2


def test_the_index_is_given_where_the_secret_is_part_of_the_message() -> None:
    signature = hashlib.sha256(b"old" + BODY).hexdigest()
    verifier = Verifier(SCHEMES["hubspot-v1"], ["new", "old"])
    assert verifier.check(request({"X-HubSpot-Signature": signature}), None) == 1


def test_the_index_is_given_for_tokens_and_basic() -> None:
    assert Verifier(SCHEMES["header-token"], ["a", "b"]).check(request({"X-Webhook-Token": "b"}), None) == 1
    basic = base64.b64encode(b"u:two").decode()
    verifier = Verifier(SCHEMES["basic"], ["u:one", "u:two"])
    assert verifier.check(request({"Authorization": f"basic {basic}"}), None) == 1


def test_kind_none_accepts_everything() -> None:
    assert Verifier(parse_scheme({"kind": "none"}), []).check(request(), NOW) == 0


def test_hex_is_read_in_any_case_and_base64_without_its_padding() -> None:
    upper = request({"X-Hub-Signature-256": f"sha256={hex_hmac('hush').upper()}"})
    assert Verifier(SCHEMES["github"], ["hush"]).check(upper, None) == 0
    assert Verifier(SCHEMES["shopify"], ["hush"]).check(shopify(base64_hmac("hush").rstrip("=")), None) == 0


def test_one_right_signature_among_several_is_enough() -> None:
    header = f"t=1700000000,v1={'0' * 64},v1={hex_hmac('hush', b'1700000000.' + BODY)}"
    assert Verifier(SCHEMES["stripe"], ["hush"]).check(request({"Stripe-Signature": header}), NOW) == 0


def test_a_repeated_header_is_read_as_several_signatures() -> None:
    header = f"sha256={'0' * 64}, sha256={hex_hmac('hush')}"
    assert Verifier(SCHEMES["mollie"], ["hush"]).check(request({"X-Mollie-Signature": header}), NOW) == 0


def test_the_first_source_that_is_there_wins() -> None:
    both = {"X-Shopify-Hmac-Sha256": base64_hmac("wrong"), "shopify-hmac-sha256": base64_hmac("hush")}
    assert reason("shopify", request(both)) == "the signature does not match"
    second = request({"shopify-hmac-sha256": base64_hmac("hush")})
    assert Verifier(SCHEMES["shopify"], ["hush"]).check(second, NOW) == 0


def test_a_missing_signature_names_its_header() -> None:
    assert reason("shopify", request()) == "the header X-Shopify-Hmac-Sha256 is missing"


def test_a_wrong_signature_is_refused() -> None:
    assert reason("shopify", shopify(base64_hmac("other"))) == "the signature does not match"
    assert (
        reason("shopify", shopify(base64_hmac("other")), secrets=("a", "b"))
        == "the signature matches none of the 2 secrets"
    )


def test_a_wrong_signature_over_the_url_points_to_the_public_url() -> None:
    inbound = request({"x-square-hmacsha256-signature": base64_hmac("hush")})
    assert reason("square", inbound) == (
        "the signature does not match; it covers the URL, so the public URL must be the one that the sender calls"
    )


def test_a_signature_in_another_encoding_is_refused() -> None:
    assert reason("shopify", shopify("!" * 44)) == "the header X-Shopify-Hmac-Sha256 is not written in base64"
    assert (
        reason("github", request({"X-Hub-Signature-256": "sha256=⚠️"}))
        == "the header X-Hub-Signature-256 is not written in hex"
    )


def test_a_header_without_the_named_signature_is_refused() -> None:
    inbound = request({"X-Hub-Signature-256": hex_hmac("hush")})
    assert reason("github", inbound) == "the header X-Hub-Signature-256 holds no sha256 signature"
    assert (
        reason("recurly", request({"recurly-signature": "1663103925004"}))
        == "the header recurly-signature holds no signature"
    )


def test_too_many_signatures_are_refused() -> None:
    inbound = request({"Stripe-Signature": "t=1," + "v1=00," * 40})
    assert reason("stripe", inbound) == "the request has more than 32 signatures"


def test_a_very_long_signature_is_refused() -> None:
    assert reason("shopify", shopify("A" * 8193)) == "the header X-Shopify-Hmac-Sha256 is longer than 8192 characters"


@pytest.mark.parametrize("seconds", [1_699_999_700, 1_700_000_300])
def test_a_request_exactly_at_the_tolerance_is_accepted(seconds: int) -> None:
    assert Verifier(SCHEMES["slack"], ["hush"]).check(slack(str(seconds)), NOW) == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1_699_999_699, "the request is 301 seconds old; 300 are allowed"),
        (1_700_000_301, "the request is 301 seconds ahead of this machine's clock; 300 are allowed"),
        (1_699_999_460, "the request is 9 minutes old; 5 are allowed"),
        (1_700_000_540, "the request is 9 minutes ahead of this machine's clock; 5 are allowed"),
        (1_699_978_400, "the request is 6 hours old; 5 minutes are allowed"),
        (1_531_420_618, "the request is 1951 days old; 5 minutes are allowed"),
    ],
)
def test_a_request_of_another_time_is_refused(seconds: int, said: str) -> None:
    assert reason("slack", slack(str(seconds))) == said


def test_one_millisecond_over_the_tolerance_is_refused() -> None:
    assert reason("slack", slack("1699999700"), now=NOW + 1) == "the request is 301 seconds old; 300 are allowed"


def test_without_a_clock_no_age_is_refused() -> None:
    assert Verifier(SCHEMES["slack"], ["hush"]).check(slack("1"), None) == 0
    assert Verifier(SCHEMES["slack"], ["hush"]).check(slack("yesterday"), None) == 0


@pytest.mark.parametrize("text", ["yesterday", "", "1_700_000_000", "+1700000000", "\u0661\u0667", "1e9", "9" * 400])
def test_a_timestamp_that_is_no_time_is_refused(text: str) -> None:
    assert reason("slack", slack(text)) == "the header X-Slack-Request-Timestamp is not a time in seconds"


def test_a_missing_timestamp_is_named() -> None:
    inbound = request({"X-Slack-Signature": "v0=00"})
    assert reason("slack", inbound) == "the header X-Slack-Request-Timestamp is missing"
    assert reason("stripe", request({"Stripe-Signature": "v1=00"})) == "the field t of the signature is missing"


def test_times_in_iso_8601_are_read_with_and_without_a_zone() -> None:
    verifier = Verifier(SCHEMES["zendesk"], ["hush"])
    for text in ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123456789", "2023-11-14T23:13:20+01:00"):
        headers = {
            "X-Zendesk-Webhook-Signature": base64_hmac("hush", text.encode() + BODY),
            "X-Zendesk-Webhook-Signature-Timestamp": text,
        }
        assert verifier.check(request(headers), NOW) == 0


def test_a_signed_header_that_is_missing_is_named() -> None:
    headers = {"webhook-signature": f"v1,{base64_hmac('x')}", "webhook-timestamp": "1700000000"}
    assert (
        reason("standard-webhooks", request(headers), secrets=("whsec_aHVzaA==",))
        == "the header webhook-id is missing, which the signature covers"
    )


def test_a_pinned_header_must_have_its_value() -> None:
    knobs = {**SPECS["shopify"], "require_headers": {"X-Algorithm": "HS256"}}
    verifier = Verifier(parse_scheme(knobs), ["hush"])
    right = {"X-Shopify-Hmac-Sha256": base64_hmac("hush")}
    with pytest.raises(VerificationFailed, match=r"^the header X-Algorithm is not HS256$"):
        verifier.check(request({**right, "X-Algorithm": "none"}), NOW)
    assert verifier.check(request({**right, "X-Algorithm": "HS256"}), NOW) == 0


def adyen_item(reference: str, *, secret: str = ADYEN_KEY, signed: str | None = None) -> dict[str, object]:
    message = f"{signed or reference}::shop::100:EUR:AUTHORISATION:true".encode()
    signature = base64.b64encode(hmac.digest(bytes.fromhex(secret), message, "sha256")).decode()
    return {
        "pspReference": reference,
        "merchantAccountCode": "shop",
        "amount": {"value": 100, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": True,
        "additionalData": {"hmacSignature": signature},
    }


def adyen(*items: dict[str, object]) -> Inbound:
    wrapped = [{"NotificationRequestItem": item} for item in items]
    return request(body=json.dumps({"live": "false", "notificationItems": wrapped}).encode())


def test_every_item_of_a_batch_must_verify() -> None:
    verifier = Verifier(SCHEMES["adyen-item"], [ADYEN_KEY])
    assert verifier.check(adyen(adyen_item("one"), adyen_item("two")), NOW) == 0
    assert (
        reason("adyen-item", adyen(adyen_item("one"), adyen_item("two", signed="three")), secrets=(ADYEN_KEY,))
        == "the signature does not match"
    )


def test_items_may_be_signed_with_different_secrets() -> None:
    verifier = Verifier(SCHEMES["adyen-item"], ["AA00", ADYEN_KEY])
    assert verifier.check(adyen(adyen_item("one", secret="AA00"), adyen_item("two")), NOW) == 1


@pytest.mark.parametrize("items", ["[]", "5", '{"a": 1}', '"text"'])
def test_a_batch_that_is_no_list_of_items_is_refused(items: str) -> None:
    inbound = request(body=f'{{"notificationItems": {items}}}'.encode())
    assert reason("adyen-item", inbound, secrets=(ADYEN_KEY,)) == (
        "notificationItems of the body must be a list of 1 to 1000 items"
    )


def test_a_batch_element_without_its_item_is_refused() -> None:
    inbound = request(body=b'{"notificationItems": [{"other": {}}, 7, null]}')
    assert reason("adyen-item", inbound, secrets=(ADYEN_KEY,)) == "additionalData.hmacSignature of the item is missing"


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b"\xff\xfe", b'{"a":'])
def test_a_body_that_is_no_json_is_refused_where_the_signature_needs_it(body: bytes) -> None:
    inbound = request({"X-Ecwid-Webhook-Signature": base64_hmac("hush")}, body=body)
    assert reason("ecwid", inbound) == "the body is not JSON, where the signature needs a field of it"


def test_numbers_are_signed_as_they_were_written() -> None:
    knobs = {**SPECS["ecwid"], "template": ["json:amount"]}
    inbound = request({"X-Ecwid-Webhook-Signature": base64_hmac("hush", b"10.50")}, body=b'{"amount": 10.50}')
    assert Verifier(parse_scheme(knobs), ["hush"]).check(inbound, NOW) == 0


def test_a_signed_field_that_is_missing_is_named() -> None:
    inbound = request({"X-Ecwid-Webhook-Signature": base64_hmac("hush")}, body=b'{"eventId": {}}')
    assert reason("ecwid", inbound) == "eventCreated of the body is missing, which the signature covers"


@pytest.mark.parametrize("signed", [PUBLIC_URL + "?x=%2C", PUBLIC_URL + "?x=,"])
def test_hubspots_url_is_accepted_in_both_its_forms(signed: str) -> None:
    message = b"POST" + signed.encode() + BODY + b"1700000000000"
    headers = {
        "X-HubSpot-Signature-v3": base64_hmac("hush", message),
        "X-HubSpot-Request-Timestamp": "1700000000000",
    }
    assert Verifier(SCHEMES["hubspot-v3"], ["hush"]).check(request(headers, url=PUBLIC_URL + "?x=%2C"), NOW) == 0


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://a.example:443/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/x", "https://a.example:443/x"),
        ("http://a.example", "http://a.example:80"),
        ("https://u:p@[2001:db8::1]:8443/x", "https://u:p@[2001:db8::1]/x"),
    ],
)
def test_twilios_url_is_accepted_with_and_without_its_port(configured: str, signed: str) -> None:
    headers = {"X-Twilio-Signature": base64_hmac("hush", signed.encode(), "sha1")}
    assert Verifier(SCHEMES["twilio"], ["hush"]).check(request(headers, url=configured, body=b""), NOW) == 0


def test_a_form_signature_refuses_a_body_that_is_no_form() -> None:
    headers = {"X-Twilio-Signature": base64_hmac("hush"), "Content-Type": "application/json"}
    assert reason("twilio", request(headers)) == "the body is not form-encoded, where the signature needs its fields"


def test_a_form_with_too_many_fields_is_refused() -> None:
    inbound = request({"X-Twilio-Signature": base64_hmac("hush")}, body=b"a=1&" * 1001)
    assert reason("twilio", inbound) == "the form has more than 1000 fields"


def test_a_body_that_does_not_fit_its_hash_in_the_url_is_refused() -> None:
    inbound = request({"X-Twilio-Signature": base64_hmac("hush")}, url=PUBLIC_URL + "?bodySHA256=00")
    assert reason("twilio", inbound) == "the body does not fit its hash in the query parameter bodySHA256"


def test_tokens_are_found_in_query_form_json_and_header() -> None:
    def check(token: dict[str, str], inbound: Inbound) -> int:
        return Verifier(parse_scheme({"kind": "token", "token": token}), ["s 3+cré"]).check(inbound, None)

    assert check({"from": "query", "name": "key"}, request(url=PUBLIC_URL + "?a=1&key=s%203+cr%C3%A9")) == 0
    assert check({"from": "form", "name": "t"}, request(body=b"a=1&t=s+3%2Bcr%C3%A9&t=no")) == 0
    assert check({"from": "json", "path": "a.0.t"}, request(body='{"a":[{"t":"s 3+cré"}]}'.encode())) == 0
    assert check({"from": "header", "name": "X-T"}, request({"X-T": "s 3+cr\u00c3\u00a9"})) == 0
    assert (
        check(
            {"from": "header", "name": "Authorization", "strip_prefix": "Bearer "},
            request({"Authorization": "Bearer s 3+cré"}),
        )
        == 0
    )


def test_a_wrong_or_missing_token_is_refused() -> None:
    assert reason("header-token", request()) == "the header X-Webhook-Token is missing"
    assert (
        reason("header-token", request({"X-Webhook-Token": "hus"}))
        == "the token in the header X-Webhook-Token is wrong"
    )
    assert (
        reason("query-token", request(url=PUBLIC_URL + "?secret=x"))
        == "the token in the query parameter secret is wrong"
    )


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "the header Authorization is missing"),
        ("Bearer dTpw", "the header Authorization is not of the form Basic"),
        ("Basic ü!", "the header Authorization is not written in base64"),
        ("Basic dTpx", "user or password is wrong"),
        ("Basic", "user or password is wrong"),
    ],
)
def test_basic_authorization_says_what_is_wrong(header: str | None, said: str) -> None:
    inbound = request({"Authorization": header} if header else {})
    assert reason("basic", inbound, secrets=("u:p",)) == said
