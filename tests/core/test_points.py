"""Points in time as people write them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from bridge.core.points import POINT, parse_point

NOW = 1_800_000_000_000


@given(st.from_regex(re.compile(POINT, re.ASCII), fullmatch=True))
def test_whatever_matches_is_a_time_but_for_days_that_a_month_does_not_have(text: str) -> None:
    try:
        assert 0 <= parse_point(text, now=NOW) < 1 << 48
    except ValueError:
        assert re.match(r"[0-9]{4}-(02-(29|30)|(02|04|06|09|11)-31)", text)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_point(text, now=NOW) >= 0


def test_what_is_no_time_is_told_what_to_write() -> None:
    with pytest.raises(ValueError, match="write 2026-11-22, 2026-11-22T18:00 or 12h"):
        parse_point("yesterday", now=NOW)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0d", NOW),
        ("90s", NOW - 90_000),
        ("2028-02-29", 1_835_395_200_000),
        ("2026-11-22T18:00", 1_795_370_400_000),
        ("2026-11-22T18:00Z", 1_795_370_400_000),
        ("2026-11-22T18:00+01:00", 1_795_366_800_000),
        ("1970-01-01T00:00+05:00", 0),
        ("179537040000", 179_537_040_000),
    ],
)
def test_points_are_read_as_utc_unless_they_say_otherwise(text: str, time: int) -> None:
    assert parse_point(text, now=NOW) == time
