"""How often a contact is asked, counted from what was really sent."""

import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.model import Cap
from bridge.core.outcome import Answered, Dead, Delivered, Hold, Pause, RetryAt
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import ANNA, BEN, DAY, HOUR, NOW, SECOND, an_id, claim_all, planned, settled, states
from tests.support.memory_books import memory_store

ONCE = Cap(1, 30 * DAY, "touchpoint")
CAPS = {"post-purchase": ONCE}
FIRST = an_id("dlv", 1)
REASON = "not sent: its contact was asked 1 time in the last 30 days at this touchpoint (at most 1)"


def claimed(store: Any, *, now: int = NOW, caps: Any = None) -> list[str]:
    return [each.id for each in claim_all(store, now=now, caps=caps or CAPS)]


def asked_at(store: Any, number: int = 1) -> Any:
    return store.ledger.delivery(an_id("dlv", number))["asked_at"]


def send(store: Any, ruling: Any, *, now: int = NOW, outcome: Any = None) -> None:
    """Claim all that is due and settle it."""
    results = [settled(each, ruling, outcome=outcome or Answered(503)) for each in claim_all(store, now=now, caps=CAPS)]
    assert results
    store.outbox.settle(results, now=now + SECOND)


def test_of_two_requests_to_one_contact_in_one_claim_the_second_is_stopped(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=BEN), planned(3, contact=ANNA), planned(4)])
    store.outbox.accept([planned(5)])
    assert claimed(store) == [an_id("dlv", number) for number in (1, 2, 4, 5)]
    row = store.ledger.delivery(an_id("dlv", 3))
    assert (row["state"], row["reason"], row["asked_at"]) == ("cancelled", REASON, None)


@pytest.mark.parametrize(("across", "expected"), [("touchpoint", [1, 2]), ("all", [1])])
def test_a_cap_counts_at_its_touchpoint_or_everywhere(store: Any, across: Any, expected: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA, touchpoint="support")])
    assert claimed(store) == [FIRST]
    store.outbox.accept([planned(2, contact=ANNA), planned(3, contact=ANNA)])
    caps = {"post-purchase": Cap(1, 30 * DAY, across)}
    assert [FIRST, *claimed(store, caps=caps)] == [an_id("dlv", number) for number in expected]


def test_a_cap_counts_what_was_sent_within_its_period_whatever_was_planned_when(store: Any) -> None:
    store.outbox.accept([planned(number, contact=ANNA, due_at=NOW + number * DAY) for number in (1, 30, 31)])
    send(store, Delivered(), now=NOW + DAY)
    assert asked_at(store) == NOW + DAY
    assert claimed(store, now=NOW + 30 * DAY) == []
    assert claimed(store, now=NOW + 31 * DAY) == [an_id("dlv", 31)]


@pytest.mark.parametrize(
    ("ruling", "counts"),
    [
        (Delivered(), True),
        (Hold("the connection was closed"), True),
        (RetryAt(NOW + DAY, "504", may_be_taken=True), True),
        (Dead("given up; 504", may_be_taken=True), True),
        (RetryAt(NOW + DAY, "503"), False),
        (Dead("422"), False),
        (Pause("401"), False),
    ],
)
def test_an_attempt_counts_unless_the_target_certainly_did_not_take_it(store: Any, ruling: Any, counts: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    send(store, ruling)
    assert asked_at(store) == (NOW if counts else None)
    store.controls.resume("touchpoint", "post-purchase", now=NOW + SECOND)
    store.controls.hold(Filter(ids=(FIRST,)), reason="only the second one now", now=NOW + SECOND)
    store.outbox.accept([planned(2, contact=ANNA)])
    assert claimed(store, now=NOW + 2 * SECOND) == ([] if counts else [an_id("dlv", 2)])


def test_a_request_under_way_counts_and_its_place_is_free_again_when_it_dies(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    [under_way] = claim_all(store, caps=CAPS)
    store.outbox.accept([planned(2, contact=ANNA)])
    assert claimed(store) == []
    store.outbox.settle([settled(under_way, Dead("422"))], now=NOW)
    store.outbox.accept([planned(3, contact=ANNA)])
    assert claimed(store) == [an_id("dlv", 3)]


def test_a_retry_is_stopped_when_its_contact_was_asked_meanwhile(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    send(store, RetryAt(NOW + HOUR, "503"))
    store.outbox.accept([planned(2, contact=ANNA)])
    send(store, Delivered(), now=NOW + SECOND)
    assert claimed(store, now=NOW + HOUR) == []
    assert store.ledger.delivery(FIRST)["reason"] == REASON


def test_a_retry_does_not_count_against_itself(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    send(store, RetryAt(NOW + HOUR, "504", may_be_taken=True))
    assert claimed(store, now=NOW + HOUR) == [FIRST]
    assert asked_at(store) == NOW + HOUR


@pytest.mark.parametrize("ruling", [RetryAt(NOW + DAY, "503"), Dead("422"), Pause("401")])
def test_a_later_refusal_does_not_undo_that_an_earlier_attempt_may_have_been_taken(store: Any, ruling: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA)])
    send(store, RetryAt(NOW + HOUR, "504", may_be_taken=True))
    send(store, ruling, now=NOW + HOUR)
    assert asked_at(store) == NOW


def test_what_a_crash_leaves_counts_and_so_does_what_an_operator_makes_of_it(store: Any) -> None:
    store.outbox.accept([planned(number, contact=bytes(15) + bytes([number])) for number in (1, 2, 3)])
    claimed(store)
    store.outbox.recover(now=NOW + SECOND, everything=True, ambiguous={})
    store.controls.cancel(Filter(ids=(FIRST,)), reason="asked the target: it has it", now=NOW + SECOND)
    store.controls.release(Filter(ids=(an_id("dlv", 2),)), now=NOW + SECOND)
    assert [asked_at(store, number) for number in (1, 2, 3)] == [NOW, NOW, NOW]
    assert list(states(store).values()) == ["held", "pending", "cancelled"]
    assert claimed(store, now=NOW + HOUR) == [an_id("dlv", 2)]
    assert asked_at(store, 2) == NOW + HOUR


def test_one_that_takes_the_place_of_another_is_not_counted_together_with_it(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA, key="a", repeat="replace")])
    [old] = claim_all(store, caps=CAPS)
    store.outbox.accept([planned(2, contact=ANNA, key="a", repeat="replace")])
    store.outbox.settle([settled(old, RetryAt(NOW, "504", may_be_taken=True))], now=NOW)
    assert claimed(store) == [an_id("dlv", 2)]


