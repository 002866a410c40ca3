"""What the presets of payment and billing systems read: from requests of our own making and collected samples."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.preset_readings import example, reading, readings, said, samples

SYSTEMS = {
    "adyen": "adyen-item",
    "checkout_com": "checkout-com",
    **{name: name for name in ("chargebee", "mollie", "paddle", "paypal", "recurly", "xero", "stripe")},
}
EXAMPLES = Path(__file__).parents[2] / "mappings" / "examples"


def batch(name: str, path: str) -> list[dict[str, Any]]:
    """Read a shipped example of several events; what is null is left out."""
    found = readings(name, json.loads((EXAMPLES / f"{path}.json").read_text(encoding="utf-8")))
    return [{key: value for key, value in each.items() if value is not None} for each in found]


def test_stripe_says_what_is_a_test() -> None:
    assert reading("stripe", {"livemode": False})["test"] is True
    assert reading("stripe", {"livemode": True})["test"] is False


def test_a_paypal_order_is_read() -> None:
    order = said(
        *("CHECKOUT.ORDER.COMPLETED", "WH-3NL58205HP1234567-8AB12345CD678901E"),
        *("order=8NL90127TN364715X", "order=NL-3042", "customer=NLR5Z8XDVJNXQ"),
        contact="emil.holm@example.com",
        test=False,
    )
    assert example("paypal", "paypal/order-completed") == order
    assert example("paypal", "paypal/sandbox") == order | {"test": True}


def test_a_paypal_capture_refers_to_its_order_and_has_no_contact() -> None:
    assert example("paypal", "paypal/capture") == said(
        *("PAYMENT.CAPTURE.COMPLETED", "WH-5NL10477VH7654321-1CD98765EF432109A"),
        *("order=8NL90127TN364715X", "order=NL-3042", "payment=2NL61435GT888444X"),
        test=False,
    )


def test_a_paypal_subscription_is_read() -> None:
    subscriber = {"email_address": "ann@example.com", "payer_id": "P"}
    event = {"event_type": "BILLING.SUBSCRIPTION.ACTIVATED", "id": "WH-1", "resource": {"id": "I-1"}}
    event["resource"]["subscriber"] = subscriber  # type: ignore[index]  # a dict
    assert reading("paypal", event) == said(
        *("BILLING.SUBSCRIPTION.ACTIVATED", "WH-1", "subscription=I-1", "customer=P"),
        contact="ann@example.com",
        test=False,
    )
    sale = {
        "event_type": "PAYMENT.SALE.COMPLETED",
        "id": "WH-2",
        "resource": {"id": "S", "billing_agreement_id": "I-1"},
    }
    assert reading("paypal", sale)["refs"] == ["payment=S", "subscription=I-1"]


def test_every_payment_of_an_adyen_request_is_read() -> None:
    first = said(
        *("AUTHORISATION", "NLGAO2BVQFXJ7XZD-AUTHORISATION-true"),
        *("order=NL-4042", "payment=NLGAO2BVQFXJ7XZD", "customer=customer-17"),
        tenant="NordlichtECOM",
        contact="anton.frey@example.com",
        test=False,
    )
    refused = {
        "id": "NLHBO3CWRGYK8YAE-AUTHORISATION-false",
        "refs": ["order=NL-4042", "payment=NLHBO3CWRGYK8YAE", "customer=customer-17"],
    }
    assert batch("adyen-item", "adyen/two-payments") == [first, first | refused]
    in_test = batch("adyen-item", "adyen/test-account")
    assert in_test == [first | {"test": True}, first | refused | {"test": True}]


def test_an_adyen_event_keeps_its_id_when_unsigned_fields_change() -> None:
    item = {"pspReference": "P", "eventCode": "REFUND", "success": "true", "originalReference": "O"}
    found = [
        reading("adyen-item", {"live": "true", "notificationItems": [{"NotificationRequestItem": item | change}]})
        for change in ({"eventDate": "2026-05-07T11:45:05+02:00"}, {"eventDate": "2026-05-08T11:45:05+02:00"})
    ]
    assert found == [said("REFUND", "P-REFUND-true", "payment=P", "payment=O", test=False)] * 2


def test_an_adyen_platform_event_is_read() -> None:
    event = {"type": "balancePlatform.transfer.updated", "environment": "test", "timestamp": "2026-05-07T09:30:00Z"}
    event |= {"data": {"id": "T", "balancePlatform": "Nordlicht"}}  # type: ignore[dict-item]  # its values differ
    assert reading("adyen-header", event) == said(
        *("balancePlatform.transfer.updated", "balancePlatform.transfer.updated-T-2026-05-07T09:30:00Z", "object=T"),
        tenant="Nordlicht",
        test=True,
    )
    management = {"type": "merchant.created", "environment": "live", "createdAt": "2026-05-07T09:30:00Z"}
    management |= {"data": {"merchantId": "M", "companyId": "C"}}  # type: ignore[dict-item]  # its values differ
    assert reading("adyen-header", management) == said(
        "merchant.created", "merchant.created-M-2026-05-07T09:30:00Z", tenant="C", test=False
    )


def test_a_mollie_event_is_read() -> None:
    assert example("mollie", "mollie/payment-link-paid") == said(
        "payment-link.paid", "whe_Nl4Example", "object=pl_Nl4Xe7Example02", test=False
    )
    entity = {"mode": "test", "invoiceNumber": "INV-1", "recipient": {"email": "ann@example.com"}}
    invoice = {"type": "sales-invoice.paid", "id": "whe_1", "entityId": "invoice_1", "_embedded": {"entity": entity}}
    assert reading("mollie", invoice) == said(
        "sales-invoice.paid", "whe_1", "object=invoice_1", "invoice=INV-1", contact="ann@example.com", test=True
    )


def test_each_of_mollies_classic_forms_is_another_event() -> None:
    paid = said("tr", "tr_7UhSN1zuXS-2023-11-14T22:13:20Z", "payment=tr_7UhSN1zuXS")
    assert reading("mollie-classic", {"id": "tr_7UhSN1zuXS"}) == paid


def test_a_checkout_com_payment_is_read() -> None:
    payment = said(
        *("payment_captured", "evt_nlewxipcyhvefbvc3skk7fpq42"),
        *("order=NL-5042", "payment=pay_nl4n7ohvpc7epirpfco6wdou42", "customer=cus_nlexample17"),
        contact="greta.olsen@example.com",
        test=False,
    )
    assert example("checkout-com", "checkout-com/payment-captured") == payment
    assert example("checkout-com", "checkout-com/sandbox") == payment | {"test": True}
    thin = example("checkout-com", "checkout-com/without-customer")
    assert thin["refs"] == ["order=NL-5042", "payment=pay_nl4n7ohvpc7epirpfco6wdou42"]
    assert "contact" not in thin


def test_a_paddle_customer_and_what_refers_to_one_are_read() -> None:
    assert example("paddle", "paddle/customer-created") == said(
        *("customer.created", "evt_01jnlexampleax25dzcc8xe1x42", "customer=ctm_01jnlexample7xpaenx22h8q42"),
        contact="sofia.marti@example.com",
    )
    paused = {"event_type": "subscription.paused", "event_id": "evt_1", "data": {"id": "sub_1", "customer_id": "ctm_1"}}
    assert reading("paddle", paused) == said("subscription.paused", "evt_1", "subscription=sub_1", "customer=ctm_1")


def test_a_recurly_event_is_named_by_what_happened_to_what_and_when() -> None:
    assert example("recurly", "recurly/subscription-renewed") == said(
        *("subscription.renewed", "subscription-t8kq1pz0m3xv-renewed-2026-05-07T09:30:00Z"),
        "object=6f2d0c9b81a745e3a0f4d7c215be9a60",
        tenant="p4nordlicht01",
    )


def test_a_chargebee_event_is_read() -> None:
    assert example("chargebee", "chargebee/payment-succeeded") == said(
        *("payment_succeeded", "ev_NLzZlxISw1xXHo42"),
        *("invoice=NL-0042", "subscription=NLHbhF4s42tO2l18", "customer=NLHbhF4s42tO2l17"),
        contact="klara.winter@example.com",
    )


def test_every_event_of_a_quickbooks_request_is_read() -> None:
    assert batch("quickbooks", "quickbooks/invoices") == [
        said(
            *("qbo.invoice.created.v1", "0d6e3b52-41c7-4a0e-9b58-6f1c2f7f9a01", "invoice=1042", "object=1042"),
            tenant="410687",
        ),
        said(
            *("qbo.customer.updated.v1", "0d6e3b52-41c7-4a0e-9b58-6f1c2f7f9a02", "customer=58", "object=58"),
            tenant="410687",
        ),
    ]


def test_the_older_quickbooks_format_is_split_twice() -> None:
    entities = [
        {"name": "Invoice", "id": "7", "operation": "Create", "lastUpdated": "2026-05-07T09:30:00-0700"},
        {"name": "Payment", "id": "8", "operation": "Update", "lastUpdated": "2026-05-07T09:31:00-0700"},
    ]
    notifications = [{"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm in ("1", "2")]
    found = readings("quickbooks-classic", {"eventNotifications": notifications})
    assert [(each["tenant"], each["topic"]) for each in found] == [
        *(("1", "Invoice.Create"), ("1", "Payment.Update")),
        *(("2", "Invoice.Create"), ("2", "Payment.Update")),
    ]
    assert found[0]["id"] == "Invoice-7-Create-2026-05-07T09:30:00-0700"
    assert [each["refs"] for each in found[:2]] == [["invoice=7", "object=7"], ["object=8"]]


def test_every_event_of_a_xero_request_is_read() -> None:
    invoice, contact = batch("xero", "xero/invoice-and-contact")
    assert invoice == said(
        *("INVOICE.UPDATE", "INVOICE-5a1e6c3d-0b27-4f6e-9d1a-8c2f5e7b9a10-UPDATE-2026-05-07T09:30:12.447"),
        *("invoice=5a1e6c3d-0b27-4f6e-9d1a-8c2f5e7b9a10", "object=5a1e6c3d-0b27-4f6e-9d1a-8c2f5e7b9a10"),
        tenant="2c9d4e8f-6a13-4b75-90fe-1d7a3c5b8e24",
    )
    assert contact["topic"] == "CONTACT.CREATE"
    assert contact["refs"] == [
        *("customer=9e4b7a21-3c58-4d0f-a6e7-0f1b2c3d4e55", "object=9e4b7a21-3c58-4d0f-a6e7-0f1b2c3d4e55"),
    ]


# What the collected samples say, file by file.
SAMPLES = {
    "adyen/AUTHORISATION.json": said(
        "AUTHORISATION",
        "NGAO2BVQFXJ7XZDP-AUTHORISATION-true",
        "order=8313842560770001",
        "payment=NGAO2BVQFXJ7XZDP",
        tenant="OctovieECOM",
        test=True,
    ),
    "adyen/CAPTURE.json": said(
        "CAPTURE",
        "QBPLK35VG3MN6HXE-CAPTURE-true",
        "order=testMerchantRef1",
        "payment=QBPLK35VG3MN6HXE",
        tenant="OctovieECOM",
        test=True,
    ),
    "adyen/CANCEL_OR_REFUND.json": said(
        "CANCEL_OR_REFUND",
        "SVHWQYDNR0FWXQA0-CANCEL_OR_REFUND-true",
        "order=testMerchantRef1",
        "payment=SVHWQYDNR0FWXQA0",
        tenant="OctovieECOM",
        test=True,
    ),
    "chargebee/subscription_created.json": said(
        "subscription_created",
        "ev_16BHbhF4s42tO2lK",
        "subscription=16BHbhF4s42tO2lJ",
        "customer=16BHbhF4s42tO2lI",
        contact="john@example.com",
    ),
    "chargebee/payment_succeeded.json": said(
        "payment_succeeded",
        "ev_AzZlxISw1xXHo5a",
        "invoice=23",
        "subscription=16BHbhF4s42tO2lJ",
        "customer=16BHbhF4s42tO2lI",
        contact="john@example.com",
    ),
    "checkout_com/payment_captured.json": said(
        "payment_captured", "evt_uiewxipcyhvefbvc3skk7fpqfq", "payment=pay_ht4n7ohvpc7epirpfco6wdou24", test=True
    ),
    "mollie/payment-link.paid.json": said(
        "payment-link.paid", "whe_gQMMaGqAVA", "object=pl_4Y0eZitmBnQ5jsBYZIBw", test=False
    ),
    "paddle/transaction.completed.json": said(
        "transaction.completed",
        "evt_01j7br9myw2s8wzb7t8x73f7sn",
        "order=txn_01j7br78cgr083zqw1jhqym40s",
        "invoice=325-11889",
        "subscription=sub_01j7br9jpk4rmmcd5crn2th1bq",
        "customer=ctm_01j7br89shp7xpaenx22h8qetw",
    ),
    "paddle/customer.created.json": said(
        "customer.created",
        "evt_01j7br8aax25dzcc8xe1xq32d0",
        "customer=ctm_01j7br89shp7xpaenx22h8qetw",
        contact="sam@example.com",
    ),
    "paddle/adjustment.created.json": said(
        "adjustment.created",
        "evt_01j7brvpf76ndzrenetzbk8m0x",
        "order=txn_01j7br78cgr083zqw1jhqym40s",
        "subscription=sub_01j7br9jpk4rmmcd5crn2th1bq",
        "customer=ctm_01j7br89shp7xpaenx22h8qetw",
    ),
    "paypal/CHECKOUT.ORDER.APPROVED.json": said(
        "CHECKOUT.ORDER.APPROVED",
        "WH-COC11055RA711503B-4YM959094A144403T",
        "order=5O190127TN364715T",
        "customer=QYR5Z8XDVJNXQ",
        contact="customer@example.com",
        test=False,
    ),
    "paypal/CHECKOUT.ORDER.COMPLETED.json": said(
        "CHECKOUT.ORDER.COMPLETED",
        "WH-COC11055RA711503B-4YM959094A144403T",
        "order=5O190127TN364715T",
        "customer=QYR5Z8XDVJNXQ",
        contact="buyer@example.com",
        test=True,
    ),
    "paypal/PAYMENT.SALE.COMPLETED.json": said(
        "PAYMENT.SALE.COMPLETED", "WH-2WR32451HC0233532-67976317FL4543714", "payment=80021663DE681814L", test=False
    ),
    "paypal/BILLING.SUBSCRIPTION.CANCELLED.json": said(
        "BILLING.SUBSCRIPTION.CANCELLED",
        "WH-6TD369808N914414D-1YJ376786E892292F",
        "subscription=I-PE7JWXKGVN0R",
        "customer=XLHKRXRA4H7QY",
        contact="coolbuyer@example.com",
        test=False,
    ),
    "quickbooks/Customer.Create.json": said(
        "Customer.Create", "Customer-1-Create-2015-10-05T14:42:19-0700", "customer=1", "object=1", tenant="1185883450"
    ),
    "quickbooks/qbo.invoice.created.v1.json": said(
        "qbo.invoice.created.v1", "88cd52aa-33b6-4351-9aa4-47572edbd068", "invoice=1234", "object=1234", tenant="310687"
    ),
    "recurly/account.created.json": said(
        "account.created",
        "account-rjxwmwedwqug-created-2022-09-13T21:18:40Z",
        "customer=adfas23zzz14123",
        "object=rjxwmwedwqug",
        tenant="qc326l1hl8k9",
    ),
    "xero/CONTACT.UPDATE.json": said(
        "CONTACT.UPDATE",
        "CONTACT-717f2bfc-c6d4-41fd-b238-3f2f0c0cf777-UPDATE-2024-06-21T01:15:39.902",
        "customer=717f2bfc-c6d4-41fd-b238-3f2f0c0cf777",
        "object=717f2bfc-c6d4-41fd-b238-3f2f0c0cf777",
        tenant="c2cc9b6e-9458-4c7d-93cc-f02b81b0594f",
    ),
    "stripe/checkout.session.completed.json": said(
        "checkout.session.completed",
        "evt_1MhUT6E0b6fckueSlc4GyvIi",
        "customer=cus_NSPHp4fOlXGw8P",
        "invoice=in_1MhUT5E0b6fckueSfPlY05Fw",
        "object=cs_test_a1CagZ1XmCLIZb3ME6r06G1h8ygwbbbMw8Nqk0R86MWMT4dmCjDiUYfQDr",
        contact="hook@example.com",
        test=True,
    ),
    "stripe/invoice.paid.json": said(
        "invoice.paid",
        "evt_1MhUT7E0b6fckueShdwYrsWN",
        "customer=cus_NSPHp4fOlXGw8P",
        "invoice=in_1MhUT5E0b6fckueSfPlY05Fw",
        "invoice=3DAA104C-0001",
        "object=in_1MhUT5E0b6fckueSfPlY05Fw",
        contact="hook@example.com",
        test=True,
    ),
    "stripe/customer.created.json": said(
        "customer.created",
        "evt_1MhUT6E0b6fckueSqWR0Bec4",
        "customer=cus_NSPHp4fOlXGw8P",
        "object=cus_NSPHp4fOlXGw8P",
        contact="hook@example.com",
        test=True,
    ),
    "stripe/charge.succeeded.json": said(
        "charge.succeeded", "evt_1PgcFixture0001", "object=ch_1PgafuB7WZ01zgkWXYmPNZs8", test=True
    ),
    "stripe/charge.refunded.json": said(
        "charge.refunded", "evt_1PgcFixture0002", "object=ch_1PgafuB7WZ01zgkWXYmPNZs8", test=True
    ),
    "stripe/customer.subscription.deleted.json": said(
        "customer.subscription.deleted",
        "evt_1PgcFixture0003",
        "customer=cus_QXg1o8vcGmoR32",
        "object=sub_1Pgc6rB7WZ01zgkWNy0Cn5nw",
        test=True,
    ),
    "stripe/v1.billing.meter.error_report_triggered.json": said(
        "v1.billing.meter.error_report_triggered", "evt_234", "object=mtr_123", tenant="acct_123", test=False
    ),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_collected_sample_is_read(system: str) -> None:
    read = {f"{system}/{file}": reading(SYSTEMS[system], *request) for file, *request in samples(system)}
    assert read == {file: expected for file, expected in SAMPLES.items() if file.startswith(f"{system}/")}


def test_both_collected_formats_of_quickbooks_are_read() -> None:
    presets = {"Customer.Create.json": "quickbooks-classic", "qbo.invoice.created.v1.json": "quickbooks"}
    read = {f"quickbooks/{file}": reading(presets[file], *request) for file, *request in samples("quickbooks")}
    assert read == {file: expected for file, expected in SAMPLES.items() if file.startswith("quickbooks/")}
