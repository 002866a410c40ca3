"""Replays as jobs: driven under a lease, carried out page by page, paused, resumed, cancelled; and backfills."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.configuration import Rate
from bridge.core.inquiry import Awaited, Finished
from bridge.core.model import Failed, Mark, Proposal, Skipped
from bridge.core.outcome import Dead
from bridge.core.schedule import Hours
from bridge.outbox.jobs import Outcome, Replayed, Selection
from bridge.outbox.terms import Filter
from tests.support.books import (
    ANNA,
    DAY,
    NOW,
    SECOND,
    a_plan,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    waiting,
)
from tests.support.replays import DRIVER, a_job, a_page, carry_out

RPL = an_id("rpl", 1)
LATER = NOW + DAY
PASSED_OVER = "passed over: it was replayed before, is on its way by now, or is not kept any more"


def again(number: Any, *, old: Any, **plan: Any) -> Replayed:
    return Replayed(an_id("evt", old), Proposal("thanks", 0, a_plan(number, at=LATER, **plan)), an_id("dlv", old))


@pytest.fixture
def dead(store: Any) -> Any:
    """Three dead deliveries: 1, 2 and 3."""
    store.outbox.accept([planned(number, contact=ANNA, key=f"k{number}", repeat="once") for number in (1, 2, 3)])
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)], now=NOW)
    return store


def begun(store: Any, **changes: Any) -> Any:
    """Start a replay and take the lease on it."""
    store.replays.start(a_job(**changes))
    return store.replays.drive(RPL, DRIVER, now=LATER, until=LATER + SECOND)


def test_a_replay_is_kept_as_it_was_started(store: Any) -> None:
    job = a_job(
        kind="backfill",
        mode="current-mapping",
        wanted=Filter(mapping="shopify/thanks", contact=ANNA, since=5, ids=("a", "b"), states=("dead",)),
        newest=an_id("dlv", 77),
        started_at=NOW + 1,
        found=41,
        who="cli:anna",
        why="last night",
        description="--since 12h",
        include_delivered=True,
        rate=Rate(10, 2_000),
        wait=600_000,
        state="paused",
        after=an_id("dlv", 9),
        next_at=NOW + 2,
        taken=17,
        made=11,
        others={"failed: no": 6},
        ended_at=NOW + 3,
        changed_by="cli:ben",
        driver="x",
        driven_until=NOW + 4,
    )
    store.replays.start(job)
    store.replays.start(replace(job, who="somebody else"))
    assert store.replays.job(RPL) == job
    assert store.replays.job(an_id("rpl", 2)) is None


def test_replays_are_listed_newest_first_and_those_that_run_oldest_first(store: Any) -> None:
    for number, state in ((1, "running"), (2, "done"), (3, "running")):
        store.replays.start(a_job(number, state=state))
    assert [job.id for job in store.replays.jobs(limit=2)] == [an_id("rpl", 3), an_id("rpl", 2)]
    assert [job.id for job in store.replays.jobs(limit=2, before=an_id("rpl", 2))] == [RPL]
    assert [job.id for job in store.replays.running()] == [RPL, an_id("rpl", 3)]


def test_one_drives_until_its_lease_runs_out(store: Any) -> None:
    store.replays.start(a_job())
    taken = store.replays.drive(RPL, "a", now=NOW, until=NOW + 10)
    assert (taken.driver, taken.driven_until) == ("a", NOW + 10)
    assert store.replays.drive(RPL, "b", now=NOW + 9, until=NOW + 20) is None
    assert store.replays.drive(RPL, "a", now=NOW + 9, until=NOW + 20).driven_until == NOW + 20
    assert store.replays.drive(RPL, "b", now=NOW + 20, until=NOW + 30).driver == "b"
    assert store.replays.drive(an_id("rpl", 2), "b", now=NOW, until=NOW) is None


def test_a_page_makes_deliveries_and_notes_how_far_the_replay_is(dead: Any) -> None:
    begun(dead, found=3)
    failed = Replayed(an_id("evt", 3), Proposal("thanks", 0, Failed("no email")), an_id("dlv", 3))
    page = a_page(RPL, again(8, old=1), again(9, old=2), failed, after="here")
    after = dead.replays.carry_out(page, now=LATER, until=LATER + 5)
    assert (after.state, after.taken, after.made, after.after) == ("running", 3, 2, "here")
    assert after.others == {"failed: no email": 1}
    assert (after.next_at, after.driven_until, after.ended_at) == (LATER, LATER + 5, None)
    assert dead.replays.job(RPL) == after
    last = dead.replays.carry_out(a_page(RPL, after="end", is_last=True), now=LATER + 1, until=LATER + 5)
    assert (last.state, last.ended_at, last.taken, last.made) == ("done", LATER + 1, 3, 2)
    assert dead.replays.running() == []


def test_a_page_that_is_carried_out_twice_makes_nothing_more(dead: Any) -> None:
    begun(dead)
    dead.replays.carry_out(a_page(RPL, again(8, old=1)), now=LATER, until=LATER + 5)
    after = dead.replays.carry_out(a_page(RPL, again(9, old=1)), now=LATER, until=LATER + 5)
    assert (after.made, after.others) == (1, {PASSED_OVER: 1})


@pytest.mark.parametrize("change", ["pause", "cancel"])
def test_a_replay_that_was_stopped_makes_nothing_of_the_page_at_hand(dead: Any, change: Any) -> None:
    begun(dead)
    assert dead.replays.change(RPL, change, who="cli:anna", now=LATER)
    assert dead.replays.carry_out(a_page(RPL, again(8, old=1)), now=LATER, until=LATER + 5) is None
    assert dead.ledger.deliveries(Filter(replay=RPL), limit=9) == []
    assert dead.replays.drive(RPL, DRIVER, now=LATER, until=LATER + 5) is None


def test_who_lost_the_lease_makes_nothing(dead: Any) -> None:
    begun(dead)
    dead.replays.drive(RPL, "another", now=LATER + SECOND, until=LATER + DAY)
    assert dead.replays.carry_out(a_page(RPL, again(8, old=1)), now=LATER, until=LATER + 5) is None
    assert dead.replays.job(RPL).taken == 0


def test_a_paused_replay_goes_on_where_it_stopped(dead: Any) -> None:
    begun(dead)
    dead.replays.carry_out(a_page(RPL, again(8, old=1), after="here"), now=LATER, until=LATER + DAY)
    assert dead.replays.change(RPL, "pause", who="cli:anna", now=LATER)
    assert (dead.replays.job(RPL).state, dead.replays.job(RPL).changed_by) == ("paused", "cli:anna")
    assert dead.replays.change(RPL, "resume", who="cli:ben", now=LATER)
    job = dead.replays.drive(RPL, "another", now=LATER, until=LATER + 5)
    assert (job.state, job.after, job.taken, job.made, job.changed_by) == ("running", "here", 1, 1, "cli:ben")


def test_a_replay_is_changed_only_from_a_state_that_allows_it(store: Any) -> None:
    allowed = {
        "running": ["pause", "cancel"],
        "paused": ["resume", "cancel"],
        "cancelled": [],
        "done": [],
    }
    found: dict[str, list[str]] = {}
    for number, state in enumerate(allowed):
        found[state] = []
        for place, change in enumerate(("pause", "resume", "cancel")):
            job = a_job(10 * number + place, state=state)
            store.replays.start(job)
            if store.replays.change(job.id, change, who="x", now=NOW + 9):
                found[state].append(change)
            ended_at = NOW + 9 if change == "cancel" and change in found[state] else None
            assert store.replays.job(job.id).ended_at == ended_at
    assert found == allowed
    assert not store.replays.change(an_id("rpl", 99), "pause", who="x", now=NOW)


def test_a_rate_says_when_the_next_page_may_be_made(dead: Any) -> None:
    begun(dead, rate=Rate(2, 10_000))
    items = again(8, old=1), again(9, old=2), again(9, old=2)
    after = dead.replays.carry_out(a_page(RPL, *items), now=LATER, until=LATER)
    assert (after.made, after.next_at) == (2, LATER + 10_000)


def test_what_is_to_wait_is_due_later_but_no_later_than_its_mapping_says(dead: Any) -> None:
    begun(dead, wait=5_000)
    items = again(7, old=1), again(8, old=2, due_at=LATER - DAY), again(9, old=3, due_at=LATER + DAY)
    dead.replays.carry_out(a_page(RPL, *items), now=LATER, until=LATER)
    rows = [dead.ledger.delivery(an_id("dlv", number, at=LATER)) for number in (7, 8, 9)]
    assert [row["due_at"] - LATER for row in rows] == [5_000, 5_000, DAY]
    assert [row["wanted_at"] - LATER for row in rows] == [5_000, 5_000, DAY]


def test_what_is_over_before_it_would_be_due_is_not_made(dead: Any) -> None:
    begun(dead, wait=5_000)
    items = again(7, old=1, expires_at=LATER + 5_000), again(8, old=2, expires_at=LATER + 5_001)
    after = dead.replays.carry_out(a_page(RPL, *items), now=LATER, until=LATER)
    assert after.made == 1
    assert after.others == {
        "skipped: its mapping does not send it any more: the time until which it was to be sent is over": 1
    }
    assert dead.ledger.delivery(an_id("dlv", 8, at=LATER))["expires_at"] == LATER + 5_001


def test_reasons_are_counted_without_the_keys_and_events_in_them(dead: Any) -> None:
    dead.outbox.accept([planned(number, at=NOW + 1, key=f"k{number - 3}", repeat="once") for number in (4, 5)])
    begun(dead)
    items = [again(number, old=number - 6, key=f"k{number - 6}", repeat="once") for number in (7, 8)]
    after = dead.replays.carry_out(a_page(RPL, *items), now=LATER, until=LATER)
    assert (after.made, after.others) == (0, {"suppressed: already asked about its key, by another": 2})


def test_a_rehearsal_says_what_would_become_of_items_and_keeps_nothing(dead: Any) -> None:
    dead.outbox.accept([planned(4, at=NOW + 1, key="k1", repeat="once")])
    items = again(7, old=1, key="k1", repeat="once"), again(8, old=2), again(9, old=2)
    expected = Outcome(1, {"suppressed: already asked about its key, by another": 1, PASSED_OVER: 1})
    before = dead.ledger.counters()
    assert dead.replays.rehearse(items, include_delivered=False, now=LATER) == expected
    assert dead.ledger.counters() == before
    assert len(dead.ledger.deliveries(Filter(), limit=9)) == 4
    assert carry_out(dead, RPL, *items, now=LATER) == 1


def test_the_deliveries_of_a_replay_are_found_counted_and_cancelled_together(dead: Any) -> None:
    begun(dead)
    dead.replays.carry_out(a_page(RPL, again(7, old=1), again(8, old=2)), now=LATER, until=LATER)
    carry_out(dead, an_id("rpl", 2), again(9, old=3), now=LATER)
    claimed = dead.outbox.claim(now=LATER, lease_until=LATER + 9, free={"post-purchase": 1}, caps={})
    assert [each.id for each in claimed.deliveries] == [an_id("dlv", 7, at=LATER)]
    assert dead.replays.states(RPL) == {"sending": 1, "pending": 1}
    assert dead.controls.cancel(Filter(replay=RPL), reason="undone", now=LATER) == 1
    assert dead.replays.states(RPL) == {"sending": 1, "cancelled": 1}
    assert dead.replays.states(an_id("rpl", 2)) == {"pending": 1}


def test_what_a_replay_made_is_taken_back_in_parts(dead: Any) -> None:
    begun(dead)
    items = again(6, old=1), again(7, old=2), again(8, old=3)
    dead.replays.carry_out(a_page(RPL, *items), now=LATER, until=LATER)
    sixth, seventh, eighth = (an_id("dlv", number, at=LATER) for number in (6, 7, 8))
    dead.controls.hold(Filter(ids=(seventh,)), reason="wait", now=LATER)
    again_and_again = {"reason": "undone", "now": LATER + 1}
    assert dead.replays.take_back(RPL, limit=2, **again_and_again) == [sixth, seventh]
    assert dead.replays.states(RPL) == {"cancelled": 2, "pending": 1}
    assert dead.replays.take_back(RPL, limit=2, after=seventh, **again_and_again) == [eighth]
    assert dead.replays.take_back(RPL, limit=2, after=eighth, **again_and_again) == []
    row = dead.ledger.delivery(seventh)
    assert (row["state"], row["reason"], row["state_at"]) == ("cancelled", "undone", LATER + 1)


def test_what_waits_of_replays_is_counted_when_it_is_due_and_up_to_a_number(dead: Any) -> None:
    dead.outbox.accept([planned(4)])
    begun(dead, wait=5_000)
    dead.replays.carry_out(a_page(RPL, again(7, old=1), again(8, old=2), again(9, old=3)), now=LATER, until=LATER)
    waiting = [dead.replays.waiting(now=LATER + wait, most=most) for wait, most in ((4_999, 9), (5_000, 9), (5_000, 2))]
    assert waiting == [0, 3, 2]


def test_what_replays_take_is_counted_by_what_and_where_it_is(dead: Any) -> None:
    failing = an_intake(an_event(5, marks=(Mark("contact", ANNA),)), proposing(Failed("no email"), element=7))
    dead.outbox.accept([failing, planned(6, touchpoint="support")])
    place = {"source": "shopify", "mapping": "thanks"}
    rows = [
        place | {"kind": "delivery", "touchpoint": "post-purchase", "state": "dead", "number": 3},
        place | {"kind": "decision", "touchpoint": "", "state": "failed", "number": 1},
    ]
    assert dead.replays.count_replayable(Selection(Filter(source="shopify"))) == rows
    assert dead.replays.count_replayable(Selection(Filter(source="shopify"), newest=an_id("dlv", 2))) == [
        rows[0] | {"number": 1}
    ]
    assert dead.replays.count_replayable(Selection(Filter(states=("held",)))) == []
    carry_out(dead, RPL, again(7, old=1), now=LATER)
    assert dead.replays.count_replayable(Selection(Filter(ids=(an_id("dlv", 1),)))) == []


def test_what_is_newer_than_the_replay_is_left_alone(dead: Any) -> None:
    failing = an_intake(an_event(5), proposing(Failed("no email"), element=7))
    dead.outbox.accept([failing])
    for newest, expected in ((an_id("dlv", 2), [1]), (an_id("dlv", 5), [1, 2, 3]), (an_id("dlv", 6), [1, 2, 3, 5])):
        rows = dead.replays.replayable(Selection(Filter(), newest=newest), limit=9, after=None)
        assert [row["event_id"] for row in rows] == [an_id("evt", number) for number in expected]


def test_a_stored_body_keeps_the_hours_of_its_contact(store: Any) -> None:
    hours = Hours("Europe/Vienna", 540, 1200, (4,))
    store.outbox.accept([planned(1, hours=hours)])
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)], now=NOW)
    rows = store.replays.replayable(Selection(Filter()), limit=9, after=None)
    assert [row["hours"] for row in rows] == ['{"zone":"Europe/Vienna","begins":540,"ends":1200,"days":[4]}']


def test_replays_that_ended_go_with_the_history(store: Any) -> None:
    for number, state, ended_at in ((1, "done", NOW - 1), (2, "cancelled", NOW), (3, "running", None)):
        store.replays.start(a_job(number, state=state, ended_at=ended_at))
    bounds = {"now": NOW, "payloads_before": 0, "history_before": NOW}
    assert store.controls.prunable(**bounds)["replays"] == 1
    assert store.controls.prune(**bounds, limit=9).counts == {"replays": 1}
    assert [job.id for job in store.replays.jobs(limit=9)] == [an_id("rpl", 3), an_id("rpl", 2)]


# -- lookups --------------------------------------------------------------------------------------------------


def test_what_waited_for_a_lookup_is_counted_when_it_is_made(store: Any) -> None:
    store.outbox.accept([planned(1, event={"source": "shopify"})])
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)], now=NOW)
    begun(store, mode="current-mapping", wait=5_000)
    awaited = (Awaited(an_id("evt", 1), RPL, "thanks", 0, an_id("dlv", 1)),)
    after = store.replays.carry_out(a_page(RPL, awaited=awaited, taken=1), now=LATER, until=LATER)
    assert (after.taken, after.made) == (1, 0)
    assert after.others == {"waiting: the running bridge makes its lookup first": 1}
    _look_up(store)
    job = store.replays.job(RPL)
    assert (job.made, job.others) == (1, {})
    assert store.ledger.delivery(an_id("dlv", 9))["due_at"] == LATER + 5_000


def test_a_cancelled_replay_makes_nothing_of_a_lookup_that_comes_later(store: Any) -> None:
    store.outbox.accept([planned(1)])
    store.outbox.settle([settled(each, Dead("no")) for each in claim_all(store)], now=NOW)
    begun(store)
    awaited = (Awaited(an_id("evt", 1), RPL, "thanks", 0, an_id("dlv", 1)),)
    store.replays.carry_out(a_page(RPL, awaited=awaited), now=LATER, until=LATER)
    store.replays.change(RPL, "cancel", who="x", now=LATER)
    _look_up(store)
    assert store.ledger.delivery(an_id("dlv", 9)) is None


def _look_up(store: Any) -> None:
    [inquiry] = store.outbox.claim_lookups(now=LATER, lease_until=LATER + 9, free={"shopify": 1})
    finished = Finished(inquiry, inquiry.event, (proposing(a_plan(9)),), {"": {}})
    assert store.outbox.finish_lookups([finished], now=LATER) == [True]


# -- backfills ------------------------------------------------------------------------------------------------


NEW = Selection(Filter(mapping="shopify/new"), newest=an_id("dlv", 99), backfill=("orders/*", "refund"))


def new(event: Any, outcome: Any, *, element: Any = 0) -> Replayed:
    return Replayed(an_id("evt", event), Proposal("new", element, outcome))


@pytest.fixture
def past(store: Any) -> Any:
    """Events 1 to 3 as a new mapping takes them, 4 with its decision, 5 of another topic, 6 unknown, 7 elsewhere."""
    store.outbox.accept([planned(1), an_intake(an_event(2)), an_intake(an_event(3, topic="refund"))])
    store.outbox.accept([an_intake(an_event(4), proposing(Skipped("no consent"), mapping="new"))])
    store.outbox.accept([an_intake(an_event(5, topic="carts/created")), waiting(6)])
    store.outbox.accept([an_intake(an_event(7, source="stripe"))])
    return store


def backfillable(store: Any, selection: Any = NEW, **page: Any) -> list[Any]:
    rows = store.replays.replayable(selection, **{"limit": 9, "after": None, **page})
    return [row["cursor"] for row in rows]


def test_a_backfill_takes_events_that_were_decided_without_the_mapping(past: Any) -> None:
    first, second, third = (an_id("evt", number) for number in (1, 2, 3))
    assert backfillable(past) == [first, second, third]
    assert backfillable(past, limit=1, after=first) == [second]
    assert backfillable(past, replace(NEW, wanted=replace(NEW.wanted, topic="refund"))) == [third]
    assert backfillable(past, replace(NEW, wanted=replace(NEW.wanted, since=NOW + 1))) == []
    assert backfillable(past, replace(NEW, newest=an_id("dlv", 2))) == [first]
    assert backfillable(past, replace(NEW, backfill=())) == [first, second, third, an_id("evt", 5)]
    [row, *_] = past.replays.replayable(NEW, limit=1, after=None)
    assert (row["kind"], row["mapping"], row["element"]) == ("event", "new", 0)
    assert (row["source"], row["tenant"], row["event_id"]) == ("shopify", "shop-a", first)


def test_what_a_backfill_takes_is_counted_by_topic(past: Any) -> None:
    place = {"kind": "event", "source": "shopify", "mapping": "new", "touchpoint": ""}
    rows = sorted(past.replays.count_replayable(NEW), key=lambda row: str(row["state"]))
    assert rows == [
        place | {"state": "orders/fulfilled", "number": 2},
        place | {"state": "refund", "number": 1},
    ]


def test_an_event_is_backfilled_once_and_a_failed_element_again(past: Any) -> None:
    items = new(1, a_plan(7)), new(2, a_plan(8)), new(2, Failed("no email"), element=1), new(3, Skipped("no consent"))
    assert carry_out(past, RPL, *items, now=LATER) == 2
    assert backfillable(past) == [an_id("evt", 2), an_id("evt", 3)]
    again = new(2, a_plan(9)), new(2, a_plan(10), element=1)
    assert carry_out(past, an_id("rpl", 2), *again, now=LATER) == 1
    assert backfillable(past) == [an_id("evt", 3)]
    row = past.ledger.delivery(an_id("dlv", 10))
    assert (row["mapping"], row["element"], row["replay_id"], row["replay_of"]) == ("new", 1, an_id("rpl", 2), None)


def test_an_event_without_its_payload_cannot_be_backfilled(past: Any) -> None:
    past.outbox.settle([settled(each) for each in claim_all(past)], now=NOW)
    past.controls.prune(now=NOW, payloads_before=NOW + 1, history_before=0, limit=99)
    assert backfillable(past) == []


def test_the_plan_of_a_backfill_is_due_at_its_mappings_time(past: Any) -> None:
    carry_out(past, RPL, new(1, a_plan(7, due_at=LATER + 5)), new(2, a_plan(8, due_at=NOW)), now=LATER)
    rows = [past.ledger.delivery(an_id("dlv", number)) for number in (7, 8)]
    assert [row["due_at"] for row in rows] == [LATER + 5, LATER]
