"""The circuit of a touchpoint: when it opens, who tries, how it recovers, and that it always does."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.circuit import Breaker, Trouble, Turn, weigh
from bridge.core.configuration import RetryPolicy, Touchpoint
from bridge.core.outcome import Answered, NotSent, Outcome, Unknown

NOW = 1_000_000
SECOND = 1_000
OK = Answered(200, "enqueued")
BUSY = Answered(503, "anna@example.com is not known here")
REFUSED = NotSent("connection refused while connecting")


def touchpoint(**changes: Any) -> Touchpoint:
    return Touchpoint("post-purchase", "mail", **changes)


@dataclass
class Line:
    """A circuit with its attempts: what is on its way, in the order of its beginning."""

    breaker: Breaker = field(default_factory=lambda: Breaker(touchpoint()))
    now: int = NOW
    under_way: list[Turn] = field(default_factory=list)

    def room(self) -> int:
        return self.breaker.room(len(self.under_way), self.now)

    def begin(self, most: int = 99) -> int:
        """Begin as many attempts as there is room for, at most so many; gives how many."""
        count = min(most, self.room())
        self.breaker.begin(self.breaker.turn, count)
        self.under_way += [self.breaker.turn] * count
        return count

    def end(self, outcome: Outcome, index: int = 0) -> bool:
        return self.breaker.end(self.under_way.pop(index), outcome, self.now)

    def attempt(self, *outcomes: Outcome) -> None:
        """Make one attempt after the other."""
        for outcome in outcomes:
            assert self.begin(1) == 1
            self.end(outcome)

    def opened(self) -> "Line":
        """Open it, by a target that does not listen."""
        self.attempt(*[REFUSED] * 5)
        assert self.room() == 0
        return self


@pytest.mark.parametrize(
    ("outcome", "weight"),
    [
        (OK, "fine"),
        (Answered(422), "fine"),
        (Answered(404), "fine"),
        (Answered(401), "fine"),
        (Answered(302), "fine"),
        (Answered(500), "failed"),
        (Answered(503), "failed"),
        (Answered(504), "failed"),
        (Answered(429), "failed"),
        (Answered(408), "failed"),
        (Unknown("timed out"), "failed"),
        (REFUSED, "unreached"),
        (NotSent("the stored body cannot be written as form: replay its event", tried=False), "nothing"),
    ],
)
def test_what_an_outcome_tells_of_the_target(outcome: Outcome, weight: str) -> None:
    assert weigh(outcome, touchpoint()) == weight


def test_what_the_touchpoint_says_of_a_status_counts_here_too() -> None:
    made = touchpoint(overrides={429: "dead", 418: "retry"})
    assert [weigh(Answered(status), made) for status in (429, 418)] == ["fine", "failed"]


# -- opening ------------------------------------------------------------------------------------------------------


def test_half_of_ten_failures_within_30_s_open_it() -> None:
    line = Line()
    line.attempt(*[OK, BUSY] * 4, OK)
    assert line.room() == 8
    line.attempt(BUSY)
    assert line.room() == 0
    reason = "5 of 10 attempts within 30 s failed; the last: the target answered 503"
    assert line.breaker.trouble == Trouble(reason, NOW, NOW + 30 * SECOND)


def test_less_than_half_does_not_open_it() -> None:
    line = Line()
    line.attempt(*[OK, OK, BUSY] * 40)
    assert line.room() == 8
    assert line.breaker.trouble is None


def test_less_than_ten_say_nothing() -> None:
    line = Line()
    line.attempt(*[BUSY] * 9)
    assert line.room() == 8


def test_what_was_30_s_ago_does_not_count() -> None:
    line = Line()
    line.attempt(*[BUSY] * 9)
    line.now += 30 * SECOND
    line.attempt(*[BUSY] * 9)
    assert line.room() == 8


def test_five_attempts_in_a_row_that_do_not_reach_the_target_open_it() -> None:
    line = Line()
    line.attempt(*[REFUSED] * 4, OK, *[REFUSED] * 4)
    assert line.room() == 8
    line.attempt(REFUSED)
    assert line.room() == 0
    assert line.breaker.trouble == Trouble(
        "5 attempts in a row did not reach the target; the last: connection refused while connecting",
        NOW,
        NOW + 30 * SECOND,
    )


def test_what_could_not_even_be_made_says_nothing() -> None:
    line = Line()
    line.attempt(*[NotSent("its body cannot be written", tried=False)] * 50)
    assert line.room() == 8


# -- open ---------------------------------------------------------------------------------------------------------


def test_what_was_on_its_way_when_it_opened_neither_closes_it_nor_makes_it_longer() -> None:
    line = Line()
    assert line.begin() == 8
    for _ in range(5):
        line.end(REFUSED)
    before = line.breaker.trouble
    assert line.end(OK) is False
    assert line.end(BUSY) is False
    assert line.breaker.trouble is before
    line.now += 30 * SECOND - 1
    assert line.room() == 0
    line.now += 1
    assert line.begin() == 1
    assert line.end(OK) is False, "the last of the old ones"
    assert line.room() == 0, "the one that tries is still on its way"


def test_one_request_tries_and_its_failure_opens_it_for_twice_as_long_up_to_ten_minutes() -> None:
    line = Line().opened()
    pauses = []
    for _ in range(7):
        trouble = line.breaker.trouble
        assert trouble is not None
        pauses.append((trouble.until - line.now) // SECOND)
        line.now = trouble.until
        assert line.begin() == 1
        assert line.begin() == 0
        assert line.end(BUSY) is True
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert line.breaker.trouble is not None
    assert line.breaker.trouble.reason == "it still fails: the target answered 503"
    assert line.breaker.trouble.since == NOW


def test_a_target_that_is_down_for_half_an_hour_is_tried_six_times_and_then_gets_everything_within_a_minute() -> None:
    line, begun, back = Line(), list[int](), NOW + 1_800 * SECOND
    while line.now < back + 600 * SECOND:
        begun += [line.now] * line.begin()
        while line.under_way:
            line.end(REFUSED if line.now < back else OK)
        line.now += SECOND
    while_down = [(time - NOW) // SECOND for time in begun if time < back]
    assert while_down == [0] * 8 + [30, 90, 210, 450, 930, 1530]
    after = [time for time in begun if time >= back]
    assert (after[0] - back) // SECOND == 330
    assert [after.count(after[0] + second * SECOND) for second in range(5)] == [1, 1, 2, 4, 8]


def test_a_request_that_is_refused_for_what_it_says_shows_that_the_target_is_there() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    line.attempt(Answered(422))
    assert line.breaker.trouble is None


def test_a_request_that_could_not_be_made_leaves_the_try_to_the_next() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    line.attempt(NotSent("its body cannot be written", tried=False))
    assert line.breaker.trouble is not None
    assert line.begin() == 1


# -- recovering ---------------------------------------------------------------------------------------------------


def test_after_the_try_successes_allow_twice_as_many_each_time() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    rounds = []
    for _ in range(5):
        rounds.append(line.begin())
        while line.under_way:
            line.end(OK)
    assert rounds == [1, 1, 2, 4, 8]


def test_after_the_try_every_ten_seconds_allow_twice_as_many() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    line.attempt(OK)
    seen = []
    for _ in range(5):
        seen.append(line.room())
        line.now += 10 * SECOND
    assert seen == [1, 2, 4, 8, 8]


def test_a_failure_while_it_recovers_opens_it_for_longer() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    line.attempt(OK, BUSY)
    assert line.breaker.trouble == Trouble(
        "1 of 2 attempts within 30 s failed; the last: the target answered 503", line.now, line.now + 60 * SECOND
    )


def test_once_recovered_it_opens_for_thirty_seconds_again() -> None:
    line = Line().opened()
    line.now += 30 * SECOND
    line.attempt(BUSY)
    line.now += 60 * SECOND
    line.attempt(OK)
    line.now += 60 * SECOND
    assert line.room() == 8
    line.opened()
    assert line.breaker.trouble is not None
    assert line.breaker.trouble.until == line.now + 30 * SECOND


def test_a_touchpoint_with_one_slot_is_closed_after_the_try() -> None:
    line = Line(Breaker(touchpoint(concurrency=1))).opened()
    line.now += 30 * SECOND
    line.attempt(OK)
    assert line.room() == 1


# -- Retry-After --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_asks_to_wait_is_left_alone_until_then(status: int) -> None:
    line = Line()
    assert line.begin(2) == 2
    assert line.end(Answered(status, "slow down", "45")) is True
    trouble = Trouble(f"the target answered {status} and asked to wait", NOW, NOW + 45 * SECOND)
    assert line.breaker.trouble == trouble
    assert line.end(OK) is False, "it was on its way before"
    line.now += 45 * SECOND - 1
    assert line.room() == 0
    line.now += 1
    assert line.begin() == 8
    assert line.end(OK) is True
    assert line.breaker.trouble is None


def test_it_waits_at_most_as_long_as_the_touchpoint_says() -> None:
    line = Line(Breaker(touchpoint(retry=RetryPolicy(longest=60 * SECOND))))
    line.attempt(Answered(429, "", "86400"))
    line.now += 60 * SECOND
    assert line.room() == 8


def test_the_later_of_several_times_holds() -> None:
    line = Line()
    line.begin(3)
    for asked in ("20", "50", "1"):
        line.end(Answered(429, "", asked))
    line.now += 50 * SECOND - 1
    assert line.room() == 0


def test_an_open_circuit_waits_for_as_long_as_the_target_asks_if_that_is_longer() -> None:
    line = Line()
    assert line.begin() == 8
    for _ in range(5):
        line.end(REFUSED)
    assert line.end(Answered(503, "", "90")) is True
    assert line.breaker.trouble is not None
    assert line.breaker.trouble.until == NOW + 90 * SECOND
    assert line.breaker.trouble.reason.startswith("5 attempts in a row")
    line.now += 90 * SECOND
    assert line.begin() == 1


@pytest.mark.parametrize(
    "outcome", [Answered(500, "", "45"), Answered(404, "", "45"), Answered(429, "", "soon"), Answered(429)]
)
def test_other_answers_hold_nothing(outcome: Outcome) -> None:
    line = Line()
    line.attempt(outcome)
    assert line.room() == 8


def test_what_another_circuit_of_the_touchpoint_sent_says_nothing() -> None:
    before = Breaker(touchpoint()).turn
    line = Line()
    assert line.breaker.end(before, Answered(429, "", "3600"), NOW) is False
    assert [line.breaker.end(before, REFUSED, NOW) for _ in range(9)] == [False] * 9
    assert line.room() == 8


# -- an operator who does not want to wait -----------------------------------------------------------------------


def test_a_failing_target_is_tried_at_once_by_one_request_if_an_operator_wants_it() -> None:
    line = Line().opened()
    line.now += SECOND
    assert line.breaker.hasten(line.now)
    assert line.breaker.trouble is not None
    assert line.breaker.trouble.until == line.now
    assert line.begin() == 1
    assert not line.breaker.hasten(line.now), "one is on its way already"
    line.end(OK)
    assert line.breaker.trouble is None


def test_a_target_that_fails_again_when_it_is_tried_early_is_left_alone_for_longer() -> None:
    line = Line().opened()
    line.breaker.hasten(line.now)
    line.attempt(BUSY)
    assert line.breaker.trouble is not None
    assert line.breaker.trouble.until == NOW + 60 * SECOND
    assert line.room() == 0


def test_a_target_that_asked_to_wait_is_tried_early_by_one_request_too() -> None:
    line = Line()
    assert line.begin(2) == 2
    line.end(Answered(429, "", "600"))
    assert line.breaker.hasten(line.now)
    assert line.begin() == 1
    line.end(REFUSED)
    assert line.room() == 0, "what began before says nothing of the one that tries"
    line.end(OK)
    assert line.breaker.trouble is None


def test_a_touchpoint_that_does_not_fail_is_not_hurried() -> None:
    line = Line()
    line.attempt(OK)
    assert not line.breaker.hasten(line.now)
    assert line.room() == 8


# -- time ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_a_day_makes_no_pause_longer() -> None:
    line = Line(now=NOW + 86_400 * SECOND).opened()
    line.now -= 86_400 * SECOND
    assert line.room() == 0
    line.now += 30 * SECOND
    assert line.begin() == 1
    line.end(OK)
    assert line.room() == 1
    line.now -= 500
    line.room()
    line.now += 10 * SECOND
    assert line.room() == 2


OUTCOMES = st.sampled_from([OK, BUSY, REFUSED, Unknown("cut"), Answered(422), Answered(429, "", "7")])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(1, 9)),
        st.tuples(st.just("end"), st.integers(0, 99), OUTCOMES),
        st.tuples(st.just("pass"), st.sampled_from([1, 900, 10_000, 30_000, 601_000, -5_000])),
        st.tuples(st.just("hasten")),
    ),
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, concurrency=st.integers(1, 12))
def test_whatever_happens_one_request_tries_the_slots_suffice_and_it_recovers_when_the_target_does(
    steps: list[Any], concurrency: int
) -> None:
    line = Line(Breaker(touchpoint(concurrency=concurrency)))
    trying: list[Turn] = []  # the turn of the request that tries
    for step in steps:
        if step[0] == "pass":
            line.now += step[1]
        elif step[0] == "hasten":
            line.breaker.hasten(line.now)
        elif step[0] == "begin":
            is_failing = line.breaker.trouble is not None and "asked to wait" not in line.breaker.trouble.reason
            count = line.begin(step[1])
            assert len(line.under_way) <= concurrency
            if is_failing and count:
                assert count == 1
                assert line.breaker.turn not in trying, "a second one tries before the first has ended"
                trying.append(line.breaker.turn)
        elif line.under_way:
            line.end(step[2], step[1] % len(line.under_way))
            trying = [turn for turn in trying if turn in line.under_way]
    while line.under_way:
        line.end(OK)
    line.now += 600 * SECOND
    for _ in range(5):
        assert line.begin() >= 1
        while line.under_way:
            line.end(OK)
    line.now += 40 * SECOND
    assert line.begin() == concurrency
    assert line.breaker.trouble is None
