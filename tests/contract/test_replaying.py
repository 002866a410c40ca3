from typing import Any

import pytest

from bridge.core.model import Cap, Failed, Mark, Proposal
from bridge.core.outcome import Dead
from bridge.outbox.jobs import Replayed
from bridge.outbox.terms import Filter
from tests.support import replays
from tests.support.books import (
    ANNA,
    DAY,
    NOW,
    a_plan,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    states,
)
from tests.support.replays import carry_out

REPLAY = an_id("rpl", 1)
LATER = NOW + DAY


def again(number: Any, *, old: Any = 1, mapping: Any = "thanks", **plan: Any) -> Any:
    """Give the replay of delivery `old` of event `old` as delivery `number`."""
    proposal = Proposal(mapping, 0, a_plan(number, at=LATER, **plan))
    return Replayed(an_id("evt", old), proposal, an_id("dlv", old))


def replay(store: Any, *items: Any, replay_id: Any = REPLAY, **options: Any) -> Any:
    return carry_out(store, replay_id, *items, now=LATER, **options)


def replayable(store: Any, wanted: Any = None, **options: Any) -> Any:
    return [row["cursor"] for row in replays.replayable(store, wanted, **options)]


@pytest.fixture
def dead(store: Any) -> Any:
    """One dead delivery, one delivered, one held, one waiting, and a failed decision."""
    store.outbox.accept([planned(number, key=f"k{number}", repeat="once", contact=ANNA) for number in (1, 2, 3)])
    first, second, _ = claim_all(store)
    store.outbox.settle([settled(first, Dead("no")), settled(second)], now=NOW)
    store.outbox.recover(now=NOW, everything=True, ambiguous={})
    failing = an_intake(an_event(5, marks=(Mark("contact", ANNA),)), proposing(Failed("email is missing"), element=7))
    store.outbox.accept([planned(4), failing])
    return store


def test_what_is_dead_or_failed_is_replayed_and_what_somebody_decided_only_when_named(dead: Any) -> None:
    failed = f"{an_id('evt', 5)} thanks 7"
    assert replayable(dead) == [an_id("dlv", 1), failed]
    assert replayable(dead, include_delivered=True) == [an_id("dlv", 1), an_id("dlv", 2), failed]
    assert replayable(dead, Filter(states=("held",))) == [an_id("dlv", 3)]
    assert replayable(dead, Filter(ids=(an_id("dlv", 3),))) == [an_id("dlv", 3)]


def test_what_can_be_replayed_is_paged_from_deliveries_into_decisions(dead: Any) -> None:
    everything = replayable(dead, include_delivered=True)
    for size in (1, 2, 3):
        pages, after = [], None
        while page := replayable(dead, include_delivered=True, limit=size, after=after):
            pages += page
            after = page[-1]
        assert pages == everything


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(states=("held",)), ["dlv 3"]),
        (Filter(verdicts=("failed",)), ["evt 5"]),
        (Filter(ids=(an_id("evt", 5), an_id("dlv", 1))), ["dlv 1", "evt 5"]),
        (Filter(contact=ANNA), ["dlv 1", "evt 5"]),
        (Filter(mapping="shopify/thanks"), ["dlv 1", "evt 5"]),
        (Filter(mapping="other"), []),
        (Filter(touchpoint="post-purchase"), ["dlv 1"]),
        (Filter(source="stripe"), []),
        (Filter(since=NOW + 1), []),
    ],
)
def test_a_filter_chooses_what_is_replayed(dead: Any, wanted: Any, expected: Any) -> None:
    known = {an_id("dlv", 1): "dlv 1", an_id("dlv", 3): "dlv 3", f"{an_id('evt', 5)} thanks 7": "evt 5"}
    assert [known[cursor] for cursor in replayable(dead, wanted)] == expected


def test_a_replayable_delivery_says_all_that_a_new_one_needs(dead: Any) -> None:
    [row] = replays.replayable(dead, Filter(ids=(an_id("dlv", 1),)))
    assert row == {
        "kind": "delivery",
        "cursor": an_id("dlv", 1),
        "id": an_id("dlv", 1),
        "event_id": an_id("evt", 1),
        "source": "shopify",
        "tenant": "shop-a",
        "mapping": "thanks",
        "element": 0,
        "touchpoint": "post-purchase",
        "contact": ANNA.hex(),
        "key": "k1",
        "state": "dead",
        "hours": None,
        "body": '{"email":"customer-1@example.com","orderId":"#1"}',
    }


