"""When a request may be sent: spans of calendar days, and the hours in which a contact may be asked, in its zone.

What the clock of the zone shows decides, with the IANA database behind it:

- A day added to 09:00 is 09:00 of the next day, however long that day is. Where the clock is put forward over the time
  that comes out, it counts by the offset before (RFC 5545, 3.3.5): 02:30 becomes 03:30. Of a time that the clock shows
  twice it is the first.
- Hours are open whenever the clock shows a time within them: twice, if it shows that time twice. Those that begin where
  the clock is put forward open at once after it, those that end there are over, and those that lie within it are not
  on that day: the next day has them. A day that a zone leaves out (Samoa had no 30 December 2011) has no hours; the end
  of the night before it, and of its own night, belong to the day on which they fall.
- A zone that this machine does not know has the clock of UTC, and in the first and the last year of the calendar, where
  clocks cannot be read, it is always open. Nothing here raises.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bridge.core.language.moments import find_zone, write_moment

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = (0, 1440)  # minutes since midnight
DAY = 86_400_000  # ms
EARLIEST = -62_104_060_800_000  # 1 January of year 2, 00:00 UTC; before it there may be no clock in some zone
LATEST = 253_370_764_800_000  # 1 January of year 9999, 00:00 UTC; nothing is planned for later

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STEADY = 2 * DAY  # no zone ever changes its offset twice within 6 days: one look this far ahead misses no change


@dataclass(frozen=True, slots=True)
class Span:
    """How long to wait: calendar days in the contact's zone, then milliseconds."""

    days: int = 0
    ms: int = 0


NO_WAIT = Span()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a contact may be asked, by the clock of `zone` (a name of the IANA database).

    From `begins` until `ends`, in minutes since midnight; an end that is not after the beginning is on the next day.
    `days` are those on which the hours begin, Monday is 0; there is at least one.
    """

    zone: str = "UTC"
    begins: int = WHOLE_DAY[0]
    ends: int = WHOLE_DAY[1]
    days: tuple[int, ...] = EVERY_DAY

    @property
    def is_always(self) -> bool:
        """Say whether nothing is outside these hours."""
        return self.begins == 0 and self.ends == 1440 and self.days == EVERY_DAY


def next_open(hours: Hours, now: int) -> int:
    """Give when the hours are open next, in ms: `now` itself if they are."""
    if hours.is_always or not hours.days:
        return now
    zone, at = _zone(hours.zone), now
    while EARLIEST <= at <= LATEST:
        clock = _clock(at, zone)
        if _shows_open(hours, clock):
            return at
        opening = at + (_next_beginning(hours, clock) - clock) // _MILLISECOND
        at = _next_change(at, opening, zone)
    return at


def is_open(hours: Hours, at: int) -> bool:
    """Say whether a contact with these hours may be asked at `at` (ms)."""
    if hours.is_always or not hours.days or not EARLIEST <= at <= LATEST:
        return True
    return _shows_open(hours, _clock(at, _zone(hours.zone)))


def due_at(base: int, span: Span, hours: Hours) -> int:
    """Give the first time within the hours that is not before `base` (ms) and the span."""
    return next_open(hours, add_span(base, span, hours.zone))


def add_span(base: int, span: Span, zone: str) -> int:
    """Give the time that is so many calendar days by the clock of the zone, and then so many ms, after `base` (ms).

    What would be before the year 2 or after 9998 is the beginning or the end of these years.
    """
    at = min(max(base, EARLIEST), LATEST)
    if span.days:
        place = _zone(zone)
        try:
            at = _instant(_clock(at, place) + timedelta(days=span.days), place)
        except OverflowError:
            at = LATEST if span.days > 0 else EARLIEST
    return min(max(at + span.ms, EARLIEST), LATEST)


def day_begins(day: date, zone: str) -> int:
    """Give when a calendar day begins by the clock of the zone, in ms; clamped as `add_span` does."""
    try:
        at = _instant(datetime.combine(day, time()), _zone(zone))
    except OverflowError:
        at = EARLIEST if day.year == 1 else LATEST
    return min(max(at, EARLIEST), LATEST)


def spoken_time(at: int, zone: str) -> str:
    """Write a time (ms) by the clock of the zone, as people say it: `Thu 7 May 2026 09:00 Europe/Berlin`."""
    known = find_zone(zone)
    clock = _clock(min(max(at, EARLIEST), LATEST), known or UTC)
    return f"{write_moment(clock, '%a %-d %b %Y %H:%M')} {zone if known else 'UTC'}"


def spoken_hours(hours: Hours) -> str:
    """Write hours as people say them: `09:00-19:00 mon, tue Europe/Berlin`; `at any time Europe/Berlin`."""
    if hours.is_always:
        return f"at any time {hours.zone}"
    clocks = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.begins, hours.ends))
    days = "every day" if hours.days == EVERY_DAY else ", ".join(WEEKDAYS[day] for day in hours.days)
    return f"{'-'.join(clocks)} {days} {hours.zone}"


# -- clocks: what they show has no zone of its own, so that adding to it is moving the hands -----------


def _zone(name: str) -> tzinfo:
    return find_zone(name) or UTC


def _clock(at: int, zone: tzinfo) -> datetime:
    return (_BEGINNING + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)


def _instant(clock: datetime, zone: tzinfo) -> int:
    """Give when the clock shows this, in ms; raises OverflowError outside the calendar."""
    return (clock.replace(tzinfo=zone) - _BEGINNING) // _MILLISECOND


def _shows_open(hours: Hours, clock: datetime) -> bool:
    minute, weekday = clock.hour * 60 + clock.minute, clock.weekday()
    if hours.begins < hours.ends:
        return hours.begins <= minute < hours.ends and weekday in hours.days
    if minute >= hours.begins and weekday in hours.days:
        return True
    return minute < hours.ends and (weekday - 1) % 7 in hours.days


def _next_beginning(hours: Hours, clock: datetime) -> datetime:
    """Give what the clock shows when the hours begin next, if nobody sets it meanwhile."""
    midnight = clock.replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(8):
        begins = midnight + timedelta(days=days, minutes=hours.begins)
        if begins > clock and begins.weekday() in hours.days:
            return begins
    return midnight + timedelta(days=8)


def _next_change(at: int, until: int, zone: tzinfo) -> int:
    """Give when the clock is set next after `at`, or `until` if it is not set before that."""
    offset = _offset(at, zone)
    while at < until:
        ahead = min(at + _STEADY, until)
        if _offset(ahead, zone) != offset:
            return _first_of(at, ahead, offset, zone)
        at = ahead
    return until


def _first_of(before: int, after: int, offset: timedelta | None, zone: tzinfo) -> int:
    """Give the first time in (before, after] with another offset than that of `before`."""
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
    return after


def _offset(at: int, zone: tzinfo) -> timedelta | None:
    return (_BEGINNING + timedelta(milliseconds=at)).astimezone(zone).utcoffset()
