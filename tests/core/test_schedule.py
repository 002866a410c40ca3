"""When something may be sent: days of the calendar, hours by the clock of a zone, whatever is done to that clock."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings, strategies as st

from bridge.core.schedule import (
    DAY,
    EARLIEST,
    EVERY_DAY,
    LATEST,
    WHOLE_DAY,
    Hours,
    Span,
    add_span,
    day_begins,
    due_at,
    is_open,
    next_open,
    spoken_hours,
    spoken_time,
)

MINUTE = 60_000
BERLIN, APIA, LORD_HOWE = "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"
ZONES = [
    *(BERLIN, APIA, LORD_HOWE, "UTC", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Pacific/Chatham", "Asia/Beirut", "Africa/Cairo", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Gaza"),
    *("Antarctica/Troll", "Europe/Dublin", "America/Havana", "Pacific/Kwajalein", "America/Caracas"),
]


some_hours = st.builds(
    Hours,
    zone=st.sampled_from(ZONES),
    begins=st.integers(0, 1439),
    ends=st.integers(0, 1440),
    days=st.lists(st.sampled_from(EVERY_DAY), min_size=2, unique=True).map(tuple),
)


def at(text: str, zone: str = "UTC", *, fold: int = 0) -> int:
    """Give when the clock of the zone shows this, in ms; the second time, with `fold`."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def clock(millis: int, zone: str) -> str:
    """Give what the clock of the zone shows, and how far it is from UTC."""
    return datetime.fromtimestamp(millis / 1000, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M:%S %z")


def hours(between: str, *days: int, zone: str = BERLIN) -> Hours:
    begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in between.split("-"))
    return Hours(zone, begins, ends, days or EVERY_DAY)


def opening(between: str, now: str, *days: int, zone: str = BERLIN, fold: int = 0) -> str:
    return clock(next_open(hours(between, *days, zone=zone), at(now, zone, fold=fold)), zone)


# -- hours on ordinary days -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-05-05 08:59:59", "Tue 2026-05-05 09:00:00 +0200"),
        ("2026-05-05 09:00:00", "Tue 2026-05-05 09:00:00 +0200"),
        ("2026-05-05 18:59:59", "Tue 2026-05-05 18:59:59 +0200"),
        ("2026-05-05 19:00:00", "Wed 2026-05-06 09:00:00 +0200"),
        ("2026-05-08 19:00:00", "Mon 2026-05-11 09:00:00 +0200"),
        ("2026-05-09 12:00:00", "Mon 2026-05-11 09:00:00 +0200"),
        ("2026-12-31 23:59:59", "Fri 2027-01-01 09:00:00 +0100"),
    ],
)
def test_outside_the_hours_it_is_the_next_day_on_which_they_begin(now: str, then: str) -> None:
    assert opening("09:00-19:00", now, 0, 1, 2, 3, 4) == then


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-05-08 05:59:59", "Fri 2026-05-08 22:00:00 +0200"),  # Thursday's night is not among the days
        ("2026-05-08 22:00:00", "Fri 2026-05-08 22:00:00 +0200"),
        ("2026-05-09 05:59:59", "Sat 2026-05-09 05:59:59 +0200"),  # still Friday's night
        ("2026-05-09 06:00:00", "Fri 2026-05-15 22:00:00 +0200"),
        ("2026-05-09 23:00:00", "Fri 2026-05-15 22:00:00 +0200"),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(now: str, then: str) -> None:
    assert opening("22:00-06:00", now, 4) == then


def test_hours_until_midnight_end_with_the_day() -> None:
    assert opening("20:00-24:00", "2026-05-05 23:59:59") == "Tue 2026-05-05 23:59:59 +0200"
    assert opening("20:00-24:00", "2026-05-06 00:00:00") == "Wed 2026-05-06 20:00:00 +0200"
    assert opening("00:00-24:00", "2026-05-09 00:00:00", 0) == "Mon 2026-05-11 00:00:00 +0200"
    assert opening("20:00-00:00", "2026-05-06 00:00:00") == "Wed 2026-05-06 20:00:00 +0200"


def test_whole_days_are_always_open() -> None:
    assert Hours(BERLIN).is_always
    assert (Hours().begins, Hours().ends) == WHOLE_DAY
    assert next_open(Hours(BERLIN), 1_234_567) == 1_234_567
    assert not Hours(BERLIN, days=(0,)).is_always
    assert not Hours(BERLIN, ends=1439).is_always


