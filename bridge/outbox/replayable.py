"""What a replay takes: what did not arrive, decisions that failed, events from before a mapping was there."""

import heapq
import itertools
from dataclasses import replace
from typing import Any

from bridge.core.model import State
from bridge.outbox.jobs import Selection
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, replaying as sql
from bridge.outbox.terms import Filter, Row

_STATES: tuple[State, ...] = ("dead", "cancelled", "held")
# What was cancelled or is held somebody decided, so it is replayed only when asked for by its state or id.
_UNASKED: tuple[State, ...] = ("dead", "delivered")
_FIRST_DECISION = ("", "", -1)


def replayable_states(include_delivered: bool) -> tuple[State, ...]:  # noqa: FBT001 - the only argument
    """Give the states of old deliveries that may be replayed at all."""
    return (*_STATES, "delivered") if include_delivered else _STATES


def replayable(transaction: Transaction, selection: Selection, *, limit: int, after: str | None) -> list[Row]:
    """Give a page of what can be replayed, in the order of ids: deliveries, then failed decisions; or events."""
    if selection.backfill is not None:
        return _events(transaction, selection, limit, after or "")
    rows: list[Row] = []
    if after is None or after.startswith("dlv_"):
        rows = _deliveries(transaction, selection, limit, after or "")
        after = None
    if len(rows) < limit:
        rows += _decisions(transaction, selection, limit - len(rows), after)
    return rows


def count(transaction: Transaction, selection: Selection) -> list[Row]:
    """Count what can be replayed, by kind, source, mapping, touchpoint and state."""
    if selection.backfill is not None:
        conditions, parameters = _of_events(selection)
        rows = transaction.records(sql.COUNT_BACKFILLABLE.format(conditions=conditions), parameters)
        name = parameters["new"]
        return [_counted("event", row | {"mapping": name, "state": row["topic"], "touchpoint": ""}) for row in rows]
    counted: list[Row] = []
    for state in _asked_states(selection):
        conditions, parameters = _of_deliveries(selection, state)
        rows = transaction.records(sql.COUNT_DELIVERIES.format(conditions=conditions), parameters)
        counted += [_counted("delivery", row) for row in rows]
    if _takes_decisions(selection.wanted):
        conditions, parameters = _of_decisions(selection)
        rows = transaction.records(sql.COUNT_DECISIONS.format(conditions=conditions), parameters)
        counted += [_counted("decision", row | {"state": "failed", "touchpoint": ""}) for row in rows]
    return counted


def _counted(kind: str, row: Row) -> Row:
    return {"kind": kind} | {name: row[name] for name in ("source", "mapping", "touchpoint", "state", "number")}


def _asked_states(selection: Selection) -> list[State]:
    wanted, states = selection.wanted, replayable_states(selection.include_delivered)
    asked = wanted.states or (states if wanted.ids else _UNASKED)
    return [state for state in states if state in asked]


def _of_deliveries(selection: Selection, state: State) -> tuple[str, dict[str, Any]]:
    conditions, parameters = filters.of_deliveries(replace(selection.wanted, before=selection.newest), state)
    return filters.joined(conditions), parameters


def _deliveries(transaction: Transaction, selection: Selection, limit: int, after: str) -> list[Row]:
    pages = []
    for state in _asked_states(selection):
        conditions, parameters = _of_deliveries(selection, state)
        statement = sql.REPLAYABLE_DELIVERIES.format(conditions=f"{conditions} AND id > :after")
        pages.append(transaction.records(statement, parameters | {"after": after, "limit": limit}))
    ordered = heapq.merge(*pages, key=lambda row: str(row["id"]))
    return [
        row
        | {
            "kind": "delivery",
            "cursor": row["id"],
            "contact": None if row["contact"] is None else row["contact"].hex(),
        }
        for row in itertools.islice(ordered, limit)
    ]


def _takes_decisions(wanted: Filter) -> bool:
    """Say whether failed decisions are meant: they have neither a state nor a touchpoint, and no replay made them."""
    named = wanted.states or wanted.touchpoint or wanted.replay
    return not named and (not wanted.verdicts or "failed" in wanted.verdicts)


def _of_decisions(selection: Selection) -> tuple[str, dict[str, Any]]:
    wanted = replace(selection.wanted, mapping=None, before=_event_bound(selection))
    conditions, parameters = filters.of_events(wanted, "failed")
    if selection.wanted.mapping is not None:
        named = filters.mapping_is(
            selection.wanted.mapping, parameters, source="events.source", column="decisions.mapping"
        )
        conditions.append(named)
    return filters.joined(conditions), parameters


def _event_bound(selection: Selection) -> str | None:
    """Give the id of an event of the same moment as the newest delivery."""
    return None if selection.newest is None else f"evt{selection.newest[3:]}"


def _decisions(transaction: Transaction, selection: Selection, limit: int, after: str | None) -> list[Row]:
    if not _takes_decisions(selection.wanted):
        return []
    conditions, parameters = _of_decisions(selection)
    event_id, mapping, element = after.split(" ") if after else _FIRST_DECISION
    position = {"after_event": event_id, "after_mapping": mapping, "after_element": int(element)}
    statement = sql.REPLAYABLE_DECISIONS.format(conditions=conditions)
    return [
        row | {"kind": "decision", "cursor": f"{row['event_id']} {row['mapping']} {row['element']}"}
        for row in transaction.records(statement, parameters | position | {"limit": limit})
    ]


def _of_events(selection: Selection) -> tuple[str, dict[str, Any]]:
    source, _, name = (selection.wanted.mapping or "").rpartition("/")
    wanted = replace(selection.wanted, mapping=None, source=source, before=_event_bound(selection))
    conditions, parameters = filters.of_events(replace(wanted, contact=None), None)
    if topics := selection.backfill:
        conditions.append(filters.topic_among(topics, parameters))
    return filters.joined(conditions), parameters | {"new": name}


def _events(transaction: Transaction, selection: Selection, limit: int, after: str) -> list[Row]:
    conditions, parameters = _of_events(selection)
    statement = sql.BACKFILLABLE.format(conditions=conditions)
    rows = transaction.records(statement, parameters | {"after": after, "limit": limit})
    new = {"kind": "event", "mapping": parameters["new"], "element": 0}
    return [row | new | {"cursor": row["event_id"]} for row in rows]
