"""Shop software: what its webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

_SHOPIFY_TOPIC = "header('x-shopify-topic') || header('shopify-topic')"
_WOO_TOPIC = "header('x-wc-webhook-topic')"

SHOPS = (
    Preset(
        name="shopify",
        scheme="shopify",
        topic=_SHOPIFY_TOPIC,
        id="header('x-shopify-webhook-id') || header('shopify-webhook-id')",
        tenant="header('x-shopify-shop-domain') || header('shopify-shop-domain')",
        time="header('x-shopify-triggered-at') || header('shopify-triggered-at') || updated_at || created_at",
        contact="email || contact_email || customer.email || phone || customer.phone",
        refs=(
            ("order", "(order_number && id) || order_id"),
            ("order", "order_number && name"),
            ("customer", f"customer.id || {about(_SHOPIFY_TOPIC, 'customers/', 'id')}"),
        ),
        test="header('x-shopify-test') == 'true' || test == `true`",
        topics=(
            *("orders/create", "orders/paid", "orders/fulfilled", "orders/partially_fulfilled"),
            *("orders/cancelled", "orders/updated", "orders/edited", "orders/delete"),
            *("fulfillments/create", "fulfillments/update", "refunds/create"),
            *("customers/create", "customers/update", "customers/delete", "customers/enable"),
            *("customers/disable", "customers/data_request", "customers/redact", "shop/redact"),
            *("checkouts/create", "checkouts/update", "app/uninstalled"),
        ),
        key_hint=(
            "Shopify admin: Settings, Notifications, Webhooks, below the list; the webhooks of an app are "
            "signed with the app's client secret instead."
        ),
        retry_span="8 retries in 4 h",
        deadline="5 s, of which 1 s to connect",
        lookup=(
            "Refunds carry order_id only, and email or phone may be missing where the app may not read protected "
            "customer data: the order by its id at the Admin API."
        ),
        quirks=(
            "orders/updated comes many times for one order.",
            "Ids are greater than 2^53.",
            "Sample orders of the admin have test: true and a cancelled_at, whatever the topic.",
            "After 8 failures in a row a webhook made by the Admin API is deleted.",
            "For an hour after the client secret was changed the old one may still sign: list both.",
        ),
        unconfirmed=(
            "that the size of a body has no limit",
            "which fields are missing without the right to protected customer data",
        ),
    ),
    Preset(
        name="woocommerce",
        scheme="woocommerce",
        topic=_WOO_TOPIC,
        # X-WC-Webhook-Delivery-ID is shared by all deliveries of one webhook within a second
        tenant="header('x-wc-webhook-source')",
        time="if(date_modified_gmt, concat([date_modified_gmt, 'Z']), `null`)",
        contact="billing.email || email || billing.phone",
        refs=(
            ("order", about(_WOO_TOPIC, "order.", "id")),
            ("order", about(_WOO_TOPIC, "order.", "number")),
            ("customer", "if(customer_id == `0`, `null`, customer_id)"),  # 0 is a guest
            ("customer", about(_WOO_TOPIC, "customer.", "id")),
        ),
        topics=(
            *("order.created", "order.updated", "order.deleted", "order.restored"),
            *("customer.created", "customer.updated", "customer.deleted"),
            *("product.created", "product.updated", "product.deleted", "product.restored"),
            *("coupon.created", "coupon.updated", "coupon.deleted", "coupon.restored"),
        ),
        key_hint="WooCommerce: Settings, Advanced, Webhooks, the webhook, Secret; without & < > or quotes.",
        retry_span="no retries",
        deadline="60 s",
        lookup="Events of deleted things carry the id only.",
        quirks=(
            "Nothing is sent again: what comes while the bridge is down is lost.",
            "A webhook is disabled at the 7th failure in a row.",
            "There is no topic for a completed order: order.updated with the status completed.",
            "Names of items hold HTML entities: unescape_html(name).",
            "customer_id is 0 for a guest.",
        ),
    ),
    Preset(
        name="adobe-io-events",
        scheme="query-token",
        topic="type || event.type",
        id="event_id || id || event.event_id",
        tenant="data._metadata.storeId || event.data._metadata.storeId",
        time="time || event.time",
        contact="data.value.customer_email || data.value.email || event.data.value.customer_email",
        refs=(
            ("order", "data.value.increment_id || event.data.value.increment_id"),
            ("customer", "data.value.customer_id || event.data.value.customer_id"),
        ),
        topics=(
            "com.adobe.commerce.observer.sales_order_save_commit_after",
            "com.adobe.commerce.observer.sales_order_place_after",
            "com.adobe.commerce.observer.sales_order_shipment_save_after",
            "com.adobe.commerce.observer.customer_save_commit_after",
        ),
        key_hint=(
            "Adobe I/O Events: a secret of your own making, at the end of the webhook's address as ?secret=…; "
            "its own signatures are not checked."
        ),
        retry_span="24 h",
        lookup="Fields that the subscription did not select: GET /rest/V1/orders/{id}.",
        quirks=(
            "Which fields of data.value arrive is chosen by the subscription.",
            "sales_order_save_commit_after comes at every change of an order.",
            "Some deliveries have everything within an object called event.",
        ),
        unconfirmed=(
            "the retries",
            "the signatures in x-adobe-digital-signature-1 and -2, which the bridge does not check",
            "that an address may have a query",
        ),
    ),
    Preset(
        name="adobe-commerce",
        scheme="adobe-commerce",
        topic="type || event.type",
        id="event_id || id || event.event_id",
        contact="data.order.customer_email || data.customer_email || order.customer_email || customer_email",
        refs=(("order", "data.order.increment_id || order.increment_id || increment_id"),),
        key_hint=(
            "Adobe Commerce: Stores, Configuration, Adobe Services, Webhooks, Digital Signature Configuration: "
            "the public key in PEM."
        ),
        retry_span="no retries",
        deadline="the hook's timeout, in ms",
        quirks=(
            "A checkout waits for the bridge's answer, and can fail while the bridge is down: use adobe-io-events.",
            "What a hook sends is chosen in its configuration; there is no topic and no id of an event.",
        ),
        unconfirmed=("where the public key stands in the admin", "the names of fields, which a hook chooses"),
    ),
    Preset(
        name="shopware",
        scheme="shopware",
        topic="data.event",
        id="header('x-shopware-event-id') || source.eventId",
        tenant="source.shopId",
        time="timestamp",
        contact="data.payload.order.orderCustomer.email || data.payload.customer.email",
        refs=(
            ("order", "data.payload.order.id || (data.payload[?entity == 'order'].primaryKey | [0])"),
            ("order", "data.payload.order.orderNumber"),
            ("customer", "data.payload.order.orderCustomer.customerId || data.payload.customer.id"),
        ),
        topics=(
            *("checkout.order.placed", "checkout.customer.register"),
            *("state_enter.order_delivery.state.shipped", "state_enter.order_delivery.state.returned"),
            *("state_enter.order.state.completed", "state_enter.order.state.cancelled"),
            *("state_enter.order_transaction.state.paid", "state_enter.order_transaction.state.refunded"),
            *("order.written", "customer.written", "product.written"),
        ),
        key_hint="Shopware: the shop secret that the app gave the shop when it was registered.",
        retry_span="5 retries in 5 h; older versions 3 within seconds",
        deadline="20 s, of which 10 s to connect",
        lookup="Topics that end in .written carry ids only: the Admin API, POST /api/search/order.",
        quirks=(
            "An app must be registered first; the bridge only checks what comes afterwards.",
            "order.currency may be an id only.",
            "Older versions disable a webhook after 10 errors.",
        ),
        unconfirmed=("the names of an order's fields, and that a currency has an isoCode",),
    ),
    Preset(
        name="commercetools",
        scheme="header-token",
        topic="type",
        id="id",
        tenant="projectKey",
        time="createdAt",
        contact="order.customerEmail || order.billingAddress.email || customer.email",
        refs=(
            ("order", "if(resource.typeId == 'order', resource.id, `null`)"),
            ("order", "order.orderNumber || resourceUserProvidedIdentifiers.orderNumber"),
            ("customer", "order.customerId || if(resource.typeId == 'customer', resource.id, `null`)"),
        ),
        topics=(
            *("OrderCreated", "OrderStateChanged", "OrderShipmentStateChanged", "OrderPaymentStateChanged"),
            *("OrderDeleted", "DeliveryAdded", "ReturnInfoAdded", "CustomerCreated", "CustomerDeleted"),
        ),
        key_hint=(
            "commercetools sends to queues only. What brings its messages here (EventBridge, Event Grid) is given "
            "a header X-Webhook-Token with a secret of your own making."
        ),
        retry_span="as the queue is set up",
        lookup=(
            "Only OrderCreated carries the order; with payloadNotIncluded (above 256 kB) and for other types: "
            "GET /{projectKey}/orders/{resource.id}."
        ),
        quirks=(
            "EventBridge wraps the message: let it send $.detail only.",
            "Do not use API Extensions: the shop waits for their answer.",
        ),
        unconfirmed=("the expressions, tried on a composed message only",),
    ),
    Preset(
        name="commercelayer",
        scheme="commercelayer",
        topic="header('x-commercelayer-topic')",
        # deliveries have no id: a resource in one state, for one topic
        id=(
            "data.attributes.updated_at && "
            "concat([header('x-commercelayer-topic'), '-', data.id, '-', data.attributes.updated_at])"
        ),
        tenant="data.meta.organization_id",
        time="data.attributes.updated_at",
        contact="data.attributes.customer_email || data.attributes.email",
        refs=(
            ("order", "if(data.type == 'orders', data.id, `null`)"),
            ("order", "if(data.type == 'orders', data.attributes.number, `null`)"),
            ("customer", "if(data.type == 'customers', data.id, `null`)"),
        ),
        test="data.meta.mode == 'test'",
        topics=(
            *("orders.create", "orders.place", "orders.approve", "orders.pay", "orders.cancel"),
            *("orders.fulfill", "orders.refund", "customers.create", "customers.acquired", "shipments.ship"),
        ),
        key_hint="Commerce Layer: the webhook's shared secret, in the dashboard or at /api/webhooks.",
        retry_span="10 retries",
        deadline="5 s",
        lookup="Names stand in included, if the webhook includes billing_address.",
        quirks=("After 30 failures in a row nothing is sent until the webhook is reset.",),
        unconfirmed=("that what is sent again is unchanged, so that its derived id is the same",),
    ),
)
