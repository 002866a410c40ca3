"""When the request that a mapping plans is to be sent, and whether its contact is in the sample. Pure."""

from dataclasses import replace
from hashlib import blake2b
from typing import Any

from bridge.core.configuration import Field, Sending
from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import kind
from bridge.core.language.context import Context
from bridge.core.language.expression import Expression
from bridge.core.language.moments import find_zone, read_moment
from bridge.core.model import Plan, Skipped
from bridge.core.schedule import Hours, add_span, day_begins, due_at, next_open, spoken_time

_LOTS = 1 << 64  # that can be drawn


def timed(plan: Plan, sending: Sending, *, mapping: str, element: Any, context: Context) -> Plan | Skipped:
    """Give the plan its times, or skip it where its contact is not in the sample.

    What should have been sent before the event came is due at once, or when the hours open next; it expires by the time
    for which it was meant, so that it may be too late already. Raises MappingFailed, naming the key of `send:` but not
    what was found there, if its time or zone is none.
    """
    person = plan.contact or (plan.key or context.event_id).encode(errors="surrogatepass")
    if not is_sampled(sending.sample, mapping, person):
        return Skipped(f"not in the sample of {round(sending.sample * 100, 6):g} %")
    zone = "UTC" if sending.zone is None else _zone(sending.zone, element, context)
    hours, now = Hours(zone, *sending.between, sending.days), context.received_at
    base = now if sending.origin is None else _origin(sending.origin, element, context, zone)
    meant = due_at(base, sending.after, hours)
    due = meant if meant > now else next_open(hours, now)
    return replace(
        plan,
        due_at=due if due > now else None,
        expires_at=None if sending.expires is None else add_span(meant, sending.expires, zone),
        hours=None if sending.zone is None and hours.is_always else hours,
    )


def is_sampled(share: float, mapping: str, person: bytes) -> bool:
    """Say whether a person is among the share, of 0 to 1, that a mapping asks.

    It depends on the mapping's name and the person alone, so that everyone stays in or out, and who is in a small share
    is in every larger one too.
    """
    if share >= 1:
        return True
    drawn = blake2b(person, key=mapping.encode()[:64], digest_size=8).digest()
    return int.from_bytes(drawn, "big") < share * _LOTS


def spoken_due(plan: Plan) -> str:
    """Say when a planned request is due: `at once`, or `Thu 7 May 2026 09:00 Europe/Berlin`."""
    return "at once" if plan.due_at is None else spoken_time(plan.due_at, _clock_of(plan))


def spoken_timing(plan: Plan) -> str:
    """Say when a planned request is sent: `at once`, `on Thu 7 May 2026 09:00 Europe/Berlin, not after …`."""
    said = spoken_due(plan) if plan.due_at is None else f"on {spoken_due(plan)}"
    return said if plan.expires_at is None else f"{said}, not after {spoken_time(plan.expires_at, _clock_of(plan))}"


def _clock_of(plan: Plan) -> str:
    return plan.hours.zone if plan.hours else "UTC"


def _zone(field: Field, element: Any, context: Context) -> str:
    if field.expression is None:
        return str(field.constant)
    try:
        value = field.expression.evaluate(element, context)
    except MappingFailed as error:
        raise MappingFailed(f"send.zone: {error}") from None
    name = value.strip() if isinstance(value, str) else ""
    if find_zone(name) is not None:
        return name
    if field.default is not None:
        return str(field.default)
    if value is None or value == "":
        raise MappingFailed("send.zone: it is null or empty, and there is no default")
    what = "the name of no time zone" if isinstance(value, str) else f"{kind(value)}, not a text"
    raise MappingFailed(f"send.zone: it is {what}, and there is no default")


def _origin(origin: Expression, element: Any, context: Context, zone: str) -> int:
    """Give the time from which `after` counts; a date is the beginning of that day in the zone."""
    try:
        value = origin.evaluate(element, context)
    except MappingFailed as error:
        raise MappingFailed(f"send.from: {error}") from None
    if value is None or value == "":
        raise MappingFailed("send.from: it is null or empty")
    try:
        moment = read_moment(value)
    except ValueError as error:
        raise MappingFailed(f"send.from: it {error}") from None
    return day_begins(moment.time.date(), zone) if moment.is_day else round(moment.time.timestamp() * 1000)
