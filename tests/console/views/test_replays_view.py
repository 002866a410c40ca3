"""What the pages of replays say, in literal sentences."""

from typing import Any

import pytest

from bridge.api.choice import Choice
from bridge.api.verbs.replays import How, Preview
from bridge.app.census import Tried
from bridge.console.pages import replays_view as view
from bridge.outbox.lookups import AWAITED


def a_row(number: int, kind: str = "delivery", state: str = "dead", touchpoint: str = "steady") -> dict[str, Any]:
    return {
        "kind": kind,
        "source": "till",
        "mapping": "visit",
        "touchpoint": touchpoint,
        "state": state,
        "number": number,
    }


def a_preview(*rows: dict[str, Any], tried: Tried | None = None, asked: int = 0, takes: int = 0) -> Preview:
    found = sum(row["number"] for row in rows)
    return Preview(found, list(rows), tried or Tried(found, found, {}), asked, asked, takes)


def test_the_question_counts_what_is_taken() -> None:
    assert view.question(a_preview(a_row(57)), How(), None) == "Replay 57 deliveries?"
    mixed = a_preview(a_row(1), a_row(1_431, "decision", "failed", ""))
    assert view.question(mixed, How(), None) == "Replay 1 delivery and 1,431 failed decisions?"
    past = a_preview(a_row(2, "event", "closed", ""))
    assert view.question(past, How(backfill=True), "till/visit") == "Take 2 past events through till/visit?"


@pytest.mark.parametrize(
    ("how", "takes", "said"),
    [
        (How(), 0, "Up to 5 new requests to steady, with the same bodies: done in less than a second."),
        (
            How(mode="current-mapping", rate="10/m"),
            30_000,
            "Up to 5 new requests to steady, through today's mapping, at most 10 per minute: done in about 30 s.",
        ),
        (
            How(wait="9m"),
            18_000_000,
            "Up to 5 new requests to steady, with the same bodies, not before 9m have passed: done in about 5 hours.",
        ),
    ],
)
def test_the_summary_says_to_whom_as_what_and_how_fast(how: How, takes: int, said: str) -> None:
    summary = view.summary(a_preview(a_row(5), takes=takes), how)
    assert summary.replace(", where the targets keep up", "") == f"{said} Live requests go first."


def test_whoever_may_be_asked_twice_is_counted() -> None:
    assert view.warning(a_preview(a_row(5))) == ""
    assert view.warning(a_preview(a_row(5), asked=1)).startswith(
        "1 of them was delivered already, or may have been: up to 1 person may be asked a second time."
    )


def test_it_is_in_vain_only_where_all_were_tried_and_none_waits() -> None:
    assert view.is_in_vain(a_preview(a_row(2), tried=Tried(2, 0, {"suppressed": 2})))
    assert not view.is_in_vain(a_preview(a_row(2), tried=Tried(2, 1, {"suppressed": 1})))
    assert not view.is_in_vain(a_preview(a_row(200), tried=Tried(100, 0, {"suppressed": 100})))
    assert not view.is_in_vain(a_preview(a_row(2), tried=Tried(2, 0, {"suppressed": 1, AWAITED: 1})))
    assert not view.is_in_vain(a_preview())


def test_what_is_chosen_is_said_without_the_person() -> None:
    choice = Choice(id=("dlv_1",), state=("dead", "held"), contact="anna@example.com", unknown=True)
    assert view.chosen(choice) == [
        ("ids", "dlv_1"),
        ("state", "dead, held"),
        ("contact", "one person"),
        ("fate", "unknown"),
    ]


def a_job(state: str, **changes: Any) -> dict[str, Any]:
    return {"state": state, "made": 3, "found": 12_400, "left": None, **changes}


def test_the_list_and_the_page_say_how_it_stands() -> None:
    assert view.finding([]) == "Nothing is being sent again now"
    assert view.finding([a_job("running", left="9 minutes"), a_job("done")]) == (
        "1 replay is at work, about 9 minutes left"
    )
    assert view.finding([a_job("running"), a_job("running")]) == "2 replays are at work"
    assert view.finding([a_job("paused")]) == "1 replay is paused, nothing is being sent again"
    assert view.standing(a_job("running")) == "3 of 12,400 made, it has just begun"
    assert view.standing(a_job("running", left="5 s")) == "3 of 12,400 made, about 5 s left"
    assert view.standing(a_job("cancelled")) == "Stopped: 3 of 12,400 made"
    assert view.standing(a_job("done")) == "Done: 3 of 12,400 made"


def test_a_rate_is_said_in_words() -> None:
    rates = ("10/s", "10/1s", "100/m", "1/h", "5/10s")
    assert [view.pace(rate) for rate in rates] == [
        "10 per second",
        "10 per second",
        "100 per minute",
        "1 per hour",
        "5 in 10s",
    ]
