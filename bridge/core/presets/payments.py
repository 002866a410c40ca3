"""Payment and billing systems: what their webhooks say, from their public documentation."""

from bridge.core.presets.preset import Preset

_STRIPE_IS = "data.object.object =="
_STRIPE_ID = "data.object.id"

PAYMENTS = (
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
        key_hint="Stripe: Developers, Webhooks, the endpoint, Signing secret (begins with whsec_).",
        retry_span="3 days",
    ),
)