# -- clocks that are set ----------------------------------------------------------------------------------------
# Berlin: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.


@pytest.mark.parametrize(
    ("between", "now", "then"),
    [
        ("09:00-19:00", "2026-03-28 20:00", "Sun 2026-03-29 09:00:00 +0200"),  # 12 hours and not 13
        ("09:00-19:00", "2026-10-24 20:00", "Sun 2026-10-25 09:00:00 +0100"),
        ("02:00-03:00", "2026-03-28 12:00", "Mon 2026-03-30 02:00:00 +0200"),  # there is none on Sunday
        ("02:15-02:45", "2026-03-29 01:59", "Mon 2026-03-30 02:15:00 +0200"),
        ("02:30-04:00", "2026-03-28 12:00", "Sun 2026-03-29 03:00:00 +0200"),  # begins within the gap
        ("01:00-02:30", "2026-03-29 03:00", "Mon 2026-03-30 01:00:00 +0200"),  # ended within the gap
        ("01:00-02:30", "2026-03-29 01:59", "Sun 2026-03-29 01:59:00 +0100"),
        ("02:00-02:30", "2026-10-24 12:00", "Sun 2026-10-25 02:00:00 +0200"),
        ("01:30-02:15", "2026-10-25 01:00", "Sun 2026-10-25 01:30:00 +0200"),
        ("03:00-04:00", "2026-10-25 02:00", "Sun 2026-10-25 03:00:00 +0100"),
    ],
)
def test_hours_follow_the_clock_where_it_is_set(between: str, now: str, then: str) -> None:
    assert opening(between, now) == then


def test_hours_that_the_clock_shows_twice_are_open_twice() -> None:
    assert opening("02:00-02:30", "2026-10-25 02:30") == "Sun 2026-10-25 02:00:00 +0100"
    assert opening("02:00-02:30", "2026-10-25 02:10", fold=1) == "Sun 2026-10-25 02:10:00 +0100"
    assert opening("02:00-02:30", "2026-10-25 02:30", fold=1) == "Mon 2026-10-26 02:00:00 +0100"
    # 01:30-02:15 is over, then the clock is put back into it
    assert opening("01:30-02:15", "2026-10-25 02:20") == "Sun 2026-10-25 02:00:00 +0100"


def test_hours_that_do_not_exist_on_their_only_day_wait_a_week() -> None:
    assert opening("02:00-03:00", "2026-03-23 12:00", 6) == "Sun 2026-04-05 02:00:00 +0200"


@pytest.mark.parametrize(
    ("zone", "between", "now", "then"),
    [
        (LORD_HOWE, "02:00-02:30", "2026-10-03 12:00", "Mon 2026-10-05 02:00:00 +1100"),  # half an hour is left out
        (LORD_HOWE, "02:15-03:00", "2026-10-03 12:00", "Sun 2026-10-04 02:30:00 +1100"),
        (LORD_HOWE, "09:00-10:00", "2026-04-04 12:00", "Sun 2026-04-05 09:00:00 +1030"),
        ("Asia/Kathmandu", "09:00-19:00", "2026-05-05 20:00", "Wed 2026-05-06 09:00:00 +0545"),
        ("Pacific/Chatham", "09:00-19:00", "2026-09-26 20:00", "Sun 2026-09-27 09:00:00 +1345"),
        ("Africa/Cairo", "00:00-09:00", "2026-04-23 12:00", "Fri 2026-04-24 01:00:00 +0300"),  # no midnight that day
        (APIA, "09:00-19:00", "2011-12-29 20:00", "Sat 2011-12-31 09:00:00 +1400"),  # no 30 December
    ],
)
def test_hours_in_zones_with_habits_of_their_own(zone: str, between: str, now: str, then: str) -> None:
    assert opening(between, now, zone=zone) == then


def test_a_day_that_was_left_out_has_no_hours() -> None:
    assert opening("09:00-19:00", "2011-12-29 20:00", 4, zone=APIA) == "Fri 2012-01-06 09:00:00 +1400"
    # of its night the end is left, and of the night before it the evening
    assert opening("22:00-06:00", "2011-12-29 12:00", 4, zone=APIA) == "Sat 2011-12-31 00:00:00 +1400"
    assert opening("22:00-06:00", "2011-12-31 00:00", 3, zone=APIA) == "Thu 2012-01-05 22:00:00 +1400"


