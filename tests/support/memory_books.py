"""The memory double's ledger, controls and strongbox, and the store that holds them together."""

import copy
import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bridge.core.model import Entry
from bridge.outbox.books import Balance, Imbalance, Pruned
from bridge.outbox.safekeeping import Version
from bridge.outbox.terms import Action, Circuit, Filter, Paused, Suppression
from tests.support.memory import HIDDEN, MemoryOutbox, Rows, placed, shown, younger
from tests.support.memory_balance import memory_balance
from tests.support.memory_erasing import MemoryErasing
from tests.support.memory_figures import MemoryFigures, keep_hour
from tests.support.memory_lookups import UNDER_WAY, MemoryLookups
from tests.support.memory_people import MemoryRegistry
from tests.support.memory_previews import MemoryPreviews
from tests.support.memory_replays import MemoryReplays
from tests.support.memory_standings import MemoryStandings, hasten


class MemoryLedger:
    lookup: Any
    lookup_queues: Any
    subjects: Any
    shares: Any
    replays_of: Any

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        searches = {"events": self.events, "deliveries": self.deliveries, "refused": self.refused}
        figures = MemoryFigures(rows, searches)
        self.count, self.hours, self.overview = figures.count, figures.hours, figures.overview
        self.page = figures.page

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
                not wanted.fate_unknown
                or any(each.state == "held" and each.asked_at is not None for each in deliveries)
            )
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

    def actions(
        self,
        *,
        limit: int,
        before: int | None = None,
        who: str | None = None,
        verb: str | None = None,
        since: int | None = None,
    ) -> list[Action]:
        begin = next((each.number for each in self._rows.actions if each.at >= (since or 0)), 1 << 62)
        found = [
            each
            for each in reversed(self._rows.actions)
            if (before is None or each.number < before) and who in (None, each.who) and verb in (None, each.verb)
        ]
        return [each for each in found if each.number >= begin][:limit]

    def actors(self) -> tuple[list[str], list[str]]:
        actions = self._rows.actions
        return sorted({each.who for each in actions})[:500], sorted({each.verb for each in actions})[:500]

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
            if not wanted.fate_unknown
        ]
        names = ("id", "source", "status", "topic", "reason", "method", "url", "received_at", "retried_at", "event_id")
        rows = [{name: getattr(each, name) for name in names} | {"size": len(each.body)} for each in kept]
        return sorted(rows, key=lambda row: str(row["id"]), reverse=True)[:limit]

    def refusal(self, refused_id: str) -> Any:
        return self._rows.refused.get(refused_id)

    def known(self, marks: Sequence[bytes]) -> set[bytes]:
        carried = {each.digest for row in self._rows.events.values() for each in row["marks"]}
        asked = {each.contact for each in self._rows.deliveries.values()}
        return {mark for mark in marks if mark in carried | asked}

    def still_refused(self) -> int:
        return sum(each.retried_at is None for each in self._rows.refused.values())

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
        return list(self.balance().imbalances)

    def balance(self, *, source: str | None = None, since: int | None = None) -> Balance:
        return memory_balance(self._rows, source, since)

    def pauses(self) -> list[Paused]:
        return [paused for _, paused in sorted(self._rows.pauses.items())]

    def circuits(self) -> list[Circuit]:
        return [self._rows.circuits[name] for name in sorted(self._rows.circuits)]

    def suppression(self, contact: bytes) -> Suppression | None:
        return self._rows.suppressions.get(contact)

    def suppressions(self, *, limit: int, before: tuple[int, bytes] | None = None) -> list[Suppression]:
        listed = sorted(self._rows.suppressions.values(), key=lambda each: (each.since, each.contact), reverse=True)
        return [each for each in listed if before is None or (each.since, each.contact) < before][:limit]

    def attributes(self, touchpoint: str | None = None) -> Any:
        return self._rows.attributes.attributes(touchpoint)

    def touchpoint_totals(self) -> dict[str, dict[Any, int]]:
        totals: dict[str, dict[Any, int]] = {}
        for each in self._rows.deliveries.values():
            states = totals.setdefault(each.touchpoint, {})
            states[each.state] = states.get(each.state, 0) + 1
        return totals


