"""The books at a glance, on every store."""

from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Failed
from bridge.core.outcome import Dead, Hold
from bridge.outbox.figures import Count, Group
from bridge.outbox.jobs import Replayed
from bridge.outbox.overviewing import overview
from bridge.outbox.statements import overviewing as sql
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import (
    DAY,
    HOUR,
    NOW,
    a_plan,
    a_refusal,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
)
from tests.support.replays import carry_out

LATER = NOW + HOUR


def groups(store: Any, *, now: int = LATER) -> list[Group]:
    found = store.ledger.overview(now=now, due_by=[now]).groups
    return sorted(found, key=lambda group: (group.kind, group.place, group.reason))


def test_what_is_held_is_grouped_by_touchpoint_and_reason(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3, touchpoint="support")])
    first, second, third = claim_all(store)
    store.outbox.settle([settled(first, Hold("no answer")), settled(second, Hold("no answer"))], now=NOW + 5)
    store.outbox.settle([settled(third)], now=NOW)
    store.outbox.accept([planned(4, at=NOW + 6, touchpoint="support")])
    store.controls.hold(Filter(touchpoint="support"), reason="new texts", now=NOW + 7)
    assert groups(store) == [
        Group("held", "post-purchase", "no answer", 2, True, NOW + 5, NOW + 5, an_id("dlv", 2), is_unsure=True),
        Group("held", "support", "new texts", 1, True, NOW + 7, NOW + 7, an_id("dlv", 4, at=NOW + 6)),
    ]


def test_what_died_within_a_day_is_found_by_when_it_died(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2), planned(3)])
    first, second, third = claim_all(store)
    store.outbox.settle([settled(first, Dead("422"))], now=NOW)
    store.outbox.settle([settled(second, Dead("422"))], now=NOW + DAY)
    store.outbox.settle([settled(third, Dead("given up"))], now=NOW + DAY + HOUR)
    assert groups(store, now=NOW + DAY + HOUR) == [
        Group("dead", "post-purchase", "422", 1, True, NOW + DAY, NOW + DAY, an_id("dlv", 2)),
        Group("dead", "post-purchase", "given up", 1, True, NOW + DAY + HOUR, NOW + DAY + HOUR, an_id("dlv", 3)),
    ]


def test_decisions_that_failed_within_a_day_are_grouped_by_source_and_mapping(store: Any) -> None:
    failing = proposing(Failed("email is required"))
    store.outbox.accept(
        [
            an_intake(an_event(1, at=NOW - DAY), failing),
            an_intake(an_event(2), failing),
            an_intake(an_event(3, at=NOW + 1), failing, proposing(Failed("email is required"), mapping="b")),
            an_intake(an_event(4, source="till"), failing),
            planned(5),
        ]
    )
    assert groups(store) == [
        Group("failed", "shopify/b", "email is required", 1, True, NOW + 1, NOW + 1, an_id("evt", 3, at=NOW + 1)),
        Group("failed", "shopify/thanks", "email is required", 2, True, NOW, NOW + 1, an_id("evt", 3, at=NOW + 1)),
        Group("failed", "till/thanks", "email is required", 1, True, NOW, NOW, an_id("evt", 4)),
    ]


def test_refused_requests_of_a_day_are_grouped_by_source_and_reason_unless_they_were_taken_in_after_all(
    store: Any,
) -> None:
    store.outbox.refuse([a_refusal(1), a_refusal(2, at=NOW + 1), a_refusal(3, reason="not JSON"), a_refusal(4)])
    store.outbox.refuse([a_refusal(5, at=NOW - DAY)])
    assert store.controls.retried(an_id("ref", 4), event_id=an_id("evt", 4), now=NOW)
    reason = "the signature does not match"
    assert groups(store) == [
        Group("refused", "shopify", "not JSON", 1, True, NOW, NOW, an_id("ref", 3)),
        Group("refused", "shopify", reason, 2, True, NOW, NOW + 1, an_id("ref", 2, at=NOW + 1)),
    ]


def test_what_is_due_is_counted_between_times(store: Any) -> None:
    dues = (0, HOUR, HOUR + 1, 5 * HOUR, 2 * DAY)
    store.outbox.accept([planned(number, due_at=NOW + due) for number, due in enumerate(dues)])
    found = store.ledger.overview(now=NOW, due_by=[NOW, NOW + HOUR, NOW + DAY])
    assert found.due == (Count(1, exact=True), Count(1, exact=True), Count(2, exact=True))


