"""What the bridge says about itself: log lines and metrics, without people's data and without secrets."""

from bridge.telemetry.lines import configure_logging, log, stack_of
from bridge.telemetry.metrics import Metrics, Snapshot
from bridge.telemetry.redaction import Redactor
from bridge.telemetry.story import log_attempt

__all__ = ["Metrics", "Redactor", "Snapshot", "configure_logging", "log", "log_attempt", "stack_of"]
