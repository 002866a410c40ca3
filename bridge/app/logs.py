"""Logging as the settings say, alike in every process of a bridge."""

import sys
from collections.abc import Callable
from typing import cast

from bridge.settings import Settings
from bridge.telemetry import configure_logging
from bridge.telemetry.lines import Format, Level


def start_logging(settings: Settings, secrets: Callable[[], frozenset[str]]) -> None:
    """Log as the settings say: text on a terminal, else JSON; secrets are blanked whatever happens."""
    style: Format = "text" if settings.log == "text" or (not settings.log and sys.stderr.isatty()) else "json"
    configure_logging(style, cast("Level", settings.log_level), secrets=secrets)
