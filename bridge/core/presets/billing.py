"""Billing and bookkeeping: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

_QUICKBOOKS_KEY = "Intuit Developer: the app, Webhooks, Verifier token."
_QUICKBOOKS_RETRIES = "after 10 to 30 s, 5 and 20 min, 2, 4 and 6 h, then every 6 h"
_QUICKBOOKS_LOOKUP = (
    "Everything but ids: GET /v3/company/{realm}/invoice/{id} has BillEmail.Address and CustomerRef, "
    "/customer/{id} PrimaryEmailAddr."
)
_QUICKBOOKS_QUEUE = "Later events are held until the first is answered with 200."

BILLING = (
    Preset(
        name="paddle",
        scheme="paddle",
        topic="event_type",
        id="event_id",
        time="occurred_at",
        contact="data.email || data.customer.email",
        refs=(
            ("order", f"data.transaction_id || {about('event_type', 'transaction.', 'data.id')}"),
            ("invoice", "data.invoice_number"),
            ("subscription", f"data.subscription_id || {about('event_type', 'subscription.', 'data.id')}"),
            ("customer", f"data.customer_id || {about('event_type', 'customer.', 'data.id')}"),
        ),
        topics=(
            *("transaction.completed", "transaction.paid", "transaction.payment_failed", "transaction.updated"),
            *("customer.created", "customer.updated", "adjustment.created", "adjustment.updated"),
            *("subscription.created", "subscription.activated", "subscription.updated", "subscription.canceled"),
            *("subscription.past_due", "subscription.paused", "subscription.resumed", "subscription.trialing"),
        ),
        key_hint="Paddle: Developer Tools, Notifications, the destination, Secret key (begins with pdl_ntfset_).",
        retry_span="60 tries in 3 days; 3 in 15 min from the sandbox",
        deadline="5 s",
        lookup=(
            "A transaction names its customer by customer_id: GET /customers/{customer_id}, or the customer.created "
            "that came before."
        ),
        quirks=(
            "A signature is good for 5 s: the bridge's clock must be right.",
            "Amounts are minor units in a text: money(to_number(total), currency).",
            "The sandbox is another account; nothing in an event says so.",
            "Paddle Classic (a form with p_signature) is another system, which the bridge cannot verify.",
        ),
        unconfirmed=("the retries, from third parties only",),
    ),
    Preset(
        name="recurly",
        scheme="recurly",
        topic="object_type && concat([object_type, '.', event_type])",
        id="id && concat([object_type, '-', id, '-', event_type, '-', event_time])",
        tenant="site_id",
        time="event_time",
        refs=(("customer", "account_code"), ("object", "uuid || id")),
        topics=(
            *("account.created", "account.updated", "account.closed", "invoice.created", "invoice.paid"),
            *("invoice.past_due", "subscription.created", "subscription.activated", "subscription.canceled"),
            *("subscription.expired", "subscription.renewed", "payment.succeeded", "payment.failed"),
        ),
        key_hint="Recurly: Integrations, Webhooks, the JSON endpoint, its secret.",
        retry_span="10 retries, each after a longer wait",
        lookup=(
            "Everything but ids: GET /accounts/code-{account_code} has email, first_name, last_name, company, "
            "preferred_locale."
        ),
        quirks=("Endpoints that send XML are not signed, and the bridge does not read XML.",),
        unconfirmed=("topics other than account.created",),
    ),
    Preset(
        name="chargebee",
        scheme="basic",
        topic="event_type",
        id="id",
        time="occurred_at",
        contact="content.customer.email",
        refs=(
            ("invoice", "content.invoice.id"),
            ("subscription", "content.subscription.id || content.invoice.subscription_id"),
            ("customer", "content.customer.id || content.subscription.customer_id || content.invoice.customer_id"),
        ),
        topics=(
            *("payment_succeeded", "payment_failed", "payment_refunded", "invoice_generated", "invoice_updated"),
            *("subscription_created", "subscription_activated", "subscription_changed", "subscription_renewed"),
            *("subscription_cancelled", "subscription_reactivated", "customer_created", "customer_changed"),
        ),
        key_hint=(
            "Chargebee: Settings, Configure Chargebee, Webhooks, the webhook, Basic Authentication; the secret is "
            "written user:password."
        ),
        retry_span="7 retries in 3 days",
        quirks=(
            "Not signed: user and password are all there is.",
            "Events come twice and in any order; the newest has the greatest content.*.resource_version.",
            "Amounts are in minor units.",
            "A test site (…-test) is another site; nothing in an event says so.",
        ),
        unconfirmed=("the names of the fields of customer and invoice",),
    ),
    Preset(
        name="quickbooks",
        scheme="quickbooks",
        topic="type",
        id="id",
        tenant="intuitaccountid",
        time="time",
        refs=(
            ("invoice", about("type", "qbo.invoice.", "intuitentityid")),
            ("customer", about("type", "qbo.customer.", "intuitentityid")),
            ("object", "intuitentityid"),
        ),
        each=("@",),
        topics=(
            *("qbo.invoice.created.v1", "qbo.invoice.updated.v1", "qbo.payment.created.v1"),
            *("qbo.customer.created.v1", "qbo.customer.updated.v1", "qbo.estimate.updated.v1"),
        ),
        key_hint=_QUICKBOOKS_KEY,
        retry_span=_QUICKBOOKS_RETRIES,
        deadline="3 s",
        lookup=_QUICKBOOKS_LOOKUP,
        quirks=(_QUICKBOOKS_QUEUE, "A list of CloudEvents; the older format is the preset quickbooks-classic."),
        unconfirmed=("since when only this format is sent; 2026 by third parties",),
    ),
    Preset(
        name="quickbooks-classic",
        scheme="quickbooks",
        topic="name && concat([name, '.', operation])",
        id="id && concat([name, '-', id, '-', operation, '-', lastUpdated])",
        tenant="envelope().realmId",
        time="lastUpdated",
        refs=(
            ("invoice", "if(name == 'Invoice', id, `null`)"),
            ("customer", "if(name == 'Customer', id, `null`)"),
            ("object", "id"),
        ),
        each=("eventNotifications", "dataChangeEvent.entities"),
        topics=(
            *("Invoice.Create", "Invoice.Update", "Invoice.Emailed", "Payment.Create"),
            *("Customer.Create", "Customer.Update", "Customer.Merge", "Estimate.Update"),
        ),
        key_hint=_QUICKBOOKS_KEY,
        retry_span=_QUICKBOOKS_RETRIES,
        deadline="3 s",
        lookup=_QUICKBOOKS_LOOKUP,
        quirks=(_QUICKBOOKS_QUEUE, "The format until CloudEvents replace it: the preset quickbooks."),
    ),
    Preset(
        name="xero",
        scheme="xero",
        topic="eventCategory && concat([eventCategory, '.', eventType])",
        id="resourceId && concat([eventCategory, '-', resourceId, '-', eventType, '-', eventDateUtc])",
        tenant="tenantId",
        time="eventDateUtc && concat([eventDateUtc, 'Z'])",
        refs=(
            ("invoice", "if(eventCategory == 'INVOICE', resourceId, `null`)"),
            ("customer", "if(eventCategory == 'CONTACT', resourceId, `null`)"),
            ("object", "resourceId"),
        ),
        each=("events",),
        topics=(
            *("INVOICE.CREATE", "INVOICE.UPDATE", "CONTACT.CREATE", "CONTACT.UPDATE"),
            *("CREDITNOTE.CREATE", "CREDITNOTE.UPDATE", "SUBSCRIPTION.CREATE", "SUBSCRIPTION.UPDATE"),
        ),
        key_hint="Xero Developer: the app, Webhooks, Webhooks key.",
        retry_span="24 h, then the webhook is disabled",
        deadline="5 s",
        lookup=(
            "Everything but ids: GET resourceUrl with the header Xero-tenant-id; an invoice has "
            "Contact.ContactID, GET /Contacts/{id} EmailAddress."
        ),
        quirks=(
            "Before a webhook counts, Xero sends requests without events, some of them wrongly signed on purpose.",
            "Only port 443 is called.",
        ),
    ),
)