def test_a_replay_makes_a_linked_delivery_and_leaves_the_old_one(dead: Any) -> None:
    assert replay(dead, again(8, key="k1", repeat="once")) == 1
    row = dead.ledger.delivery(an_id("dlv", 8, at=LATER))
    assert (row["replay_id"], row["replay_of"], row["event_id"]) == (REPLAY, an_id("dlv", 1), an_id("evt", 1))
    assert (row["state"], row["due_at"], row["age_from"]) == ("pending", LATER, LATER)
    assert states(dead)[an_id("dlv", 1)] == "dead"
    assert dead.ledger.counters()["deliveries.replayed"] == 1
    assert an_id("dlv", 1) not in replayable(dead)


def test_a_replay_does_not_repeat_itself_or_another(dead: Any) -> None:
    assert replay(dead, again(8), again(9)) == 1
    assert replay(dead, again(10)) == 0
    assert replay(dead, again(11), replay_id=an_id("rpl", 2)) == 0


def test_a_dead_replay_can_be_replayed_in_its_turn(dead: Any) -> None:
    replay(dead, again(8))
    new = an_id("dlv", 8, at=LATER)
    results = [settled(each, Dead("again")) for each in claim_all(dead, now=LATER)]
    dead.outbox.settle(results, now=LATER)
    assert new in replayable(dead)
    item = Replayed(an_id("evt", 1), Proposal("thanks", 0, a_plan(9, at=LATER)), new)
    assert replay(dead, item, replay_id=an_id("rpl", 2)) == 1


def test_a_delivered_one_is_replayed_only_when_that_is_asked_for(dead: Any) -> None:
    assert replay(dead, again(8, old=2)) == 0
    item = again(8, old=2, key="k2", repeat="once")
    assert replay(dead, item, replay_id=an_id("rpl", 2), include_delivered=True) == 1


def test_what_waits_by_now_or_is_unknown_is_passed_over(dead: Any) -> None:
    assert replay(dead, again(8, old=4), again(9, old=20)) == 0


def test_a_held_delivery_that_is_replayed_cannot_be_released_as_well(dead: Any) -> None:
    assert replay(dead, again(8, old=3)) == 1
    row = dead.ledger.delivery(an_id("dlv", 3))
    assert (row["state"], row["reason"]) == ("cancelled", f"replaced by replay {REPLAY}")
    assert dead.controls.release(Filter(), now=LATER) == 0


def test_a_key_that_another_event_took_meanwhile_suppresses_the_replay(dead: Any) -> None:
    dead.outbox.accept([planned(6, key="k1", repeat="once")])
    assert replay(dead, again(8, key="k1", repeat="once")) == 0
    decision = [row for row in dead.ledger.decisions(an_id("evt", 1)) if row["replay_id"]]
    assert decision == [
        {
            "event_id": an_id("evt", 1),
            "mapping": "thanks",
            "element": 0,
            "verdict": "suppressed",
            "reason": f"already asked about k1, by {an_id('evt', 6)}",
            "delivery_id": None,
            "replay_id": REPLAY,
            "replay_of": an_id("dlv", 1),
        }
    ]


def test_a_cap_counts_in_a_replay_but_the_replaced_delivery_does_not(dead: Any) -> None:
    cap = Cap(2, 30 * DAY, "touchpoint")
    assert replay(dead, again(9, old=1, contact=ANNA, cap=cap)) == 0  # one was delivered, one may have been
    assert replay(dead, again(8, old=3, contact=ANNA, cap=cap)) == 1
    assert dead.ledger.delivery(an_id("dlv", 3))["asked_at"] is None


def test_a_failed_decision_is_replayed_once_it_can_be_planned(dead: Any) -> None:
    still = Replayed(an_id("evt", 5), Proposal("thanks", 7, Failed("email is missing")))
    fixed = Replayed(an_id("evt", 5), Proposal("thanks", 7, a_plan(8, at=LATER)))
    assert replay(dead, still) == 0
    assert replay(dead, fixed) == 0  # the same replay has tried this one already
    assert replay(dead, fixed, replay_id=an_id("rpl", 2)) == 1
    assert replay(dead, fixed, replay_id=an_id("rpl", 3)) == 0
    assert replayable(dead, Filter(verdicts=("failed",))) == []
    assert [row["verdict"] for row in dead.ledger.decisions(an_id("evt", 5))] == ["failed", "failed", "planned"]
