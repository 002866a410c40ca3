"""What the presets of shops and tills read: from requests of our own making, and from collected samples."""

import base64
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from bridge.core.errors import VerificationFailed
from bridge.core.manners import FormField
from bridge.core.model import Inbound
from bridge.core.reading import read_body
from bridge.core.verification.schemes import SCHEMES
from bridge.core.verification.verify import Verifier
from tests.support.preset_readings import example, reading, said, samples

SYSTEMS = {
    "adobe_commerce": "adobe-io-events",
    **{
        name: name
        for name in (
            *("bigcommerce", "commercelayer", "commercetools", "ecwid", "square", "squarespace"),
            *("shopify", "woocommerce"),
        )
    },
}


def test_shopify_says_what_is_a_test() -> None:
    assert reading("shopify", {"test": True})["test"] is True
    assert reading("shopify", {"test": False})["test"] is False
    assert reading("shopify", {}, {"x-shopify-test": "true"})["test"] is True


def test_an_adobe_commerce_order_is_read_with_and_without_its_wrapping() -> None:
    order = said(
        *("com.adobe.commerce.observer.sales_order_save_commit_after", "4e8a2d61-93f0-4b7c-a1d5-0c6f7e8b9a21"),
        *("order=000001042", "customer=417"),
        tenant="1",
        contact="clara.vogt@example.com",
    )
    assert example("adobe-io-events", "adobe-commerce/order-complete") == order
    wrapped = {"event": {"type": "t", "event_id": "e", "data": {"value": {"customer_email": "a@example.com"}}}}
    assert reading("adobe-io-events", wrapped) == said("t", "e", contact="a@example.com")


def test_a_hook_of_adobe_commerce_has_a_contact_at_best() -> None:
    hook = {"data": {"order": {"increment_id": "000000042", "customer_email": "ann@example.com"}}}
    assert reading("adobe-commerce", hook) == {"contact": "ann@example.com", "refs": ["order=000000042"]}


def test_a_shopware_order_is_read() -> None:
    assert example("shopware", "shopware/order-shipped") == said(
        *("state_enter.order_delivery.state.shipped", "6e1d9c0b7a5f4e3d8c2b1a0f9e8d7c6b"),
        *("order=0f6c2b1a9d8e47c5b3a21f0e9d8c7b6a", "order=10042", "customer=3b9e1f7c5d2a48e6a0c4f8b7d6e5c4b3"),
        tenant="nL4kExampleShop",
        contact="paul.weber@example.com",
    )


def test_shopwares_written_events_name_the_order() -> None:
    written = [{"entity": "order", "operation": "update", "primaryKey": "0f6c", "updatedFields": ["stateId"]}]
    event = {"data": {"event": "order.written", "payload": written}, "source": {"eventId": "old", "shopId": "s"}}
    assert reading("shopware", event, {"x-shopware-event-id": "new"}) == said(
        "order.written", "new", "order=0f6c", tenant="s"
    )


