"""Senders that follow a published standard."""

from bridge.core.presets.preset import Preset

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
    ),
)
