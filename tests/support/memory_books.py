"""The memory double's ledger, controls and strongbox, and the store that holds them together."""

import dataclasses
from collections import Counter
from typing import Any

from bridge.core.model import STATES, VERDICTS, Entry, Proposal
from bridge.outbox.protocol import Filter, Imbalance, Paused, Version
from tests.support.memory import HIDDEN, MemoryOutbox, Rows, decision_row, placed, shown, younger
from tests.support.memory_lookups import UNDER_WAY, MemoryLookups


class MemoryLedger:
    lookup: Any
    lookup_queues: Any

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def events(self, wanted: Filter, *, limit: int) -> list[dict[str, Any]]:
        found = [self._listed(row) for row in self._rows.events.values() if self._selects(wanted, row)]
        return sorted(found, key=lambda row: str(row["id"]), reverse=True)[:limit]

    def _selects(self, wanted: Filter, row: dict[str, Any]) -> bool:
        decisions = [each for each in self._rows.decisions if each["event_id"] == row["id"]]
        deliveries = [each for each in self._rows.deliveries.values() if each.event_id == row["id"]]
        names = {name for each in decisions for name in (each["mapping"], f"{row['source']}/{each['mapping']}")}
        return (
            placed(wanted, row["id"], "evt")
            and wanted.source in (None, row["source"])
            and wanted.topic in (None, row["topic"])
            and (not wanted.ids or row["id"] in wanted.ids)
            and (wanted.contact is None or wanted.contact in {mark.digest for mark in row["marks"]})
            and (wanted.mapping is None or wanted.mapping in names)
            and (not wanted.verdicts or any(each["verdict"] in wanted.verdicts for each in decisions))
            and (
                not (wanted.states or wanted.touchpoint)
                or any(
                    (not wanted.states or each.state in wanted.states) and wanted.touchpoint in (None, each.touchpoint)
                    for each in deliveries
                )
            )
        )

    def _listed(self, row: dict[str, Any]) -> dict[str, Any]:
        verdicts = Counter(each["verdict"] for each in self._rows.decisions if each["event_id"] == row["id"])
        states = Counter(each.state for each in self._rows.deliveries.values() if each.event_id == row["id"])
        columns = {name: value for name, value in row.items() if name not in HIDDEN}
        return columns | {"verdicts": dict(verdicts), "deliveries": dict(states)}

    def event(self, event_id: str) -> dict[str, Any] | None:
        row = self._rows.events.get(event_id)
        if row is None:
            return None
        marks = [{"kind": mark.kind, "digest": mark.digest.hex()} for mark in row["marks"]]
        body = None if row["body"] is None else row["body"].decode("utf-8", "replace")
        return {name: value for name, value in row.items() if name != "event"} | {"marks": marks, "body": body}

    def entry(self, event_id: str) -> Entry | None:
        row = self._rows.events.get(event_id)
        return Entry(row["event"], ()) if row and row["body"] is not None else None

    def stored(self, wanted: Filter, *, limit: int) -> list[Any]:
        rows = sorted(self._rows.events.values(), key=lambda row: str(row["id"]), reverse=True)
        return [row["event"] for row in rows if row["body"] is not None and self._selects(wanted, row)][:limit]

    def decisions(self, event_id: str) -> list[dict[str, Any]]:
        rows = [each for each in (*self._rows.decisions, *self._rows.replayed) if each["event_id"] == event_id]
        return sorted(rows, key=lambda row: (row["mapping"], row["element"], row["replay_id"] or ""))

    def deliveries(self, wanted: Filter, *, limit: int) -> list[dict[str, Any]]:
        return [shown(each) for each in reversed(self._rows.chosen(wanted))][:limit]

    def delivery(self, delivery_id: str) -> dict[str, Any] | None:
        each = self._rows.deliveries.get(delivery_id)
        return shown(each) | {"body": each.body} if each else None

    def attempts(self, delivery_id: str) -> list[dict[str, Any]]:
        return [each for each in self._rows.attempts if each["delivery_id"] == delivery_id]

    def refused(self, wanted: Filter, *, limit: int) -> list[dict[str, Any]]:
        kept = [
            each
            for each in self._rows.refused.values()
            if placed(wanted, each.id, "ref") and wanted.source in (None, each.source)
            if not wanted.ids or each.id in wanted.ids
            if wanted.topic in (None, each.topic) and wanted.status in (None, each.status)
            if not (wanted.states or wanted.verdicts or wanted.touchpoint or wanted.mapping or wanted.contact)
        ]
        names = ("id", "source", "status", "topic", "reason", "method", "url", "received_at", "retried_at", "event_id")
        rows = [{name: getattr(each, name) for name in names} | {"size": len(each.body)} for each in kept]
        return sorted(rows, key=lambda row: str(row["id"]), reverse=True)[:limit]

    def refusal(self, refused_id: str) -> Any:
        return self._rows.refused.get(refused_id)

    def find(self, mark: bytes, *, limit: int) -> list[dict[str, Any]]:
        names = ("id", "source", "topic", "tenant", "received_at", "occurred_at")
        found = [
            {name: row[name] for name in names} | {"kind": each.kind}
            for _, row in sorted(self._rows.events.items(), reverse=True)
            for each in sorted(set(row["marks"]), key=lambda each: each.kind)
            if each.digest == mark
        ]
        return found[:limit]

    def counters(self) -> dict[str, int]:
        return dict(self._rows.counters)

    def audit(self) -> list[Imbalance]:
        counters, stored = self._rows.counters, Counter(each.state for each in self._rows.deliveries.values())
        made = counters["deliveries.planned"] + counters["deliveries.replayed"]
        pairs = {
            "events": (counters["events.accepted"], counters["events.decided"] + counters["events.waiting"]),
            "decisions": (counters["decisions"], sum(counters[f"decisions.{each}"] for each in VERDICTS)),
            "deliveries": (made, sum(counters[f"deliveries.{each}"] for each in STATES)),
        } | {
            state: (counters[f"deliveries.{state}"] - counters[f"pruned.deliveries.{state}"], stored[state])
            for state in STATES
        }
        return [Imbalance(name, left, right) for name, (left, right) in pairs.items() if left != right]

    def pauses(self) -> list[Paused]:
        return [paused for _, paused in sorted(self._rows.pauses.items())]

    def touchpoint_totals(self) -> dict[str, dict[Any, int]]:
        totals: dict[str, dict[Any, int]] = {}
        for each in self._rows.deliveries.values():
            states = totals.setdefault(each.touchpoint, {})
            states[each.state] = states.get(each.state, 0) + 1
        return totals


