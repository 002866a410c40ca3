"""`plan` over a generated year of three sources: what each change would have done to it, to the last decision."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from bridge.app.drifting import silent_guard
from bridge.app.plan import Planning, kept_answers
from bridge.app.traffic import recent
from bridge.core.comparison import Comparison
from bridge.intake import Rules
from bridge.outbox.store import SqliteStore, open_store
from bridge.settings import read_settings
from tests.support.folders import load
from tests.support.year import FILES, store_year, year

Plan = Callable[..., Comparison]
Payload = dict[str, Any]

NO_NUMBER = "phone is not a number in international form; e164(phone, 'DE') makes it one"
LACKING = "is required, but is missing, null or empty"
# Every mapping and the reading of a source changed at once, as a careless person would.
MANY = {
    "shop.yaml": (('"!test"', '"!test && to_number(total) > `250`"'), ("orderId: text(order)", "orderId: order")),
    "desk.yaml": (("a: Delivery", "x: Delivery"),),
    "till.yaml": (("topic: type", "topic: branch"), ("[receipt.closed]", "[Graz]")),
}
OTHERS = {
    "shop.yaml": (("{expr: customer.locale, default: de}", "{expr: customer.locale, required: true}"),),
    "till.yaml": (("id: id", "id: at"),),
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    store = open_store(tmp_path_factory.mktemp("year") / "bridge.db", create=True, checkpoints=True)
    assert store_year(store, year()) == 26_590
    yield store
    store.close()


@pytest.fixture
def plan(stored: SqliteStore) -> Plan:
    def compare(changes: dict[str, tuple[tuple[str, str], ...]]) -> Comparison:
        """Plan the year's folder against the same with texts of its files replaced."""
        texts = dict(FILES)
        for file, pairs in changes.items():
            for old, new in pairs:
                assert texts[file].count(old) == 1
                texts[file] = texts[file].replace(old, new)
        guard = silent_guard(stored.ledger.attributes(), read_settings({}))
        before, after = load(FILES).catalog, load(texts).catalog
        planning = Planning(before, after, Rules(bytes(32)), guard, kept_answers(stored.ledger))
        comparison = Comparison()
        for _ in planning.compare(recent(stored.ledger, last=None), comparison):
            pass  # each step takes an event
        return comparison

    return compare


def counted(comparison: Comparison) -> dict[str, int]:
    return {name: count for name, count in (comparison.kinds | comparison.events).items() if count}


def told(comparison: Comparison) -> list[tuple[Any, ...]]:
    return [(each.kind, each.source, each.mapping, each.field, each.reason, each.count) for each in comparison.groups()]


def among(source: str, wanted: Callable[[Payload], bool]) -> int:
    """Count the payloads of a source without any mapping."""
    payloads = (json.loads(event.body) for event in year() if event.source == source)
    return sum(1 for payload in payloads if wanted(payload))


def is_sent(order: Payload) -> bool:
    return order["type"] == "order.fulfilled" and not order["test"] and order["customer"]["email"] is not None


def test_the_same_seed_gives_the_same_year_and_another_seed_another() -> None:
    assert list(islice(year(), 300)) == list(islice(year(), 300))
    assert list(islice(year(1), 300)) != list(islice(year(), 300))


def test_many_changes_are_counted_over_a_year_and_twice_the_same(plan: Plan) -> None:
    first = plan(MANY)
    assert counted(first) == {
        "compared": 26_590,
        "unmatched": 2_179,
        "newly_unmatched": 4_056,
        "read_differently": 8_146,
        "unchanged": 6_467,
        "changed": 7_337,
        "no_longer_sent": 9_613,
        "no_longer_failing": 994,
    }
    assert told(first) == [
        ("read_differently", "till", "", "<topic>", "", 8_146),
        ("changed", "shop", "purchase", "orderId", "", 6_384),
        ("changed", "desk", "solved", "topic", "", 953),
        ("no_longer_sent", "shop", "purchase", "", "skipped: when is false", 6_340),
        ("no_longer_sent", "till", "visit", "", "not taken by a mapping of this name", 3_273),
        ("no_longer_failing", "till", "visit", "", f"failed: {NO_NUMBER}", 783),
        ("no_longer_failing", "shop", "purchase", "", f"failed: email {LACKING}", 211),
    ]
    again = plan(MANY)
    assert (again.kinds, again.events, again.groups()) == (first.kinds, first.events, first.groups())


def test_what_plan_counts_is_what_the_payloads_hold() -> None:
    assert among("shop", lambda order: is_sent(order) and float(order["total"]) <= 250) == 6_340
    assert among("shop", lambda order: is_sent(order) and float(order["total"]) > 250) == 6_384
    assert among("desk", lambda ticket: ticket["type"] == "ticket.solved" and ticket["category"] == "a") == 953
    assert among("till", lambda receipt: receipt["branch"] == "Wien") == 4_056
    assert among("till", lambda receipt: receipt["branch"] == "Wien" and receipt["guest"] == "unknown") == 783
    assert among("shop", lambda order: is_sent(order) and order["customer"]["locale"] is None) == 4_260


def test_what_newly_fails_and_ids_that_repeat_are_counted_over_a_year(plan: Plan) -> None:
    comparison = plan(OTHERS)
    assert comparison.events["newly_duplicate"] == 8_146 - 15  # a receipt is closed at one of fifteen times of the day
    assert told(comparison) == [
        ("read_differently", "till", "", "<id>", "", 8_146),
        ("newly_failing", "shop", "purchase", "", f"failed: locale {LACKING}", 4_260),
    ]
