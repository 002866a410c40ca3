"""Rates are kept exactly over any time, and slots are shared fairly."""

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.configuration import Rate, Touchpoint
from bridge.courier.lanes import Lane, shares

NOW = 1_000_000
RATES = st.builds(Rate, st.integers(1, 500), st.sampled_from([1_000, 60_000, 3_600_000, 7_777]))


def lane(rate: Rate, *, concurrency: int = 1_000_000) -> Lane:
    return Lane(Touchpoint("post-purchase", "mail", rate=rate, concurrency=concurrency), NOW)


@settings(max_examples=200, deadline=None)
@given(
    rate=RATES,
    steps=st.lists(st.tuples(st.integers(-50, 40_000), st.integers(0, 80)), min_size=1, max_size=80),
)
def test_in_no_time_is_more_begun_than_the_rate_gives_for_it_and_the_burst(
    rate: Rate, steps: list[tuple[int, int]]
) -> None:
    made, now, taken = lane(rate), NOW, list[tuple[int, int]]()
    for elapsed, most in steps:
        now += elapsed  # also backwards, as clocks do
        count = min(most, made.may_take(now))
        made.took(count)
        taken.append((abs(elapsed), count))
    burst = max(rate.period, rate.count * 100) + rate.count - 1
    for first in range(len(taken)):
        time = begun = 0
        for elapsed, count in taken[first:]:
            time += elapsed if begun else 0
            begun += count
            assert begun * rate.period <= time * rate.count + burst


@pytest.mark.parametrize(("count", "period"), [(3, 7_777), (100, 60_000), (1, 3_600_000), (7, 1_000)])
def test_over_a_long_run_the_rate_is_used_to_the_full_and_not_one_more(count: int, period: int) -> None:
    made, now, begun = lane(Rate(count, period)), NOW, 0
    while now < NOW + 1_000 * period:
        taken = made.may_take(now)
        made.took(taken)
        begun += taken
        assert made.next_token(Rate(count, period)) > 0
        now += made.next_token(Rate(count, period))
    assert begun == 1_000 * count


def test_a_changed_rate_begins_anew_and_an_unchanged_one_goes_on() -> None:
    made = lane(Rate(1, 60_000))
    made.took(made.may_take(NOW))
    assert made.follow(Touchpoint("post-purchase", "mail", rate=Rate(1, 60_000), timeout=1)) is True
    assert made.may_take(NOW + 59_999) == 0
    assert made.may_take(NOW + 60_000) == 1
    made.took(1)
    assert made.follow(Touchpoint("post-purchase", "mail", rate=Rate(2, 60_000))) is True
    assert made.may_take(NOW + 60_000) == 1


def test_what_one_touchpoint_does_not_want_goes_to_the_others() -> None:
    assert shares([("a", 2, 0), ("b", 30, 0), ("c", 30, 0)], 32) == {"a": 2, "b": 15, "c": 15}
    assert shares([("a", 2, 0), ("b", 30, 0)], 32) == {"a": 2, "b": 30}
    assert shares([], 32) == {}


def test_an_idle_touchpoint_gets_a_slot_also_when_none_is_spare() -> None:
    assert shares([("busy", 8, 3), ("idle", 8, 0), ("calm", 1, 0)], 0) == {"idle": 1, "calm": 1}


def test_a_slot_that_comes_free_goes_to_the_touchpoint_that_has_fewest() -> None:
    assert shares([("slow", 1, 7), ("slower", 2, 6), ("healthy", 7, 1)], 1) == {"healthy": 1}
    assert shares([("slow", 5, 3), ("healthy", 7, 1)], 4) == {"healthy": 3, "slow": 1}


@given(
    wanted=st.lists(st.tuples(st.integers(1, 32), st.integers(0, 32)), max_size=30),
    spare=st.integers(0, 64),
)
def test_shares_use_what_is_spare_give_nobody_more_than_it_wants_and_forget_no_idle_one(
    wanted: list[tuple[int, int]], spare: int
) -> None:
    named = [(f"t{number}", want, busy) for number, (want, busy) in enumerate(wanted)]
    granted = shares(named, spare)
    idle = sum(not busy for _, busy in wanted)
    assert all(0 < granted[name] <= want for name, want, _ in named if name in granted)
    assert all(name in granted for name, _, busy in named if not busy)
    assert min(spare, sum(want for want, _ in wanted)) <= sum(granted.values()) <= max(spare, idle)
    after = {name: busy + granted.get(name, 0) for name, _, busy in named}
    unserved = [after[name] for name, want, _ in named if granted.get(name, 0) < want]
    assert all(after[name] <= min(unserved, default=99) + 1 for name in granted), "nobody got one before a poorer one"