class MemoryControls:
    await_lookups: Any

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def pause(self, paused: Paused) -> bool:
        return self._rows.pauses.setdefault((paused.scope, paused.name), paused) is paused

    def resume(self, scope: Any, name: str, *, now: int) -> bool:
        paused = self._rows.pauses.pop((scope, name), None)
        if paused is None:
            return False
        for each in self._rows.chosen(Filter(), "pending"):
            names = {"touchpoint": each.touchpoint, "source": each.source, "mapping": f"{each.source}/{each.mapping}"}
            if names.get(scope, "") == name:
                each.age_from = younger(each, paused.since, max(now, paused.since))
        return True

    def cancel(self, wanted: Filter, *, reason: str, now: int) -> int:
        return self._change(wanted, ("pending", "held"), "cancelled", reason, now)

    def hold(self, wanted: Filter, *, reason: str, now: int) -> int:
        return self._change(wanted, ("pending",), "held", reason, now)

    def _change(self, wanted: Filter, states: tuple[str, ...], after: str, reason: str, now: int) -> int:
        chosen = self._rows.chosen(wanted, *states)
        for each in chosen:
            self._rows.move(each, after, now, reason=reason)
        return len(chosen)

    def release(self, wanted: Filter, *, now: int) -> int:
        chosen = self._rows.chosen(wanted, "held")
        for each in chosen:
            self._rows.let_go(each, now)
        return len(chosen)

    def replayable(self, wanted: Filter, *, include_delivered: bool, limit: int, after: str | None) -> list[Any]:
        usual = ("dead", "cancelled", "held") if wanted.states or wanted.ids else ("dead",)
        states = (*usual, *(["delivered"] if include_delivered else []))
        replaced = {each.replay_of for each in self._rows.deliveries.values()}
        names = ("id", "event_id", "source", "mapping", "element", "tenant", "touchpoint", "key", "state", "body")
        rows = [
            {name: getattr(each, name) for name in names}
            | {"kind": "delivery", "cursor": each.id, "contact": shown(each)["contact"]}
            for each in self._rows.chosen(wanted, *states)
            if each.id not in replaced
        ]
        rows += sorted(self._failed(wanted), key=lambda row: (row["event_id"], row["mapping"], row["element"]))
        places = [row["cursor"] for row in rows]
        return rows[places.index(after) + 1 if after else 0 :][:limit]

    def _failed(self, wanted: Filter) -> list[dict[str, Any]]:
        again = {
            (each["event_id"], each["mapping"], each["element"])
            for each in self._rows.replayed
            if each["replay_of"] is None and each["verdict"] == "planned"
        }
        ledger = MemoryLedger(self._rows)
        if wanted.states or wanted.touchpoint or (wanted.verdicts and "failed" not in wanted.verdicts):
            return []
        found = []
        for each in self._rows.decisions:
            place = (each["event_id"], each["mapping"], each["element"])
            if each["verdict"] != "failed" or place in again:
                continue
            event = self._rows.events[each["event_id"]]
            if not ledger._selects(wanted, event):
                continue
            if wanted.mapping not in (None, each["mapping"], f"{event['source']}/{each['mapping']}"):
                continue
            columns = {name: each[name] for name in ("event_id", "mapping", "element", "reason")}
            cursor = " ".join(map(str, place))
            found.append(
                columns | {"source": event["source"], "tenant": event["tenant"], "kind": "decision", "cursor": cursor}
            )
        return found

    def replay(self, replay_id: str, items: Any, *, now: int, include_delivered: bool = False) -> int:
        states = ("dead", "cancelled", "held", *(["delivered"] if include_delivered else []))
        return sum(self._replay(replay_id, item, now, states) for item in items)

    def _replay(self, replay_id: str, item: Any, now: int, states: tuple[str, ...]) -> bool:
        old = self._rows.deliveries.get(item.replay_of)
        event = self._rows.events.get(item.event_id)
        place = (item.event_id, item.decision.mapping, item.decision.element, item.replay_of)
        before = [
            each
            for each in self._rows.replayed
            if (each["event_id"], each["mapping"], each["element"], each["replay_of"]) == place
            if each["replay_id"] == replay_id or each["verdict"] == "planned"
        ]
        if event is None or before or (item.replay_of and (old is None or old.state not in states)):
            return False
        decision = item.decision
        if decision.plan:
            proposal = Proposal(decision.mapping, decision.element, decision.plan)
            decision = self._rows.decide(proposal, event, now, replay_id, item.replay_of)
        row = decision_row(item.event_id, decision) | {"replay_id": replay_id, "replay_of": item.replay_of}
        self._rows.replayed.append(row)
        if decision.plan and old and old.state == "held":
            self._rows.move(old, "cancelled", now, reason=f"replaced by replay {replay_id}")
        return decision.plan is not None

    def retried(self, refused_id: str, *, event_id: str, now: int) -> bool:
        refused = self._rows.refused.get(refused_id)
        if refused is not None:
            self._rows.refused[refused_id] = dataclasses.replace(refused, retried_at=now, event_id=event_id)
        return refused is not None

    def start_replay(self, replay_id: str, *, mode: Any, description: str, now: int) -> None:
        self._rows.replays.setdefault(replay_id, (mode, description, now))

    def prune(self, *, now: int, payloads_before: int, history_before: int, limit: int) -> int:
        waiting = {each.event_id for each in self._rows.chosen(Filter(), "pending", "sending", "held")}
        waiting |= {event_id for event_id, row in self._rows.lookups.items() if row["state"] in UNDER_WAY}
        ended = [(key, row) for key, row in sorted(self._rows.events.items()) if key not in waiting]
        bare = [row for _, row in ended if row["body"] is not None and row["received_at"] < payloads_before][:limit]
        for row in bare:
            row.update(body=None, headers=None, query=None)
            self._rows.lookups.get(row["id"], {}).update(results=None)
            for each in self._rows.deliveries.values():
                each.body = None if each.event_id == row["id"] else each.body
        gone = [key for key, _ in ended if placed(Filter(until=max(history_before, 0)), key, "evt")][:limit]
        for key in gone:
            self._forget(key)
        old = [key for key in sorted(self._rows.refused) if placed(Filter(until=max(payloads_before, 0)), key, "ref")]
        for key in old[:limit]:
            del self._rows.refused[key]
        self._rows.counters["pruned.refused"] += len(old[:limit])
        ids = [key for key, (_, _, expires_at) in self._rows.dedupe.items() if expires_at <= now][:limit]
        keys = [key for key, (_, expires_at) in self._rows.once.items() if expires_at <= now][:limit]
        for identity in ids:
            del self._rows.dedupe[identity]
        for claim in keys:
            del self._rows.once[claim]
        return len(bare) + len(gone) + len(old[:limit]) + len(ids) + len(keys)

    def _forget(self, event_id: str) -> None:
        rows, counters = self._rows, self._rows.counters
        leaving = [each for each in rows.deliveries.values() if each.event_id == event_id]
        for claim in [claim for claim, (holder, _) in rows.once.items() if holder == event_id]:
            mine = [each.state for each in leaving if (each.mapping, each.key) == (claim[1], claim[3])]
            if mine and "delivered" not in mine:
                del rows.once[claim]
        for each in leaving:
            counters[f"pruned.deliveries.{each.state}"] += 1
            counters["pruned.deliveries.replayed"] += each.replay_id is not None
            del rows.deliveries[each.id]
        for row in [row for row in rows.decisions if row["event_id"] == event_id]:
            counters[f"pruned.decisions.{row['verdict']}"] += 1
            rows.decisions.remove(row)
        ids = {each.id for each in leaving}
        counters["pruned.attempts"] += sum(each["delivery_id"] in ids for each in rows.attempts)
        counters["pruned.events"] += 1
        rows.attempts[:] = [each for each in rows.attempts if each["delivery_id"] not in ids]
        rows.replayed[:] = [each for each in rows.replayed if each["event_id"] != event_id]
        rows.lookups.pop(event_id, None)
        del rows.events[event_id]


