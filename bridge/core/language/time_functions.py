"""Functions of the mapping language on times."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.core.durations import parse_duration
from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, read_text, table
from bridge.core.language.context import Context
from bridge.core.language.moments import Moment, find_zone, iso_text, read_moment, read_pattern, write_moment


def _moment(name: str, value: Any) -> Moment:
    try:
        return read_moment(value)
    except ValueError as error:
        raise MappingFailed(f"{name} was given what {error}") from None


def check_pattern(value: Any) -> str:
    """Give the pattern if date_format can write it. Raises MappingFailed otherwise."""
    pattern = read_text("date_format", value)
    try:
        read_pattern(pattern)
    except ValueError as error:
        raise MappingFailed(f"date_format {error}") from None
    return pattern


def check_zone(value: Any) -> ZoneInfo | None:
    """Give the zone of this name; none for null. Raises MappingFailed if there is no such zone."""
    if value is None:
        return None
    zone = find_zone(read_text("date_format", value))
    if zone is None:
        raise MappingFailed("date_format does not know the zone; write one such as 'Europe/Berlin'")
    return zone


def check_duration(value: Any) -> timedelta:
    """Give the duration, which may begin with a minus. Raises MappingFailed if it is none."""
    text = read_text("date_add", value)
    try:
        length = timedelta(milliseconds=parse_duration(text.removeprefix("-")))
    except (ValueError, OverflowError):
        raise MappingFailed("date_add takes a duration such as '3d', '-12h' or '30m'") from None
    return -length if text.startswith("-") else length


def _date_format(_context: Context, value: Any, pattern: Any, zone: Any = None) -> str:
    moment, place = _moment("date_format", value), check_zone(zone)
    check_pattern(pattern)
    try:
        time = moment.time if place is None or moment.is_day else moment.time.astimezone(place)
    except OverflowError:
        raise MappingFailed("date_format was given a time outside the years 1 to 9999") from None
    return write_moment(time, pattern)


def _date_add(_context: Context, value: Any, duration: Any) -> str:
    moment, length = _moment("date_add", value), check_duration(duration)
    try:
        return iso_text(Moment(moment.time + length, is_day=moment.is_day and not length % timedelta(days=1)))
    except OverflowError:
        raise MappingFailed("date_add leaves the years 1 to 9999") from None


def _epoch(_context: Context, value: Any) -> int:
    return int(_moment("epoch", value).time.timestamp() // 1)


TIME_FUNCTIONS = table(
    Function(
        "date_format",
        2,
        3,
        _date_format,
        "a time by a pattern such as '%d.%m.%Y', in a zone such as 'Europe/Berlin'; a date is not moved",
        cost=20,
        skips_null=True,
        checks={1: check_pattern, 2: check_zone},
    ),
    Function(
        "date_add",
        2,
        2,
        _date_add,
        "the time so much later ('3d', '-12h') as ISO 8601 text; a date and whole days give a date",
        cost=20,
        skips_null=True,
        checks={1: check_duration},
    ),
    Function("epoch", 1, 1, _epoch, "the time as whole seconds since 1970 UTC", cost=20, skips_null=True),
)
