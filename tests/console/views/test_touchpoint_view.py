"""Touchpoints, sources and secrets in words."""

from typing import Any

import pytest

from bridge.console.views import secret, source, touchpoint as view


def rows(**counts: int) -> list[Any]:
    return [{"state": state} for state, number in counts.items() for _ in range(number)]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({}, "No touchpoint yet"),
        ({"open": 1}, "1 touchpoint open"),
        ({"paused": 1, "open": 3}, "3 touchpoints open, 1 paused"),
        ({"waiting": 1}, "1 touchpoint waits for its secret"),
        (
            {"waiting": 2, "failing": 1, "open": 1_200, "paused": 4},
            "1,200 touchpoints open, 1 failing, 4 paused, 2 wait for their secret",
        ),
    ],
)
def test_the_headline_counts_the_states_open_ones_first(states: dict[str, int], said: str) -> None:
    assert view.headline(rows(**states), "touchpoint") == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, ""),
        ({"outcome": "answered", "status": 204, "message": ""}, "204"),
        ({"outcome": "answered", "status": 200, "message": "queued"}, "200 queued"),
        ({"outcome": "not_sent", "status": None, "message": "connection refused"}, "not sent: connection refused"),
        ({"outcome": "unknown", "status": None, "message": "closed after 15 s"}, "no answer: closed after 15 s"),
    ],
)
def test_an_answer_is_told_by_its_status_or_by_what_kept_it(answer: Any, said: str) -> None:
    assert view.answered(answer) == said


def test_what_is_too_long_for_a_row_is_cut() -> None:
    assert view.shortly("x" * 80) == "x" * 80
    assert view.shortly("x" * 81) == "x" * 79 + "…"


def test_settings_are_told_in_words() -> None:
    retry = {"first": 5_000, "factor": 2.0, "longest": 21_600_000, "give_up_after": 259_200_000}
    assert view.retry_said(retry) == "after 5 s, doubling up to 6 h, for 3 days"
    assert view.retry_said(retry | {"factor": 1.5}) == (
        "after 5 s, then 1.5 times as long each time up to 6 h, for 3 days"
    )
    assert view.rate_said({"rate": None, "concurrency": 8}) == "as quickly as it answers, 8 at once"
    assert view.rate_said({"rate": {"count": 1_000, "period": 60_000}, "concurrency": 2}) == (
        "1,000 per minute, 2 at once"
    )
    assert view.per({"count": 3, "period": 300_000}) == "3 per 5 min"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"pending": 0, "sending": 0, "due": 0}, "Nothing waits."),
        ({"pending": 1, "sending": 0, "due": 1}, "The one that waits goes out as it becomes due, at 10 per second."),
        (
            {"pending": 1_400, "sending": 2, "due": 600},
            "The 1,402 that wait go out as they become due, at 10 per second. What is due now takes about 1 min.",
        ),
    ],
)
def test_what_follows_says_how_many_and_how_long_it_takes(row: Any, said: str) -> None:
    assert view.follows(row | {"rate": {"count": 10, "period": 1_000}, "concurrency": 8}) == said


def test_what_else_uses_a_secret_is_named_but_not_without_end() -> None:
    uses = [{"kind": "touchpoint", "name": "a"}, {"kind": "lookup", "name": "shop"}]
    assert view.also_used({"used_by": uses[:1]}, "touchpoint", "a") == "nothing else"
    assert view.also_used({"used_by": uses}, "touchpoint", "a") == "lookups of shop"
    many = [{"kind": "source", "name": f"s{number}"} for number in range(1_005)]
    assert view.also_used({"used_by": many}, "source", "s0") == "source s1, source s2, source s3 and 1,001 more"


def test_what_goes_on_with_a_secret_is_named() -> None:
    assert secret.stored_said("key", []) == "key is stored and used from now on."
    assert secret.stored_said("key", ["a"]) == "key is stored. a goes on with it."
    assert secret.stored_said("key", ["a", "b"]) == "key is stored. a, b go on with it."
    stored, missing = {"stored_at": 1}, {"stored_at": None}
    assert secret.headline([stored, missing]) == "1 secret stored, 1 missing"
    assert secret.headline([missing]) == "No secret is stored, 1 missing"


def test_an_event_is_told_by_what_its_mappings_said() -> None:
    assert source.verdicts_said({}) == "waits for its lookup"
    assert source.verdicts_said({"planned": 1, "skipped": 2}) == "mapped, 2 skipped"
    assert source.verdicts_said({"unmatched": 1}) == "taken by no mapping"


@pytest.mark.parametrize(
    ("row", "events", "places"),
    [
        (None, [], ("now", "later", "later", "later")),
        ({"state": "waiting"}, [], ("done", "now", "later", "later")),
        ({"state": "paused"}, [], ("done", "done", "now", "later")),
        ({"state": "open"}, [{"verdicts": {"skipped": 1}}], ("done", "done", "done", "now")),
        ({"state": "open"}, [{"verdicts": {}}, {"verdicts": {"planned": 1}}], ("done", "done", "done", "done")),
    ],
)
def test_the_first_step_that_is_not_done_is_the_one_to_do(row: Any, events: Any, places: tuple[str, ...]) -> None:
    made = source.progress(row, events)
    assert (made.file, made.secret, made.received, made.mapped) == places
    assert made.is_over == (places[-1] == "done")
    assert made.event == (events[-1] if events else None)
