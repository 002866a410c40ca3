import pytest
from hypothesis import given, strategies as st

from bridge.core.durations import format_duration, parse_duration, parse_rate, parse_span
from bridge.core.schedule import Span


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", 0),
        ("500ms", 500),
        ("15s", 15_000),
        ("5m", 300_000),
        ("6h", 21_600_000),
        ("3d", 259_200_000),
        ("007s", 7_000),
        ("999999999d", 86_399_999_913_600_000),
    ],
)
def test_a_duration_is_parsed_to_milliseconds(text: str, duration: int) -> None:
    assert parse_duration(text) == duration


def test_only_days_are_those_of_a_calendar() -> None:
    assert parse_span("3d") == Span(days=3)
    assert parse_span("0d") == Span()
    assert parse_span("72h") == Span(ms=259_200_000)
    assert parse_span("90m") == Span(ms=5_400_000)
    assert parse_span("500ms") == Span(ms=500)
    with pytest.raises(ValueError, match=r"^write a duration such as 500ms, 15s, 5m, 6h or 3d$"):
        parse_span("3 days")


@pytest.mark.parametrize(
    "text", ["", "15", "s", "15 s", " 15s", "15S", "1.5h", "-1s", "1h30m", "3w", "٣d", "1s\n", "9999999999s"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write a duration such as 500ms, 15s, 5m, 6h or 3d$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0s"), (1, "1ms"), (1_000, "1s"), (1_500, "1500ms"), (90_000, "90s"), (86_400_000, "1d"), (90_000_000, "25h")],
)
def test_a_duration_is_written_in_the_largest_unit_that_keeps_it_whole(duration: int, text: str) -> None:
    assert format_duration(duration) == text


@given(st.integers(min_value=0, max_value=999_999_999))
def test_a_written_duration_reads_back_the_same(duration: int) -> None:
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10/s", (10, 1_000)), ("100/m", (100, 60_000)), ("5/10s", (5, 10_000)), ("1/2d", (1, 172_800_000))],
)
def test_a_rate_is_parsed_to_a_count_and_a_period(text: str, rate: tuple[int, int]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "10", "/s", "10/", "10 / s", "10/week", "-1/s", "1.5/s", "10s"])
def test_what_is_no_rate_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write a rate such as 10/s, 100/m or 5/10s$"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["0/s", "5/0s"])
def test_a_rate_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write a rate of at least 1, such as 1/m$"):
        parse_rate(text)