# -- any history --------------------------------------------------------------------------------------------------

RULINGS = st.sampled_from(
    [
        (Delivered(), True),
        (Hold("?"), True),
        (RetryAt(0, "504", may_be_taken=True), True),
        (Dead("504", may_be_taken=True), True),
        (RetryAt(0, "503"), False),
        (Dead("422"), False),
        (Pause("401"), False),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.sampled_from([ANNA, ANNA, BEN]), st.sampled_from(["post-purchase", "support"])),
        st.tuples(st.just("claim"), st.integers(1, 3)),
        st.tuples(st.just("settle"), st.integers(0, 9), RULINGS),
        st.tuples(st.just("release")),
        st.tuples(st.just("crash")),
        st.tuples(st.just("wait"), st.integers(1, 12)),
    ),
    max_size=40,
)


class History:
    """Lets a history happen to a store and notes when which contact's requests may have reached the target."""

    def __init__(self, store: Any, cap: Cap) -> None:
        self.store = store
        self.caps = {"post-purchase": cap, "support": cap}
        self.now, self.number = NOW, 0
        self.under_way: list[Any] = []
        self.claimed_at: dict[tuple[str, int], int] = {}
        self.contacts: dict[str, tuple[bytes, str]] = {}
        self.reached: list[tuple[str, int]] = []

    def happen(self, step: Any) -> None:
        getattr(self, step[0])(*step[1:])

    def accept(self, contact: bytes, touchpoint: str) -> None:
        self.number += 1
        self.store.outbox.accept([planned(self.number, contact=contact, touchpoint=touchpoint)])
        self.contacts[an_id("dlv", self.number)] = (contact, touchpoint)

    def claim(self, free: int) -> None:
        for each in claim_all(self.store, now=self.now, free=free, caps=self.caps):
            self.claimed_at[each.id, each.lease] = self.now
            self.under_way.append(each)

    def settle(self, index: int, ruled: Any) -> None:
        if not self.under_way:
            return
        delivery = self.under_way.pop(index % len(self.under_way))
        ruling, taken = ruled
        self.store.outbox.settle([settled(delivery, ruling)], now=self.now)
        if taken:
            self.reached.append((delivery.id, self.claimed_at[delivery.id, delivery.lease]))

    def release(self) -> None:
        self.store.controls.release(Filter(), now=self.now)
        for name in ("post-purchase", "support"):
            self.store.controls.resume("touchpoint", name, now=self.now)

    def crash(self) -> None:
        self.store.outbox.recover(now=self.now, everything=True, ambiguous={"support": "retry"})
        self.reached += [(each.id, self.claimed_at[each.id, each.lease]) for each in self.under_way]
        self.under_way.clear()

    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    def most_within(self, cap: Cap) -> int:
        """Give how many requests of one contact, which the cap counts together, reached the target in one period."""
        reached = self.reached + [(each.id, self.claimed_at[each.id, each.lease]) for each in self.under_way]
        times: dict[Any, list[tuple[int, str]]] = defaultdict(list)
        for delivery_id, at in reached:
            contact, touchpoint = self.contacts[delivery_id]
            times[contact, touchpoint if cap.across == "touchpoint" else ""].append((at, delivery_id))
        windows = (
            {other for then, other in each if at - cap.period < then <= at} for each in times.values() for at, _ in each
        )
        return max(map(len, windows), default=0)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("cap", [Cap(1, DAY, "touchpoint"), Cap(2, DAY, "all")])
def test_never_more_requests_than_the_cap_allows_reach_a_contact_within_any_period(kind: Any, cap: Any) -> None:
    @settings(max_examples=200 if kind == "memory" else 25, deadline=None)
    @given(steps=STEPS)
    def never(steps: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            opened: Any = memory_store() if kind == "memory" else open_store(Path(folder) / "b.db", create=True)
            with closing(opened) as store:
                history = History(store, cap)
                for step in steps:
                    history.happen(step)
                    assert history.most_within(cap) <= cap.at_most
                assert store.ledger.audit() == []

    never()
