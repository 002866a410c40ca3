"""How numbers and times are said on the pages."""

from zoneinfo import ZoneInfo

import pytest

from bridge.console.rendering import warm
from bridge.console.wording import lasting
from tests.support.books import DAY, HOUR, NOW

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (NOW - 21_000, "for 21 s"),
        (NOW - 2 * HOUR, "for 2 h"),
        (NOW - DAY, "for 24 h"),
        (NOW, "for 1 s"),
        (NOW - 8 * DAY, "since 7 Jan 2027"),
    ],
)
def test_how_long_something_is_so_is_a_duration_and_beyond_a_week_a_date(since: int, said: str) -> None:
    assert lasting(since, NOW, UTC) == said


def test_every_template_can_be_made_ready_ahead_of_the_first_request() -> None:
    warm(pause=0)
