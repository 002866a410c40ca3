"""Payment systems: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

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
        test="livemode == `false`",
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
        deadline="soon; no time is documented",
        lookup=(
            "Charges, payment intents and subscriptions often carry the customer's id only: "
            "GET /v1/customers/{customer}; thin events (v2.core.event): GET /v2/core/events/{id}."
        ),
        quirks=(
            "A completed checkout.session may be unpaid: look at payment_status, or wait for async_payment_succeeded.",
            "Amounts are in minor units, and some currencies have none: money(amount, currency).",
            "Currencies are written small.",
            "The same thing may be reported by two events: give mappings a key.",
        ),
        unconfirmed=(
            "that an event's id stays the same when it is sent again",
            "the retries, which are fewer in test mode, and when an endpoint is disabled",
        ),
    ),
    Preset(
        name="paypal",
        scheme="paypal",
        topic="event_type",
        id="id",  # PAYPAL-TRANSMISSION-ID is another at each attempt
        time="create_time",
        contact=(
            "resource.payer.email_address || resource.subscriber.email_address || resource.payer.payer_info.email"
        ),
        refs=(
            ("order", about("event_type", "CHECKOUT.ORDER.", "resource.id")),
            ("order", "resource.supplementary_data.related_ids.order_id"),
            ("order", "resource.purchase_units[0].invoice_id || resource.purchase_units[0].custom_id"),
            ("order", "resource.invoice_id || resource.custom_id || resource.custom"),
            ("payment", about("event_type", "PAYMENT.", "resource.id")),
            ("subscription", about("event_type", "BILLING.SUBSCRIPTION.", "resource.id")),
            ("subscription", "resource.billing_agreement_id"),
            ("customer", "resource.payer.payer_id || resource.payer.payer_info.payer_id"),
            ("customer", "resource.subscriber.payer_id"),
        ),
        test="contains(default(links[0].href, ''), '.sandbox.paypal.com')",
        topics=(
            *("CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"),
            *("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.REFUNDED"),
            *("PAYMENT.SALE.COMPLETED", "PAYMENT.SALE.REFUNDED"),
            *("BILLING.SUBSCRIPTION.CREATED", "BILLING.SUBSCRIPTION.ACTIVATED", "BILLING.SUBSCRIPTION.CANCELLED"),
            *("BILLING.SUBSCRIPTION.EXPIRED", "BILLING.SUBSCRIPTION.SUSPENDED", "BILLING.SUBSCRIPTION.UPDATED"),
            *("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED", "INVOICING.INVOICE.PAID"),
        ),
        key_hint=(
            "PayPal: as the secret the certificate (PEM) at the address in the header PAYPAL-CERT-URL of a webhook, "
            "an address at paypal.com; as consts.webhook_id the Webhook ID on the app's page."
        ),
        retry_span="25 retries in 3 days",
        lookup=(
            "Captures and sales carry no payer: GET /v2/checkout/orders/"
            "{resource.supplementary_data.related_ids.order_id} or /v1/payments/payment/{parent_payment}."
        ),
        quirks=(
            "PayPal changes its certificate now and then: list the new one beside the old.",
            "Events of the Webhooks Simulator cannot be verified.",
            "CHECKOUT.ORDER.APPROVED is not paid yet.",
            "Only https on port 443 is called.",
        ),
        unconfirmed=(
            "that the transmission's id is another at each attempt",
            "the retries, from third parties only",
        ),
    ),
    Preset(
        name="adyen-item",
        scheme="adyen-item",
        topic="eventCode",
        # of signed fields only: who changes the eventDate of a captured event must not make a new one of it
        id="pspReference && concat([pspReference, '-', eventCode, '-', success])",
        tenant="merchantAccountCode",
        time="eventDate",
        contact="additionalData.shopperEmail",
        refs=(
            ("order", "merchantReference"),
            ("payment", "pspReference"),
            ("payment", "originalReference"),
            ("customer", "additionalData.shopperReference"),
        ),
        each=("notificationItems", "NotificationRequestItem"),
        test="envelope(`1`).live == 'false'",
        topics=(
            *("AUTHORISATION", "AUTHORISATION_ADJUSTMENT", "CAPTURE", "CAPTURE_FAILED", "CANCELLATION"),
            *("REFUND", "REFUND_FAILED", "CANCEL_OR_REFUND", "CHARGEBACK", "NOTIFICATION_OF_CHARGEBACK"),
            *("ORDER_OPENED", "ORDER_CLOSED", "OFFER_CLOSED", "RECURRING_CONTRACT", "REPORT_AVAILABLE"),
        ),
        key_hint="Adyen: Developers, Webhooks, the Standard webhook, HMAC key (hexadecimal).",
        retry_span="3 retries at once, then after 2 min to 8 h, for 30 days",
        deadline="10 s",
        lookup="The shop's own order, by merchantReference.",
        quirks=(
            "One queue per endpoint: an event that is not accepted holds up all later ones.",
            "Only eight fields are signed: the shopper's address, the date and the reason are not.",
            "success and live are texts: 'true', 'false'.",
            "The shopper's address comes only where it is switched on in the webhook's additional settings.",
        ),
        unconfirmed=("the names of the shopper's fields", "that reference, code and success make an event one"),
    ),
    Preset(
        name="adyen-header",
        scheme="adyen-header",
        topic="type",
        id=(
            "(createdAt || timestamp) && concat([type, '-', data.id || data.merchantId || data.accountHolder.id, '-', "
            "createdAt || timestamp])"
        ),
        tenant="data.balancePlatform || data.companyId || data.merchantId",
        time="createdAt || timestamp",
        refs=(("object", "data.id"),),
        test="environment == 'test'",
        topics=(
            *("merchant.created", "merchant.updated", "paymentMethod.created"),
            *("balancePlatform.accountHolder.created", "balancePlatform.accountHolder.updated"),
            *("balancePlatform.transfer.created", "balancePlatform.transfer.updated"),
            *("balancePlatform.payment.created", "balancePlatform.report.created"),
        ),
        key_hint="Adyen: Developers, Webhooks, the platform or management webhook, HMAC key (hexadecimal).",
        retry_span="3 retries at once, then after 2 min to 8 h, for 30 days",
        deadline="10 s",
        lookup="These are about accounts of the platform, not about shoppers.",
        quirks=("One queue per endpoint: an event that is not accepted holds up all later ones.",),
        unconfirmed=("everything within the body", "that the derived id is the same when an event is sent again"),
    ),
    Preset(
        name="mollie",
        scheme="mollie",
        topic="type",
        id="id",
        time="createdAt",
        contact="_embedded.entity.billingAddress.email || _embedded.entity.recipient.email",
        refs=(
            ("object", "entityId"),
            ("invoice", "_embedded.entity.invoiceNumber"),
            ("order", "_embedded.entity.metadata.order_id"),
        ),
        test="_embedded.entity.mode == 'test'",
        topics=(
            *("payment-link.paid", "sales-invoice.created", "sales-invoice.issued", "sales-invoice.paid"),
            *("sales-invoice.canceled", "profile.created", "profile.verified", "profile.blocked"),
        ),
        key_hint="Mollie: Developers, Webhooks, the next-generation webhook, its secret.",
        retry_span="about 10 tries in 26 h",
        deadline="15 s",
        lookup="A payment link carries no address: GET /v2/payments/{id} has billingAddress, locale, mode, metadata.",
        quirks=("A webhook with the simple payload leaves _embedded out.",),
        unconfirmed=("the retries", "the names of the embedded entity's fields besides amount and status"),
    ),
    Preset(
        name="mollie-classic",
        scheme="query-token",
        topic="first(split(id, '_'))",
        # the same body comes for every change of a payment, so each one that arrives must count as another
        id="id && concat([id, '-', received_at()])",
        refs=(("payment", "id"),),
        topics=("tr", "ord", "re", "sub", "pl"),
        key_hint="Mollie: a secret of your own making, at the end of each payment's webhookUrl as ?secret=….",
        retry_span="about 10 tries in 26 h",
        deadline="15 s",
        lookup=(
            "Everything but the id: GET /v2/payments/{id} has status, amount, metadata, billingAddress, locale, mode."
        ),
        quirks=(
            "Unsigned, by Mollie's design: what comes says only that something happened.",
            "Every change sends the same form, so that retries look like changes: give mappings a key.",
            "The topic is the beginning of the id: tr is a payment.",
        ),
        unconfirmed=("the retries", "the names of a payment's fields"),
    ),
    Preset(
        name="checkout-com",
        scheme="checkout-com",
        topic="type",
        id="id",
        time="created_on",
        contact="data.customer.email",
        refs=(
            ("order", "data.reference"),
            ("payment", "data.id"),
            ("customer", "data.customer.id"),
        ),
        test="contains(default(_links.self.href, ''), '.sandbox.checkout.com')",
        topics=(
            *("payment_approved", "payment_captured", "payment_declined", "payment_capture_declined"),
            *("payment_refunded", "payment_voided", "payment_expired", "payment_canceled", "payment_pending"),
            *("dispute_received", "dispute_won", "dispute_lost"),
        ),
        key_hint="Checkout.com: Workflows, the workflow's webhook action, Signature key.",
        retry_span="8 retries in 30 h",
        lookup="The customer is often missing: GET /payments/{data.id} has customer.email and reference.",
        quirks=("Amounts are in minor units.", "Events come in any order."),
        unconfirmed=("the signature, described but tried on no request", "the names of customer and reference"),
    ),
)
