"""The functions on times: what is read, how it is written, and what is refused."""

from typing import Any

import pytest

from bridge.core.errors import MappingFailed
from bridge.core.language.expression import Context, compile_expression

RESULTS: list[tuple[str, Any, Any]] = [
    ("epoch(@)", None, None),
    ("epoch(@)", "2026-11-23T20:56:49Z", 1795467409),
    ("epoch(@)", "2026-11-23T21:56:49+01:00", 1795467409),
    ("epoch(@)", "2026-11-23T21:56:49+0100", 1795467409),
    ("epoch(@)", "2026-11-23T15:56:49.999999-05", 1795467409),
    ("epoch(@)", "2026-11-23 20:56:49 UTC", 1795467409),
    ("epoch(@)", "2026-11-23t20:56:49.123456789z", 1795467409),
    ("epoch(@)", "2026-11-23T20:56:49", 1795467409),
    ("epoch(@)", "2026-11-23T20:56", 1795467360),
    ("epoch(@)", " 2026-11-23 ", 1795392000),
    ("epoch(@)", 1795467409, 1795467409),
    ("epoch(@)", 1795467409.9, 1795467409),
    ("epoch(@)", 1795467409123, 1795467409),
    ("epoch(@)", "1795467409123", 1795467409),
    ("epoch(@)", -0.5, -1),
    ("epoch(@)", "1969-12-31T23:59:59.5Z", -1),
    ("date_format(@, '%d.%m.%Y')", None, None),
    ("date_format(@, '%d.%m.%Y')", "2026-01-05T23:30:00-05:00", "05.01.2026"),
    ("date_format(@, '%d.%m.%Y %H:%M', 'Europe/Berlin')", "2026-01-05T23:30:00-05:00", "06.01.2026 05:30"),
    ("date_format(@, '%d.%m.%Y %H:%M', 'America/New_York')", 1795467409, "23.11.2026 15:56"),
    ("date_format(@, '%d.%m.%Y', 'America/New_York')", "2026-01-05", "05.01.2026"),
    ("date_format(@, '%d.%m.%Y', x)", "2026-01-05T23:30:00-05:00", "05.01.2026"),
    ("date_format(@, '%A %a %B %b %-d, %-m/%y')", "2026-03-04", "Wednesday Wed March Mar 4, 3/26"),
    ("date_format(@, '%I:%M %p')", "2026-03-04T00:05:00Z", "12:05 AM"),
    ("date_format(@, '%-I:%M %p')", "2026-03-04T13:05:00Z", "1:05 PM"),
    ("date_format(@, '%-H %j %u %G-W%V %%')", "2027-01-01T09:00:00Z", "9 001 5 2026-W53 %"),
    ("date_format(@, '%FT%T%z %:z %Z', 'Asia/Kolkata')", 0, "1970-01-01T05:30:00+0530 +05:30 IST"),
    ("date_format(@, '%z')", "2026-01-05T10:00:00-03:30", "-0330"),
    ("date_format(@, 'Q')", 0, "Q"),
    ("date_add(@, '3d')", None, None),
    ("date_add(@, '3d')", "2026-02-27T10:00:00+01:00", "2026-03-02T10:00:00+01:00"),
    ("date_add(@, '3d')", "2026-02-27", "2026-03-02"),
    ("date_add(@, '-1d')", "2024-03-01", "2024-02-29"),
    ("date_add(@, '36h')", "2026-02-27", "2026-02-28T12:00:00Z"),
    ("date_add(@, '500ms')", "2026-02-27T00:00:00Z", "2026-02-27T00:00:00.500000Z"),
    ("date_add(@, '30m')", 1795467409, "2026-11-23T21:26:49Z"),
]

NO_TIME = "epoch was given what is no time; ISO 8601 text, a date or a number of seconds since 1970 is one"
FAILURES: list[tuple[str, Any, str]] = [
    ("epoch(@)", "secret", NO_TIME),
    ("epoch(@)", "", NO_TIME),
    ("epoch(@)", "20261123", NO_TIME),
    ("epoch(@)", "٢٠٢٦-11-23", NO_TIME),
    ("epoch(@)", "2026-11-23T20:56:49Z; x", NO_TIME),
    ("epoch(@)", True, NO_TIME),
    ("epoch(@)", [], NO_TIME),
    ("epoch(@)", "2026-02-30", "epoch was given what is no time that exists"),
    ("epoch(@)", "2026-02-03T25:00:00Z", "epoch was given what is no time that exists"),
    ("epoch(@)", 1e30, "epoch was given what is outside the years 1 to 9999"),
    ("epoch(@)", 10**400, "epoch was given what is outside the years 1 to 9999"),
    ("epoch(@)", float("nan"), "epoch was given what is outside the years 1 to 9999"),
    (
        "date_format(@, '%Z', 'Asia/Tokyo')",
        "9999-12-31T23:00:00Z",
        "date_format was given a time outside the years 1 to 9999",
    ),
    (
        "date_format('2026-01-01', '%d', @)",
        "Nowhere/Atall",
        "date_format does not know the zone; write one such as 'Europe/Berlin'",
    ),
    (
        "date_format('2026-01-01', '%d', @)",
        "../../etc/passwd",
        "date_format does not know the zone; write one such as 'Europe/Berlin'",
    ),
    (
        "date_format('2026-01-01', '%d', @)",
        "America",
        "date_format does not know the zone; write one such as 'Europe/Berlin'",
    ),
    (
        "date_format('2026-01-01', '%d', @)",
        "localtime",
        "date_format does not know the zone; write one such as 'Europe/Berlin'",
    ),
    ("date_format('2026-01-01', '%d', @)", 5, "date_format takes text, not a number"),
    ("date_format('2026-01-01', @)", 5, "date_format takes text, not a number"),
    ("date_format('2026-01-01', @)", "%" * 300, "date_format takes a pattern of at most 256 characters"),
    ("date_add('2026-01-01', @)", "soon", "date_add takes a duration such as '3d', '-12h' or '30m'"),
    ("date_add('2026-01-01', @)", 3, "date_add takes text, not a number"),
    ("date_add('9999-12-31', '3d')", None, "date_add leaves the years 1 to 9999"),
    ("date_add('2026-01-01', '999999999d')", None, "date_add leaves the years 1 to 9999"),
]


@pytest.mark.parametrize(("text", "value", "result"), RESULTS)
def test_a_function_gives(text: str, value: Any, result: Any) -> None:
    found = compile_expression(text).evaluate(value, Context())

    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(("text", "value", "message"), FAILURES)
def test_a_function_refuses(text: str, value: Any, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(value, Context())

    assert str(failure.value) == message


def test_month_names_do_not_depend_on_the_machine() -> None:
    names = compile_expression("map(&date_format(join('-', ['2026', @, '01']), '%b'), @)")

    found = names.evaluate([f"{month:02}" for month in range(1, 13)], Context())

    assert found == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
