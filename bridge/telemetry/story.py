"""One wide line per attempt at a delivery or a lookup."""

from bridge.core.inquiry import Asked, Denied, Fetched, Finding, Found, Later, Lost
from bridge.core.outcome import (
    Answered,
    Dead,
    Delivered,
    Hold,
    NotSent,
    Outcome,
    Pause,
    RetryAt,
    Ruling,
    Settled,
    Unknown,
)
from bridge.telemetry.lines import log


def log_attempt(settled: Settled) -> None:
    """Log how an attempt went: ids, names, how far it got and what follows; no body, no address, no message."""
    delivery = settled.delivery
    log(
        "delivery.attempted",
        delivery=delivery.id,
        event_id=delivery.event_id,
        source=delivery.source,
        mapping=delivery.mapping,
        touchpoint=delivery.touchpoint,
        attempt=delivery.attempts + 1,
        outcome=outcome_name(settled.outcome),
        status=settled.outcome.status if isinstance(settled.outcome, Answered) else None,
        ruling=ruling_name(settled.ruling),
        milliseconds=settled.ended_at - settled.started_at,
    )


def log_lookup(asked: Asked) -> None:
    """Log how an attempt at a lookup went; no path, no answer: they may name people."""
    event, reply = asked.inquiry.event, asked.reply
    log(
        "lookup.attempted",
        event_id=event.id,
        source=event.source,
        attempt=asked.inquiry.attempts + 1,
        status=reply.status if isinstance(reply, Fetched) else None,
        finding=finding_name(asked.finding),
        milliseconds=asked.ended_at - asked.started_at,
    )


def finding_name(finding: Finding) -> str:
    """Give the finding's name in logs and metrics."""
    match finding:
        case Found():
            return "found"
        case Later():
            return "later"
        case Denied():
            return "denied"
        case Lost():
            return "lost"


def outcome_name(outcome: Outcome) -> str:
    """Give the outcome's name in logs and metrics."""
    match outcome:
        case Answered():
            return "answered"
        case NotSent():
            return "not_sent"
        case Unknown():
            return "unknown"


def ruling_name(ruling: Ruling) -> str:
    """Give the ruling's name in logs and metrics."""
    match ruling:
        case Delivered():
            return "delivered"
        case RetryAt():
            return "retry"
        case Hold():
            return "hold"
        case Pause():
            return "pause"
        case Dead():
            return "dead"
