"""Shops: what their webhooks say, from their public documentation (pages stand at their schemes)."""

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
    ),
    Preset(
        name="woocommerce",
        scheme="woocommerce",
        topic=_WOO_TOPIC,
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
    ),
)
