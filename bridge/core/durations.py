"""Durations and rates as people write them: `15s`, `3d`, `10/s`, `5/10s`. Inside, a duration is whole milliseconds."""

import re

from bridge.core.schedule import Span

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)", re.ASCII)
_RATE = re.compile(r"([0-9]{1,9})/([0-9]{0,9})(ms|s|m|h|d)", re.ASCII)

_SPOKEN = (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000))


def parse_duration(text: str) -> int:
    """Parse `500ms`, `15s`, `5m`, `6h` or `3d` to ms. Raises ValueError, with a message for the operator."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError("write a duration such as 500ms, 15s, 5m, 6h or 3d")
    return int(match[1]) * UNITS[match[2]]


def parse_span(text: str) -> Span:
    """Parse as `parse_duration` does, where days are those of a calendar. Raises ValueError, for the operator."""
    duration = parse_duration(text)
    return Span(days=duration // UNITS["d"]) if text.endswith("d") else Span(ms=duration)


def format_duration(duration: int) -> str:
    """Write a duration in ms, not negative, in the largest unit that keeps it whole: 90000 is `90s`, 0 is `0s`."""
    if not duration:
        return "0s"
    unit = next(name for name in reversed(UNITS) if duration % UNITS[name] == 0)
    return f"{duration // UNITS[unit]}{unit}"


def parse_rate(text: str) -> tuple[int, int]:
    """Parse `10/s`, `100/m` or `5/10s` to (count, period in ms), both at least 1.

    Raises ValueError, with a message for the operator.
    """
    match = _RATE.fullmatch(text)
    if not match:
        raise ValueError("write a rate such as 10/s, 100/m or 5/10s")
    count, period = int(match[1]), int(match[2] or 1) * UNITS[match[3]]
    if not count or not period:
        raise ValueError("write a rate of at least 1, such as 1/m")
    return count, period


def spoken_duration(ms: int) -> str:
    """Give a duration roughly, as people say it: `9 minutes`."""
    name, unit = next((name, unit) for name, unit in _SPOKEN if ms >= 2 * unit or unit == 1_000)
    return f"{ms // unit} {name}"
