"""How known systems sign: a table in the language of `verify:` blocks, each with the page that describes it.

A template is written as its parts with spaces between; a part that begins with an apostrophe is literal text.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bridge.core.verification.knobs import parse_scheme
from bridge.core.verification.scheme import Scheme

Knobs = Mapping[str, Any]


def _signed(how: str, template: str, *headers: str, grammar: Knobs | None = None, **knobs: Any) -> Knobs:
    """Give the knobs of a signed scheme: `how` is kind, algorithm (where there is a choice) and encoding."""
    kind, *algorithm, encoding = how.split()
    sources = [{"from": "header", "name": name} for name in headers]
    return {
        "kind": kind,
        **({"algorithm": algorithm[0]} if algorithm else {}),
        "encoding": encoding,
        "signature": {"sources": sources, **({"grammar": grammar} if grammar else {})},
        "template": template.split(),
        **knobs,
    }


def _named(key: str, kv_sep: str = "=", item_sep: str | None = None) -> Knobs:
    """Give the grammar of signatures that are written as `key=signature`, one or several."""
    return {"kv_sep": kv_sep, "key": key, **({"item_sep": item_sep} if item_sep else {})}


def _from(where: str, name: str, knobs: Knobs) -> Knobs:
    """Replace where the signature is."""
    key = "path" if where in {"item", "json"} else "name"
    return {**knobs, "signature": {"sources": [{"from": where, key: name}]}}


def _header_time(name: str, unit: str, tolerance: int | None = None) -> Knobs:
    rule = {} if tolerance is None else {"tolerance": tolerance}
    return {"from": "header", "name": name, "unit": unit, **rule}


def _field_time(field: str, unit: str, tolerance: int) -> Knobs:
    return {"from": "sigfield", "field": field, "unit": unit, "tolerance": tolerance}


_SHA256_HEX, _SHA256_BASE64 = "hmac sha256 hex", "hmac sha256 base64"
_ID_TIME_BODY = "header:webhook-id '. timestamp '. body"
_SVIX_ID_TIME_BODY = "header:svix-id '. timestamp '. body"
_STANDARD_HEADERS = ("webhook-signature", "svix-signature")
_STANDARD_TIME = _header_time("webhook-timestamp", "s", 300)
_STANDARD_KEY = {"strip_prefix": ["whsec_"], "decode": "base64"}
_STANDARD_LIST = _named("v1", ",", " ")
_HEX_KEY = {"decode": "hex"}
_ADYEN_FIELDS = (
    *("pspReference", "originalReference", "merchantAccountCode", "merchantReference"),
    *("amount.value", "amount.currency", "eventCode", "success"),
)
_SLACK_MESSAGE = "'v0: timestamp ': body"

_TABLE: Mapping[str, Knobs] = {
    # github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md
    "standard-webhooks": _signed(
        _SHA256_BASE64,
        _ID_TIME_BODY,
        *_STANDARD_HEADERS,
        timestamp=_STANDARD_TIME,
        secret=_STANDARD_KEY,
        grammar=_STANDARD_LIST,
    ),
    # docs.svix.com/receiving/verifying-payloads/how-manual
    "svix": _signed(
        *(_SHA256_BASE64, _SVIX_ID_TIME_BODY, *_STANDARD_HEADERS),
        timestamp=_header_time("svix-timestamp", "s", 300),
        secret=_STANDARD_KEY,
        grammar=_STANDARD_LIST,
    ),
    # the same specification, asymmetric signatures
    "standard-webhooks-ed25519": _signed(
        *("ed25519 base64", _ID_TIME_BODY, "webhook-signature"),
        key_format="ed25519_raw",
        timestamp=_STANDARD_TIME,
        secret={"strip_prefix": ["whpk_"], "decode": "base64"},
        grammar=_named("v1a", ",", " "),
    ),
    # docs.bigcommerce.com, webhooks overview: the key is the client secret's text, not decoded
    "bigcommerce": _signed(
        _SHA256_BASE64, _ID_TIME_BODY, *_STANDARD_HEADERS, timestamp=_STANDARD_TIME, grammar=_STANDARD_LIST
    ),
    # docs.stripe.com/webhooks/signature: the key is the whole whsec_ text, not decoded
    "stripe": _signed(
        _SHA256_HEX,
        "timestamp '. body",
        "Stripe-Signature",
        timestamp=_field_time("t", "s", 300),
        grammar=_named("v1", "=", ","),
    ),
    # developer.calendly.com/api-docs, webhook signatures
    "calendly": _signed(
        *(_SHA256_HEX, "timestamp '. body", "Calendly-Webhook-Signature"),
        timestamp=_field_time("t", "s", 180),
        grammar=_named("v1", "=", ","),
    ),
    # developer.paddle.com/webhooks/signature-verification; 5 s is what its SDKs allow
    "paddle": _signed(
        _SHA256_HEX,
        "timestamp ': body",
        "Paddle-Signature",
        timestamp=_field_time("ts", "s", 5),
        grammar=_named("h1", "=", ";"),
    ),
    # shopify.dev/docs/apps/build/webhooks/verify-deliveries; the second header is that of the Events product
    "shopify": _signed(_SHA256_BASE64, "body", "X-Shopify-Hmac-Sha256", "shopify-hmac-sha256"),
    # github.com/woocommerce/woocommerce, includes/class-wc-webhook.php
    "woocommerce": _signed(_SHA256_BASE64, "body", "X-WC-Webhook-Signature"),
    # developer.xero.com/documentation/guides/webhooks/configuring-your-server
    "xero": _signed(_SHA256_BASE64, "body", "x-xero-signature"),
    # developer.intuit.com/app/developer/qbo/docs/develop/webhooks
    "quickbooks": _signed(_SHA256_BASE64, "body", "intuit-signature"),
    # typeform.com/developers/webhooks/secure-your-webhooks
    "typeform": _signed(_SHA256_BASE64, "body", "Typeform-Signature", grammar=_named("sha256")),
    # docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    "github": _signed(_SHA256_HEX, "body", "X-Hub-Signature-256", grammar=_named("sha256")),
    # developers.intercom.com/docs/webhooks, signed notifications
    "intercom": _signed("hmac sha1 hex", "body", "X-Hub-Signature", grammar=_named("sha1")),
    # developers.facebook.com/docs/graph-api/webhooks/getting-started
    "meta": _signed(_SHA256_HEX, "body", "X-Hub-Signature-256", grammar=_named("sha256")),
    # docs.mollie.com/reference/webhooks-new
    "mollie": _signed(_SHA256_HEX, "body", "X-Mollie-Signature", grammar=_named("sha256")),
    # developer.shopware.com/docs/guides/plugins/apps/webhook.html, and for GET its signing guide
    "shopware": _signed(_SHA256_HEX, "body", "shopware-shop-signature"),
    "shopware-get": _from("query", "shopware-shop-signature", _signed(_SHA256_HEX, "query_without_sig")),
    # developer.shopware.com/docs/guides/plugins/apps/app-registration-setup.html
    "shopware-registration": _signed(_SHA256_HEX, "query", "shopware-app-signature"),
    # developers.squarespace.com/webhooks/overview
    "squarespace": _signed(_SHA256_HEX, "body", "Squarespace-Signature", secret=_HEX_KEY),
    # docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
    "adyen-header": _signed(_SHA256_BASE64, "body", "hmacsignature", secret=_HEX_KEY),
    "adyen-item": _from(
        *("item", "additionalData.hmacSignature"),
        _signed(
            *(_SHA256_BASE64, " ': ".join(f"item:{field}" for field in _ADYEN_FIELDS)),
            per_item={"array": "notificationItems", "item": "NotificationRequestItem"},
            secret=_HEX_KEY,
        ),
    ),
    # x-series-api.lightspeedhq.com/docs/webhooks
    "lightspeed-x": _signed(_SHA256_HEX, "body", "X-Signature", grammar=_named("signature", "=", ",")),
    # developer.zendesk.com/documentation/webhooks/verifying
    "zendesk": _signed(
        *(_SHA256_BASE64, "timestamp body", "X-Zendesk-Webhook-Signature"),
        timestamp=_header_time("X-Zendesk-Webhook-Signature-Timestamp", "iso8601", 300),
    ),
    # docs.slack.dev/authentication/verifying-requests-from-slack
    "slack": _signed(
        *(_SHA256_HEX, _SLACK_MESSAGE, "X-Slack-Signature"),
        timestamp=_header_time("X-Slack-Request-Timestamp", "s", 300),
        grammar=_named("v0"),
    ),
    # developers.zoom.us/docs/api/webhooks, verify with Zoom's header
    "zoom": _signed(
        *(_SHA256_HEX, _SLACK_MESSAGE, "x-zm-signature"),
        timestamp=_header_time("x-zm-request-timestamp", "s", 300),
        grammar=_named("v0"),
    ),
    # docs.recurly.com/recurly-subscriptions/docs/signature-verification; the time is in ms
    "recurly": _signed(
        _SHA256_HEX,
        "timestamp '. body",
        "recurly-signature",
        timestamp=_field_time("0", "ms", 300),
        grammar={"item_sep": ",", "positional": 1},
    ),
    # developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
    "hubspot-v1": _signed("hash sha256 hex", "secret body", "X-HubSpot-Signature"),
    "hubspot-v2": _signed("hash sha256 hex", "secret method url body", "X-HubSpot-Signature"),
    "hubspot-v3": _signed(
        *(_SHA256_BASE64, "method url body timestamp", "X-HubSpot-Signature-v3"),
        timestamp=_header_time("X-HubSpot-Request-Timestamp", "ms", 300),
        url_mode="hubspot_v3",
    ),
    # developer.squareup.com/docs/webhooks/step3validate
    "square": _signed(_SHA256_BASE64, "url body", "x-square-hmacsha256-signature"),
    # twilio.com/docs/usage/webhooks/webhooks-security
    "twilio": _signed(
        *("hmac sha1 base64", "url form_sorted", "X-Twilio-Signature"),
        url_mode="with_and_without_port",
        body_hash_query="bodySHA256",
    ),
    # mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks
    "mandrill": _signed("hmac sha1 base64", "url form_sorted", "X-Mandrill-Signature"),
    # docs.ecwid.com/develop-apps/webhooks: only these two fields are signed, all others can be forged
    "ecwid": _signed(_SHA256_BASE64, "json:eventCreated '. json:eventId", "X-Ecwid-Webhook-Signature"),
    # doc.toasttab.com, apiMessageSigning
    "toast": _signed(
        *(_SHA256_BASE64, "body timestamp", "Toast-Signature"),
        timestamp={"from": "json", "path": "timestamp", "unit": "iso8601"},
    ),
    # developers.klaviyo.com, system webhooks
    "klaviyo": _signed(
        *(_SHA256_HEX, "body timestamp", "Klaviyo-Signature"),
        timestamp=_header_time("Klaviyo-Timestamp", "s"),
    ),
    # twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    "sendgrid": _signed(
        *("ecdsa sha256 base64", "timestamp body", "X-Twilio-Email-Event-Webhook-Signature"),
        key_format="spki_b64",
        timestamp=_header_time("X-Twilio-Email-Event-Webhook-Timestamp", "s"),
    ),
    # developer.paypal.com/api/rest/webhooks/rest; each installation has a webhook id of its own
    "paypal": _signed(
        "rsa sha256 base64",
        "header:PAYPAL-TRANSMISSION-ID '| header:PAYPAL-TRANSMISSION-TIME '| const:webhook_id '| body_crc32",
        "PAYPAL-TRANSMISSION-SIG",
        key_format="cert",
        require_headers={"PAYPAL-AUTH-ALGO": "SHA256withRSA"},
        consts={"webhook_id": ""},
    ),
    # developer.adobe.com/commerce/extensibility/webhooks/signature-verification
    "adobe-commerce": _signed("rsa sha256 base64", "body_b64", "x-adobe-commerce-webhook-signature", key_format="pem"),
    # dev.wix.com/docs/build-apps/develop-your-app/api-integrations/events-and-webhooks/about-webhooks
    "wix": {"kind": "jwt", "token": {"from": "body"}, "algorithms": ["RS256"]},
    # docs.commercelayer.io/core/callbacks-security
    "commercelayer": _signed(_SHA256_BASE64, "body", "X-CommerceLayer-Signature"),
    # checkout.com/docs/developer-resources/webhooks/manage-webhooks/set-up-your-webhook-receiver
    "checkout-com": _signed(_SHA256_HEX, "body", "Cko-Signature"),
    # cal.com/docs/developing/guides/automation/webhooks
    "cal-com": _signed(_SHA256_HEX, "body", "x-cal-signature-256"),
    # developer.close.com/api/resources/webhooks; how old a request may be is not said
    "close": _signed(
        *(_SHA256_HEX, "timestamp body", "close-sig-hash"),
        timestamp=_header_time("close-sig-timestamp", "s"),
        secret=_HEX_KEY,
    ),
    # developers.docusign.com/platform/webhooks/connect/hmac; a header for each key, the first's is checked
    "docusign": _signed(_SHA256_BASE64, "body", "X-DocuSign-Signature-1"),
    # zoho.com/crm/developer/docs/api, notifications: the token of the channel comes back in the body
    "zoho-crm": {"kind": "token", "token": {"from": "json", "path": "token"}},
    # RFC 7617
    "basic": {"kind": "basic"},
    # systems that send a fixed header, or are given an address with a secret in it
    "header-token": {"kind": "token", "token": {"from": "header", "name": "X-Webhook-Token"}},
    "query-token": {"kind": "token", "token": {"from": "query", "name": "secret"}},
}

SPECS: Mapping[str, Knobs] = MappingProxyType(_TABLE)
SCHEMES: Mapping[str, Scheme] = MappingProxyType({name: parse_scheme(knobs) for name, knobs in SPECS.items()})
ALIASES: Mapping[str, str] = MappingProxyType({"hubspot": "hubspot-v3"})