class MemoryControls:
    let_wait_again: Any

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

    def keep_hour(self, *, now: int) -> None:
        keep_hour(self._rows, now=now)

    def note(self, action: Action) -> None:
        self._rows.actions.append(dataclasses.replace(action, number=len(self._rows.actions) + 1))

    def hasten(self, touchpoint: str, *, now: int) -> bool:
        return hasten(self._rows, touchpoint, now=now)

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

    def suppress(self, suppression: Suppression) -> int | None:
        if suppression.contact in self._rows.suppressions:
            return None
        self._rows.suppressions[suppression.contact] = suppression
        reason = f"not to be asked: {suppression.reason}"
        return self.cancel(Filter(contact=suppression.contact), reason=reason, now=suppression.since)

    def unsuppress(self, contact: bytes) -> bool:
        return self._rows.suppressions.pop(contact, None) is not None

    def retried(self, refused_id: str, *, event_id: str, now: int) -> bool:
        refused = self._rows.refused.get(refused_id)
        if refused is not None:
            self._rows.refused[refused_id] = dataclasses.replace(refused, retried_at=now, event_id=event_id)
        return refused is not None

    def prune(self, *, now: int, payloads_before: int, history_before: int, **_: Any) -> Pruned:
        """Let go of everything at once: chunks are how the other store keeps its transactions short."""
        old_rows = old(self._rows, now, payloads_before, history_before)
        bare, gone = old_rows["payloads"], old_rows["events"]
        for row in bare:
            row.update(body=None, headers=None, query=None)
            self._rows.lookups.get(row["id"], {}).update(results=None)
            for each in self._rows.deliveries.values():
                each.body = None if each.event_id == row["id"] else each.body
        for key in gone:
            self._forget(key)
        self._rows.counters["pruned.refused"] += len(old_rows["refused"])
        old_rows = old_rows | {"keys": [key for key in old_rows["keys"] if key in self._rows.once]}
        kinds: dict[str, Any] = {"refused": self._rows.refused, "ids": self._rows.dedupe, "keys": self._rows.once}
        for kind, kept in (kinds | {"tombstones": self._rows.tombstones, "replays": self._rows.replays}).items():
            for key in old_rows[kind]:
                del kept[key]
        return Pruned({kind: len(rows) for kind, rows in old_rows.items() if rows})

    def prunable(self, *, now: int, payloads_before: int, history_before: int) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in old(self._rows, now, payloads_before, history_before).items()}

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


def old(rows: Rows, now: int, payloads_before: int, history_before: int) -> dict[str, list[Any]]:
    """Give what may go: the rows of events whose payload may, and the keys of the rest."""
    waiting = {each.event_id for each in rows.chosen(Filter(), "pending", "sending", "held")}
    waiting |= {event_id for event_id, row in rows.lookups.items() if row["state"] in UNDER_WAY}
    ended = [(key, row) for key, row in sorted(rows.events.items()) if key not in waiting]
    until = {"evt": Filter(until=max(history_before, 0)), "ref": Filter(until=max(payloads_before, 0))}
    return {
        "payloads": [row for _, row in ended if row["body"] is not None and row["received_at"] < payloads_before],
        "events": [key for key, _ in ended if placed(until["evt"], key, "evt")],
        "refused": [key for key in sorted(rows.refused) if placed(until["ref"], key, "ref")],
        "ids": [key for key, (_, _, expires_at) in rows.dedupe.items() if expires_at <= now],
        "keys": [key for key, (_, expires_at) in rows.once.items() if expires_at <= now],
        "tombstones": [claim for claim, (*_, expires_at) in rows.tombstones.items() if expires_at <= now],
        "replays": [job.id for job in rows.replays.values() if job.ended_at and job.ended_at < history_before],
    }


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
    replays: MemoryReplays
    erasures: MemoryErasing
    registry: MemoryRegistry
    standings: MemoryStandings
    rows: Rows

    @contextmanager
    def together(self) -> Iterator[None]:
        before = copy.deepcopy(vars(self.rows))
        try:
            yield
        except BaseException:
            vars(self.rows).update(before)
            raise

    def changed(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""


def memory_store() -> MemoryStore:
    rows = Rows()
    outbox, ledger, controls = MemoryOutbox(rows), MemoryLedger(rows), MemoryControls(rows)
    outbox.lookups = lookups = MemoryLookups(rows, outbox.decide)
    lookups.replays = replays = MemoryReplays(rows, lookups.again, ledger._selects)
    ledger.lookup, ledger.lookup_queues = lookups.lookup, lookups.queues
    previews = MemoryPreviews(rows)
    ledger.subjects, ledger.shares, ledger.replays_of = previews.subjects, previews.shares, previews.replays_of
    controls.let_wait_again = previews.let_wait_again
    return MemoryStore(
        outbox,
        ledger,
        controls,
        MemoryStrongbox(rows),
        replays,
        MemoryErasing(rows, outbox.decide),
        MemoryRegistry(rows),
        MemoryStandings(rows),
        rows,
    )
