"""Chats, SMS and calls: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset

_PRESSED = "from_json(payload)"  # buttons and dialogs of Slack come as JSON text in a form
_FIRST = "(value.messages[0] || value.statuses[0])"
_META_KEY = "Meta: the app, App settings, Basic, App secret."
_META_QUIRKS = (
    "Meta first asks with hub.challenge whether the address is right.",
    "The signature has no time: whoever recorded a request can send it again.",
)

CHATS = (
    Preset(
        name="slack",
        scheme="slack",
        topic=f"event.type || if(payload, {_PRESSED}.type, command || type)",
        id=f"event_id || trigger_id || {_PRESSED}.trigger_id",
        tenant=f"team_id || {_PRESSED}.team.id",
        time="event_time",
        contact="event.user.profile.email",
        refs=(("user", f"event.user.id || event.user || user_id || {_PRESSED}.user.id"),),
        topics=(
            *("app_mention", "message", "team_join", "user_change", "member_joined_channel", "member_left_channel"),
            *("channel_created", "reaction_added", "app_home_opened", "app_uninstalled"),
            *("block_actions", "view_submission", "view_closed", "shortcut", "message_action"),
        ),
        key_hint="Slack: the app, Basic Information, App Credentials, Signing Secret.",
        retry_span="3 retries in 6 min",
        deadline="3 s",
        lookup="People are ids: users.info with the scope users:read.email has profile.email.",
        quirks=(
            "Slash commands are forms, with the command as topic.",
            "Buttons and dialogs are JSON text in the form field payload: from_json(payload) reads it.",
            "Slack first asks with url_verification whether the address is right.",
            "Where over 95 % of an hour fail, events are disabled.",
        ),
        unconfirmed=("when retries stop and events are disabled", "the first question, url_verification"),
    ),
    Preset(
        name="whatsapp",
        scheme="meta",
        topic="if(value.statuses, 'statuses', field)",
        id=f"if({_FIRST}.id, concat([{_FIRST}.id, '-', {_FIRST}.status]), `null`)",
        tenant="value.metadata.phone_number_id || envelope().id",
        time=f"{_FIRST}.timestamp",
        contact=(
            "if(value.messages[0].from || value.statuses[0].recipient_id, "
            "concat(['+', value.messages[0].from || value.statuses[0].recipient_id]), `null`)"
        ),
        refs=(("message", f"{_FIRST}.id"),),
        each=("entry", "changes"),
        topics=("messages", "statuses", "message_template_status_update", "account_update", "phone_number_name_update"),
        key_hint=_META_KEY,
        retry_span="not documented",
        lookup="There are phone numbers only, and a profile name.",
        quirks=(
            *_META_QUIRKS,
            "Messages and their delivery come under one field; the topic tells them apart: messages, statuses.",
            "A change can hold several messages; it is read by its first.",
        ),
        unconfirmed=("the first question, hub.challenge",),
    ),
    Preset(
        name="meta",
        scheme="meta",
        topic="concat([envelope().object, '.', changes[0].field || (messaging && 'messaging')])",
        id="messaging[0].message.mid || changes[0].value.leadgen_id",
        tenant="id",
        time="time",
        refs=(
            ("message", "messaging[0].message.mid"),
            ("user", "messaging[0].sender.id || changes[0].value.from.id"),
            ("lead", "changes[0].value.leadgen_id"),
        ),
        each=("entry",),
        topics=(
            *("page.messaging", "page.feed", "page.leadgen", "page.ratings", "page.mention"),
            *("instagram.messaging", "instagram.comments", "instagram.mentions", "instagram.story_insights"),
        ),
        key_hint=_META_KEY,
        retry_span="not documented",
        lookup="Ids only: GET /{leadgen_id} has the answers of a lead form, with address and number.",
        quirks=(
            *_META_QUIRKS,
            "For pages, Messenger and Instagram; WhatsApp has a preset of its own.",
            "An entry can hold several changes; it is read by its first.",
        ),
        unconfirmed=(
            "the first question, hub.challenge",
            "all fields, which are from memory",
        ),
    ),
    Preset(
        name="twilio",
        scheme="twilio",
        topic=(
            "if(MessageSid, concat(['message.', MessageStatus || SmsStatus || 'received']), "
            "if(CallSid, concat(['call.', CallStatus]), `null`))"
        ),
        # the header I-Twilio-Idempotency-Token would do, but has a name that the bridge takes for a credential's
        id=(
            "if(MessageSid || CallSid, "
            "concat([MessageSid || CallSid, '-', MessageStatus || CallStatus || SmsStatus]), `null`)"
        ),
        tenant="AccountSid",
        contact="replace(if(SmsStatus == 'received' || Direction == 'inbound', From, To), 'whatsapp:', '')",
        refs=(("message", "MessageSid"), ("call", "CallSid")),
        topics=(
            *(
                f"message.{what}"
                for what in ("received", "queued", "sent", "delivered", "undelivered", "failed", "read")
            ),
            *(f"call.{what}" for what in ("initiated", "ringing", "in-progress", "completed", "busy", "no-answer")),
            *("call.failed", "call.canceled"),
        ),
        key_hint="Twilio: the console's start page, Account Info, Auth Token.",
        retry_span="no retries, unless the address ends in #rc=",
        deadline="15 s",
        lookup="There are phone numbers only.",
        quirks=(
            "The body is a form.",
            "The signature covers the address, so BRIDGE_PUBLIC_URL must be what Twilio calls.",
            "The answer should be 204 or TwiML; Twilio notes others as a warning and goes on.",
            "STOP and its like are answered by Twilio, and tell whom not to ask.",
        ),
        unconfirmed=("the deadline and the retries",),
    ),
)
