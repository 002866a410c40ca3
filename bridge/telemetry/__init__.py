"""What the bridge says about itself: log lines and metrics, without people's data and without secrets."""

from bridge.telemetry.counts import Counting, Counts
from bridge.telemetry.lines import Level, configure_logging, log, stack_of
from bridge.telemetry.metrics import Metrics, Snapshot
from bridge.telemetry.redaction import Redactor
from bridge.telemetry.story import log_attempt, log_lookup

__all__ = [
    "Counting",
    "Counts",
    "Level",
    "Metrics",
    "Redactor",
    "Snapshot",
    "configure_logging",
    "log",
    "log_attempt",
    "log_lookup",
    "stack_of",
]
