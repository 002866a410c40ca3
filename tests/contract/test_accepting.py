from typing import Any

import pytest

from bridge.core.model import Accepted, Cap, Entry, Failed, Intake, Mark, Receipt, Skipped, Unmatched
from bridge.core.outcome import Answered, Dead, Pause
from bridge.outbox.terms import Filter
from tests.support.books import (
    ANNA,
    BEN,
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


def verdicts(store: Any, event_number: Any, *, at: Any = NOW) -> Any:
    return [(row["verdict"], row["reason"]) for row in store.ledger.decisions(an_id("evt", event_number, at=at))]


def test_an_accepted_event_is_stored_with_every_column_in_its_place(store: Any) -> None:
    event = an_event(
        7,
        source="stripe",
        topic="invoice.paid",
        source_event_id="evt_stripe",
        tenant="acct_1",
        headers={"stripe-version": "2026-01-01"},
        query="a=1&b=2",
        body=b'{"amount": 12}',
        received_at=NOW + 1,
        dedupe_until=NOW + 2,
        occurred_at=NOW - 3,
        marks=(Mark("contact", ANNA), Mark("order", BEN)),
        config="config-7",
    )
    assert store.outbox.accept([an_intake(event)]) == [Accepted((Receipt(event.id, duplicate=False),), 0)]
    assert store.ledger.entry(event.id) == Entry(event, ())


def test_a_planned_delivery_is_stored_with_every_column_in_its_place(store: Any) -> None:
    plan = a_plan(3, touchpoint="support", contact=ANNA, key="T-9", body={"email": "ö@example.com", "stars": 5})
    event = an_event(2, source="zendesk", tenant="desk", config="config-2", at=NOW + 5)
    accepted = store.outbox.accept([an_intake(event, proposing(plan, mapping="solved", element=4))])
    assert accepted[0].planned == 1
    assert store.ledger.delivery(plan.delivery_id) == {
        "id": plan.delivery_id,
        "event_id": event.id,
        "source": "zendesk",
        "mapping": "solved",
        "element": 4,
        "tenant": "desk",
        "touchpoint": "support",
        "contact": "000102030405060708090a0b0c0d0e0f",
        "key": "T-9",
        "config": "config-2",
        "state": "pending",
        "attempts": 0,
        "due_at": NOW + 5,
        "wanted_at": NOW + 5,
        "expires_at": None,
        "asked_at": None,
        "age_from": NOW + 5,
        "created_at": NOW + 5,
        "state_at": NOW + 5,
        "reason": "",
        "message": "",
        "replay_id": None,
        "replay_of": None,
        "replaces": None,
        "hours": None,
        "body": '{"email":"ö@example.com","stars":5}',
    }


def test_each_kind_of_outcome_becomes_its_verdict_with_its_reason(store: Any) -> None:
    store.outbox.accept(
        [
            an_intake(
                an_event(1),
                proposing(a_plan(1), mapping="a"),
                proposing(Skipped("when is false"), mapping="b"),
                proposing(Failed("email is missing"), mapping="c"),
            ),
            an_intake(an_event(2), proposing(Unmatched("no mapping takes it"), mapping="")),
        ]
    )
    assert verdicts(store, 1) == [("planned", ""), ("skipped", "when is false"), ("failed", "email is missing")]
    assert verdicts(store, 2) == [("unmatched", "no mapping takes it")]
    assert store.ledger.decisions(an_id("evt", 1))[0]["delivery_id"] == an_id("dlv", 1)


def test_a_duplicate_across_batches_gives_the_first_events_id(store: Any) -> None:
    store.outbox.accept([planned(1, event={"source_event_id": "same"})])
    again = planned(2, at=NOW + DAY, event={"source_event_id": "same", "body": b'{"id": 1}'})
    assert store.outbox.accept([again]) == [Accepted((Receipt(an_id("evt", 1), duplicate=True),), 0)]
    assert len(store.ledger.deliveries(Filter(), limit=10)) == 1
    assert store.ledger.counters()["duplicates"] == 1


def test_a_duplicate_within_one_batch_gives_the_first_events_id(store: Any) -> None:
    first, again = planned(1, event={"source_event_id": "same"}), planned(2, event={"source_event_id": "same"})
    assert [accepted.planned for accepted in store.outbox.accept([first, again])] == [1, 0]
    assert [row["id"] for row in store.ledger.events(Filter(), limit=10)] == [an_id("evt", 1)]


def test_a_duplicate_with_another_body_is_marked_as_changed(store: Any) -> None:
    store.outbox.accept([planned(1, event={"source_event_id": "same", "body": b"one"})])
    same, other = (
        planned(n, event={"source_event_id": "same", "body": body}) for n, body in ((2, b"one"), (3, b"two"))
    )
    receipts = [accepted.receipts[0] for accepted in store.outbox.accept([same, other])]
    assert [(receipt.duplicate, receipt.changed) for receipt in receipts] == [(True, False), (True, True)]


@pytest.mark.parametrize("column", ["source", "tenant", "source_event_id"])
def test_an_event_that_differs_in_one_part_of_its_identity_is_another_event(store: Any, column: Any) -> None:
    identity = {"source": "shopify", "tenant": "shop-a", "source_event_id": "x"}
    store.outbox.accept([planned(1, event=identity)])
    accepted = store.outbox.accept([planned(2, event=identity | {column: "other"})])
    assert accepted[0].receipts == (Receipt(an_id("evt", 2), duplicate=False),)


def test_an_id_is_free_again_exactly_when_its_time_has_run_out(store: Any) -> None:
    store.outbox.accept([planned(1, event={"source_event_id": "same", "dedupe_until": NOW + 1000})])
    early = planned(2, at=NOW + 999, event={"source_event_id": "same"})
    late = planned(3, at=NOW + 1000, event={"source_event_id": "same"})
    later = planned(4, at=NOW + 1001, event={"source_event_id": "same"})
    receipts = [accepted.receipts[0] for accepted in store.outbox.accept([early, late, later])]
    assert [(receipt.event_id, receipt.duplicate) for receipt in receipts] == [
        (an_id("evt", 1), True),
        (an_id("evt", 3, at=NOW + 1000), False),
        (an_id("evt", 3, at=NOW + 1000), True),
    ]


def test_a_request_with_several_events_has_a_receipt_for_each_in_order(store: Any) -> None:
    entries = [planned(number).entries[0] for number in (1, 2)]
    store.outbox.accept([Intake((entries[0],))])
    accepted = store.outbox.accept([Intake(tuple(entries))])
    assert accepted == [
        Accepted((Receipt(an_id("evt", 1), duplicate=True), Receipt(an_id("evt", 2), duplicate=False)), 1)
    ]


def test_a_key_is_asked_about_once_within_one_batch_and_across_batches(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once"), planned(2, key="1001", repeat="once")])
    store.outbox.accept([planned(3, key="1001", repeat="once")])
    reason = f"already asked about 1001, by {an_id('evt', 1)}"
    assert verdicts(store, 2) == [("suppressed", reason)]
    assert verdicts(store, 3) == [("suppressed", reason)]
    assert len(store.ledger.deliveries(Filter(), limit=10)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"event": {"source": "other"}},
        {"event": {"tenant": "other"}},
        {"mapping": "other"},
        {"key": "other"},
        {"repeat": "send"},
    ],
)
def test_a_key_held_elsewhere_does_not_block(store: Any, other: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once")])
    store.outbox.accept([planned(2, **{"key": "1001", "repeat": "once"} | other)])
    assert verdicts(store, 2) == [("planned", "")]


def test_a_key_blocks_for_400_days(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once")])
    early, late = NOW + 400 * DAY - 1, NOW + 400 * DAY
    store.outbox.accept([planned(2, at=early, key="1001", repeat="once")])
    store.outbox.accept([planned(3, at=late, key="1001", repeat="once")])
    assert verdicts(store, 2, at=early)[0][0] == "suppressed"
    assert verdicts(store, 3, at=late)[0][0] == "planned"


def test_a_key_whose_first_delivery_is_dead_does_not_block(store: Any) -> None:
    store.outbox.accept([planned(1, key="1001", repeat="once")])
    store.outbox.settle(
        [settled(each, Dead("gone"), outcome=Answered(400, "no")) for each in claim_all(store)], now=NOW
    )
    store.outbox.accept([planned(2, key="1001", repeat="once"), planned(3, key="1001", repeat="once")])
    assert verdicts(store, 2) == [("planned", "")]
    assert verdicts(store, 3) == [("suppressed", f"already asked about 1001, by {an_id('evt', 2)}")]


def test_a_key_whose_delivery_was_cancelled_does_not_block_but_a_held_one_does(store: Any) -> None:
    store.outbox.accept([planned(1, key="a", repeat="once"), planned(2, key="b", repeat="once")])
    store.controls.cancel(Filter(ids=(an_id("dlv", 1),)), reason="refund", now=NOW)
    store.controls.hold(Filter(ids=(an_id("dlv", 2),)), reason="look", now=NOW)
    store.outbox.accept([planned(3, key="a", repeat="once"), planned(4, key="b", repeat="once")])
    assert [verdicts(store, number)[0][0] for number in (3, 4)] == ["planned", "suppressed"]


def test_elements_of_one_event_do_not_disturb_each_other(store: Any) -> None:
    elements = [proposing(a_plan(n, key="same", repeat="once"), element=n) for n in (1, 2)]
    store.outbox.accept([an_intake(an_event(1), *elements)])
    assert [row["verdict"] for row in store.ledger.decisions(an_id("evt", 1))] == ["planned", "planned"]


def test_a_key_stays_held_while_one_of_the_events_deliveries_lives(store: Any) -> None:
    elements = [proposing(a_plan(n, key="same", repeat="once"), element=n) for n in (1, 2)]
    store.outbox.accept([an_intake(an_event(1), *elements)])
    store.controls.cancel(Filter(ids=(an_id("dlv", 1),)), reason="refund", now=NOW)
    store.outbox.accept([planned(3, key="same", repeat="once")])
    assert verdicts(store, 3)[0][0] == "suppressed"


def test_a_contact_is_asked_at_most_as_often_as_the_cap_says(store: Any) -> None:
    cap = Cap(2, 30 * DAY, "touchpoint")
    store.outbox.accept([planned(number, contact=ANNA, cap=cap) for number in (1, 2)])
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    store.outbox.accept([planned(3, contact=ANNA, cap=cap)])
    store.outbox.accept([planned(4, contact=BEN, cap=cap), planned(5, contact=ANNA, cap=cap, touchpoint="support")])
    found = [verdicts(store, number)[0] for number in (1, 2, 3, 4, 5)]
    reason = "already asked 2 times within 30 days at this touchpoint; at most 2 allowed"
    assert found == [("planned", ""), ("planned", ""), ("suppressed", reason), ("planned", ""), ("planned", "")]


def test_a_cap_across_all_touchpoints_counts_them_together(store: Any) -> None:
    store.outbox.accept([planned(1, contact=ANNA, touchpoint="support")])
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    store.outbox.accept([planned(2, contact=ANNA, cap=Cap(1, DAY, "all"))])
    reason = "already asked once within 1 day at all touchpoints together; at most 1 allowed"
    assert verdicts(store, 2) == [("suppressed", reason)]


def test_a_cap_forgets_after_its_period_and_does_not_count_what_came_to_nothing(store: Any) -> None:
    cap = Cap(1, HOUR, "touchpoint")
    store.outbox.accept([planned(1, contact=ANNA), planned(2, contact=BEN)])
    store.controls.cancel(Filter(contact=BEN), reason="refund", now=NOW)
    store.outbox.settle([settled(each) for each in claim_all(store)], now=NOW)
    early, late = NOW + HOUR - 1, NOW + HOUR
    store.outbox.accept([planned(3, contact=BEN, cap=cap), planned(4, at=early, contact=ANNA, cap=cap)])
    store.outbox.accept([planned(5, at=late, contact=ANNA, cap=cap)])
    assert verdicts(store, 3)[0][0] == "planned"
    assert verdicts(store, 4, at=early)[0][0] == "suppressed"
    assert verdicts(store, 5, at=late)[0][0] == "planned"


def test_counters_tell_what_was_taken_in(store: Any) -> None:
    store.outbox.accept([planned(1, key="k", repeat="once"), planned(2, key="k", repeat="once"), planned(1)])
    store.outbox.accept([an_intake(an_event(3))])
    counted = {name: value for name, value in store.ledger.counters().items() if value}
    assert counted == {
        "events.accepted": 3,
        "events.decided": 3,
        "duplicates": 1,
        "decisions": 3,
        "decisions.planned": 1,
        "decisions.suppressed": 1,
        "decisions.unmatched": 1,
        "deliveries.planned": 1,
        "deliveries.pending": 1,
    }
    assert store.ledger.touchpoint_totals() == {"post-purchase": {"pending": 1}}


def test_a_refused_request_is_kept_as_it_came(store: Any) -> None:
    store.outbox.refuse([a_refusal(1, status=413, method="PUT"), a_refusal(2, source="stripe")])
    assert store.ledger.refusal(an_id("ref", 1)) == a_refusal(1, status=413, method="PUT")
    assert [row["source"] for row in store.ledger.refused(Filter(), limit=5)] == ["stripe", "shopify"]
    assert [row["size"] for row in store.ledger.refused(Filter(source="stripe"), limit=5)] == [6]
    assert store.ledger.counters()["refused"] == 2


def test_a_refused_request_remembers_that_it_was_taken_in_after_all(store: Any) -> None:
    store.outbox.refuse([a_refusal(1, topic="orders/paid"), a_refusal(2)])
    assert store.controls.retried(an_id("ref", 1), event_id="evt_1", now=NOW + 5)
    assert not store.controls.retried("ref_x", event_id="evt_1", now=NOW)
    taken = a_refusal(1, topic="orders/paid", retried_at=NOW + 5, event_id="evt_1")
    assert store.ledger.refusal(an_id("ref", 1)) == taken
    assert store.ledger.refusal(an_id("ref", 2)) == a_refusal(2)
    rows = store.ledger.refused(Filter(), limit=5)
    columns = [(row["topic"], row["retried_at"], row["event_id"]) for row in rows]
    assert columns == [("", None, ""), ("orders/paid", NOW + 5, "evt_1")]


def test_nothing_is_known_of_what_never_came(store: Any) -> None:
    assert store.ledger.entry("evt_x") is None
    assert store.ledger.event("evt_x") is None
    assert store.ledger.delivery("dlv_x") is None
    assert store.ledger.refusal("ref_x") is None
    assert store.ledger.decisions("evt_x") == store.ledger.attempts("dlv_x") == store.ledger.find(ANNA, limit=3) == []


def test_accepting_goes_on_while_a_touchpoint_is_paused(store: Any) -> None:
    store.outbox.accept([planned(1)])
    store.outbox.settle([settled(claim_all(store)[0], Pause("401"), outcome=Answered(401))], now=NOW)
    assert store.outbox.accept([planned(2)])[0].planned == 1
