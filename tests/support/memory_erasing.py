"""The memory double's erasing: the promised verbs over plain dicts, all in one chunk."""

import json
from typing import Any

from bridge.core.model import Proposal, Unmatched
from bridge.outbox.erasing import ERASED
from bridge.outbox.erasures import Erased, Erasure, Search
from tests.support.memory import Rows


class MemoryErasing:
    def __init__(self, rows: Rows, decide: Any) -> None:
        self._rows = rows
        self._decide = decide
        self._kept: list[Erasure] = []

    def erase(self, search: Search, *, now: int, trial: bool = False, **_: Any) -> Erased:
        self._search, self._now, self._trial = search, now, trial
        self._touched: set[tuple[str, str]] = set()
        self._in_flight: set[str] = set()
        for event_id, event in sorted(self._rows.events.items()):
            if event_id != search.spare:
                self._event(event_id, event)
        for each in self._rows.deliveries.values():
            texts = [row["message"] for row in self._rows.attempts if row["delivery_id"] == each.id]
            if search.traces.stand_in(each.body, each.key, each.reason, each.message, *texts):
                self._delivery(each)
        for key, refused in list(self._rows.refused.items()):
            if search.traces.stand_in(refused.body, refused.url, refused.reason, json.dumps(dict(refused.headers))):
                self._touched.add(("refused", key))
                if not trial:
                    del self._rows.refused[key]
                    self._rows.counters["pruned.refused"] += 1
        entry = self._rows.suppressions.get(search.mark)
        if entry is not None and entry.shown != "erased":
            self._touched.add(("suppressions", ""))
            if not trial:
                columns = (entry.contact, "erased", entry.reason, entry.since, entry.added_by)
                self._rows.suppressions[search.mark] = type(entry)(*columns)
        return Erased(frozenset(self._touched), frozenset(self._in_flight))

    def _event(self, event_id: str, event: dict[str, Any]) -> None:
        deliveries = [each for each in self._rows.deliveries.values() if each.event_id == event_id]
        is_found = any(mark.digest == self._search.mark for mark in event["marks"])
        is_found = is_found or any(each.contact == self._search.mark for each in deliveries)
        results = json.dumps(self._rows.lookups.get(event_id, {}).get("results"))
        texts = (event["body"], event["query"], json.dumps(dict(event["headers"] or {})), results)
        if not is_found and not self._search.traces.stand_in(*texts):
            return
        of_many = any(each.element for each in deliveries)
        mine = [each for each in deliveries if not of_many or each.contact in (None, self._search.mark)]
        sending = {each.id for each in mine if is_found and each.state == "sending"}
        if sending or self._rows.lookups.get(event_id, {}).get("state") == "calling":
            self._in_flight |= sending or {event_id}
            return
        self._touched.add(("events", event_id))
        for each in mine if is_found else []:
            self._delivery(each)
        if not self._trial:
            self._empty(event_id, event, is_found, {each.contact for each in deliveries if each not in mine})

    def _empty(self, event_id: str, event: dict[str, Any], is_found: bool, others: set[Any]) -> None:  # noqa: FBT001 - of a double
        event.update(body=None, headers=None, query=None)
        if is_found:
            event["marks"] = tuple(mark for mark in event["marks"] if mark.kind == "privacy" or mark.digest in others)
            for row in self._rows.decisions:
                if row["event_id"] == event_id and row["reason"] and row["verdict"] in REWRITTEN:
                    row["reason"] = "erased"
        lookup = self._rows.lookups.get(event_id)
        if lookup is None:
            return
        self._touched.add(("lookups", event_id))
        lookup.update(results=None, reason=lookup["reason"] and "erased")
        if lookup["state"] == "waiting":
            lookup.update(state="failed", reason="erased", state_at=self._now)
            self._rows.awaited = [each for each in self._rows.awaited if each.event_id != event_id]
            if not any(row["event_id"] == event_id for row in self._rows.decisions):
                self._rows.counters["events.waiting"] -= 1
                self._rows.counters["events.decided"] += 1
                self._decide(Proposal("", 0, Unmatched(ERASED)), event, self._now)

    def _delivery(self, each: Any) -> None:
        if each.state == "sending":
            self._in_flight.add(each.id)
            return
        self._touched.add(("deliveries", each.id))
        if self._trial:
            return
        if each.state in ("pending", "held"):
            self._rows.move(each, "cancelled", self._now, reason="erased")
        claim = (each.source, each.mapping, each.tenant, each.key)
        if each.key and (each.state != "delivered" or self._search.traces.stand_in(each.key)):
            self._rows.once.pop(claim, None)
        vars(each).update(body=None, message="", contact=None, key=None, reason=each.reason and "erased")
        for row in self._rows.attempts:
            if row["delivery_id"] == each.id:
                row.update(message="", reason=row["reason"] and "erased")

    def record(self, *, event_id: str, who: str, now: int, counts: Any) -> int:
        if event_id in self._rows.events:
            self._rows.events[event_id].update(body=None, headers=None, query=None)
        self._kept.append(Erasure(len(self._kept) + 1, event_id, who, now, "erased", None, dict(counts)))
        return len(self._kept)

    def requests(self, mark: Any, *, limit: int) -> list[str]:
        done = {each.event_id for each in self._kept}
        rows = sorted(self._rows.events.items())
        return [key for key, row in rows if mark in row["marks"] and row["body"] and key not in done][:limit]

    def open(self) -> list[Erasure]:
        return [each for each in self._kept if each.state == "erased"]

    def erasures(self, *, limit: int) -> list[Erasure]:
        return self._kept[::-1][:limit]

    def done(self, *, upto: int, now: int) -> None:
        for at, each in enumerate(self._kept):
            if each.number <= upto and each.state == "erased":
                columns = (each.number, each.event_id, each.who, each.asked_at, "done", now, each.counts)
                self._kept[at] = Erasure(*columns)  # type: ignore[arg-type]  # a literal in a tuple

    def rebuild(self) -> None:
        """There is no file."""

    def empty_log(self) -> bool:
        return True


REWRITTEN = ("suppressed", "cancelling", "failed")
