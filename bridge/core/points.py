"""Points in time as people write them to filter by: `2026-11-22`, `2026-11-22T18:00`, or `12h` for 12 hours ago."""

import re
from datetime import UTC, datetime

from bridge.core.durations import UNITS, parse_duration

# Every text that `parse_point` takes matches it, and every text that matches is taken, but for days like 31 February.
POINT = (
    r"^([0-9]{1,9}(ms|s|m|h|d)|[0-9]{12,14}"
    r"|(19[7-9]|2[0-9]{2})[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?)?)$"
)
_POINT = re.compile(POINT, re.ASCII)


def parse_point(text: str, *, now: int) -> int:
    """Give the time in ms: of a date, a time (UTC unless it says otherwise), so long before `now`, or ms as they are.

    Raises ValueError, with a message for the operator.
    """
    match = _POINT.fullmatch(text)
    if match and text.isdigit():
        return int(text)
    if match and match[2] in UNITS:
        return max(0, now - parse_duration(text))
    try:
        time = datetime.fromisoformat(text if match else "")
    except ValueError:
        raise ValueError("write 2026-11-22, 2026-11-22T18:00 or 12h") from None
    return max(0, int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000))
