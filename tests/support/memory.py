"""The store's memory double: the promised verbs over plain dicts, for tests of whatever uses a store."""

import dataclasses
import hashlib
import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

from bridge.core.ids import make_id
from bridge.core.model import Accepted, Decision, Entry, Event, Plan, Proposal, Receipt
from bridge.outbox.safekeeping import Sealed, Version
from bridge.outbox.standings import Proof
from bridge.outbox.terms import Action, Circuit, Filter, Paused, Suppression
from tests.support.memory_attributes import MemoryAttributes
from tests.support.memory_judging import Judging
from tests.support.memory_people import People
from tests.support.memory_sending import MemorySending

DAY = 86_400_000
HIDDEN = ("day", "lane", "body", "lease", "lease_until", "headers", "query", "marks", "dedupe_until", "event")


class Rows:
    """What a store remembers, and the questions that several verbs ask."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.dedupe: dict[tuple[str, str, str], tuple[str, bytes, int]] = {}
        self.decisions: list[dict[str, Any]] = []
        self.deliveries: dict[str, SimpleNamespace] = {}
        self.attempts: list[dict[str, Any]] = []
        self.once: dict[tuple[str, str, str, str], tuple[str, int]] = {}
        self.tombstones: dict[tuple[str, str, str, str], tuple[str, int, str, int]] = {}
        self.refused: dict[str, Any] = {}
        self.pauses: dict[tuple[str, str], Paused] = {}
        self.attributes = MemoryAttributes()
        self.circuits: dict[str, Circuit] = {}
        self.suppressions: dict[bytes, Suppression] = {}
        self.replays: dict[str, Any] = {}
        self.replayed: list[dict[str, Any]] = []
        self.counters: Counter[str] = Counter()
        self.lookups: dict[str, dict[str, Any]] = {}
        self.awaited: list[Any] = []
        self.denials: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, Sealed] = {}
        self.configurations: dict[str, dict[str, str]] = {}
        self.versions: list[Version] = []
        self.actions: list[Action] = []
        self.hours: dict[int, dict[str, int]] = {}
        self.people = People()
        self.proofs: dict[tuple[str, str], Proof] = {}

    def decide(self, proposal: Proposal, event: Any, now: int, replay_id: Any = None, replay_of: Any = None) -> Any:
        return Judging(self, event, now, (replay_id, replay_of)).decide(proposal)

    def plan(self, plan: Plan, proposal: Proposal, event: Any, now: int, replay: tuple[Any, Any]) -> None:
        self.counters["deliveries.replayed" if replay[0] else "deliveries.planned"] += 1
        self.counters["deliveries.pending"] += 1
        due_at = now if plan.due_at is None else max(plan.due_at, now)
        self.deliveries[plan.delivery_id] = SimpleNamespace(
            id=plan.delivery_id,
            event_id=event["id"],
            source=event["source"],
            mapping=proposal.mapping,
            element=proposal.element,
            tenant=event["tenant"],
            day=event["received_at"] // DAY,
            touchpoint=plan.touchpoint,
            lane=1 if replay[0] else 0,
            contact=plan.contact,
            key=plan.key,
            config=event["config"],
            state="pending",
            attempts=0,
            due_at=due_at,
            wanted_at=due_at,
            expires_at=plan.expires_at,
            asked_at=None,
            age_from=due_at,
            created_at=now,
            state_at=now,
            reason="",
            message="",
            replay_id=replay[0],
            replay_of=replay[1],
            replaces=None,
            hours=plan.hours,
            body=json.dumps(dict(plan.body), ensure_ascii=False, separators=(",", ":")),
            lease=0,
            lease_until=None,
        )

    def move(self, delivery: SimpleNamespace, state: str, now: int, **changes: Any) -> None:
        self.counters[f"deliveries.{delivery.state}"] -= 1
        self.counters[f"deliveries.{state}"] += 1
        vars(delivery).update(state=state, state_at=now, **changes)

    def let_go(self, delivery: SimpleNamespace, now: int) -> None:
        age_from = min(younger(delivery, delivery.state_at, now), now)
        self.move(delivery, "pending", now, reason="", due_at=now, age_from=age_from)

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
            and wanted.replay in (None, each.replay_id)
            and (not wanted.fate_unknown or (each.state == "held" and each.asked_at is not None))
            and wanted.topic in (None, self.events[each.event_id]["topic"])
            and wanted.mapping in (None, each.mapping, f"{each.source}/{each.mapping}")
            and (not wanted.ids or each.id in wanted.ids or each.event_id in wanted.ids)
        ]


def younger(delivery: SimpleNamespace, since: int, now: int) -> int:
    """Let the time from `since` to `now` not count towards giving up, as far as it was due in it."""
    return int(delivery.age_from + max(0, now - max(since, delivery.age_from)))


def placed(wanted: Filter, row_id: str, kind: Any) -> bool:
    return (
        (wanted.since is None or row_id >= make_id(kind, wanted.since, 0))
        and (wanted.until is None or row_id < make_id(kind, wanted.until, 0))
        and (wanted.before is None or row_id < wanted.before)
    )


def shown(delivery: SimpleNamespace) -> dict[str, Any]:
    contact = None if delivery.contact is None else delivery.contact.hex()
    hours = None if delivery.hours is None else dataclasses.asdict(delivery.hours)
    if hours:
        hours["days"] = list(hours["days"])
    columns = {name: value for name, value in vars(delivery).items() if name not in HIDDEN}
    return columns | {"contact": contact, "hours": hours}


class MemoryOutbox:
    """`lookups` is set by whoever makes the store: the verbs of lookups are its."""

    lookups: Any

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        sending = MemorySending(rows)
        self.claim, self.settle, self.recover = sending.claim, sending.settle, sending.recover
        self.park, self.next_due = sending.park, sending.next_due

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

    def note_circuit(self, touchpoint: str, circuit: Circuit | None) -> None:
        if circuit is None:
            self._rows.circuits.pop(touchpoint, None)
        else:
            since = self._rows.circuits.get(touchpoint, circuit).since
            self._rows.circuits[touchpoint] = dataclasses.replace(circuit, since=since)


def decision_row(event_id: str, decision: Decision) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "mapping": decision.mapping,
        "element": decision.element,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "delivery_id": decision.plan.delivery_id if decision.plan else None,
    }
