"""Tills of shops and restaurants: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

_SQUARE = "data.object"
_LIGHTSPEED = "payload"  # a field of the form, read as the JSON it holds; not the function

TILLS = (
    Preset(
        name="square",
        scheme="square",
        topic="type",
        id="event_id",
        tenant="merchant_id",
        time="created_at",
        contact=f"{_SQUARE}.payment.buyer_email_address || {_SQUARE}.customer.email_address",
        refs=(
            ("order", f"{_SQUARE}.payment.order_id || {_SQUARE}.refund.order_id"),
            ("order", f"{_SQUARE}.order_created.order_id || {_SQUARE}.order_updated.order_id"),
            ("payment", f"{_SQUARE}.payment.id || {_SQUARE}.refund.payment_id"),
            ("customer", f"{_SQUARE}.payment.customer_id || {_SQUARE}.customer.id"),
        ),
        test="lower(header('square-environment')) == 'sandbox'",
        topics=(
            *("payment.created", "payment.updated", "refund.created", "refund.updated"),
            *("order.created", "order.updated", "order.fulfillment.updated", "invoice.payment_made"),
            *("customer.created", "customer.updated", "customer.deleted", "booking.created", "booking.updated"),
        ),
        key_hint="Square: Developer Console, the application, Webhooks, the subscription, Signature key.",
        retry_span="24 h",
        deadline="as soon as possible; 10 s on an older page",
        lookup=(
            "Orders and refunds, and payments where nobody typed an address: GET /v2/orders/{id} has customer_id, "
            "GET /v2/customers/{id} email_address, given_name, family_name, company_name."
        ),
        quirks=(
            "The address that Square calls is signed: the bridge must know it (BRIDGE_PUBLIC_URL).",
            "payment.updated comes many times; status COMPLETED is the one.",
            "Amounts are whole minor units.",
            "The older signature x-square-signature (SHA-1) is not checked.",
        ),
        unconfirmed=("the headers square-environment and square-retry-number",),
    ),
    Preset(
        name="lightspeed-x",
        scheme="lightspeed-x",
        topic="type",
        id=f"{_LIGHTSPEED} | (id && version && concat([id, '-', version]))",
        tenant="domain_prefix || retailer_id",
        time=f"{_LIGHTSPEED}.updated_at",
        contact=f"{_LIGHTSPEED} | (email || customer.email)",
        refs=(
            ("order", about("type", "sale.", f"{_LIGHTSPEED}.id")),
            ("order", about("type", "sale.", f"{_LIGHTSPEED}.invoice_number")),
            ("customer", f"{_LIGHTSPEED}.customer_id || {about('type', 'customer.', f'{_LIGHTSPEED}.id')}"),
        ),
        topics=(
            *("sale.update", "customer.update", "product.update", "inventory.update"),
            *("register_closure.create", "consignment.send", "consignment.receive"),
        ),
        key_hint="Lightspeed Retail (X-Series): the client secret of the OAuth application that made the webhook.",
        retry_span="20 retries in 48 h",
        deadline="5 s",
        lookup="A sale names its customer by customer_id: GET /api/2.0/customers/{customer_id} has the address.",
        quirks=(
            "A form: the event is JSON text in the field payload, which mappings see unpacked.",
            "Webhooks made by hand in the settings are not signed, only those of OAuth applications.",
            "That every event arrives is not guaranteed.",
            "sale.update comes at every change of a sale; status CLOSED is a finished one.",
        ),
        unconfirmed=("that the signature is hexadecimal", "the names of a sale's and a customer's fields"),
    ),
    Preset(
        name="toast",
        scheme="toast",
        topic="header('toast-event-type') || eventType",
        id="guid",
        tenant="header('toast-restaurant-external-id') || details.restaurantGuid",
        time="timestamp",
        contact="details.order.checks[0].customer.email || details.order.checks[0].customer.phone",
        refs=(
            ("order", "details.order.guid"),
            ("customer", "details.order.checks[0].customer.guid"),
        ),
        topics=(
            *("order_updated", "channel_order_updated", "partner_added", "partner_removed"),
            *("low_quantity", "out_of_stock", "in_stock"),
        ),
        key_hint="Toast: the secret that Toast gave with the webhook subscription; each subscription has its own.",
        retry_span="2 retries, after 5 and 10 min",
        deadline="2 s",
        lookup="The guest is often missing: GET /orders/v2/orders/{guid}.",
        quirks=(
            "order_updated comes at every change of an order, also when it is made.",
            "An order can be larger than 600 kB.",
            "Only timeouts, 404, 429 and 5xx are sent again.",
        ),
        unconfirmed=("the retries and the deadline, from third parties only", "the names of a check's fields"),
    ),
)
