"""What changed in payloads: paths that appear, vanish, or are null far more often than before."""

from typing import Any

from bridge.cli.coverage import said
from bridge.core.shape import paths_of
from bridge.core.trends import DAY, Change, Trends

MONDAY = 20_416 * DAY  # 2025-11-24


def _changes(*days: list[Any]) -> list[Change]:
    trends = Trends()
    for number, payloads in enumerate(days):
        for payload in payloads:
            trends.take("shopify", "orders/paid", MONDAY + number * DAY, payload)
    return trends.changes()


def test_paths_leave_out_places_in_lists_and_keys_that_are_values() -> None:
    payload = {"a": {"b": None}, "items": [{"sku": ""}, {"sku": "x"}], "by": {"4711": 1, "anna@example.com": 2}}
    assert paths_of(payload) == {"a": True, "a.b": False, "items": True, "items.sku": True, "by": True, "by.*": True}


def test_a_field_that_is_null_more_often_is_told_with_the_day_and_both_shares() -> None:
    before = [{"customer": {"locale": "de"}}] * 98 + [{"customer": {"locale": None}}] * 2
    after = [{"customer": {"locale": "de"}}] * 69 + [{"customer": {"locale": None}}] * 31
    [change] = _changes(before, after)
    assert (change.source, change.topic, change.path) == ("shopify", "orders/paid", "customer.locale")
    assert (change.what, change.since) == ("nulls", MONDAY + DAY)
    assert (round(change.before, 4), round(change.after, 4)) == (0.02, 0.31)
    sentence = "shopify orders/paid: customer.locale is null in 31 % since Tuesday, 2 % before"
    assert said(change, now=MONDAY + 2 * DAY) == sentence
    assert said(change, now=MONDAY + 60 * DAY).endswith("31 % since 2025-11-25, 2 % before")


def test_what_appears_and_what_vanishes_is_told_once_for_all_within_it() -> None:
    changes = _changes([{"old": {"a": 1}}] * 20, [{"new": {"b": 1, "c": 2}}] * 10)
    assert [(change.path, change.what) for change in changes] == [("new", "appeared"), ("old", "vanished")]
    assert said(changes[1], now=MONDAY + DAY) == "shopify orders/paid: old is not there any more, since Tuesday"


def test_few_events_and_small_differences_say_nothing() -> None:
    assert _changes([{"a": 1}] * 9, [{"b": 1}] * 9) == []
    assert _changes([{"a": 1}] * 20, [{"b": 1}] * 4) == []
    assert _changes([{"a": 1}] * 100, [{"a": 1}] * 85 + [{"a": None}] * 15) == []


def test_payloads_with_ever_new_keys_take_bounded_room() -> None:
    trends = Trends()
    for number in range(50):
        trends.take("shopify", "x", MONDAY, {f"key{number}-{place}": 1 for place in range(100)})
    assert sum(len(days.seen) for days in trends._topics.values()) == 2_000
