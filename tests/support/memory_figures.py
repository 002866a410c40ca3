"""The memory double's figures: counts, hours and the overview."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from bridge.core.ids import make_id
from bridge.outbox.figures import (
    HOUR,
    KEPT_HOURS,
    LATELY,
    MOST_COUNTED,
    Count,
    Group,
    GroupKind,
    HourBegun,
    Overview,
    Page,
)
from bridge.outbox.terms import Filter
from tests.support.memory import Rows

Search = Callable[..., list[dict[str, Any]]]


class MemoryFigures:
    """`searches` are the ledger's lists, by what they list."""

    def __init__(self, rows: Rows, searches: dict[str, Search]) -> None:
        self._rows = rows
        self._searches = searches

    def count(self, what: str, wanted: Filter) -> Count:
        found = len(self._searches[what](dataclasses.replace(wanted, before=None), limit=MOST_COUNTED + 1))
        return Count(min(found, MOST_COUNTED), exact=found <= MOST_COUNTED)

    def page(self, what: str, wanted: Filter, *, limit: int) -> Page:
        rows = self._searches[what](wanted, limit=limit + 1)
        return Page(rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None)

    def hours(self, *, since: int, until: int) -> list[HourBegun]:
        kept = sorted(self._rows.hours.items())
        return [HourBegun(hour * HOUR, counters) for hour, counters in kept if since <= hour * HOUR <= until]

    def overview(self, *, now: int, due_by: Sequence[int]) -> Overview:
        deliveries = list(self._rows.deliveries.values())
        pending = sorted((each.due_at, each.id) for each in deliveries if each.state == "pending")
        bounds = [-1, *due_by]
        return Overview(
            counters=dict(self._rows.counters),
            totals=self._totals(),
            hours=self.hours(since=now - 24 * HOUR, until=now),
            groups=tuple(self._groups(now)),
            due=tuple(
                Count(sum(bounds[step] < due_at <= until for due_at, _ in pending), exact=True)
                for step, until in enumerate(due_by)
            ),
            oldest=self._oldest(pending[0][1]) if pending else None,
        )

    def _totals(self) -> dict[str, dict[Any, int]]:
        totals: dict[str, dict[Any, int]] = {}
        for each in self._rows.deliveries.values():
            states = totals.setdefault(each.touchpoint, {})
            states[each.state] = states.get(each.state, 0) + 1
        return totals

    def _oldest(self, delivery_id: str) -> dict[str, Any]:
        names = ("id", "source", "mapping", "touchpoint", "key", "due_at", "reason")
        return {name: getattr(self._rows.deliveries[delivery_id], name) for name in names}

    def _groups(self, now: int) -> list[Group]:
        found: dict[tuple[GroupKind, str, str, bool], list[tuple[int, str]]] = {}
        for kind, place, reason, is_unsure, time, identity in self._troubles(now):
            found.setdefault((kind, place, reason, is_unsure), []).append((time, identity))
        return [
            Group(
                kind,
                place,
                reason,
                len(rows),
                exact=True,
                first=min(rows)[0],
                last=max(rows)[0],
                newest=max(identity for _, identity in rows),
                is_unsure=is_unsure,
            )
            for (kind, place, reason, is_unsure), rows in found.items()
        ]

    def _troubles(self, now: int) -> list[tuple[GroupKind, str, str, bool, int, str]]:
        rows, since = self._rows, now - LATELY
        again = {each.replay_of for each in rows.deliveries.values()}
        mended = {(each["event_id"], each["mapping"]) for each in rows.replayed if each["verdict"] != "failed"}
        found: list[tuple[GroupKind, str, str, bool, int, str]] = []
        for each in rows.deliveries.values():
            if each.state == "held":
                found.append(("held", each.touchpoint, each.reason, each.asked_at is not None, each.state_at, each.id))
            elif each.state == "dead" and each.state_at >= since and each.id not in again:
                found.append(("dead", each.touchpoint, each.reason, False, each.state_at, each.id))
        for row in rows.decisions:
            event_id, place = row["event_id"], (row["event_id"], row["mapping"])
            if row["verdict"] == "failed" and event_id >= make_id("evt", since, 0) and place not in mended:
                event = rows.events[event_id]
                name = f"{event['source']}/{row['mapping']}"
                found.append(("failed", name, row["reason"], False, event["received_at"], event_id))
        found += [
            ("refused", each.source, each.reason, False, each.received_at, each.id)
            for each in rows.refused.values()
            if each.id >= make_id("ref", since, 0) and each.retried_at is None
        ]
        return found


def keep_hour(rows: Rows, *, now: int) -> None:
    """Keep how the counters stand, unless this hour has it already, and let go of what is old."""
    rows.hours.setdefault(now // HOUR, {name: value for name, value in rows.counters.items() if value})
    rows.hours = {hour: kept for hour, kept in rows.hours.items() if hour > now // HOUR - KEPT_HOURS}
