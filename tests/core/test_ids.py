"""Ids carry their kind and sort by time."""

import re

from hypothesis import given, strategies as st

from bridge.core.ids import make_id

times = st.integers(0, (1 << 48) - 1)
chances = st.integers(0, (1 << 80) - 1)


def test_an_id_is_its_kind_its_time_and_chance() -> None:
    assert make_id("evt", 0, 0) == "evt_00000000000000000000000000"
    assert make_id("dlv", 1, 1) == "dlv_00000000010000000000000001"
    assert make_id("ref", (1 << 48) - 1, (1 << 80) - 1) == "ref_7zzzzzzzzzzzzzzzzzzzzzzzzz"


def test_the_example_of_the_ulid_specification_is_met() -> None:
    assert make_id("rpl", 1_469_918_176_385, 0) == "rpl_01aryz6s410000000000000000"


@given(times, chances)
def test_every_id_has_the_same_shape(now: int, chance: int) -> None:
    assert re.fullmatch(r"evt_[0-7][0-9a-hjkmnp-tv-z]{25}", make_id("evt", now, chance))


@given(times, chances, times, chances)
def test_ids_sort_by_time_then_chance_and_none_are_alike(first: int, chance: int, second: int, other: int) -> None:
    earlier, later = sorted([(first, chance), (second, other)])
    assert (make_id("evt", *earlier) < make_id("evt", *later)) == (earlier < later)
    assert (make_id("evt", *earlier) == make_id("evt", *later)) == (earlier == later)