# -- days and milliseconds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "span", "then"),
    [
        ("2026-05-05 17:30", Span(days=3), "Fri 2026-05-08 17:30:00 +0200"),
        ("2026-03-28 09:00", Span(days=1), "Sun 2026-03-29 09:00:00 +0200"),  # 23 hours
        ("2026-10-24 09:00", Span(days=1), "Sun 2026-10-25 09:00:00 +0100"),  # 25 hours
        ("2026-03-28 09:00", Span(ms=DAY), "Sun 2026-03-29 10:00:00 +0200"),
        ("2026-03-28 02:30", Span(days=1), "Sun 2026-03-29 03:30:00 +0200"),  # there is no 02:30
        ("2026-10-24 02:30", Span(days=1), "Sun 2026-10-25 02:30:00 +0200"),  # the first of the two
        ("2026-10-24 02:30", Span(days=1, ms=60 * MINUTE), "Sun 2026-10-25 02:30:00 +0100"),
        ("2024-02-28 12:00", Span(days=366), "Fri 2025-02-28 12:00:00 +0100"),
    ],
)
def test_days_are_those_of_the_calendar_and_the_rest_is_time(base: str, span: Span, then: str) -> None:
    assert clock(add_span(at(base, BERLIN), span, BERLIN), BERLIN) == then


def test_a_day_later_than_the_second_02_30_is_02_30() -> None:
    base = at("2026-10-25 02:30", BERLIN, fold=1)
    assert clock(add_span(base, Span(days=1), BERLIN), BERLIN) == "Mon 2026-10-26 02:30:00 +0100"
    assert add_span(base, Span(), BERLIN) == base


def test_a_day_that_was_left_out_becomes_the_next() -> None:
    assert clock(add_span(at("2011-12-29 10:00", APIA), Span(days=1), APIA), APIA) == "Sat 2011-12-31 10:00:00 +1400"


def test_what_is_due_is_moved_into_the_hours_after_the_span() -> None:
    weekdays = hours("09:00-19:00", 0, 1, 2, 3, 4)
    assert clock(due_at(at("2026-05-05 21:00", BERLIN), Span(days=3), weekdays), BERLIN) == (
        "Mon 2026-05-11 09:00:00 +0200"
    )
    assert clock(due_at(at("2026-05-05 10:15", BERLIN), Span(days=3), weekdays), BERLIN) == (
        "Fri 2026-05-08 10:15:00 +0200"
    )


def test_a_day_begins_when_the_clock_first_shows_it() -> None:
    assert clock(day_begins(date(2026, 5, 5), BERLIN), BERLIN) == "Tue 2026-05-05 00:00:00 +0200"
    assert clock(day_begins(date(2026, 4, 24), "Africa/Cairo"), "Africa/Cairo") == "Fri 2026-04-24 01:00:00 +0300"
    assert day_begins(date(1, 1, 1), "Asia/Tokyo") == EARLIEST
    assert day_begins(date(9999, 12, 31), "America/New_York") == LATEST


# -- whatever comes -------------------------------------------------------------------------------------------------


def test_the_bounds_are_the_years_2_and_9998() -> None:
    assert datetime(2, 1, 1, tzinfo=UTC).timestamp() * 1000 == EARLIEST
    assert datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000 == LATEST
    assert add_span(LATEST, Span(days=999_999_999), BERLIN) == LATEST
    assert add_span(LATEST, Span(ms=DAY), BERLIN) == LATEST
    assert add_span(EARLIEST - DAY, Span(), BERLIN) == EARLIEST
    assert add_span(EARLIEST, Span(days=-10), BERLIN) == EARLIEST


def test_a_zone_that_nobody_knows_has_the_clock_of_utc() -> None:
    assert clock(next_open(hours("09:00-19:00", zone="Mars/Olympus"), at("2026-05-05 20:00")), "UTC") == (
        "Wed 2026-05-06 09:00:00 +0000"
    )
    assert spoken_time(at("2026-05-05 20:00"), "Mars/Olympus") == "Tue 5 May 2026 20:00 UTC"


@given(
    asked=some_hours,
    zone=st.sampled_from([*ZONES, "nowhere", ""]),
    days=st.sampled_from([(), (6,), EVERY_DAY]),
    span=st.builds(Span, st.integers(-(10**12), 10**12), st.integers(-(10**18), 10**18)),
    now=st.one_of(st.integers(), st.integers(EARLIEST - DAY, EARLIEST + DAY), st.integers(LATEST - DAY, LATEST + DAY)),
)
def test_no_number_is_too_large_or_too_small(
    asked: Hours, zone: str, days: tuple[int, ...], span: Span, now: int
) -> None:
    asked = replace(asked, zone=zone, days=days)
    assert next_open(asked, now) >= now
    assert is_open(asked, next_open(asked, now))
    assert due_at(now, span, asked) >= EARLIEST
    assert spoken_time(now, zone)


