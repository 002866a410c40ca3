"""Senders that follow a published standard."""

from bridge.core.presets.preset import Preset

_OPEN = ("where an address and an id stand in data: every sender decides that",)

STANDARDS = (
    Preset(
        name="standard-webhooks",
        scheme="standard-webhooks",
        topic="type",
        id="header('webhook-id') || header('svix-id')",
        time="timestamp || header('webhook-timestamp') || header('svix-timestamp')",
        contact="data.email || data.customer.email",
        refs=(("object", "data.id"),),
        key_hint="The sender's webhook settings, the endpoint, signing secret (begins with whsec_).",
        retry_span="a few days with most senders",
        deadline="15 to 30 s are recommended to senders",
        lookup="The standard recommends bodies under 20 KB; thin senders give an id to look up at their own API.",
        quirks=("A 410 ends the subscription; 429, 502 and 504 slow it down.",),
        unconfirmed=_OPEN,
    ),
    Preset(
        name="svix",
        scheme="svix",
        topic="type || eventType || event_type",
        id="header('svix-id')",
        time="timestamp || header('svix-timestamp')",
        contact="data.email || data.customer.email",
        refs=(("object", "data.id"),),
        key_hint="The sender's webhook portal, the endpoint, Signing Secret (begins with whsec_).",
        retry_span="8 attempts in 28 h",
        deadline="15 to 30 s",
        lookup="Thin senders give an id to look up at their own API.",
        quirks=("A 410 ends the subscription; 429, 502 and 504 slow it down.",),
        unconfirmed=_OPEN,
    ),
)
