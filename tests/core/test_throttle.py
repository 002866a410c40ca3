"""Pauses between tries to sign in."""

import pytest

from bridge.core.throttle import OF_A_NAME, OF_AN_ADDRESS, Allowance, Tries, left, open_at, tried

MINUTE = 60_000


@pytest.mark.parametrize(
    ("count", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (10**9, 15)]
)
def test_after_five_tries_each_pause_is_twice_the_last_up_to_a_quarter_of_an_hour(count: int, minutes: int) -> None:
    assert open_at(Tries(count, 1_000_000), OF_A_NAME) == (1_000_000 + minutes * MINUTE if minutes else 0)


def test_an_address_may_be_that_of_a_whole_office() -> None:
    assert open_at(Tries(29, 1_000_000), OF_AN_ADDRESS) == 0
    assert open_at(Tries(30, 1_000_000), OF_AN_ADDRESS) == 1_000_000 + MINUTE


def test_tries_are_forgotten_after_a_day() -> None:
    day = 24 * 60 * MINUTE
    assert tried(Tries(7, 1_000), OF_A_NAME, 1_000 + day - 1) == Tries(8, 1_000 + day - 1)
    assert tried(Tries(7, 1_000), OF_A_NAME, 1_000 + day) == Tries(1, 1_000 + day)


def test_it_is_known_how_many_tries_are_left() -> None:
    assert [left(Tries(count), Allowance(3)) for count in range(5)] == [3, 2, 1, 0, 0]