# -- compared with looking at the clock every minute ----------------------------------------------------------------


def shows_open(asked: Hours, millis: int) -> bool:
    """Look at the clock, and say by the words of the contract whether the hours are open."""
    shown = datetime.fromtimestamp(millis / 1000, ZoneInfo(asked.zone))
    minute, weekday = shown.hour * 60 + shown.minute, shown.weekday()
    tonight = asked.ends <= asked.begins
    began_today = asked.begins <= minute and (tonight or minute < asked.ends) and weekday in asked.days
    began_yesterday = tonight and minute < asked.ends and (weekday + 6) % 7 in asked.days
    return began_today or began_yesterday


CHANGES = [  # a day before clocks are set, by zone
    (BERLIN, "2026-03-28"),
    (BERLIN, "2026-10-24"),
    (APIA, "2011-12-28"),
    (LORD_HOWE, "2026-04-04"),
    (LORD_HOWE, "2026-10-03"),
    ("America/Havana", "2026-03-07"),
    ("Antarctica/Troll", "2026-03-28"),
    ("Antarctica/Troll", "2026-10-24"),
    ("Pacific/Kwajalein", "1993-08-20"),
    ("America/Caracas", "2007-12-08"),
    ("Africa/Cairo", "2026-10-29"),
    ("America/St_Johns", "2006-10-28"),
    ("Asia/Kathmandu", "2026-05-05"),
]


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(CHANGES), minute=st.integers(0, 2880), second=st.integers(0, 59_999), asked=some_hours)
@example(place=CHANGES[1], minute=1500, second=30_001, asked=Hours(BERLIN, 120, 150))
def test_nothing_earlier_was_open(place: tuple[str, str], minute: int, second: int, asked: Hours) -> None:
    zone, day = place
    asked = replace(asked, zone=zone)
    now = at(day, zone) // MINUTE * MINUTE + minute * MINUTE + second
    found = next_open(asked, now)
    assert shows_open(asked, found)
    assert is_open(asked, found)
    if shows_open(asked, now):
        assert found == now
    else:
        assert found % MINUTE == 0
        assert not is_open(asked, now)
        minutes = range((now // MINUTE + 1) * MINUTE, found, MINUTE)
        assert not any(shows_open(asked, each) for each in minutes)


@settings(max_examples=300, deadline=None)
@given(asked=some_hours, now=st.integers(0, LATEST - 30 * DAY), later=st.integers(0, 20 * DAY))
def test_who_asks_later_is_not_told_an_earlier_time(asked: Hours, now: int, later: int) -> None:
    first, second = next_open(asked, now), next_open(asked, now + later)
    assert now <= first <= second
    assert next_open(asked, first) == first
    assert first - now < 16 * DAY


@settings(max_examples=300, deadline=None)
@given(zone=st.sampled_from(ZONES), base=st.integers(0, LATEST - 900 * DAY), days=st.integers(0, 400))
def test_days_later_the_clock_shows_the_same_unless_it_cannot(zone: str, base: int, days: int) -> None:
    later = add_span(base, Span(days=days), zone)
    before = datetime.fromtimestamp(base / 1000, ZoneInfo(zone)).replace(tzinfo=None)
    after = datetime.fromtimestamp(later / 1000, ZoneInfo(zone)).replace(tzinfo=None)
    moved = round((after - before).total_seconds() * 1000) - days * DAY
    assert moved in {0, 30 * MINUTE, 60 * MINUTE, 120 * MINUTE, DAY}
    assert abs(later - base - days * DAY) <= 27 * 60 * MINUTE
    assert add_span(base, Span(days, 1), zone) == later + 1


# -- in words ---------------------------------------------------------------------------------------------------------


def test_times_and_hours_are_said_by_the_clock_of_the_contact() -> None:
    assert spoken_time(at("2026-05-07 07:00"), BERLIN) == "Thu 7 May 2026 09:00 Europe/Berlin"
    assert spoken_hours(hours("09:00-19:00", 0, 5)) == "09:00-19:00 mon, sat Europe/Berlin"
    assert spoken_hours(hours("22:00-06:00")) == "22:00-06:00 every day Europe/Berlin"
    assert spoken_hours(Hours(BERLIN)) == "at any time Europe/Berlin"
