from typing import Any

from bridge.core.outcome import Answered, Dead
from bridge.outbox.safekeeping import Sealed
from bridge.outbox.terms import Filter, Paused, PauseScope
from tests.support.books import ANNA, BEN, HOUR, NOW, an_id, claim_all, planned, settled, states


def test_pausing_twice_keeps_the_first_and_resuming_what_runs_says_no(store: Any) -> None:
    first = Paused("touchpoint", "support", "holiday", NOW, "operator")
    assert store.controls.pause(first) is True
    assert store.controls.pause(Paused("touchpoint", "support", "other", NOW + 1, "target")) is False
    assert store.ledger.pauses() == [first]
    assert store.controls.resume("source", "support", now=NOW) is False
    assert store.controls.resume("touchpoint", "support", now=NOW) is True
    assert store.ledger.pauses() == []


def test_time_spent_paused_does_not_count_towards_giving_up(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, at=NOW + 3 * HOUR), planned(3, touchpoint="support")])
    store.controls.pause(Paused("touchpoint", "post-purchase", "x", NOW + HOUR, "operator"))
    store.controls.resume("touchpoint", "post-purchase", now=NOW + 5 * HOUR)
    ages = {row["id"]: row["age_from"] for row in store.ledger.deliveries(Filter(), limit=5)}
    assert ages == {
        an_id("dlv", 1): NOW + 4 * HOUR,
        an_id("dlv", 2, at=NOW + 3 * HOUR): NOW + 5 * HOUR,
        an_id("dlv", 3): NOW,
    }


def test_each_scope_makes_only_its_own_younger(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2, event={"source": "stripe"}), planned(3, mapping="other")])
    scopes: tuple[tuple[PauseScope, str], ...] = (("source", "shopify"), ("mapping", "shopify/thanks"), ("all", ""))
    for scope, name in scopes:
        store.controls.pause(Paused(scope, name, "x", NOW, "operator"))
    store.controls.resume("source", "shopify", now=NOW + 1)
    ages = [row["age_from"] - NOW for row in store.ledger.deliveries(Filter(), limit=5)]
    assert ages == [1, 0, 1]
    store.controls.resume("mapping", "shopify/thanks", now=NOW + 5)
    ages = [row["age_from"] - NOW for row in store.ledger.deliveries(Filter(), limit=5)]
    assert ages == [1, 0, 5]
    store.controls.resume("all", "", now=NOW + 9)
    ages = [row["age_from"] - NOW for row in store.ledger.deliveries(Filter(), limit=5)]
    assert ages == [9, 9, 9]


def test_cancelling_takes_what_waits_and_leaves_what_is_sent_or_ended(store: Any) -> None:
    store.outbox.accept([planned(number) for number in (1, 2, 3, 4)])
    sending, ended = claim_all(store, free=2)
    store.outbox.settle([settled(ended, Dead("no"))], now=NOW)
    store.controls.hold(Filter(ids=(an_id("dlv", 3),)), reason="look", now=NOW)
    assert store.controls.cancel(Filter(source="shopify"), reason="refund R7", now=NOW + 6) == 2
    assert [states(store)[an_id("dlv", number)] for number in (1, 2, 3, 4)] == [
        "sending",
        "dead",
        "cancelled",
        "cancelled",
    ]
    row = store.ledger.delivery(an_id("dlv", 4))
    assert (row["reason"], row["state_at"]) == ("refund R7", NOW + 6)
    assert sending.id == an_id("dlv", 1)


def test_filters_choose_what_is_cancelled(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=BEN), planned(3, contact=ANNA)])
    assert store.controls.cancel(Filter(contact=ANNA, ids=(an_id("evt", 3),)), reason="x", now=NOW) == 1
    assert store.controls.cancel(Filter(states=("held",)), reason="x", now=NOW) == 0
    assert states(store)[an_id("dlv", 3)] == "cancelled"


def test_holding_and_releasing_gives_back_the_time_held(store: Any) -> None:
    store.outbox.accept([planned(1), planned(2)])
    assert store.controls.hold(Filter(ids=(an_id("dlv", 1),)), reason="wait", now=NOW + HOUR) == 1
    assert [each.id for each in claim_all(store, now=NOW + HOUR)] == [an_id("dlv", 2)]
    assert store.controls.release(Filter(), now=NOW + 4 * HOUR) == 1
    row = store.ledger.delivery(an_id("dlv", 1))
    assert (row["state"], row["reason"], row["due_at"], row["age_from"]) == (
        ("pending", "", NOW + 4 * HOUR, NOW + 3 * HOUR)
    )


def test_what_is_held_is_only_sent_after_release(store: Any) -> None:
    store.outbox.accept([planned(1)])
    store.controls.hold(Filter(), reason="wait", now=NOW)
    assert claim_all(store) == []
    store.controls.release(Filter(), now=NOW)
    [delivery] = claim_all(store)
    assert store.outbox.settle([settled(delivery, outcome=Answered(202))], now=NOW) == [True]


def test_secrets_are_put_replaced_listed_and_removed(store: Any) -> None:
    store.strongbox.put_secret(Sealed("b", "key-1", b"\x00\x01", NOW))
    store.strongbox.put_secret(Sealed("a", "key-2", b"\x02", NOW + 1))
    store.strongbox.put_secret(Sealed("b", "key-3", b"\x03", NOW + 2))
    assert store.strongbox.secrets() == [Sealed("a", "key-2", b"\x02", NOW + 1), Sealed("b", "key-3", b"\x03", NOW + 2)]
    assert store.strongbox.remove_secret("a") is True
    assert store.strongbox.remove_secret("a") is False
    assert [sealed.name for sealed in store.strongbox.secrets()] == ["b"]


def test_a_sealed_secret_does_not_show_in_its_repr() -> None:
    assert "topsecret" not in repr(Sealed("a", "k", b"topsecret", 1))


def test_the_configuration_last_in_force_is_given_back(store: Any) -> None:
    assert store.strongbox.last_configuration() is None
    store.strongbox.keep_configuration("f1", {"shopify.yaml": "a: ö"}, now=NOW)
    store.strongbox.keep_configuration("f2", {}, now=NOW + 1)
    assert store.strongbox.last_configuration() == ("f2", {})
    store.strongbox.keep_configuration("f1", {"shopify.yaml": "a: ö"}, now=NOW + 2)
    assert store.strongbox.last_configuration() == ("f1", {"shopify.yaml": "a: ö"})