class MemoryStrongbox:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def put_secret(self, sealed: Any) -> None:
        self._rows.secrets[sealed.name] = sealed

    def remove_secret(self, name: str) -> bool:
        return self._rows.secrets.pop(name, None) is not None

    def secrets(self) -> list[Any]:
        return [sealed for _, sealed in sorted(self._rows.secrets.items())]

    def keep_configuration(self, fingerprint: str, files: Any, *, now: int, how: Any = "start") -> bool:
        self._rows.configurations.setdefault(fingerprint, dict(files))
        if self._rows.versions and self._rows.versions[-1].fingerprint == fingerprint:
            return False
        self._rows.versions.append(Version(len(self._rows.versions) + 1, fingerprint, now, how))
        return True

    def last_configuration(self) -> tuple[str, dict[str, str]] | None:
        if not self._rows.versions:
            return None
        fingerprint = self._rows.versions[-1].fingerprint
        return fingerprint, self._rows.configurations[fingerprint]

    def configuration(self, fingerprint: str) -> dict[str, str] | None:
        return self._rows.configurations.get(fingerprint)

    def versions(self, *, limit: int) -> list[Version]:
        return self._rows.versions[::-1][:limit]

    def fingerprints(self, beginning: str) -> list[str]:
        return sorted(name for name in self._rows.configurations if name.startswith(beginning))


@dataclasses.dataclass(frozen=True)
class MemoryStore:
    outbox: MemoryOutbox
    ledger: MemoryLedger
    controls: MemoryControls
    strongbox: MemoryStrongbox

    def changed(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""


def memory_store() -> MemoryStore:
    rows = Rows()
    outbox, ledger, controls = MemoryOutbox(rows), MemoryLedger(rows), MemoryControls(rows)
    every_state = ("dead", "cancelled", "held", "delivered")
    outbox.lookups = lookups = MemoryLookups(
        rows, outbox.decide, lambda replay_id, item, now: controls._replay(replay_id, item, now, every_state)
    )
    ledger.lookup, ledger.lookup_queues, controls.await_lookups = lookups.lookup, lookups.queues, lookups.again
    return MemoryStore(outbox, ledger, controls, MemoryStrongbox(rows))
