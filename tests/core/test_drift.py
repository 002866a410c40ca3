"""Drift: what is spelled or typed otherwise than its target has accepted it, and what is not."""

from typing import Any

import pytest

from bridge.core.configuration import Mapping, Source
from bridge.core.drift import Attribute, Drift, Guard, Vocabulary, drift_of, drifts, vocabulary
from bridge.core.model import Failed, Plan, Proposal, Skipped
from tests.support.folders import SHOPIFY, files, load

MAY, JUNE, JULY = 1_777_766_400_000, 1_780_444_800_000, 1_783_036_800_000  # the 3rd of each, 2026


def accepted(name: str, kind: Any = "text", *, since: int = MAY, until: int = JULY, at: str = "mails") -> Attribute:
    return Attribute(at, name, kind, since, until)


def known(*attributes: Attribute) -> Vocabulary:
    return vocabulary(attributes)


def a_plan(**body: Any) -> Plan:
    return Plan("dlv_1", "mails", body)


@pytest.mark.parametrize(
    "name", ["orderid", "OrderId", "order_id", "order id", "orderIds", "\u043erderId", "ORDER-ID", "order.id"]
)
def test_another_spelling_of_what_was_accepted_drifts(name: str) -> None:
    drift = Drift(name, "text", accepted("orderId"))
    assert drifts(a_plan(**{name: "1"}), known(accepted("orderId"))) == [drift]
    assert drift_of("mails", name, None, known(accepted("orderId"))) == drift


@pytest.mark.parametrize("name", ["orderId", "orderNo", "order", "id", "status", "orderIdx"])
def test_the_same_and_other_attributes_do_not_drift(name: str) -> None:
    assert drifts(a_plan(**{name: "1"}), known(accepted("orderId"))) == []
    assert drift_of("mails", name, None, known(accepted("orderId"))) is None


def test_another_type_of_value_drifts_and_whole_and_broken_numbers_are_one_type() -> None:
    words = known(accepted("count", "number"), accepted("vip", "boolean"))
    assert drifts(a_plan(count=1, vip=False), words) == []
    assert drifts(a_plan(count=1.5, vip=True), words) == []
    assert drifts(a_plan(count="1", vip=1), words) == [
        Drift("count", "text", accepted("count", "number")),
        Drift("vip", "number", accepted("vip", "boolean")),
    ]
    assert drifts(a_plan(count="1", vip=1), words, types=False) == []


def test_only_what_the_same_touchpoint_accepted_counts() -> None:
    assert drifts(a_plan(order_id="1"), known(accepted("orderId", at="texts"))) == []
    assert drift_of("mails", "order_id", "text", known(accepted("orderId", at="texts"))) is None


def test_what_was_ever_accepted_passes_though_another_spelling_is_in_use() -> None:
    words = known(accepted("orderId"), accepted("order_id", since=JUNE, until=JUNE))
    assert drifts(a_plan(order_id="1"), words) == []
    assert drift_of("mails", "order_id", "text", words) == Drift("order_id", "text", accepted("orderId"))


def test_of_two_spellings_the_older_is_in_use_until_it_is_abandoned_for_a_day() -> None:
    both = known(accepted("orderId"), accepted("order_id", since=JUNE))
    assert drift_of("mails", "orderId", "text", both) is None
    abandoned = known(accepted("orderId", until=JUNE), accepted("order_id", since=JUNE))
    assert drift_of("mails", "order_id", "text", abandoned) is None
    assert drift_of("mails", "orderId", "text", abandoned) == Drift("orderId", "text", accepted("order_id", since=JUNE))


def test_messages_say_since_when_and_what_to_write() -> None:
    spelled = Drift("order_id", "text", accepted("orderId"))
    assert spelled.message == "the attribute 'order_id' is spelled 'orderId' so far: mails takes it since 3 May 2026"
    assert (spelled.suggestion, spelled.is_unmistakable) == ("write orderId", False)
    assert Drift("ORDERID", "text", accepted("orderId")).is_unmistakable
    typed = Drift("count", "number", accepted("count"))
    assert typed.message == "the attribute 'count' is a number, but a text so far: mails takes it since 3 May 2026"
    assert typed.suggestion == "text(…) makes a number a text"
    assert Drift("count", "text", accepted("count", "number")).suggestion == "to_number(…) makes a text a number"
    assert Drift("count", "boolean", accepted("count")).suggestion == "use one type"


def guarded(guard: Guard, channel: Any, *outcomes: Any) -> list[Any]:
    source = load(files(shopify=SHOPIFY)).catalog.sources["shopify"]
    mapping = Mapping("thanks", "mails", channel, ())
    changed = Source(**{name: getattr(source, name) for name in Source.__dataclass_fields__} | {"mappings": (mapping,)})
    proposals = tuple(Proposal("thanks", number, outcome) for number, outcome in enumerate(outcomes))
    return [each.outcome for each in guard.watched(proposals, changed)]


def test_a_guard_tells_of_drift_and_lets_it_pass() -> None:
    told: list[tuple[str, str, Drift]] = []
    guard = Guard(known(accepted("orderId")), fails=False, note=lambda *each: told.append(each))
    outcomes = [a_plan(order_id="1"), Skipped("no"), a_plan(orderId="1")]
    assert guarded(guard, "mail", *outcomes) == outcomes
    assert told == [("shopify", "thanks", Drift("order_id", "text", accepted("orderId")))]


def test_a_strict_guard_fails_the_decision_with_the_spelling_to_use() -> None:
    guard = Guard(known(accepted("orderId")), fails=True)
    assert guarded(guard, "mail", a_plan(orderId="1"), a_plan(order_id="1")) == [
        a_plan(orderId="1"),
        Failed("the attribute 'order_id' is spelled 'orderId' so far: mails takes it since 3 May 2026; write orderId"),
    ]


def test_other_systems_may_get_values_of_several_types() -> None:
    guard = Guard(known(accepted("count", "number")), fails=True)
    assert guarded(guard, "http", a_plan(count="1")) == [a_plan(count="1")]
    assert isinstance(guarded(guard, "http", a_plan(Count="1"))[0], Failed)
    assert isinstance(guarded(guard, "mail", a_plan(count="1"))[0], Failed)
