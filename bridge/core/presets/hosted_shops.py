"""Shops as a service: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

# The claims are read with all JSON text in them.
_WIX_ORDER = (
    "data.data | (actionEvent.body.order || createdEvent.entity || updatedEvent.currentEntity"
    " || actionEvent.bodyAsJson.order || createdEvent.entityAsJson || updatedEvent.currentEntityAsJson)"
)

HOSTED_SHOPS = (
    Preset(
        name="bigcommerce",
        scheme="bigcommerce",
        topic="scope",
        id="header('webhook-id') || (hash && concat([hash, '-', created_at]))",
        tenant="producer || store_id",
        time="created_at",
        refs=(
            ("order", f"data.orderId || {about('scope', 'store/order/', 'data.id')}"),
            ("customer", about("scope", "store/customer/", "data.id")),
        ),
        topics=(
            *("store/order/created", "store/order/updated", "store/order/archived", "store/order/statusUpdated"),
            *("store/order/message/created", "store/order/refund/created"),
            *("store/shipment/created", "store/shipment/updated", "store/shipment/deleted"),
            *("store/customer/created", "store/customer/updated", "store/customer/deleted"),
        ),
        key_hint="BigCommerce: the client secret of the app or API account that made the webhook, as it stands.",
        retry_span="11 retries in 48 h",
        lookup=(
            "Everything but the order's id: GET https://api.bigcommerce.com/stores/{hash}/v2/orders/{id} has "
            "billing_address.email, first_name, last_name and company, total_inc_tax, currency_code."
        ),
        quirks=(
            "statusUpdated: new_status_id 2 is shipped, 10 completed, 11 awaiting fulfilment.",
            "hash is the same when the same thing is reported twice.",
            "After 48 h of failures, or 90 days without an event, a webhook is deactivated.",
            "Where under 90 % succeed within 2 minutes, the whole domain is left out for 3 minutes.",
        ),
        unconfirmed=("the names of an order's fields",),
    ),
    Preset(
        name="squarespace",
        scheme="squarespace",
        topic="topic",
        id="id",
        tenant="websiteId",
        time="createdOn",
        refs=(("order", "data.orderId"),),
        topics=("order.create", "order.update", "extension.uninstall"),
        key_hint="Squarespace: shown once, when the webhook subscription is made or its secret rotated.",
        retry_span="not documented",
        lookup=(
            "Everything but the order's id: GET /1.0/commerce/orders/{orderId} has customerEmail, orderNumber, "
            "grandTotal, billingAddress and testmode."
        ),
        quirks=(
            "The secret is hexadecimal text.",
            "data.update says what changed: FULFILLED, REFUNDED, CANCELED, MARKED_PENDING, EMAIL_UPDATED.",
        ),
        unconfirmed=("the names of an order's fields", "parts of the scheme, from third parties only"),
    ),
    Preset(
        name="ecwid",
        scheme="ecwid",
        topic="eventType",
        id="eventId",
        tenant="storeId",
        time="eventCreated",
        refs=(
            ("order", "data.orderId"),
            ("customer", about("eventType", "customer.", "entityId")),
        ),
        topics=(
            *("order.created", "order.updated", "order.deleted"),
            *("unfinished_order.created", "unfinished_order.updated", "unfinished_order.deleted"),
            *("customer.created", "customer.updated", "customer.deleted"),
            *("product.created", "product.updated", "product.deleted"),
        ),
        key_hint="Ecwid: the app's client secret (client_secret).",
        retry_span="27 tries in 24 h",
        deadline="10 s, of which 3 s to connect",
        lookup=(
            "Everything but ids and status: GET /api/v3/{storeId}/orders/{id} has email, billingPerson, orderNumber, "
            "total, acceptMarketing, lang."
        ),
        quirks=(
            "Only eventId and eventCreated are signed: trust the other fields only after a lookup.",
            "Only the statuses 200, 201, 202, 204 and 209 count as delivered.",
            "After two weeks of failures webhooks are blocked.",
        ),
        unconfirmed=("the names of an order's fields",),
    ),
    Preset(
        name="wix",
        scheme="wix",
        topic="data.eventType",
        id="data.data.id",
        tenant="data.instanceId",
        time="data.data.eventTime",
        contact=f"{_WIX_ORDER} | buyerInfo.email",
        refs=(
            ("order", "if(data.data.entityFqdn == 'wix.ecom.v1.order', data.data.entityId, `null`)"),
            ("order", f"{_WIX_ORDER} | number"),
            ("customer", f"{_WIX_ORDER} | buyerInfo.contactId"),
        ),
        topics=(
            *("wix.ecom.v1.order_created", "wix.ecom.v1.order_approved", "wix.ecom.v1.order_updated"),
            *("wix.ecom.v1.order_canceled", "wix.ecom.v1.order_payment_status_updated"),
            *("wix.contacts.v4.contact_created", "wix.contacts.v4.contact_updated"),
        ),
        key_hint="Wix: the app's dashboard, Webhooks, Get Public Key.",
        retry_span="48 h",
        deadline="1.25 s",
        lookup="Updates carry changed fields only; orders carry everything.",
        quirks=(
            "The body is a signed token with JSON text within JSON text; mappings see all of it unpacked.",
            "Events come twice and in any order.",
        ),
        unconfirmed=(
            "the names of an order's fields",
            "whether an order stands in the event as an object or as JSON text; both are read",
        ),
    ),
)
