"""The rules of intake that follow from the settings."""

from bridge.intake import Rules
from bridge.settings import Settings


def intake_rules(settings: Settings, index_key: bytes, fingerprint: str) -> Rules:
    """Give the rules under which requests are read with this configuration."""
    return Rules(index_key, fingerprint, settings.dedupe, settings.json_depth, settings.max_body)
