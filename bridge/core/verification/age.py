"""When a request was signed, and whether that is near enough to now."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bridge.core.errors import VerificationFailed
from bridge.core.verification.evidence import Evidence, Find, as_signed, finder
from bridge.core.verification.scheme import Timestamp, Unit
from bridge.core.verification.signature import Signature

_DIGITS = re.compile("[0-9]{1,15}")
_LONGEST_ISO = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: dict[Unit, str] = {"s": "seconds", "ms": "milliseconds", "iso8601": "ISO 8601"}
_SPANS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))

Stamp = Callable[[Evidence, Signature, int | None], None]


def compile_timestamp(timestamp: Timestamp) -> Stamp:
    """Make the function that puts the timestamp into the evidence and refuses what is too old or too new.

    Without `now`, or without a tolerance, any age and any text is fine.
    """
    place = timestamp.place
    find: Find | None = None if place.where == "sigfield" else finder(place)

    def stamp(evidence: Evidence, signature: Signature, now: int | None) -> None:
        text = find(evidence) if find else signature.fields.get(place.name)
        if text is None:
            raise VerificationFailed(f"{place} is missing")
        evidence.timestamp = as_signed(text, place)
        if now is not None and timestamp.tolerance is not None:
            _refuse_other_times(to_ms(text, timestamp.unit), now, timestamp)

    return stamp


def to_ms(text: str, unit: Unit) -> int | None:
    """Give a timestamp's text in ms since 1970, or None where it is not written in the unit."""
    if unit != "iso8601":
        factor = 1_000 if unit == "s" else 1
        return int(text) * factor if _DIGITS.fullmatch(text) else None
    try:
        moment = datetime.fromisoformat(text[: _LONGEST_ISO + 1])
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def to_text(now: int, unit: Unit) -> str:
    """Write a time in ms as a sender writes its timestamp."""
    if unit == "iso8601":
        return (_EPOCH + timedelta(milliseconds=now)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(now // 1_000 if unit == "s" else now)


def _refuse_other_times(signed_at: int | None, now: int, timestamp: Timestamp) -> None:
    if signed_at is None:
        raise VerificationFailed(f"{timestamp.place} is not a time in {_UNITS[timestamp.unit]}")
    allowed = timestamp.tolerance or 0
    age = now - signed_at
    if abs(age) > allowed * 1_000:
        seconds = -(-abs(age) // 1_000)
        raise VerificationFailed(_compared(seconds, allowed, "old" if age > 0 else "ahead of this machine's clock"))


def _compared(age: int, allowed: int, old: str) -> str:
    """Say `the request is 9 minutes old; 5 are allowed`, in the units that people would use."""
    name, unit = next((name, unit) for name, unit in _SPANS if age >= 2 * unit or unit == 1)
    limit, size = next((limit, size) for limit, size in _SPANS if allowed % size == 0)
    if age // unit * unit <= allowed:
        return f"the request is {age} seconds {old}; {allowed} are allowed"
    one = allowed == size
    kind = "" if limit == name else f" {limit[:-1] if one else limit}"
    return f"the request is {age // unit} {name} {old}; {allowed // size}{kind} {'is' if one else 'are'} allowed"
