"""How numbers and times are said on the pages. Pure: what time it is now is an argument."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bridge.outbox.figures import Count

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_RELATIVE = 7 * _DAY  # within this a time is said relative to now


def count(number: int) -> str:
    """Write a number with commas between thousands: `1,431`."""
    return f"{number:,}"


def counted(number: int, *, exact: bool) -> str:
    """Write a count of what a filter selects, which may be a lower bound: `1,431`, `more than 10,000`."""
    if exact:
        return count(number)
    return f"more than {count(number)}" if number else "an unknown number"


def counted_as(number: Count) -> str:
    """Write a count of the store."""
    return counted(number.number, exact=number.exact)


def begun(text: str) -> str:
    """Begin a sentence with a capital letter; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def several(number: int, one: str, many: str = "") -> str:
    """Say how many: `1 delivery`, `1,431 deliveries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(ms: int) -> str:
    """Say a duration in its largest unit: `41 s`, `13 min`, `3 h`, `2 days`."""
    ms = abs(ms)
    if ms < _MINUTE:
        return f"{ms // _SECOND} s"
    if ms < _HOUR:
        return f"{ms // _MINUTE} min"
    if ms < 2 * _DAY:
        return f"{ms // _HOUR} h"
    return f"{ms // _DAY} days"


def relative(time: int, now: int, zone: ZoneInfo) -> str:
    """Say a time as people do: `13 min ago`, `in 41 s`; beyond seven days the date in the zone."""
    if abs(now - time) > _RELATIVE:
        return day(time, zone)
    if abs(now - time) < _SECOND:
        return "now"
    return f"{span(now - time)} ago" if time < now else f"in {span(time - now)}"


def lasting(since: int, now: int, zone: ZoneInfo) -> str:
    """Say for how long something is so: `for 13 min`; beyond seven days the date in the zone: `since 3 May 2026`."""
    if abs(now - since) > _RELATIVE:
        return f"since {day(since, zone)}"
    return f"for {span(max(now - since, _SECOND))}"


def day(time: int, zone: ZoneInfo) -> str:
    """Write the date: `3 May 2026`."""
    local = _local(time, zone)
    return f"{local.day} {local:%b %Y}"


def short_day(time: int, now: int, zone: ZoneInfo) -> str:
    """Write the date in little room: `3 May`, and of another year `3 May 25`."""
    local = _local(time, zone)
    return f"{local.day} {local:%b}" + ("" if local.year == _local(now, zone).year else f" {local:%y}")


def clock(time: int, zone: ZoneInfo) -> str:
    """Write the time of day: `09:26`."""
    return f"{_local(time, zone):%H:%M}"


def exact(time: int, zone: ZoneInfo) -> str:
    """Write a time so that nobody can take it for another: `Tue 12 May 2026, 09:26:08 Europe/Berlin (07:26:08 UTC)`."""
    local = _local(time, zone)
    text = f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {zone.key}"
    return text if zone.key == "UTC" else f"{text} ({_local(time, UTC):%H:%M:%S} UTC)"


def machine(time: int) -> str:
    """Write a time for the `datetime` attribute (RFC 3339, UTC, milliseconds)."""
    return _local(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def size(number: int) -> str:
    """Write a number of bytes: `812 B`, `6.6 KB`, `1.2 MB`."""
    for unit, bytes_of in (("MB", 1_000_000), ("KB", 1_000)):
        if number >= bytes_of:
            return f"{number / bytes_of:.1f} {unit}"
    return f"{number} B"


def _local(time: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(time / 1000, zone)