def test_a_commercetools_message_is_read() -> None:
    assert example("commercetools", "commercetools/order-created") == said(
        *("OrderCreated", "c0a1b2d3-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "order=7d3c9a10-5b6e-4f21-a8c4-0e1f2d3c4b5a"),
        *("order=NL-2042", "customer=1e2d3c4b-5a69-4788-9a0b-c1d2e3f4a5b6"),
        tenant="nordlicht",
        contact="ida.lund@example.com",
    )
    customer = {"id": "m", "type": "CustomerDeleted", "resource": {"typeId": "customer", "id": "c"}}
    assert reading("commercetools", customer) == said("CustomerDeleted", "m", "customer=c")


def test_a_commerce_layer_delivery_is_named_by_its_resource() -> None:
    headers = {"x-commercelayer-topic": "orders.fulfill"}
    live = example("commercelayer", "commercelayer/order-fulfilled", headers)
    assert live == said(
        *("orders.fulfill", "orders.fulfill-pXnLhWgRAb-2026-05-07T09:27:09.819Z"),
        *("order=pXnLhWgRAb", "order=2310566"),
        tenant="nLdWbFWAYy",
        contact="marie.blanc@example.com",
        test=False,
    )
    assert example("commercelayer", "commercelayer/test-mode", headers) == live | {"test": True}
    customer = {"data": {"id": "c", "type": "customers", "attributes": {"email": "ann@example.com"}}}
    assert reading("commercelayer", customer) == {"contact": "ann@example.com", "test": False, "refs": ["customer=c"]}


def test_a_bigcommerce_event_has_an_id_with_and_without_the_header() -> None:
    event = said("store/order/statusUpdated", "msg_1", "order=1180", tenant="stores/x7nordlicht")
    assert example("bigcommerce", "bigcommerce/order-shipped", {"webhook-id": "msg_1"}) == event
    without = example("bigcommerce", "bigcommerce/order-shipped")
    assert without["id"] == "5f2c0b9d7e11a4c38d60f7a9e2b15c4406d8e913-1778146200"
    customer = {"scope": "store/customer/created", "store_id": "7", "data": {"type": "customer", "id": 9}}
    assert reading("bigcommerce", customer) == said("store/customer/created", None, "customer=9", tenant="7")


def test_a_squarespace_event_is_read() -> None:
    assert example("squarespace", "squarespace/order-fulfilled") == said(
        *("order.update", "66a1f0c2b7e84d0001c3a9d1", "order=66a1efd5b7e84d0001c3a9c0"),
        tenant="65e2b7a04c1d2f0008aa1b3c",
    )


def test_an_ecwid_event_is_read() -> None:
    assert example("ecwid", "ecwid/order-paid") == said(
        "order.updated", "3f6d2c1e-7a40-4c8e-9f1b-0d5be6a2c711", "order=NL42K", tenant=27510042
    )
    customer = {"eventType": "customer.updated", "eventId": "e", "storeId": 1, "entityId": 7}
    assert reading("ecwid", customer) == said("customer.updated", "e", "customer=7", tenant=1)


WIX_ORDER = {"number": "10042", "buyerInfo": {"contactId": "c", "email": "noah@example.com"}}
WIX = said("wix.order", "e", "order=o", "order=10042", "customer=c", tenant="site", contact="noah@example.com")


def a_token(**event: Any) -> bytes:
    """Write a token as Wix does: JSON text within JSON text."""
    inner = json.dumps({"id": "e", "entityFqdn": "wix.ecom.v1.order", "entityId": "o", **event})
    claims = {"data": json.dumps({"eventType": "wix.order", "instanceId": "site", "data": inner}), "exp": 1}
    parts = (b'{"alg":"RS256","typ":"JWT"}', json.dumps(claims).encode(), b"signature")
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


@pytest.mark.parametrize(
    "event",
    [
        {"actionEvent": {"body": {"order": WIX_ORDER}}},
        {"createdEvent": {"entity": WIX_ORDER}},
        {"updatedEvent": {"currentEntity": WIX_ORDER}},
        {"actionEvent": {"bodyAsJson": json.dumps({"order": WIX_ORDER})}},
        {"createdEvent": {"entityAsJson": json.dumps(WIX_ORDER)}},
        {"updatedEvent": {"currentEntityAsJson": json.dumps(WIX_ORDER)}},
    ],
)
def test_a_wix_order_is_read_wherever_it_stands_in_the_token(event: dict[str, Any]) -> None:
    assert reading("wix", read_body(a_token(**event), "text/plain")) == WIX


def test_the_shipped_wix_order_is_read() -> None:
    assert example("wix", "wix/order-approved") == said(
        *("wix.ecom.v1.order_approved", "b1c2d3e4-f5a6-4b7c-8d9e-0f1a2b3c4d5e"),
        *("order=4f1c2d3e-6a7b-48c9-90d1-e2f3a4b5c6d7", "order=10042"),
        "customer=8a9b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c2d",
        tenant="c5d6e7f8-0a1b-4c2d-9e3f-4a5b6c7d8e9f",
        contact="noah.keller@example.com",
    )


def test_a_square_payment_is_read() -> None:
    payment = said(
        *("payment.updated", "0c5f8f28-54a1-4eb0-a98a-3111513fd4aa", "order=nL3O3USaPaOrder42"),
        *("payment=nL9pRFVxExample01", "customer=NLCUSTOMER17"),
        tenant="MLNORDLICHT1",
        contact="grace.porter@example.com",
        test=True,
    )
    assert example("square", "square/payment-completed", {"square-environment": "Sandbox"}) == payment
    live = example("square", "square/payment-completed", {"square-environment": "Production"})
    assert live == payment | {"test": False}


def test_a_square_customer_has_an_address() -> None:
    customer = {"type": "customer.created", "event_id": "e", "data": {"object": {"customer": {"id": "C"}}}}
    customer["data"]["object"]["customer"]["email_address"] = "ann@example.com"  # type: ignore[index]  # a dict
    assert reading("square", customer) == said(
        "customer.created", "e", "customer=C", contact="ann@example.com", test=False
    )


def a_form(topic: str, **payload: Any) -> Any:
    """Read a form as Lightspeed sends it."""
    form = {"domain_prefix": "nordlicht", "type": topic, "payload": json.dumps(payload)}
    return read_body(urlencode(form).encode(), "application/x-www-form-urlencoded", field=FormField("payload"))


def test_a_lightspeed_form_is_read() -> None:
    customer = a_form("customer.update", id="06bf537b", version=3011042, email="lena@example.com")
    assert reading("lightspeed-x", customer) == said(
        *("customer.update", "06bf537b-3011042", "customer=06bf537b"), tenant="nordlicht", contact="lena@example.com"
    )
    sale = a_form("sale.update", id="ad2e3f10", version=7, invoice_number="NL-7731", customer_id="06bf537b")
    assert reading("lightspeed-x", sale) == said(
        *("sale.update", "ad2e3f10-7", "order=ad2e3f10", "order=NL-7731", "customer=06bf537b"), tenant="nordlicht"
    )


def test_without_a_version_a_lightspeed_event_has_no_id() -> None:
    assert reading("lightspeed-x", a_form("product.update", id="p")) == said("product.update", None, tenant="nordlicht")


def test_a_toast_order_is_read() -> None:
    order = said(
        *("order_updated", "f3a0c1d2-7b8e-4a95-b6c7-d8e9f0a1b2c3", "order=5b7d9f1a-3c5e-4d7f-8a9b-1c3d5e7f9a0b"),
        "customer=7d9f1b3c-5e70-4f91-acbd-3e5f7091b2c3",
        tenant="2d4c6b8a-1e3f-4a5b-9c7d-0e2f4a6b8c1d",
        contact="owen.reed@example.com",
    )
    assert example("toast", "toast/check-paid") == order
    headers = {"toast-event-type": "channel_order_updated", "toast-restaurant-external-id": "r"}
    assert example("toast", "toast/check-paid", headers) == order | {"topic": "channel_order_updated", "tenant": "r"}


STAMPED = b'{"timestamp": "2026-05-07T19:42:11.511Z"}'


def base64_of(message: bytes) -> str:
    return base64.b64encode(hmac.digest(b"shared", message, "sha256")).decode()


def hex_of(message: bytes) -> str:
    return hmac.digest(b"shared", message, "sha256").hex()


@pytest.mark.parametrize(
    ("scheme", "header", "signature"),
    [
        ("commercelayer", "x-commercelayer-signature", base64_of(STAMPED)),
        ("checkout-com", "cko-signature", hex_of(STAMPED)),
        ("lightspeed-x", "x-signature", f"signature={hex_of(STAMPED)},algorithm=HMAC-SHA256"),
        ("toast", "toast-signature", base64_of(STAMPED + b"2026-05-07T19:42:11.511Z")),
        ("mollie", "x-mollie-signature", f"sha256={hex_of(STAMPED)}"),
        ("quickbooks", "intuit-signature", base64_of(STAMPED)),
        ("xero", "x-xero-signature", base64_of(STAMPED)),
    ],
)
def test_schemes_without_collected_vectors_sign_as_documented(scheme: str, header: str, signature: str) -> None:
    verifier = Verifier(SCHEMES[scheme], ["other", "shared"])
    assert verifier.check(Inbound("s", "POST", "", {header: signature}, STAMPED, 0), 0) == 1
    with pytest.raises(VerificationFailed):
        verifier.check(Inbound("s", "POST", "", {header: signature}, STAMPED + b" ", 0), 0)


# What the collected samples say, file by file.
SAMPLES = {
    "adobe_commerce/sales_order_save_commit_after.json": said(
        "com.adobe.commerce.observer.sales_order_save_commit_after",
        "b0f2b088-5490-4d16-9ce9-0cb1fb3e5ed0",
        "order=000000012",
        tenant="1",
        contact="roni_cost@example.com",
    ),
    "bigcommerce/store.order.created.json": said(
        "store/order/created",
        "dd70c0976e06b67aaf671e73f49dcb79230ebf9d-1561479335",
        "order=250",
        tenant="stores/{store_hash}",
    ),
    "bigcommerce/store.order.statusUpdated.json": said(
        "store/order/statusUpdated",
        "7ee67cd1cf2ca60bc1aa9e5fe957d2de373be4ca-1561479335",
        "order=250",
        tenant="stores/{store_hash}",
    ),
    "bigcommerce/store.order.refund.created.json": said(
        "store/order/refund/created",
        "cb07cdbdda8b1965e812693d5988154807eeed02-1561479923",
        "order=250",
        tenant="stores/{store_hash}",
    ),
    "bigcommerce/store.shipment.created.json": said(
        "store/shipment/created",
        "8b98021cb0faa7e3a58a0e4182d3696a4bdd24ab-1561482857",
        "order=251",
        tenant="stores/{store_hash}",
    ),
    "commercelayer/orders.create.json": said(
        "orders.create",
        "orders.create-PlalhWGrAb-2023-03-17T10:27:09.819Z",
        "order=PlalhWGrAb",
        "order=35310566",
        tenant="jXdWbFWAYy",
        contact="mark@example.com",
        test=True,
    ),
    "commercetools/OrderCreated.json": said(
        "OrderCreated",
        "2723ca8f-283c-4add-90bc-0978d195ed3c",
        "order=92f5a867-bf19-47ab-982c-6720a03a3921",
        "order=1001",
        "customer=7297c742-d8b0-484b-aadc-1d0ba6769dc9",
        tenant="my-project",
        contact="anna@example.com",
    ),
    "ecwid/order.updated.json": said(
        "order.updated", "80aece08-40e8-4145-8764-6c2f0d38678", "order=XJ12H", tenant=1003
    ),
    "square/payment.updated.json": said(
        "payment.updated",
        "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
        "order=03O3USaPaAaFnI6kkwB1JxGgBsUZY",
        "payment=hYy9pRFVxpDsO1FB05SunFWUe9JZY",
        tenant="6SSW7HV8K2ST5",
        test=False,
    ),
    "square/order.created.json": said(
        "order.created",
        "116038d3-2948-439f-8679-fc86dbf80f69",
        "order=eA3vssLHKJrv9H0IdJCM3gNqfdcZY",
        tenant="5S9MXCS9Y99KK",
        test=False,
    ),
    "square/refund.created.json": said(
        "refund.created",
        "bc316346-6691-4243-88ed-6d651a0d0c47",
        "order=haOyDuHiqtAXMk0d8pDKXpL7Jg4F",
        "payment=KkAkhdMsgzn59SM8A89WgKwekxLZY",
        tenant="6SSW7HV8K2ST5",
        test=False,
    ),
    "squarespace/order.create.json": said(
        "order.create", "5c2ba184b63ed3cb411ce2b1", "order=5f3c39ce69e11e796f19990e", tenant="5f3c3d55ac435e1a051f77b3"
    ),
    "squarespace/order.update.json": said(
        "order.update", "5c2ba184b63ed3cb411ce2b1", "order=5f3c39ce69e11e796f19990e", tenant="5f3c3d55ac435e1a051f77b3"
    ),
    "shopify/orders.create.json": said(
        "orders/create",
        "8a95126f-859a-4db9-b8f1-350e299e9ea0",
        "order=820982911946154508",
        "order=#9999",
        "customer=115310627314723954",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/orders.fulfilled.json": said(
        "orders/fulfilled",
        "51bf63fe-168a-4b2e-af37-e5d085c6befb",
        "order=820982911946154508",
        "order=#9999",
        "customer=115310627314723954",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/orders.cancelled.json": said(
        "orders/cancelled",
        "489eb7a0-7c94-4ea2-b7be-db3531ef5cb7",
        "order=820982911946154508",
        "order=#9999",
        "customer=115310627314723954",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/orders.updated.json": said(
        "orders/updated",
        "ea52e382-19c1-49a3-9954-aabd71e61c07",
        "order=820982911946154508",
        "order=#9999",
        "customer=115310627314723954",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/orders.paid.json": said(
        "orders/paid",
        "6f0f7a53-2d6c-4d0b-9a4a-0f5a1c7d9e21",
        "order=820982911946154508",
        "order=#9999",
        "customer=115310627314723954",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/refunds.create.json": said(
        "refunds/create",
        "883d4f6c-1972-46f8-ac0e-1a889021f949",
        "order=820982911946154508",
        tenant="shop.myshopify.com",
        test=True,
    ),
    "shopify/customers.create.json": said(
        "customers/create",
        "b528b59e-04ea-4957-8778-19141f4b3c79",
        "customer=706405506930370084",
        tenant="shop.myshopify.com",
        contact="bob@example.com",
        test=True,
    ),
    "shopify/customers.update.json": said(
        "customers/update",
        "72d1148f-f5ee-4398-bc11-68cea2a9d13e",
        "customer=706405506930370084",
        tenant="shop.myshopify.com",
        contact="bob@example.com",
        test=True,
    ),
    "shopify/fulfillments.update.json": said(
        "fulfillments/update",
        "880a5fcb-f875-4f52-a24e-d4b5548c9ba2",
        "order=820982911946154508",
        tenant="shop.myshopify.com",
        contact="jon@example.com",
        test=True,
    ),
    "shopify/app.uninstalled.json": said(
        "app/uninstalled",
        "4d3ed0de-edc5-48dd-b110-fdff73769187",
        tenant="shop.myshopify.com",
        contact="super@example.com",
        test=True,
    ),
    "shopify/customers.redact.json": said(
        "customers/redact", None, "customer=191167", contact="john@example.com", test=False
    ),
    "shopify/customers.data_request.json": said(
        "customers/data_request", None, "customer=191167", contact="john@example.com", test=False
    ),
    "woocommerce/order.created.json": said(
        "order.created", None, "order=727", "order=727", tenant="https://example.com/", contact="john.doe@example.com"
    ),
    "woocommerce/order.updated.json": said(
        "order.updated", None, "order=727", "order=727", tenant="https://example.com/", contact="john.doe@example.com"
    ),
    "woocommerce/coupon.deleted.json": said("coupon.deleted", tenant="http://localhost/wordpress/"),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_collected_sample_is_read(system: str) -> None:
    read = {f"{system}/{file}": reading(SYSTEMS[system], *request) for file, *request in samples(system)}
    assert read == {file: expected for file, expected in SAMPLES.items() if file.startswith(f"{system}/")}
