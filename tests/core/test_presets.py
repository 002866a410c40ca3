"""What presets read from requests of their systems."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.core.language.expression import Context, compile_expression
from bridge.core.presets import PRESETS, Preset
from bridge.core.verification.schemes import SCHEMES

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "data" / "payloads"


def read(name: str, payload: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Evaluate every text of the preset; refs as `kind=value` for those that are there."""
    preset = PRESETS[name]

    def evaluate(text: str | None) -> Any:
        context = Context(payload=payload, headers=headers or {})
        return compile_expression(text).evaluate(payload, context) if text else None

    refs = [f"{kind}={evaluate(text)}" for kind, text in preset.refs if evaluate(text) is not None]
    evaluate(preset.test)
    return {part: evaluate(getattr(preset, part)) for part in ("topic", "id", "tenant", "time", "contact")} | {
        "refs": refs
    }


def test_every_preset_is_there_once_and_has_a_scheme() -> None:
    assert sorted(PRESETS) == [
        *("activecampaign", "adobe-commerce", "adobe-io-events", "adyen-header", "adyen-item", "bigcommerce"),
        *("cal-com", "calendly", "chargebee", "checkout-com", "close", "commercelayer", "commercetools", "docusign"),
        *("ecwid", "freshdesk", "github", "hubspot", "hubspot-v1", "hubspot-v2", "hubspot-v3", "intercom", "klaviyo"),
        *("lightspeed-x", "mailchimp", "mandrill", "meta", "mollie", "mollie-classic", "paddle", "paypal"),
        *("pipedrive", "postmark", "quickbooks", "quickbooks-classic", "recurly", "resend"),
        *("salesforce", "sendgrid"),
        *(
            "shopify",
            "shopware",
            "slack",
            "square",
            "squarespace",
            "standard-webhooks",
            "stripe",
            "svix",
            "toast",
            "twilio",
        ),
        *("typeform", "whatsapp", "wix", "woocommerce", "xero", "zendesk", "zoho-crm", "zoom"),
    ]
    assert len({id(preset) for preset in PRESETS.values()}) == len(PRESETS) - 1  # hubspot is another's name
    assert all(preset.scheme in SCHEMES for preset in PRESETS.values())
    assert PRESETS["hubspot"] is PRESETS["hubspot-v3"]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_tells_an_operator_where_the_secret_is(preset: Preset) -> None:
    assert preset.key_hint.endswith(".")
    assert preset.retry_span
    assert len(set(preset.topics)) == len(preset.topics)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_what_people_read_of_a_preset_is_written_as_sentences(preset: Preset) -> None:
    sentences = [preset.key_hint, *filter(None, [preset.lookup]), *preset.quirks]
    assert [text for text in sentences if not text.endswith((".", "…"))] == []
    phrases = [preset.retry_span, *filter(None, [preset.deadline]), *preset.unconfirmed]
    assert [text for text in phrases if not text or text.endswith(".")] == []


def test_a_mistyped_topic_is_near_a_known_one() -> None:
    assert difflib.get_close_matches("orders/fulfiled", PRESETS["shopify"].topics, n=1) == ["orders/fulfilled"]
    assert difflib.get_close_matches("order.update", PRESETS["woocommerce"].topics, n=1) == ["order.updated"]


def test_a_shopify_order_is_read() -> None:
    order = {
        "id": 820982911946154508,
        "name": "#1001",
        "order_number": 1001,
        "email": "",
        "contact_email": "ann@example.com",
        "updated_at": "2024-08-07T18:57:57-04:00",
        "customer": {"id": 115310627314723954},
    }
    headers = {
        "x-shopify-topic": "orders/fulfilled",
        "x-shopify-webhook-id": "b54557e4",
        "x-shopify-shop-domain": "shop.myshopify.com",
    }
    assert read("shopify", order, headers) == {
        "topic": "orders/fulfilled",
        "id": "b54557e4",
        "tenant": "shop.myshopify.com",
        "time": "2024-08-07T18:57:57-04:00",
        "contact": "ann@example.com",
        "refs": ["order=820982911946154508", "order=#1001", "customer=115310627314723954"],
    }


def test_shopifys_other_topics_refer_to_order_and_customer() -> None:
    assert read("shopify", {"id": 5, "order_id": 7, "name": "#1001.1"})["refs"] == ["order=7"]
    customer = {"id": 9, "email": "ann@example.com"}
    assert read("shopify", customer, {"x-shopify-topic": "customers/create"})["refs"] == ["customer=9"]
    assert read("shopify", customer, {"shopify-topic": "customers/create"})["refs"] == ["customer=9"]
    assert read("shopify", customer, {"x-shopify-topic": "products/create"})["refs"] == []
    redact = {"shop_id": 1, "customer": {"id": 9, "email": "ann@example.com"}}
    assert read("shopify", redact, {"x-shopify-topic": "customers/redact"})["refs"] == ["customer=9"]


def test_a_stripe_event_is_read() -> None:
    event = {
        "id": "evt_1",
        "type": "checkout.session.completed",
        "created": 1_700_000_000,
        "account": "acct_1",
        "data": {
            "object": {
                "object": "checkout.session",
                "id": "cs_1",
                "client_reference_id": "A-17",
                "customer": "cus_1",
                "invoice": "in_1",
                "customer_details": {"email": "ann@example.com"},
            }
        },
    }
    assert read("stripe", event) == {
        "topic": "checkout.session.completed",
        "id": "evt_1",
        "tenant": "acct_1",
        "time": 1_700_000_000,
        "contact": "ann@example.com",
        "refs": ["order=A-17", "customer=cus_1", "invoice=in_1", "object=cs_1"],
    }


