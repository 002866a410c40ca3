"""The memory double's lookups: the promised verbs over plain dicts."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from bridge.core.inquiry import Awaited, Finished, Inquiry, Postponed
from bridge.core.model import Proposal, Skipped
from bridge.outbox.jobs import Replayed
from bridge.outbox.lookups import AWAITED
from tests.support.memory import Rows

UNDER_WAY = ("waiting", "calling")


class MemoryLookups:
    """`decide` takes a proposal and an event's row; `replays`, set by whoever makes the store, makes what waited."""

    replays: Any

    def __init__(self, rows: Rows, decide: Callable[..., Any]) -> None:
        self._rows = rows
        self._decide = decide

    def claim(self, *, now: int, lease_until: int, free: Any) -> list[Inquiry]:
        claimed = []
        for source, slots in free.items():
            denied = source in self._rows.denials and self._rows.denials[source]["until"] > now
            due = [
                (row["due_at"], event_id)
                for event_id, row in self._rows.lookups.items()
                if row["state"] == "waiting" and row["source"] == source and row["due_at"] <= now and not denied
            ]
            for _, event_id in sorted(due)[: max(slots, 0)]:
                row = self._rows.lookups[event_id]
                row.update(state="calling", lease=row["lease"] + 1, lease_until=lease_until, state_at=now)
                row["age_from"] = row["age_from"] if row["attempts"] else now
                columns = (row[name] for name in ("attempts", "lease", "due_at", "age_from"))
                claimed.append(Inquiry(self._rows.events[event_id]["event"], *columns))
        return sorted(claimed, key=lambda inquiry: (inquiry.due_at, inquiry.event.id))

    def _held(self, inquiry: Inquiry) -> dict[str, Any] | None:
        row = self._rows.lookups.get(inquiry.event.id)
        return row if row and (row["state"], row["lease"]) == ("calling", inquiry.lease) else None

    def finish(self, results: Any, *, now: int) -> list[bool]:
        return [self._finish(result, now) for result in results]

    def _finish(self, result: Finished, now: int) -> bool:
        row, event = self._held(result.inquiry), self._rows.events[result.event.id]
        if row is None:
            return False
        state = "failed" if result.answers is None else "done"
        answers = None if result.answers is None else json.loads(json.dumps(dict(result.answers)))
        row.update(state=state, attempts=row["attempts"] + 1, state_at=now, reason=result.reason, results=answers)
        if result.answers:
            self.forgive(result.event.source, now=now)
        event.update(marks=result.event.marks, event=dataclasses.replace(event["event"], marks=result.event.marks))
        decisions = [each for each in self._rows.decisions if each["event_id"] == result.event.id]
        if not decisions:
            self._rows.counters["events.waiting"] -= 1
            self._rows.counters["events.decided"] += bool(result.proposals)
            for proposal in result.proposals:
                self._decide(proposal, event, now)
        well = {(each["mapping"], each["element"]) for each in decisions if each["verdict"] != "failed"}
        for awaited in sorted(self._rows.awaited, key=lambda each: (each.replay_id, each.mapping, each.element)):
            if awaited.event_id == result.event.id:
                self._go_on(awaited, result, well, now)
        self._rows.awaited = [each for each in self._rows.awaited if each.event_id != result.event.id]
        return True

    def _go_on(self, awaited: Awaited, result: Finished, well: set[tuple[str, int]], now: int) -> None:
        proposals = [
            each
            for each in result.proposals
            if each.mapping == awaited.mapping
            if (each.element == awaited.element if awaited.replay_of else (each.mapping, each.element) not in well)
        ]
        nothing = Skipped("the mapping of this name does not take this event today")
        for each in proposals or [Proposal(awaited.mapping, awaited.element, nothing)]:
            item = Replayed(awaited.event_id, each, awaited.replay_of)
            outcome = self.replays.make(awaited.replay_id, [item], now)
            self.replays.note(awaited.replay_id, outcome.made, outcome.others)
        self.replays.note(awaited.replay_id, 0, {AWAITED: -1})

    def postpone(self, results: Any, *, now: int) -> list[bool]:
        return [self._postpone(result, now) for result in results]

    def _postpone(self, result: Postponed, now: int) -> bool:
        row, source = self._held(result.inquiry), result.inquiry.event.source
        if row is None:
            return False
        counted = result.denied_until is None
        row.update(state="waiting", due_at=result.due_at, state_at=now, reason=result.reason)
        row["attempts"] += counted
        if not counted:
            since = self._rows.denials.get(source, {"since": now})["since"]
            self._rows.denials[source] = {"reason": result.reason, "since": since, "until": result.denied_until}
        return True

    def recover(self, *, now: int, everything: bool) -> int:
        left = [row for row in self._rows.lookups.values() if row["state"] == "calling"]
        ended = [row for row in left if everything or row["lease_until"] <= now]
        for row in ended:
            reason = "the bridge stopped while this was being asked; it is asked again"
            row.update(state="waiting", due_at=now, state_at=now, reason=reason)
        return len(ended)

    def forgive(self, source: str, *, now: int) -> bool:
        denial = self._rows.denials.pop(source, None)
        if denial is None:
            return False
        since, now = denial["since"], max(now, denial["since"])
        for row in self._rows.lookups.values():
            if (row["state"], row["source"]) == ("waiting", source):
                row["age_from"] = now if row["age_from"] > since else row["age_from"] + now - since
        return True

    def next_due(self, *, sources: Any, now: int) -> int | None:
        due = []
        for source in sources:
            until = self._rows.denials.get(source, {"until": 0})["until"]
            waiting = [
                row["due_at"]
                for row in self._rows.lookups.values()
                if (row["state"], row["source"]) == ("waiting", source) and row["due_at"] > now
            ]
            due += [until] if until > now else waiting
        return min(due, default=None)

    def again(self, items: Any, *, now: int) -> int:
        for item in items:
            if item not in self._rows.awaited:
                self._rows.awaited.append(item)
            row = self._rows.lookups.get(item.event_id)
            if row is None or row["state"] not in UNDER_WAY:
                lease = row["lease"] if row else 0
                self.enter(item.event_id, self._rows.events[item.event_id]["source"], now, lease)
        return len({item.event_id for item in items})

    def enter(self, event_id: str, source: str, now: int, lease: int = 0) -> None:
        columns = {"source": source, "state": "waiting", "attempts": 0, "lease": lease, "lease_until": None}
        times = {"due_at": now, "age_from": now, "state_at": now, "reason": "", "results": None}
        self._rows.lookups[event_id] = columns | times

    def lookup(self, event_id: str) -> dict[str, Any] | None:
        row = self._rows.lookups.get(event_id)
        hidden = ("source", "lease", "lease_until")
        return row and {"event_id": event_id} | {name: value for name, value in row.items() if name not in hidden}

    def queues(self) -> dict[str, dict[str, Any]]:
        waiting = Counter(row["source"] for row in self._rows.lookups.values() if row["state"] in UNDER_WAY)
        nobody = {"reason": None, "since": None, "until": None}
        return {
            source: {"waiting": waiting[source]} | self._rows.denials.get(source, nobody)
            for source in {*waiting, *self._rows.denials}
        }
