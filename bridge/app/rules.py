"""The rules of intake that follow from the settings."""

from bridge.core.drift import Guard
from bridge.intake import Rules
from bridge.settings import Settings


def intake_rules(settings: Settings, index_key: bytes, fingerprint: str, *, guard: Guard | None = None) -> Rules:
    """Give the rules under which requests are read with this configuration."""
    return Rules(index_key, fingerprint, settings.dedupe, settings.json_depth, settings.max_body, guard)
