"""What *Now* shows of what waits: until when it is counted, and why the oldest waits."""

from zoneinfo import ZoneInfo

import pytest

from bridge.app.glance import because, due_by
from bridge.app.standing import Situation
from bridge.outbox.terms import Circuit
from tests.support.books import HOUR, NOW
from tests.support.console import SECRETS
from tests.support.evidence import a_pause, in_force

OLDEST = {"touchpoint": "steady", "source": "till", "mapping": "visit", "due_at": NOW - 1, "reason": ""}
WEEK = 7 * 24 * HOUR


def test_today_ends_at_midnight_in_the_zone_of_the_reader() -> None:
    now, hour, today, week = due_by(NOW, ZoneInfo("Europe/Berlin"))  # 09:00 there
    assert (now, hour, today + 1, week) == (NOW, NOW + HOUR, NOW + 15 * HOUR, NOW + WEEK)


def test_a_day_that_is_an_hour_longer_ends_an_hour_later() -> None:
    begins = 1_793_505_600_000  # 1 November 2026, 00:00 in New York, where clocks go back that night
    assert due_by(begins, ZoneInfo("America/New_York"))[2] + 1 == begins + 25 * HOUR


def test_shortly_before_midnight_nothing_more_is_left_of_today_than_the_next_hour() -> None:
    late = NOW + 15 * HOUR + 30 * 60_000  # 23:30 UTC
    assert due_by(late, ZoneInfo("UTC"))[1:3] == (late + HOUR, late + HOUR)


@pytest.mark.parametrize(
    ("now_is", "changes", "sentence"),
    [
        (Situation(), {}, "It is sent in its turn."),
        (Situation(), {"due_at": NOW + 1}, "Nothing is due before it."),
        (Situation(), {"reason": "it answered 503"}, "It is being tried again."),
        (Situation([a_pause("all", "")]), {}, "It waits because everything is paused."),
        (Situation([a_pause("touchpoint", "steady")]), {}, "It waits because steady is paused."),
        (Situation([a_pause("source", "till")]), {}, "It waits because till is paused."),
        (Situation([a_pause("mapping", "till/visit")]), {}, "It waits because till/visit is paused."),
        (Situation([a_pause("touchpoint", "eager")]), {}, "It is sent in its turn."),
        (
            Situation(circuits={"steady": Circuit("steady", "it answered 503", NOW, NOW + 1)}),
            {},
            "It waits because steady is failing.",
        ),
    ],
)
def test_the_oldest_waits_for_a_reason(now_is: Situation, changes: dict[str, object], sentence: str) -> None:
    assert because({**OLDEST, **changes}, now_is, in_force(), now=NOW) == sentence


def test_the_oldest_may_wait_for_a_secret() -> None:
    live = in_force({name: text for name, text in SECRETS.items() if name != "steady"})
    assert because(OLDEST, Situation(), live, now=NOW) == "It waits because steady lacks steady."
