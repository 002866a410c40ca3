"""How the counters stood at each hour, on every store."""

from typing import Any

from bridge.outbox.figures import HourBegun
from tests.support.books import DAY, HOUR, NOW, claim_all, planned, settled

MINUTE = 60_000


def test_counters_are_kept_once_an_hour_as_they_stood_at_the_first_look(store: Any) -> None:
    store.outbox.accept([planned(1)])
    store.controls.keep_hour(now=NOW + MINUTE)
    store.outbox.accept([planned(2)])
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    store.controls.keep_hour(now=NOW + 59 * MINUTE)
    store.controls.keep_hour(now=NOW + 61 * MINUTE)
    first, second = store.ledger.hours(since=NOW, until=NOW + DAY)
    assert first == HourBegun(
        NOW,
        {
            "decisions": 1,
            "decisions.planned": 1,
            "deliveries.pending": 1,
            "deliveries.planned": 1,
            "events.accepted": 1,
            "events.decided": 1,
        },
    )
    assert second.hour == NOW + HOUR
    assert second.counters["deliveries.delivered"] == 2
    assert "deliveries.pending" not in second.counters


def test_hours_are_given_in_order_with_both_ends(store: Any) -> None:
    for hour in (3, 1, 2, 5):
        store.controls.keep_hour(now=NOW + hour * HOUR)
    kept = store.ledger.hours(since=NOW + HOUR + 1, until=NOW + 5 * HOUR)
    assert [each.hour for each in kept] == [NOW + 2 * HOUR, NOW + 3 * HOUR, NOW + 5 * HOUR]
    assert store.ledger.hours(since=NOW + 6 * HOUR, until=NOW + DAY) == []


def test_hours_are_kept_for_thirty_five_days(store: Any) -> None:
    store.controls.keep_hour(now=NOW)
    store.controls.keep_hour(now=NOW + HOUR)
    store.controls.keep_hour(now=NOW + 35 * DAY)
    kept = store.ledger.hours(since=0, until=NOW + 40 * DAY)
    assert [each.hour for each in kept] == [NOW + HOUR, NOW + 35 * DAY]
