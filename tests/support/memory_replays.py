"""The memory double's replays: the promised verbs over plain dicts."""

import copy
import dataclasses
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from bridge.core.configuration import takes_topic
from bridge.core.model import Plan, Skipped
from bridge.outbox.jobs import Job, Outcome, Page, Selection
from bridge.outbox.lookups import AWAITED
from bridge.outbox.replaying import PASSED_OVER, TOO_LATE
from bridge.outbox.terms import Filter
from tests.support.memory import Rows, decision_row, shown

NAMES = ("id", "event_id", "source", "mapping", "element", "tenant", "touchpoint", "key", "state", "body")


class MemoryReplays:
    """`again` makes lookups again; `selects` says whether a filter selects an event's row."""

    def __init__(self, rows: Rows, again: Callable[..., Any], selects: Callable[..., bool]) -> None:
        self._rows = rows
        self._again = again
        self._selects = selects

    # -- what is taken ------------------------------------------------------------------------------------------

    def replayable(self, selection: Selection, *, limit: int, after: str | None) -> list[dict[str, Any]]:
        rows = self._all(selection)
        places = [row["cursor"] for row in rows]
        return rows[places.index(after) + 1 if after else 0 :][:limit]

    def count_replayable(self, selection: Selection) -> list[dict[str, Any]]:
        names = ("kind", "source", "mapping", "touchpoint", "state")
        rows = [{"touchpoint": "", "state": row.get("topic", "failed"), **row} for row in self._all(selection)]
        counts = Counter(tuple(row[name] for name in names) for row in rows)
        return [dict(zip(names, place, strict=True)) | {"number": number} for place, number in counts.items()]

    def _all(self, selection: Selection) -> list[dict[str, Any]]:
        if selection.backfill is not None:
            return self._events(selection)
        failed = sorted(self._failed(selection), key=lambda row: (row["event_id"], row["mapping"], row["element"]))
        return [*self._deliveries(selection), *failed]

    def _deliveries(self, selection: Selection) -> list[dict[str, Any]]:
        wanted = dataclasses.replace(selection.wanted, before=selection.newest)
        usual = ("dead", "cancelled", "held") if wanted.states or wanted.ids else ("dead",)
        states = (*usual, *(["delivered"] if selection.include_delivered else []))
        replaced = {each.replay_of for each in self._rows.deliveries.values()}
        return [
            {name: getattr(each, name) for name in NAMES}
            | {"kind": "delivery", "cursor": each.id}
            | {"contact": shown(each)["contact"], "hours": _text(each.hours)}
            for each in self._rows.chosen(wanted, *states)
            if each.id not in replaced
        ]

    def _failed(self, selection: Selection) -> list[dict[str, Any]]:
        wanted = selection.wanted
        if wanted.states or wanted.touchpoint or wanted.replay or (wanted.verdicts and "failed" not in wanted.verdicts):
            return []
        again = self._places("planned") | self._places("cancelling")
        found = []
        for each in self._rows.decisions:
            place = (each["event_id"], each["mapping"], each["element"])
            event = self._rows.events[each["event_id"]]
            if each["verdict"] != "failed" or place in again or not self._before(event, selection):
                continue
            if not self._selects(wanted, event):
                continue
            if wanted.mapping not in (None, each["mapping"], f"{event['source']}/{each['mapping']}"):
                continue
            columns = {name: each[name] for name in ("event_id", "mapping", "element", "reason")}
            where = {"source": event["source"], "tenant": event["tenant"]}
            found.append(columns | where | {"kind": "decision", "cursor": " ".join(map(str, place))})
        return found

    def _places(self, verdict: str) -> set[tuple[str, str, int]]:
        return {
            (each["event_id"], each["mapping"], each["element"])
            for each in self._rows.replayed
            if each["replay_of"] is None and each["verdict"] == verdict
        }

    @staticmethod
    def _before(event: dict[str, Any], selection: Selection) -> bool:
        return selection.newest is None or event["id"][3:] < selection.newest[3:]

    def _events(self, selection: Selection) -> list[dict[str, Any]]:
        source, _, name = (selection.wanted.mapping or "").rpartition("/")
        wanted = dataclasses.replace(selection.wanted, mapping=None)
        planned, failed = self._places("planned"), self._places("failed")
        rows = []
        for event_id, event in sorted(self._rows.events.items()):
            mappings = {each["mapping"] for each in self._rows.decisions if each["event_id"] == event_id}
            mine = {place for place in planned if place[:2] == (event_id, name)}
            left = {place for place in failed if place[:2] == (event_id, name)} - mine
            if event["source"] != source or event["body"] is None or not mappings or name in mappings:
                continue
            if (mine and not left) or not self._before(event, selection) or not self._selects(wanted, event):
                continue
            if takes_topic(selection.backfill or (), event["topic"]):
                columns = {column: event[column] for column in ("source", "tenant", "topic")}
                place = {"event_id": event_id, "mapping": name, "element": 0, "kind": "event", "cursor": event_id}
                rows.append(columns | place)
        return rows

    # -- jobs -----------------------------------------------------------------------------------------------------

    def start(self, job: Job) -> None:
        self._rows.replays.setdefault(job.id, job)

    def job(self, replay_id: str) -> Job | None:
        return self._rows.replays.get(replay_id)

    def jobs(self, *, limit: int, before: str | None = None) -> list[Job]:
        ids = [each for each in sorted(self._rows.replays, reverse=True) if before is None or each < before]
        return [self._rows.replays[each] for each in ids[:limit]]

    def running(self) -> list[Job]:
        return [job for _, job in sorted(self._rows.replays.items()) if job.state == "running"]

    def change(self, replay_id: str, change: str, *, who: str, now: int) -> bool:
        before, after = {
            "pause": (("running",), "paused"),
            "resume": (("paused",), "running"),
            "cancel": (("running", "paused"), "cancelled"),
        }[change]
        job = self._rows.replays.get(replay_id)
        if job is None or job.state not in before:
            return False
        ended_at = now if after == "cancelled" else None
        self._change(job, state=after, changed_by=who, driver="", driven_until=0, ended_at=ended_at)
        return True

    def _change(self, job: Job, **changes: Any) -> Job:
        changed = dataclasses.replace(job, **changes)
        self._rows.replays[job.id] = changed
        return changed

    def drive(self, replay_id: str, driver: str, *, now: int, until: int) -> Job | None:
        job = self._rows.replays.get(replay_id)
        if job is None or job.state != "running" or (job.driver != driver and job.driven_until > now):
            return None
        return self._change(job, driver=driver, driven_until=until)

    def carry_out(self, page: Page, *, now: int, until: int) -> Job | None:
        job = self._rows.replays.get(page.replay_id)
        if job is None or (job.state, job.driver) != ("running", page.driver):
            return None
        self._again(page.awaited, now=now)
        outcome = self.make(job.id, page.items, now)
        self.note(job.id, outcome.made, dict(outcome.others) | ({AWAITED: len(page.awaited)} if page.awaited else {}))
        return self._change(
            self._rows.replays[job.id],
            state="done" if page.is_last else "running",
            after=page.after,
            next_at=now + (outcome.made * job.rate.period // job.rate.count if job.rate else 0),
            taken=job.taken + page.taken,
            ended_at=now if page.is_last else None,
            driven_until=until,
        )

    def note(self, replay_id: str, made: int, others: dict[str, int]) -> None:
        if job := self._rows.replays.get(replay_id):
            counts = Counter(job.others)
            counts.update(others)
            self._change(job, made=job.made + made, others={name: number for name, number in counts.items() if number})

    def rehearse(self, items: Any, *, include_delivered: bool, now: int) -> Outcome:
        trial = MemoryReplays(copy.deepcopy(self._rows), self._again, self._selects)
        trial.start(Job("", "replay", "stored-body", Filter(), "", now, include_delivered=include_delivered))
        return trial.make("", items, now)

    def take_back(self, replay_id: str, *, reason: str, now: int, limit: int, after: str = "") -> list[str]:
        made = self._rows.chosen(Filter(replay=replay_id), "pending", "held")
        chosen = [each for each in made if each.id > after][:limit]
        for each in chosen:
            self._rows.move(each, "cancelled", now, reason=reason)
        return [each.id for each in chosen]

    def states(self, replay_id: str) -> Any:
        return dict(Counter(each.state for each in self._rows.deliveries.values() if each.replay_id == replay_id))

    def waiting(self, *, now: int, most: int) -> int:
        due = [each for each in self._rows.chosen(Filter(), "pending") if each.lane == 1 and each.due_at <= now]
        return len(due[:most])

    # -- making ---------------------------------------------------------------------------------------------------

    def make(self, replay_id: str, items: Any, now: int) -> Outcome:
        reasons = [self._make(replay_id, item, now) for item in items]
        others = Counter(reason for reason in reasons if reason)
        return Outcome(len(reasons) - others.total(), others)

    def _make(self, replay_id: str, item: Any, now: int) -> str | None:
        job = self._rows.replays.get(replay_id)
        states = ("dead", "cancelled", "held", *(["delivered"] if job and job.include_delivered else []))
        old, event = self._rows.deliveries.get(item.replay_of), self._rows.events.get(item.event_id)
        place = (item.event_id, item.proposal.mapping, item.proposal.element, item.replay_of)
        before = [
            each
            for each in self._rows.replayed
            if (each["event_id"], each["mapping"], each["element"], each["replay_of"]) == place
            if each["replay_id"] == replay_id or each["verdict"] in ("planned", "cancelling")
        ]
        gone = item.replay_of and (old is None or old.state not in states)
        if event is None or before or gone or (job and job.state == "cancelled"):
            return PASSED_OVER
        proposal = self._timely(item.proposal, now + (job.wait if job else 0))
        decision = self._rows.decide(proposal, event, now, replay_id, item.replay_of)
        row = decision_row(item.event_id, decision) | {"replay_id": replay_id, "replay_of": item.replay_of}
        self._rows.replayed.append(row)
        if decision.plan is None:
            return _kind_of(decision, proposal.outcome)
        if old and old.state == "held":
            self._rows.move(old, "cancelled", now, reason=f"replaced by replay {replay_id}", asked_at=None)
        return None

    @staticmethod
    def _timely(proposal: Any, earliest: int) -> Any:
        plan = proposal.outcome
        if not isinstance(plan, Plan):
            return proposal
        due_at = max(plan.due_at or 0, earliest)
        late = plan.expires_at is not None and plan.expires_at <= due_at
        outcome = Skipped(TOO_LATE) if late else dataclasses.replace(plan, due_at=due_at)
        return dataclasses.replace(proposal, outcome=outcome)


def _text(hours: Any) -> str | None:
    return None if hours is None else json.dumps(dataclasses.asdict(hours), separators=(",", ":"))


def _kind_of(decision: Any, outcome: Any) -> str:
    reason = decision.reason
    if isinstance(outcome, Plan):
        reason = reason.replace(f"about {outcome.key}", "about its key").split(": ")[0]
    return f"{decision.verdict}: " + re.sub(r"\b(evt|dlv|rpl)_\w{26}\b", "another", reason)
