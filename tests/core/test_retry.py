"""What each outcome means, row by row; and that there is none without a meaning."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.core.configuration import Channel, RetryPolicy, Touchpoint, Verb
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Dead, Delivered, Hold, NotSent, Outcome, Pause, RetryAt, Ruling, Unknown
from bridge.core.retry import FLOOR, judge, meaning

NOW = 1_750_000_000_000  # Sun, 15 Jun 2025 15:06:40 GMT
HOUR = 3_600_000
CHANNELS: tuple[Channel, ...] = ("mail", "sms", "http")


def touchpoint(channel: Channel = "mail", **changes: Any) -> Touchpoint:
    return Touchpoint("post-purchase", channel, **changes)


def delivery(attempts: int = 0, age: int = 0) -> Delivery:
    return Delivery("dlv_1", "evt_1", "shopify", "m", "post-purchase", "{}", attempts, 1, NOW, NOW - age)


def ruling(outcome: Outcome, made: Touchpoint | None = None, *, jitter: float = 1.0, **about: int) -> Ruling:
    return judge(delivery(**about), outcome, made or touchpoint(), now=NOW, jitter=jitter)


def delay(outcome: Outcome, made: Touchpoint | None = None, *, jitter: float = 1.0, **about: int) -> int:
    ruled = ruling(outcome, made, jitter=jitter, **about)
    assert isinstance(ruled, RetryAt)
    return ruled.due_at - NOW


# -- the table -----------------------------------------------------------------------------------------------

ROWS: dict[str, dict[Verb, tuple[int, ...]]] = {
    "everywhere": {
        "delivered": (200, 201, 202, 204, 226, 299),
        "pause": (401, 403, 300, 301, 302, 303, 304, 307, 308, 399, 101, 103),
        "retry": (408, 425, 429, 500, 501, 502, 503, 505, 507, 509, 520, 529, 599, 0, 99, 600, 999, -1),
        "unknown": (504,),
        "dead": (400, 402, 405, 406, 407, 409, 411, 413, 415, 418, 422, 426, 431, 451, 499),
    },
    "mail": {"pause": (404, 410)},
    "sms": {"pause": (404, 410)},
    "http": {"dead": (404, 410)},
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_status_means_what_the_contract_says(channel: Channel) -> None:
    for rows in (ROWS["everywhere"], ROWS[channel]):
        for verb, statuses in rows.items():
            assert {meaning(Answered(status), touchpoint(channel)) for status in statuses} == {verb}


def test_a_touchpoint_s_own_table_comes_first() -> None:
    made = touchpoint(overrides=MappingProxyType({409: "delivered", 200: "dead", 404: "retry", 500: "unknown"}))
    assert ruling(Answered(409, "known already"), made) == Delivered("known already")
    assert ruling(Answered(200), made) == Dead("the target refused it: it answered 200")
    assert isinstance(ruling(Answered(404), made), RetryAt)
    assert isinstance(ruling(Answered(500), made), Hold)


def test_what_was_not_sent_is_sent_again() -> None:
    assert ruling(NotSent("connection refused while connecting")) == RetryAt(
        NOW + 5_000, "connection refused while connecting"
    )


@pytest.mark.parametrize("outcome", [Unknown("sent in full at 14:03:07 UTC, timed out after 15.0 s"), Answered(504)])
def test_an_unknown_fate_is_held_or_retried_as_the_touchpoint_says(outcome: Outcome) -> None:
    held = ruling(outcome, touchpoint(ambiguous="hold"))
    assert isinstance(held, Hold)
    assert "bridge release dlv_1" in held.reason
    again = ruling(outcome, touchpoint(ambiguous="retry"))
    assert isinstance(again, RetryAt)
    assert again.may_be_taken


def test_what_is_given_up_after_an_unknown_fate_may_have_been_taken_nevertheless() -> None:
    made = touchpoint(ambiguous="retry", retry=RetryPolicy(give_up_after=HOUR))
    ruled = ruling(Unknown("timed out"), made, age=HOUR)
    assert ruled == Dead("given up, as give_up_after of the touchpoint says; last: timed out", may_be_taken=True)


def test_the_target_s_message_is_kept() -> None:
    assert ruling(Answered(202, "enqueued")) == Delivered("enqueued")
    assert ruling(Answered(422, "email is unknown")) == Dead(
        "the target refused it: it answered 422 (email is unknown)"
    )
    assert ruling(Answered(503, "busy")) == RetryAt(NOW + 5_000, "it answered 503 (busy)")


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        (401, "refused the API key or the touchpoint token (401): store the right one with `bridge secrets set`"),
        (403, "refused the API key or the touchpoint token (403): store the right one with `bridge secrets set`"),
        (404, "knows no such touchpoint (404): store the right token"),
        (301, "redirects (301), which is never followed"),
        (101, "pauses this touchpoint (101)"),
    ],
)
def test_a_pause_says_what_to_do(status: int, what_to_do: str) -> None:
    paused = ruling(Answered(status, "no"))
    assert isinstance(paused, Pause)
    assert what_to_do in paused.reason
    assert "`bridge resume touchpoint post-purchase`" in paused.reason
    assert paused.reason.endswith("(no)")


# -- when again ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [(0, 5_000), (1, 10_000), (2, 20_000), (10, 5_120_000), (13, 6 * HOUR), (5_000, 6 * HOUR), (10**9, 6 * HOUR)],
)
def test_the_delay_grows_up_to_the_longest(attempts: int, expected: int) -> None:
    assert delay(NotSent("x"), attempts=attempts) == expected


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, FLOOR), (0.001, FLOOR), (0.5, 2_500), (0.999, 4_995)])
def test_the_jitter_is_drawn_over_the_whole_delay_but_never_at_once(jitter: float, expected: int) -> None:
    assert delay(NotSent("x"), jitter=jitter) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120_000),
        (" 120 ", 120_000),
        ("3", 5_000),  # less than the own delay
        ("0", 5_000),
        ("-5", 5_000),
        ("", 5_000),
        ("soon", 5_000),
        ("1.5", 5_000),
        ("٣٠٠", 5_000),  # digits, but not HTTP's
        ("99999999999", 6 * HOUR),
        ("9" * 5_000, 6 * HOUR),
        ("60, 120", 120_000),
        ("soon, 120", 120_000),
        ("Sun, 15 Jun 2025 15:16:40 GMT", 600_000),
        ("Sunday, 15-Jun-25 15:16:40 GMT", 600_000),
        ("Sun Jun 15 15:16:40 2025", 600_000),
        ("Sun, 15 Jun 2025 14:00:00 GMT", 5_000),  # past
        ("Wed, 21 Oct 2015 07:28:00 GMT", 5_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 6 * HOUR),
        ("Sun, 99 Jun 2025 15:16:40 GMT", 5_000),
    ],
)
def test_retry_after_is_obeyed_in_full_up_to_the_longest(header: str, expected: int) -> None:
    assert delay(Answered(503, "", header)) == expected
    assert delay(Answered(429, "", header)) == expected


def test_patience_ends_at_give_up_after() -> None:
    made = touchpoint(retry=RetryPolicy(give_up_after=HOUR))
    assert ruling(NotSent("connection refused"), made, age=HOUR) == Dead(
        "given up, as give_up_after of the touchpoint says; last: connection refused"
    )
    assert isinstance(ruling(Unknown("x"), touchpoint(ambiguous="retry", retry=made.retry), age=HOUR), Dead)
    assert isinstance(ruling(Unknown("x"), made, age=HOUR), Hold)
    assert isinstance(ruling(Answered(200), made, age=HOUR), Delivered)


def test_the_last_try_is_at_the_very_end_of_the_patience() -> None:
    made = touchpoint(retry=RetryPolicy(give_up_after=HOUR))
    assert delay(NotSent("x"), made, attempts=20, age=HOUR - 60_000) == 60_000
    assert delay(NotSent("x"), made, attempts=20, age=HOUR - 1) == FLOOR
    assert delay(Answered(503, "", "120"), made, attempts=20, age=HOUR - 60_000) == 120_000


# -- totality ------------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,9} GMT")
OUTCOMES = st.one_of(
    st.builds(Answered, st.integers(-(2**40), 2**40) | st.integers(90, 610), st.text(max_size=9), st.none() | TEXTS),
    st.builds(NotSent, st.text(max_size=9)),
    st.builds(Unknown, st.text(max_size=9)),
)
POLICIES = st.builds(
    RetryPolicy,
    first=st.integers(0, 2**40),
    factor=st.floats(1, 1e300),
    longest=st.integers(0, 2**40),
    give_up_after=st.integers(0, 2**40),
)


@given(
    outcome=OUTCOMES,
    policy=POLICIES,
    channel=st.sampled_from(CHANNELS),
    jitter=st.floats(0, 1),
    attempts=st.integers(-1, 10**6),
    age=st.integers(-(2**40), 2**40),
    overrides=st.dictionaries(
        st.integers(90, 610), st.sampled_from(("delivered", "retry", "pause", "dead", "unknown")), max_size=3
    ),
)
def test_every_outcome_has_exactly_one_ruling(  # noqa: PLR0917 - each argument is a dimension of the table
    outcome: Outcome,
    policy: RetryPolicy,
    channel: Channel,
    jitter: float,
    attempts: int,
    age: int,
    overrides: dict[int, Verb],
) -> None:
    made = touchpoint(channel, retry=policy, overrides=MappingProxyType(overrides))
    ruled = judge(delivery(attempts, age), outcome, made, now=NOW, jitter=jitter)
    assert isinstance(ruled, Delivered | RetryAt | Hold | Pause | Dead)
    if isinstance(ruled, RetryAt):
        assert NOW + FLOOR <= ruled.due_at <= NOW + max(FLOOR, policy.longest)


@given(header=TEXTS, longest=st.integers(1_000, 10**9))
def test_no_retry_after_leads_beyond_the_longest(header: str, longest: int) -> None:
    made = touchpoint(retry=RetryPolicy(longest=longest))
    assert FLOOR <= delay(Answered(503, "", header), made, jitter=0.0) <= longest
