"""What the bridge knows of a system: its scheme, and how its requests are read, as expressions.

Facts come from the systems' public documentation, whose pages stand at their schemes in `schemes.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.core.verification.schemes import ALIASES


@dataclass(frozen=True, slots=True)
class Preset:
    """A known system. Texts are JMESPath with the bridge's functions; None: the system has no such thing.

    `topic`, `id`, `tenant`, `time`, `contact`: what happened, the id that is stable over retries, whose,
    when (ISO 8601, or seconds or milliseconds since 1970), the customer's address or number. `refs` are pairs
    of a kind and a text. `each` are the nested paths that split a batch. `topics` are the usual ones, not all
    there are. `secret_hint` says where an operator finds the secret, `retry_span` how long the system tries.
    """

    name: str
    scheme: str
    topic: str
    secret_hint: str
    retry_span: str
    id: str | None = None
    tenant: str | None = None
    time: str | None = None
    contact: str | None = None
    refs: tuple[tuple[str, str], ...] = ()
    each: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def _about(header: str, start: str, text: str) -> str:
    """Give an expression that counts only for topics with this start: `id` is another thing in each."""
    return f"if(starts_with(default({header}, ''), '{start}'), {text}, `null`)"


_SHOPIFY_TOPIC = "header('x-shopify-topic') || header('shopify-topic')"
_WOO_TOPIC = "header('x-wc-webhook-topic')"
_STRIPE_IS = "data.object.object =="
_STRIPE_ID = "data.object.id"
_HUBSPOT_ID = "portalId, '-', subscriptionId, '-', objectId, '-', occurredAt, '-', eventId"

_WHERE = {
    "shopify": "Shopify admin: Settings, Notifications, Webhooks, below the list; the webhooks of an app are "
    "signed with the app's client secret instead.",
    "stripe": "Stripe: Developers, Webhooks, the endpoint, Signing secret (begins with whsec_).",
    "woocommerce": "WooCommerce: Settings, Advanced, Webhooks, the webhook, Secret; without & < > or quotes.",
    "hubspot-v3": "HubSpot: the app's settings, Auth, Client secret; private apps have one as well.",
    "github": "GitHub: the repository or organization, Settings, Webhooks, the webhook, Secret.",
    "standard-webhooks": "The sender's webhook settings, the endpoint, signing secret (begins with whsec_).",
    "svix": "The sender's webhook portal, the endpoint, Signing Secret (begins with whsec_).",
}

_TABLE = (
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
            ("customer", f"customer.id || {_about(_SHOPIFY_TOPIC, 'customers/', 'id')}"),
        ),
        topics=(
            *("orders/create", "orders/paid", "orders/fulfilled", "orders/partially_fulfilled"),
            *("orders/cancelled", "orders/updated", "orders/edited", "orders/delete"),
            *("fulfillments/create", "fulfillments/update", "refunds/create"),
            *("customers/create", "customers/update", "customers/delete", "customers/enable"),
            *("customers/disable", "customers/data_request", "customers/redact", "shop/redact"),
            *("checkouts/create", "checkouts/update", "app/uninstalled"),
        ),
        secret_hint=_WHERE["shopify"],
        retry_span="8 retries in 4 h",
    ),
    Preset(
        name="stripe",
        scheme="stripe",
        topic="type",
        id="id",
        tenant="account || context",
        time="created",
        contact="data.object.customer_details.email || data.object.customer_email || "
        "data.object.billing_details.email || data.object.receipt_email || data.object.email",
        refs=(
            ("order", "data.object.client_reference_id || data.object.metadata.order_id"),
            (
                "customer",
                f"data.object.customer.id || data.object.customer || if({_STRIPE_IS} 'customer', {_STRIPE_ID}, `null`)",
            ),
            ("invoice", f"if({_STRIPE_IS} 'invoice', data.object.id, data.object.invoice)"),
            ("invoice", f"if({_STRIPE_IS} 'invoice', data.object.number, `null`)"),
            ("object", "data.object.id || related_object.id"),
        ),
        topics=(
            *("checkout.session.completed", "checkout.session.expired"),
            *("checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"),
            *("invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.finalized"),
            *("charge.succeeded", "charge.failed", "charge.refunded", "charge.dispute.created"),
            *("payment_intent.succeeded", "payment_intent.payment_failed"),
            *("customer.created", "customer.updated", "customer.deleted"),
            *("customer.subscription.created", "customer.subscription.updated"),
            *("customer.subscription.deleted", "customer.subscription.trial_will_end"),
        ),
        secret_hint=_WHERE["stripe"],
        retry_span="3 days",
    ),
    Preset(
        name="woocommerce",
        scheme="woocommerce",
        topic=_WOO_TOPIC,
        tenant="header('x-wc-webhook-source')",
        time="if(date_modified_gmt, concat([date_modified_gmt, 'Z']), `null`)",
        contact="billing.email || email || billing.phone",
        refs=(
            ("order", _about(_WOO_TOPIC, "order.", "id")),
            ("order", _about(_WOO_TOPIC, "order.", "number")),
            ("customer", "if(customer_id == `0`, `null`, customer_id)"),  # 0 is a guest
            ("customer", _about(_WOO_TOPIC, "customer.", "id")),
        ),
        topics=(
            *("order.created", "order.updated", "order.deleted", "order.restored"),
            *("customer.created", "customer.updated", "customer.deleted"),
            *("product.created", "product.updated", "product.deleted", "product.restored"),
            *("coupon.created", "coupon.updated", "coupon.deleted", "coupon.restored"),
        ),
        secret_hint=_WHERE["woocommerce"],
        retry_span="no retries",
    ),
    Preset(
        name="hubspot-v3",
        scheme="hubspot-v3",
        topic="subscriptionType || eventType || 'workflow'",
        # eventId alone is not unique; a workflow has no id at all
        id=f"if(eventId, concat([{_HUBSPOT_ID}]), `null`)",
        tenant='portalId || "portal-id"',
        time="occurredAt",
        contact="properties.email.value || properties.phone.value",
        refs=(
            ("customer", f"vid || {_about('subscriptionType', 'contact.', 'objectId')}"),
            ("deal", _about("subscriptionType", "deal.", "objectId")),
            ("deal", "properties.dealname && objectId"),
            ("ticket", _about("subscriptionType", "ticket.", "objectId")),
        ),
        each=("@",),
        topics=(
            "workflow",
            *(
                f"{kind}.{what}"
                for kind in ("contact", "company", "deal", "ticket")
                for what in (
                    "creation",
                    "deletion",
                    "propertyChange",
                    "associationChange",
                    "merge",
                    "restore",
                )
            ),
            "contact.privacyDeletion",
        ),
        secret_hint=_WHERE["hubspot-v3"],
        retry_span="10 retries in 24 h; workflows are not retried on most errors",
    ),
    Preset(
        name="github",
        scheme="github",
        topic="header('x-github-event')",
        id="header('x-github-delivery')",
        tenant="header('x-github-hook-id')",
        refs=(("repository", "repository.full_name"), ("issue", "issue.html_url || pull_request.html_url")),
        topics=(
            *("ping", "push", "pull_request", "pull_request_review", "issues", "issue_comment", "release"),
            *("star", "watch", "fork", "create", "delete", "deployment", "deployment_status", "discussion"),
            *(
                "workflow_run",
                "workflow_job",
                "check_run",
                "check_suite",
                "member",
                "repository",
                "sponsorship",
            ),
        ),
        secret_hint=_WHERE["github"],
        retry_span="no retries",
    ),
    Preset(
        name="standard-webhooks",
        scheme="standard-webhooks",
        topic="type",
        id="header('webhook-id') || header('svix-id')",
        time="timestamp || header('webhook-timestamp') || header('svix-timestamp')",
        contact="data.email || data.customer.email",
        refs=(("object", "data.id"),),
        secret_hint=_WHERE["standard-webhooks"],
        retry_span="a few days with most senders",
    ),
    Preset(
        name="svix",
        scheme="svix",
        topic="type || eventType || event_type",
        id="header('svix-id')",
        time="timestamp || header('svix-timestamp')",
        contact="data.email || data.customer.email",
        refs=(("object", "data.id"),),
        secret_hint=_WHERE["svix"],
        retry_span="8 attempts in 28 h",
    ),
)

_BY_NAME = {preset.name: preset for preset in _TABLE}
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {**_BY_NAME, **{alias: _BY_NAME[name] for alias, name in ALIASES.items()}}
)
