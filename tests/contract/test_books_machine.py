"""Any sequence of verbs does the same to the store on SQLite as to the memory double, and the books balance."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.core.inquiry import Awaited, Finished, Postponed
from bridge.core.model import Cancel, Cap, Failed, Proposal, Skipped, Unsubscribe
from bridge.core.outcome import Answered, Dead, Delivered, Hold, Pause, RetryAt
from bridge.core.schedule import Hours
from bridge.outbox.jobs import Replayed
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter, Paused
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    HOUR,
    NOW,
    a_plan,
    an_event,
    an_id,
    an_intake,
    proposing,
    settled,
    swept,
    waiting,
)
from tests.support.memory_books import memory_store
from tests.support.replays import await_lookups, carry_out, replayable
from tests.support.spans import shorten_spans

TOUCHPOINTS = st.sampled_from(["post-purchase", "support"])
SCOPES = st.sampled_from(
    [("all", ""), ("touchpoint", "support"), ("source", "shopify"), ("mapping", "shopify/thanks"), ("source", "x")]
)
FILTERS = st.builds(
    Filter,
    states=st.sampled_from([(), ("held",), ("pending", "dead")]),
    touchpoint=st.none() | TOUCHPOINTS,
    contact=st.sampled_from([None, None, ANNA]),
    source=st.sampled_from([None, "shopify", "stripe"]),
)
OUTCOMES = st.sampled_from(["plan", "plan", "plan", "skip", "fail"])
CAPS = st.sampled_from([None, None, Cap(1, DAY, "touchpoint"), Cap(2, 2 * DAY, "all")])
LIMITS = st.sampled_from(
    [
        {},
        {"post-purchase": Cap(1, DAY, "touchpoint")},
        {"post-purchase": Cap(2, DAY, "all"), "support": Cap(1, 1, "all")},
    ]
)
TIMES = st.sampled_from([{}, {}, {"expires_at": NOW + DAY}, {"hours": Hours(begins=9 * 60, ends=21 * 60)}])
RULINGS = st.sampled_from(
    [
        Delivered(),
        RetryAt(NOW, "503"),
        RetryAt(NOW, "504", may_be_taken=True),
        Hold("?"),
        Pause("401"),
        Dead("422"),
    ]
)


class Books(RuleBasedStateMachine):
    """The memory double and SQLite side by side."""

    @initialize(with_short_spans=st.booleans())
    def open(self, with_short_spans: bool) -> None:  # noqa: FBT001 - Hypothesis calls it by name
        self.folder = Path(tempfile.mkdtemp())
        self.stores = (memory_store(), open_store(self.folder / "bridge.db", create=True))
        if with_short_spans:
            shorten_spans(self.stores[1])
        self.now = NOW
        self.number = 0
        self.leased: list[Any] = []
        self.asked: list[Any] = []

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            self.stores[1].close()
            shutil.rmtree(self.folder)

    def both(self, verb: Any) -> Any:
        """Do it to both; they must say the same."""
        expected, given = (verb(store) for store in self.stores)
        assert given == expected
        return expected

    def next_number(self) -> Any:
        self.number += 1
        return self.number

    @rule(
        outcomes=st.lists(st.tuples(OUTCOMES, TOUCHPOINTS, CAPS), min_size=1, max_size=3),
        source=st.sampled_from(["shopify", "stripe"]),
        about=st.sampled_from(
            [(None, "send"), ("a", "once"), ("a", "replace"), ("b", "once"), ("b", "replace"), ("b", "send")]
        ),
        contact=st.sampled_from([None, ANNA, BEN]),
        identity=st.integers(1, 6),
        times=TIMES,
    )
    def accept(self, *, outcomes: Any, source: Any, about: Any, contact: Any, identity: Any, times: Any) -> None:
        event = an_event(
            self.next_number(), at=self.now, source=source, source_event_id=f"{identity}", dedupe_until=self.now + DAY
        )
        proposals = []
        for element, (outcome, touchpoint, cap) in enumerate(outcomes):
            plan = a_plan(
                self.next_number(),
                at=self.now,
                touchpoint=touchpoint,
                contact=contact,
                cap=cap,
                key=about[0],
                repeat=about[1],
                **times,
            )
            chosen: Any = {"plan": plan, "skip": Skipped("no"), "fail": Failed("email")}[outcome]
            proposals.append(proposing(chosen, element=element))
        intake = an_intake(event, *proposals)
        self.both(lambda store: store.outbox.accept([intake]))

    @rule(
        source=st.sampled_from(["shopify", "stripe"]),
        key=st.sampled_from(["a", "b"]),
        contact=st.sampled_from([None, None, ANNA]),
        plan_after=st.booleans(),
        day=st.integers(0, 40),
    )
    def stop(self, source: Any, key: Any, contact: Any, plan_after: Any, day: Any) -> None:
        plans = [proposing(a_plan(self.next_number(), at=self.now, key=key, contact=ANNA), element=n) for n in (0, 9)]
        wanted = Unsubscribe(contact, "a…") if contact else Cancel(source, "thanks", key)
        proposals = [plans[0], proposing(wanted, element=1), *plans[1 : 1 + plan_after]]
        event = an_event(self.next_number(), at=self.now - day * DAY, source="shopify", dedupe_until=self.now + DAY)
        self.both(lambda store: store.outbox.accept([an_intake(event, *proposals)]))

    @rule(contact=st.sampled_from([ANNA, BEN]))
    def allow(self, contact: Any) -> None:
        self.both(lambda store: store.controls.unsuppress(contact))

    @rule(free=st.integers(1, 4), lease=st.sampled_from([1, HOUR]), caps=LIMITS)
    def claim(self, free: Any, lease: Any, caps: Any) -> None:
        slots = {"post-purchase": free, "support": free}
        until = self.now + lease
        claimed = self.both(lambda store: store.outbox.claim(now=self.now, lease_until=until, free=slots, caps=caps))
        self.leased += claimed.deliveries

    @rule(rulings=st.lists(RULINGS, min_size=1, max_size=4), index=st.integers(0, 50))
    def settle(self, rulings: Any, index: Any) -> None:
        if not self.leased:
            return
        chosen = [self.leased[(index + number) % len(self.leased)] for number in range(len(rulings))]
        results = [
            settled(delivery, ruling, outcome=Answered(200, "ok"), at=self.now)
            for delivery, ruling in zip(chosen, rulings, strict=True)
            if delivery.id in {row["id"] for row in self.stores[0].ledger.deliveries(Filter(), limit=1000)}
        ]
        self.both(lambda store: store.outbox.settle(results, now=self.now))

    @rule(source=st.sampled_from(["shopify", "stripe"]), identity=st.integers(1, 6))
    def accept_what_waits(self, source: Any, identity: Any) -> None:
        number, until = self.next_number(), self.now + DAY
        intake = waiting(number, at=self.now, source=source, source_event_id=f"{identity}", dedupe_until=until)
        self.both(lambda store: store.outbox.accept([intake]))

    @rule(free=st.integers(1, 3), lease=st.sampled_from([1, HOUR]))
    def ask(self, free: Any, lease: Any) -> None:
        slots = {"shopify": free, "stripe": free}
        until = self.now + lease
        self.asked += self.both(lambda store: store.outbox.claim_lookups(now=self.now, lease_until=until, free=slots))

    def an_inquiry(self, index: Any) -> Any:
        there = {row["id"] for row in self.stores[0].ledger.events(Filter(), limit=1000)}
        asked = [inquiry for inquiry in self.asked if inquiry.event.id in there]
        return asked[index % len(asked)] if asked else None

    @rule(outcomes=st.lists(OUTCOMES, min_size=1, max_size=2), index=st.integers(0, 50), found=st.booleans())
    def finish(self, outcomes: Any, index: Any, found: Any) -> None:
        inquiry = self.an_inquiry(index)
        if inquiry is None:
            return
        proposals = []
        for element, outcome in enumerate(outcomes):
            plan = a_plan(self.next_number(), at=self.now, contact=ANNA)
            chosen: Any = {"plan": plan, "skip": Skipped("no"), "fail": Failed("email")}[outcome]
            proposals.append(proposing(chosen, element=element))
        answers = {"": {"id": 1}} if found else None
        result = Finished(inquiry, inquiry.event, tuple(proposals), answers, "" if found else "404")
        self.both(lambda store: store.outbox.finish_lookups([result], now=self.now))

    @rule(index=st.integers(0, 50), wait=st.sampled_from([0, HOUR]), denied=st.sampled_from([None, HOUR, DAY]))
    def postpone(self, index: Any, wait: Any, denied: Any) -> None:
        if (inquiry := self.an_inquiry(index)) is not None:
            until = None if denied is None else self.now + denied
            result = Postponed(inquiry, self.now + wait, "not now", until)
            self.both(lambda store: store.outbox.postpone_lookups([result], now=self.now))

    @rule(everything=st.booleans(), source=st.sampled_from(["shopify", "stripe"]))
    def recover_or_forgive(self, everything: Any, source: Any) -> None:
        self.both(lambda store: store.outbox.recover_lookups(now=self.now, everything=everything))
        self.both(lambda store: store.outbox.forgive_lookups(source, now=self.now))

    @rule(wanted=FILTERS)
    def look_up_again(self, wanted: Any) -> None:
        rows = self.both(lambda store: replayable(store, wanted, limit=3))
        replay_id = an_id("rpl", self.next_number(), at=self.now)
        items = [Awaited(row["event_id"], replay_id, row["mapping"], row["element"], row.get("id")) for row in rows]
        self.both(lambda store: await_lookups(store, items, now=self.now))

    @rule(everything=st.booleans(), ambiguous=st.sampled_from([{}, {"support": "retry"}]))
    def recover(self, everything: Any, ambiguous: Any) -> None:
        self.both(lambda store: store.outbox.recover(now=self.now, everything=everything, ambiguous=ambiguous))

    @rule(touchpoints=st.sampled_from([["support"], ["support", "post-purchase"]]))
    def park(self, touchpoints: Any) -> None:
        self.both(lambda store: store.outbox.park(touchpoints=touchpoints, now=self.now))

    @rule(place=SCOPES, go_on=st.booleans())
    def pause_or_resume(self, place: Any, go_on: Any) -> None:
        if go_on:
            self.both(lambda store: store.controls.resume(*place, now=self.now))
        else:
            self.both(lambda store: store.controls.pause(Paused(place[0], place[1], "why", self.now, "operator")))

    @rule(wanted=FILTERS, verb=st.sampled_from(["cancel", "hold", "release"]))
    def operate(self, wanted: Any, verb: Any) -> None:
        reason = {} if verb == "release" else {"reason": verb}
        self.both(lambda store: getattr(store.controls, verb)(wanted, now=self.now, **reason))

    @rule(wanted=FILTERS, include_delivered=st.booleans(), repeat=st.sampled_from(["once", "replace", "send"]))
    def replay(self, wanted: Any, include_delivered: Any, repeat: Any) -> None:
        rows = self.both(lambda store: replayable(store, wanted, include_delivered=include_delivered, limit=3))
        items = []
        for row in rows:
            plan = a_plan(
                self.next_number(),
                at=self.now,
                key=row.get("key"),
                repeat=repeat,
                touchpoint=row.get("touchpoint", "x"),
                contact=ANNA,
                cap=Cap(2, DAY, "all"),
            )
            items.append(Replayed(row["event_id"], Proposal(row["mapping"], row["element"], plan), row.get("id")))
        replay_id = an_id("rpl", self.next_number(), at=self.now)
        included = {"include_delivered": include_delivered}
        self.both(lambda store: carry_out(store, replay_id, *items, *items, now=self.now, **included))

    @rule(payloads=st.integers(-1, 2), history=st.integers(0, 3), limit=st.sampled_from([1, 100]))
    def prune(self, payloads: Any, history: Any, limit: Any) -> None:
        before = {"payloads_before": self.now - payloads * DAY, "history_before": self.now - history * DAY}
        self.both(lambda store: store.controls.prunable(now=self.now, **before))
        self.both(lambda store: swept(store, now=self.now, limit=limit, **before))

    @rule(step=st.sampled_from([1, HOUR, DAY]))
    def pass_time(self, step: Any) -> None:
        self.now += step

    @invariant()
    def both_hold_the_same_and_balance(self) -> None:
        if not hasattr(self, "stores"):
            return
        self.both(lambda store: store.ledger.deliveries(Filter(), limit=1000))
        self.both(lambda store: store.ledger.events(Filter(), limit=1000))
        self.both(lambda store: store.ledger.touchpoint_totals())
        self.both(lambda store: store.ledger.pauses())
        self.both(lambda store: store.ledger.lookup_queues())
        self.both(lambda store: store.outbox.next_lookup_due(sources=["shopify", "stripe"], now=self.now))
        ids = [row["id"] for row in self.stores[0].ledger.events(Filter(), limit=1000)]
        self.both(lambda store: [(store.ledger.lookup(each), store.ledger.event(each)["marks"]) for each in ids])
        self.both(lambda store: [store.ledger.decisions(each) for each in ids])
        self.both(lambda store: store.ledger.suppressions(limit=9))
        self.both(lambda store: store.outbox.next_due(now=self.now))
        self.both(lambda store: {name: value for name, value in store.ledger.counters().items() if value})
        assert [store.ledger.audit() for store in self.stores] == [[], []]


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