def test_stripes_customers_and_invoices_refer_to_themselves() -> None:
    customer = {"data": {"object": {"object": "customer", "id": "cus_1", "email": "ann@example.com"}}}
    invoice = {"data": {"object": {"object": "invoice", "id": "in_1", "number": "F-1", "customer": {"id": "cus_1"}}}}
    assert read("stripe", customer)["refs"] == ["customer=cus_1", "object=cus_1"]
    assert read("stripe", invoice)["refs"] == ["customer=cus_1", "invoice=in_1", "invoice=F-1", "object=in_1"]
    thin = {"id": "evt_2", "type": "v1.billing.meter.error", "related_object": {"id": "mtr_1"}, "context": "org_1"}
    assert read("stripe", thin)["refs"] == ["object=mtr_1"]
    assert read("stripe", thin)["tenant"] == "org_1"


def test_a_woocommerce_order_has_no_id_of_its_delivery() -> None:
    order = {
        "id": 727,
        "number": "727-A",
        "date_modified_gmt": "2017-03-22T19:28:08",
        "customer_id": 0,
        "billing": {"email": "ann@example.com", "phone": "1"},
    }
    headers = {
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-source": "https://example.com/",
        "x-wc-webhook-delivery-id": "f69179d9",
    }
    assert read("woocommerce", order, headers) == {
        "topic": "order.updated",
        "id": None,
        "tenant": "https://example.com/",
        "time": "2017-03-22T19:28:08Z",
        "contact": "ann@example.com",
        "refs": ["order=727", "order=727-A"],
    }


def test_woocommerces_other_topics_are_read() -> None:
    assert read("woocommerce", {"id": 3}, {"x-wc-webhook-topic": "order.deleted"})["refs"] == ["order=3"]
    assert read("woocommerce", {"id": 3}, {"x-wc-webhook-topic": "coupon.deleted"})["refs"] == []
    customer = read("woocommerce", {"id": 3, "email": "a@b.example"}, {"x-wc-webhook-topic": "customer.created"})
    assert (customer["refs"], customer["contact"]) == (["customer=3"], "a@b.example")
    assert read("woocommerce", {"id": 9, "customer_id": 26})["refs"] == ["customer=26"]


def test_a_hubspot_app_event_is_read() -> None:
    event = {
        "eventId": 1,
        "subscriptionId": 12345,
        "portalId": 62515,
        "occurredAt": 1564113600000,
        "subscriptionType": "contact.creation",
        "objectId": 123,
    }
    assert read("hubspot", event) == {
        "topic": "contact.creation",
        "id": "62515-12345-123-1564113600000-1",
        "tenant": 62515,
        "time": 1564113600000,
        "contact": None,
        "refs": ["customer=123"],
    }
    assert PRESETS["hubspot"].each == ("@",)
    assert read("hubspot", event | {"subscriptionType": "deal.propertyChange"})["refs"] == ["deal=123"]


def test_hubspots_workflows_have_a_topic_and_no_id() -> None:
    contact = {"vid": 251, "portal-id": 27145807, "properties": {"email": {"value": "ann@example.com"}}}
    assert read("hubspot", contact) == {
        "topic": "workflow",
        "id": None,
        "tenant": 27145807,
        "time": None,
        "contact": "ann@example.com",
        "refs": ["customer=251"],
    }
    deal = {"portalId": 2, "objectId": 77, "properties": {"dealname": {"value": "Big"}}}
    assert read("hubspot", deal)["refs"] == ["deal=77"]


def test_a_github_delivery_is_read() -> None:
    headers = {"x-github-event": "star", "x-github-delivery": "72d3162e", "x-github-hook-id": "292430182"}
    assert read("github", {"repository": {"full_name": "acme/shop"}}, headers) == {
        "topic": "star",
        "id": "72d3162e",
        "tenant": "292430182",
        "time": None,
        "contact": None,
        "refs": ["repository=acme/shop"],
    }


def test_standard_webhooks_and_svix_are_read() -> None:
    data = {"id": "u1", "email": "ann@example.com"}
    payload = {"type": "user.created", "timestamp": "2022-11-03T20:26:10Z", "data": data}
    expected = {
        "topic": "user.created",
        "id": "msg_1",
        "tenant": None,
        "time": "2022-11-03T20:26:10Z",
        "contact": "ann@example.com",
        "refs": ["object=u1"],
    }
    assert read("standard-webhooks", payload, {"webhook-id": "msg_1"}) == expected
    assert read("svix", payload, {"svix-id": "msg_1"}) == expected
    assert read("svix", {}, {"svix-timestamp": "1614265330"})["time"] == "1614265330"


@pytest.mark.parametrize("payload", [None, [], {}, "text", 5, [1], {"id": None}, {"data": 5}, {"customer": []}])
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_no_preset_fails_on_an_odd_payload(name: str, payload: Any) -> None:
    assert read(name, payload)["contact"] is None


@pytest.mark.parametrize("name", ["shopify", "stripe", "woocommerce", "hubspot", "github"])
def test_every_sample_of_a_system_has_a_topic(name: str) -> None:
    folder = PAYLOADS / name
    if not folder.exists():
        pytest.skip("the sample payloads are not beside the project")
    files = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["files"]
    for file, meta in files.items():
        payload = json.loads((folder / file).read_text(encoding="utf-8"))
        headers = {header.lower(): value for header, value in meta.get("headers", {}).items()}
        for element in payload if isinstance(payload, list) else [payload]:
            assert read(name, element, headers)["topic"], file
