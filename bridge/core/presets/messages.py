"""Mail: what the webhooks of senders and newsletters say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset

_PROFILE = "first(payload.included[?type == 'profile'])"
_POSTMARK_TIME = "BouncedAt || DeliveredAt || ReceivedAt || ChangedAt"
_FEEDS = "These are no occasions to ask; bounces, complaints and unsubscribes tell whom not to ask."

MESSAGES = (
    Preset(
        name="sendgrid",
        scheme="sendgrid",
        topic="event",
        id="sg_event_id",
        time="timestamp",
        contact="email",
        refs=(("message", "sg_message_id"),),
        each=("@",),
        topics=(
            *("processed", "dropped", "delivered", "deferred", "bounce", "open", "click", "spamreport"),
            *("unsubscribe", "group_unsubscribe", "group_resubscribe"),
        ),
        key_hint="SendGrid: Settings, Mail Settings, Event Webhook, Signed Event Webhook, the verification key.",
        retry_span="24 h",
        quirks=(
            "One request carries many events, up to about 768 KB.",
            "The secret is a public key.",
            "Custom arguments of the mail stand beside the other fields.",
            _FEEDS,
        ),
        unconfirmed=("the retries and the size",),
    ),
    Preset(
        name="postmark",
        scheme="basic",
        topic="RecordType || if(MailboxHash || FromFull, 'Inbound', `null`)",
        # opens and clicks of one message differ in their time only
        id=f"if(MessageID, concat([RecordType, '-', MessageID, '-', ID, Recipient, '-', {_POSTMARK_TIME}]), `null`)",
        tenant="ServerID",
        time=_POSTMARK_TIME,
        contact="Email || Recipient || FromFull.Email",
        refs=(("message", "MessageID"),),
        topics=("Bounce", "Delivery", "Open", "Click", "SpamComplaint", "SubscriptionChange", "Inbound"),
        key_hint="Postmark: user and password of your own making in the webhook's address, here as user:password.",
        retry_span="10 retries in 10.5 h for inbound mail",
        quirks=("Nothing is signed.", "A 403 ends the retries at once.", "Metadata of the mail come along.", _FEEDS),
        unconfirmed=("the retries of everything but inbound mail", "the fields of records other than Bounce"),
    ),
    Preset(
        name="resend",
        scheme="svix",
        topic="type",
        id="header('svix-id')",
        time="created_at",
        contact="data.to[0] || data.email",
        refs=(("message", "data.email_id"),),
        topics=(
            *("email.sent", "email.delivered", "email.delivery_delayed", "email.bounced", "email.complained"),
            *("email.opened", "email.clicked", "email.failed", "email.scheduled", "email.received"),
            *("contact.created", "contact.updated", "contact.deleted"),
        ),
        key_hint="Resend: Webhooks, the webhook, Signing Secret (begins with whsec_).",
        retry_span="8 attempts in 28 h",
        quirks=("A mail to several people is one event; contact is the first of them.", _FEEDS),
        unconfirmed=("that the retries are those of Svix",),
    ),
    Preset(
        name="mailchimp",
        scheme="query-token",
        topic="type",
        tenant='"data[list_id]"',
        time="fired_at",
        contact='"data[email]" || "data[new_email]"',
        refs=(("customer", '"data[id]" || "data[new_id]"'), ("campaign", '"data[campaign_id]"')),
        topics=("subscribe", "unsubscribe", "profile", "upemail", "cleaned", "campaign"),
        key_hint="Mailchimp: a secret of your own making, as ?secret=… at the end of the webhook's address.",
        retry_span="75 min",
        deadline="10 s",
        quirks=(
            "Nothing is signed: the secret in the address is all there is.",
            'The body is a form; its names have brackets and need double quotes: "data[merges][FNAME]".',
            "There is no id: within 24 h the same body counts as sent twice.",
            "A 410 disables a webhook at once.",
            "Who unsubscribed or was cleaned must not be asked any more.",
        ),
        unconfirmed=("that nothing is signed, which one source says of a third party",),
    ),
    Preset(
        name="mandrill",
        scheme="mandrill",
        topic="event || type",
        time="ts",
        contact="msg.email || reject.email",
        refs=(("message", "_id"),),
        each=("mandrill_events",),
        topics=(
            *(
                "send",
                "deferral",
                "hard_bounce",
                "soft_bounce",
                "delivered",
                "open",
                "click",
                "spam",
                "unsub",
                "reject",
            ),
            *("inbound", "allowlist", "denylist"),
        ),
        key_hint="Mailchimp Transactional: Settings, Webhooks, the webhook, Key.",
        retry_span="not documented",
        quirks=(
            "One request carries many events, as JSON text in the form field mandrill_events; each is one event here.",
            "The signature covers the address, so BRIDGE_PUBLIC_URL must be what Mandrill calls.",
            "There is no id of an event: within 24 h the same event counts as sent twice.",
            _FEEDS,
        ),
        unconfirmed=("that a retry carries the same events",),
    ),
    Preset(
        name="klaviyo",
        scheme="klaviyo",
        topic="topic",
        id="external_id",
        tenant="envelope().meta.klaviyo_account_id || header('klaviyo-webhook-id')",
        time="payload.data.attributes.datetime || envelope().meta.timestamp",
        contact=f"{_PROFILE}.attributes.email || {_PROFILE}.attributes.phone_number",
        refs=(("customer", f"{_PROFILE}.id"),),
        each=("data",),
        topics=tuple(
            f"event:klaviyo.{what}"
            for what in (
                *("email_delivered", "opened_email", "clicked_email", "bounced_email", "dropped_email"),
                *("marked_email_as_spam", "sent_sms", "received_sms", "clicked_sms"),
            )
        ),
        key_hint="Klaviyo: the secret key of at least 16 characters, given when the system webhook was made.",
        retry_span="not documented",
        quirks=(
            "System webhooks are for Advanced KDP and partners.",
            "Webhooks of a flow are not signed, and their body is yours: use header-token for them.",
            "One request carries many events.",
            "Topics depend on the metrics of the account.",
        ),
        unconfirmed=("where the profile stands in the payload", "parts of the scheme, from third parties only"),
    ),
)