def test_the_oldest_is_the_one_that_is_due_first_at_any_touchpoint(store: Any) -> None:
    store.outbox.accept(
        [
            planned(1, due_at=NOW + HOUR),
            planned(2, due_at=NOW + 20, touchpoint="support", key="#2", mapping="ask"),
            planned(3, due_at=NOW + 30, touchpoint="support"),
        ]
    )
    assert store.ledger.overview(now=NOW, due_by=[]).oldest == {
        "id": an_id("dlv", 2),
        "source": "shopify",
        "mapping": "ask",
        "touchpoint": "support",
        "key": "#2",
        "due_at": NOW + 20,
        "reason": "",
    }


def test_an_empty_store_has_nothing_to_show(store: Any) -> None:
    found = store.ledger.overview(now=NOW, due_by=[NOW])
    assert (found.groups, found.oldest, found.due) == ((), None, (Count(0, exact=True),))
    assert (found.hours, found.totals) == ([], {})


def test_counters_totals_and_hours_are_of_one_moment(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, touchpoint="support")])
    store.controls.keep_hour(now=NOW)
    store.outbox.settle([settled(each) for each in claim_all(store)[:1]], now=NOW + 9)
    found = store.ledger.overview(now=NOW + 10, due_by=[])
    assert found.totals["post-purchase"].get("delivered") == 1
    assert found.counters["deliveries.delivered"] == 1
    assert [each.counters["events.accepted"] for each in found.hours] == [2]


def test_what_was_replayed_needs_nobody_any_more_unless_it_failed_again(store: Any) -> None:
    failing = proposing(Failed("no email"))
    store.outbox.accept([planned(1), planned(2), *(an_intake(an_event(number), failing) for number in (3, 4))])
    store.outbox.settle([settled(each, Dead("422")) for each in claim_all(store)], now=NOW)
    sent_again = Replayed(an_id("evt", 1), proposing(a_plan(11, at=LATER)), an_id("dlv", 1))
    mended = Replayed(an_id("evt", 3), proposing(a_plan(13, at=LATER)), None)
    in_vain = Replayed(an_id("evt", 4), proposing(Failed("no email")), None)
    assert carry_out(store, an_id("rpl", 1), sent_again, mended, in_vain, now=LATER) == 2
    assert [(group.kind, group.number, group.newest) for group in groups(store)] == [
        ("dead", 1, an_id("dlv", 2)),
        ("failed", 1, an_id("evt", 4)),
    ]


def test_beyond_the_newest_rows_there_are_at_least_so_many(tmp_path: Path) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    store.outbox.accept([planned(number) for number in range(5)])
    store.outbox.settle([settled(each, Dead("422")) for each in claim_all(store)], now=NOW)
    with store.database.read() as transaction:
        [group] = overview(transaction, now=NOW, due_by=[], most=3).groups
        assert (group.number, group.exact) == (3, False)
        [group] = overview(transaction, now=NOW, due_by=[], most=6).groups
        assert (group.number, group.exact) == (5, True)
    store.close()


NAMES = ("limit", "since", "events", "refused", "after", "until")
DUE = "SEARCH deliveries USING COVERING INDEX deliveries_due (touchpoint=? AND lane=?"


@pytest.mark.parametrize(
    ("statement", "searches"),
    [
        (sql.HELD, ["SEARCH deliveries USING INDEX deliveries_by_state (state=?)"]),
        (
            sql.DEAD,
            [
                "SEARCH deliveries USING INDEX deliveries_dead (state=? AND state_at>?)",
                "SEARCH again USING COVERING INDEX deliveries_by_origin (replay_of=?)",
            ],
        ),
        (
            sql.FAILED,
            [
                "SEARCH decisions USING INDEX decisions_by_verdict (verdict=? AND event_id>?)",
                "SEARCH events USING INDEX sqlite_autoindex_events_1 (id=?)",
                "SEARCH replayed USING PRIMARY KEY (event_id=? AND mapping=?)",
            ],
        ),
        (sql.REFUSED, ["SEARCH refused USING INDEX sqlite_autoindex_refused_1 (id>?)"]),
        (sql.DUE, [f"{DUE} AND due_at>? AND due_at<?)"]),
        (sql.OLDEST, ["SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (id=?)", *[f"{DUE})"] * 3]),
    ],
)
def test_no_look_goes_through_the_history(tmp_path: Path, statement: str, searches: list[str]) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    with store.database.read() as transaction:
        steps = [row[3] for row in transaction.rows(f"EXPLAIN QUERY PLAN {statement}", dict.fromkeys(NAMES, 1))]
    store.close()
    tables = ("deliveries", "again", "decisions", "events", "replayed", "refused")
    assert [step for step in steps if any(f" {table}" in step for table in tables)] == searches
    assert not any("ORDER BY" in step for step in steps if statement != sql.OLDEST)
