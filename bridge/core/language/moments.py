"""Points in time as webhooks write them, read into datetimes and written by safe patterns; no locale."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_EPOCH = re.compile(r"\d{9,14}", re.ASCII)
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Names of places begin with a capital; `localtime`, `posixrules` or `right/…` depend on the machine.
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,31}){0,2}")
_DIRECTIVE = re.compile(r"%(-?[A-Za-z]|:z|%)?")
_LONGEST_PATTERN = 256

# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its offset; with `is_day` a calendar day, which is midnight UTC where a time is needed."""

    time: datetime
    is_day: bool = False


def read_moment(value: Any) -> Moment:
    """Read ISO 8601 text, a date, or seconds since 1970 as a number or its digits (from 1e11 on, milliseconds).

    Text without an offset is UTC. Raises ValueError, without the value, for everything else.
    """
    if isinstance(value, str):
        if _EPOCH.fullmatch(value):
            return _from_epoch(int(value))
        if match := _ISO.fullmatch(value.strip()):
            return _from_iso(*match.groups())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(value)
    raise ValueError("is no time; ISO 8601 text, a date or a number of seconds since 1970 is one")


def _from_epoch(number: float) -> Moment:
    try:
        if abs(number) > _MILLISECONDS_FROM:
            return Moment(_BEGINNING + timedelta(milliseconds=number))
        return Moment(_BEGINNING + timedelta(seconds=number))
    except (OverflowError, ValueError):
        raise ValueError("is outside the years 1 to 9999") from None


def _from_iso(day: str, clock: str | None, offset: str | None) -> Moment:
    zone = "+00:00" if offset in (None, "Z", "z", "UTC") else offset
    try:
        return Moment(datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}"), is_day=clock is None)
    except ValueError:
        raise ValueError("is no time that exists") from None


def find_zone(name: str) -> ZoneInfo | None:
    """Find a time zone of the IANA database; None if there is none of this name."""
    return _load_zone(name) if _ZONE.fullmatch(name) else None  # only short names are remembered


@lru_cache(maxsize=1024)
def _load_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def iso_text(moment: Moment) -> str:
    """Write a moment as ISO 8601: a day as a date, UTC with `Z`, fractions only where there are some."""
    if moment.is_day:
        return moment.time.date().isoformat()
    return moment.time.isoformat().removesuffix("+00:00") + ("" if moment.time.utcoffset() else "Z")


def _offset(time: datetime, separator: str) -> str:
    minutes = int((time.utcoffset() or timedelta()).total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{separator}{abs(minutes) % 60:02}"


DIRECTIVES: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda t: f"{t.year:04}",
    "y": lambda t: f"{t.year % 100:02}",
    "m": lambda t: f"{t.month:02}",
    "-m": lambda t: str(t.month),
    "B": lambda t: _MONTHS[t.month - 1],
    "b": lambda t: _MONTHS[t.month - 1][:3],
    "d": lambda t: f"{t.day:02}",
    "-d": lambda t: str(t.day),
    "j": lambda t: f"{t.timetuple().tm_yday:03}",
    "A": lambda t: _DAYS[t.weekday()],
    "a": lambda t: _DAYS[t.weekday()][:3],
    "u": lambda t: str(t.isoweekday()),
    "G": lambda t: f"{t.isocalendar().year:04}",
    "V": lambda t: f"{t.isocalendar().week:02}",
    "H": lambda t: f"{t.hour:02}",
    "-H": lambda t: str(t.hour),
    "I": lambda t: f"{t.hour % 12 or 12:02}",
    "-I": lambda t: str(t.hour % 12 or 12),
    "p": lambda t: "AM" if t.hour < 12 else "PM",
    "M": lambda t: f"{t.minute:02}",
    "S": lambda t: f"{t.second:02}",
    "z": lambda t: _offset(t, ""),
    ":z": lambda t: _offset(t, ":"),
    "Z": lambda t: t.tzname() or "",
    "F": lambda t: t.date().isoformat(),
    "T": lambda t: f"{t.hour:02}:{t.minute:02}:{t.second:02}",
    "%": lambda _: "%",
}


@lru_cache(maxsize=256)
def read_pattern(pattern: str) -> tuple[str | Callable[[datetime], str], ...]:
    """Split a pattern into literal text and directives.

    Raises ValueError, with what is possible, for an unknown directive, and for a pattern over 256 characters.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"takes a pattern of at most {_LONGEST_PATTERN} characters")
    parts: list[str | Callable[[datetime], str]] = []
    end = 0
    for match in _DIRECTIVE.finditer(pattern):
        if match[1] not in DIRECTIVES:
            possible = " ".join(f"%{name}" for name in DIRECTIVES)
            raise ValueError(f"has a pattern with a directive it does not know; possible are {possible}")
        parts += [pattern[end : match.start()], DIRECTIVES[match[1]]]
        end = match.end()
    return (*parts, pattern[end:])


def write_moment(time: datetime, pattern: str) -> str:
    """Write a time by a pattern; month and day names are English. Raises ValueError as read_pattern does."""
    return "".join(part if isinstance(part, str) else part(time) for part in read_pattern(pattern))
