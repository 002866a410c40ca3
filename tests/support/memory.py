"""The store's memory double: the promised verbs over plain dicts, for tests of whatever uses a store."""

import dataclasses
import hashlib
import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

from bridge.core.ids import make_id
from bridge.core.model import Accepted, Decision, Delivery, Entry, Event, Facts, Plan, Proposal, Receipt
from bridge.core.outcome import Answered, Delivered, Hold, Pause, RetryAt, Settled
from bridge.core.resolve import resolve
from bridge.outbox.protocol import Filter, Paused, Sealed, Version

DAY = 86_400_000
ENDED_FOR_NOTHING = ("dead", "cancelled")
CRASHED = "the bridge stopped while this was being sent; whether the target took it is unknown"
PARKED = "its touchpoint is not in the mapping files any more"
HIDDEN = ("body", "lease", "lease_until", "headers", "query", "marks", "dedupe_until", "event")


class Rows:
    """What a store remembers, and the questions that several verbs ask."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.dedupe: dict[tuple[str, str, str], tuple[str, bytes, int]] = {}
        self.decisions: list[dict[str, Any]] = []
        self.deliveries: dict[str, SimpleNamespace] = {}
        self.attempts: list[dict[str, Any]] = []
        self.once: dict[tuple[str, str, str, str], tuple[str, int]] = {}
        self.refused: dict[str, Any] = {}
        self.pauses: dict[tuple[str, str], Paused] = {}
        self.replays: dict[str, tuple[str, str, int]] = {}
        self.replayed: list[dict[str, Any]] = []
        self.counters: Counter[str] = Counter()
        self.lookups: dict[str, dict[str, Any]] = {}
        self.awaited: list[Any] = []
        self.denials: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, Sealed] = {}
        self.configurations: dict[str, dict[str, str]] = {}
        self.versions: list[Version] = []

    def decide(self, proposal: Proposal, event: Any, now: int, replay_id: Any = None, replay_of: Any = None) -> Any:
        plan = proposal.outcome if isinstance(proposal.outcome, Plan) else None
        facts = Facts()
        if plan:
            facts = Facts(self._holder(plan, proposal, event, now), self._asked(plan, now, replay_of))
        decision = resolve(proposal, facts)
        if decision.plan:
            self._plan(decision.plan, proposal, event, now, (replay_id, replay_of))
        return decision

    def _holder(self, plan: Plan, proposal: Proposal, event: Any, now: int) -> str | None:
        claim = (event["source"], proposal.mapping, event["tenant"], plan.key or "")
        if plan.repeat != "once" or plan.key is None or claim not in self.once:
            return None
        holder, expires_at = self.once[claim]
        states = [
            each.state
            for each in self.deliveries.values()
            if (each.event_id, each.mapping, each.key) == (holder, proposal.mapping, plan.key)
        ]
        lapsed = states and all(state in ENDED_FOR_NOTHING for state in states)
        return None if holder == event["id"] or expires_at <= now or lapsed else holder

    def _asked(self, plan: Plan, now: int, replay_of: str | None) -> int:
        if plan.cap is None or plan.contact is None:
            return 0
        return sum(
            each.contact == plan.contact
            and plan.cap.across in ("all", "touchpoint" if each.touchpoint == plan.touchpoint else "")
            and each.created_at > now - plan.cap.period
            and each.id != replay_of
            and each.state not in ENDED_FOR_NOTHING
            for each in self.deliveries.values()
        )

    def _plan(self, plan: Plan, proposal: Proposal, event: Any, now: int, replay: tuple[Any, Any]) -> None:
        if plan.repeat == "once" and plan.key is not None:
            self.once[event["source"], proposal.mapping, event["tenant"], plan.key] = (event["id"], now + 400 * DAY)
        self.counters["deliveries.replayed" if replay[0] else "deliveries.planned"] += 1
        self.counters["deliveries.pending"] += 1
        self.deliveries[plan.delivery_id] = SimpleNamespace(
            id=plan.delivery_id,
            event_id=event["id"],
            source=event["source"],
            mapping=proposal.mapping,
            element=proposal.element,
            tenant=event["tenant"],
            touchpoint=plan.touchpoint,
            contact=plan.contact,
            key=plan.key,
            config=event["config"],
            state="pending",
            attempts=0,
            due_at=now,
            age_from=now,
            created_at=now,
            state_at=now,
            reason="",
            message="",
            replay_id=replay[0],
            replay_of=replay[1],
            body=json.dumps(dict(plan.body), ensure_ascii=False, separators=(",", ":")),
            lease=0,
            lease_until=None,
        )

    def move(self, delivery: SimpleNamespace, state: str, now: int, **changes: Any) -> None:
        self.counters[f"deliveries.{delivery.state}"] -= 1
        self.counters[f"deliveries.{state}"] += 1
        vars(delivery).update(state=state, state_at=now, **changes)

    def let_go(self, delivery: SimpleNamespace, now: int) -> None:
        self.move(delivery, "pending", now, reason="", due_at=now, age_from=younger(delivery, delivery.state_at, now))

    def attempt(self, delivery_id: str, **columns: Any) -> None:
        number = sum(each["delivery_id"] == delivery_id for each in self.attempts) + 1
        self.counters["attempts"] += 1
        self.attempts.append({"delivery_id": delivery_id, "number": number, **columns})

    def chosen(self, wanted: Filter, *states: str) -> list[SimpleNamespace]:
        return [
            each
            for _, each in sorted(self.deliveries.items())
            if (not states or each.state in states)
            and placed(wanted, each.id, "dlv")
            and (not wanted.states or each.state in wanted.states)
            and (not wanted.verdicts or "planned" in wanted.verdicts)
            and wanted.source in (None, each.source)
            and wanted.touchpoint in (None, each.touchpoint)
            and wanted.contact in (None, each.contact)
            and wanted.topic in (None, self.events[each.event_id]["topic"])
            and wanted.mapping in (None, each.mapping, f"{each.source}/{each.mapping}")
            and (not wanted.ids or each.id in wanted.ids or each.event_id in wanted.ids)
        ]


def younger(delivery: SimpleNamespace, since: int, now: int) -> int:
    return now if delivery.age_from > since else delivery.age_from + now - since


def placed(wanted: Filter, row_id: str, kind: Any) -> bool:
    return (
        (wanted.since is None or row_id >= make_id(kind, wanted.since, 0))
        and (wanted.until is None or row_id < make_id(kind, wanted.until, 0))
        and (wanted.before is None or row_id < wanted.before)
    )


def shown(delivery: SimpleNamespace) -> dict[str, Any]:
    contact = None if delivery.contact is None else delivery.contact.hex()
    return {name: value for name, value in vars(delivery).items() if name not in HIDDEN} | {"contact": contact}


class MemoryOutbox:
    """`lookups` is set by whoever makes the store: the verbs of lookups are its."""

    lookups: Any

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        verbs = {
            "claim_lookups": "claim",
            "finish_lookups": "finish",
            "postpone_lookups": "postpone",
            "recover_lookups": "recover",
            "forgive_lookups": "forgive",
            "next_lookup_due": "next_due",
        }
        return getattr(self.lookups, verbs[name])

    def accept(self, intakes: Any) -> list[Accepted]:
        return [self._take(intake) for intake in intakes]

    def _take(self, intake: Any) -> Accepted:
        planned, waiting, receipts = 0, 0, []
        for entry in intake.entries:
            receipts.append(self._receipt(entry.event))
            if not receipts[-1].duplicate:
                planned += self._enter(entry)
                waiting += entry.lookup
        return Accepted(tuple(receipts), planned, waiting)

    def _receipt(self, event: Event) -> Receipt:
        digest = hashlib.sha256(event.body).digest()
        place = (event.source, event.tenant, event.source_event_id)
        first = self._rows.dedupe.get(place)
        if first and first[2] > event.received_at:
            self._rows.counters["duplicates"] += 1
            return Receipt(first[0], duplicate=True, changed=first[1] != digest)
        self._rows.dedupe[place] = (event.id, digest, event.dedupe_until)
        return Receipt(event.id, duplicate=False)

    def _enter(self, entry: Entry) -> int:
        event = entry.event
        columns = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
        del columns["payload"]
        self._rows.events[event.id] = columns | {"size": len(event.body), "event": event}
        self._rows.counters["events.accepted"] += 1
        if entry.lookup:
            self._rows.counters["events.waiting"] += 1
            self.lookups.enter(event.id, event.source, event.received_at)
            return 0
        self._rows.counters["events.decided"] += bool(entry.proposals)
        row = self._rows.events[event.id]
        return sum(self.decide(proposal, row, event.received_at) for proposal in entry.proposals)

    def decide(self, proposal: Proposal, event: dict[str, Any], now: int) -> bool:
        decision = self._rows.decide(proposal, event, now)
        self._rows.counters["decisions"] += 1
        self._rows.counters[f"decisions.{decision.verdict}"] += 1
        self._rows.decisions.append(decision_row(event["id"], decision) | {"replay_id": None, "replay_of": None})
        return decision.plan is not None

    def refuse(self, refusals: Any) -> None:
        self._rows.counters["refused"] += len(refusals)
        self._rows.refused.update((refused.id, refused) for refused in refusals)

    def claim(self, *, now: int, lease_until: int, free: Any) -> list[Delivery]:
        claimed: list[Delivery] = []
        for touchpoint, slots in free.items():
            due = [
                each
                for each in self._rows.deliveries.values()
                if each.state == "pending" and each.touchpoint == touchpoint and each.due_at <= now
                if not self._paused(each)
            ]
            for each in sorted(due, key=lambda each: (each.due_at, each.id))[: max(slots, 0)]:
                self._rows.move(each, "sending", now, lease=each.lease + 1, lease_until=lease_until)
                claimed.append(Delivery(**{f.name: getattr(each, f.name) for f in dataclasses.fields(Delivery)}))
        return sorted(claimed, key=lambda delivery: (delivery.due_at, delivery.id))

    def _paused(self, each: SimpleNamespace) -> bool:
        mapping = f"{each.source}/{each.mapping}"
        scopes = {("all", ""), ("touchpoint", each.touchpoint), ("source", each.source), ("mapping", mapping)}
        return not scopes.isdisjoint(self._rows.pauses)

    def settle(self, results: Any, *, now: int) -> list[bool]:
        return [self._settle(result, now) for result in results]

    def _settle(self, result: Settled, now: int) -> bool:
        delivery, ruling = self._rows.deliveries[result.delivery.id], result.ruling
        kept = delivery.state == "sending" and delivery.lease == result.delivery.lease
        reason = "" if isinstance(ruling, Delivered) else ruling.reason
        message = result.outcome.message if isinstance(result.outcome, Answered) else ""
        names = {"RetryAt": "retry", "NotSent": "not_sent"}
        self._rows.attempt(
            delivery.id,
            started_at=result.started_at,
            ended_at=result.ended_at,
            outcome=names.get(type(result.outcome).__name__, type(result.outcome).__name__.lower()),
            status=getattr(result.outcome, "status", None),
            message=getattr(result.outcome, "message", None) or getattr(result.outcome, "reason", ""),
            ruling=names.get(type(ruling).__name__, type(ruling).__name__.lower()),
            reason=reason,
            effective=int(kept),
        )
        if not kept:
            return False
        states = {Delivered: "delivered", RetryAt: "pending", Hold: "held", Pause: "pending"}
        due_at = ruling.due_at if isinstance(ruling, RetryAt) else delivery.due_at
        self._rows.move(
            delivery,
            states.get(type(ruling), "dead"),
            now,
            due_at=due_at,
            reason=reason,
            message=message,
            lease_until=None,
        )
        if isinstance(ruling, Pause):
            paused = Paused("touchpoint", delivery.touchpoint, reason, now, "target")
            self._rows.pauses.setdefault(("touchpoint", delivery.touchpoint), paused)
        else:
            delivery.attempts += 1
        return True

    def recover(self, *, now: int, everything: bool, ambiguous: Any) -> int:
        left = [each for each in self._rows.deliveries.values() if each.state == "sending"]
        ended = [each for each in left if everything or each.lease_until <= now]
        for each in ended:
            again = ambiguous.get(each.touchpoint) == "retry"
            self._rows.attempt(
                each.id,
                started_at=each.state_at,
                ended_at=now,
                outcome="crashed",
                status=None,
                message="",
                ruling="retry" if again else "hold",
                reason=CRASHED,
                effective=1,
            )
            due_at = now if again else each.due_at
            state = "pending" if again else "held"
            self._rows.move(
                each,
                state,
                now,
                reason=CRASHED,
                message="",
                due_at=due_at,
                attempts=each.attempts + 1,
                lease_until=None,
            )
        return len(ended)

    def park(self, *, touchpoints: Any, now: int) -> int:
        gone = [each for each in self._rows.chosen(Filter(), "pending") if each.touchpoint not in touchpoints]
        held = [each for each in self._rows.chosen(Filter(), "held") if each.reason == PARKED]
        back = [each for each in held if each.touchpoint in touchpoints]
        for each in gone:
            self._rows.move(each, "held", now, reason=PARKED)
        for each in back:
            self._rows.let_go(each, now)
        return len(gone) + len(back)

    def next_due(self, *, now: int) -> int | None:
        return min((each.due_at for each in self._rows.chosen(Filter(), "pending") if each.due_at > now), default=None)


def decision_row(event_id: str, decision: Decision) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "mapping": decision.mapping,
        "element": decision.element,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "delivery_id": decision.plan.delivery_id if decision.plan else None,
    }
