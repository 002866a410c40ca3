"""The time zones that people choose from."""

from functools import cache
from zoneinfo import available_timezones

_REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@cache
def zones() -> tuple[str, ...]:
    """Give the names of all zones that are places, and UTC, which comes first. Looks at the disk only once."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_REGIONS)))
