"""Reading the books: pages of records for display, and stored events as intake made them."""

import heapq
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bridge.core.model import Entry, Event, Mark, Refused, State, Verdict
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, reading as sql
from bridge.outbox.terms import Filter, Row

_KNOWN_FOR = 10  # ms; each hash is looked for in every span, the newest first
_CLOCK_STEP = 3_600_000  # ms by which the time in an id may be before its event's, where the clock was set back


def events(transaction: Transaction, wanted: Filter, *, limit: int, walks: bool = False) -> list[Row]:
    """Give a page of events, newest first, with `verdicts` and `deliveries`: how many of each.

    It `walks` from event to event, which in a short time takes less than to begin with few that are long ago.
    """

    def page(verdict: Verdict | None) -> list[Row]:
        conditions, parameters = filters.of_events(wanted, verdict, walks=walks)
        statement = sql.EVENTS_BY_VERDICT if filters.leads(verdict) else sql.EVENTS
        return transaction.records(
            statement.format(conditions=filters.joined(conditions)), parameters | {"limit": limit}
        )

    rows = _merged(page, wanted.verdicts, limit)
    names, ids = filters.placeholders(row["id"] for row in rows)
    verdicts = _numbers(transaction, sql.VERDICTS_OF.format(ids=names), ids)
    states = _numbers(transaction, sql.STATES_OF.format(ids=names), ids)
    return [row | {"verdicts": verdicts.get(row["id"], {}), "deliveries": states.get(row["id"], {})} for row in rows]


def _merged(page: Callable[[Any], list[Row]], choices: Sequence[str], limit: int) -> list[Row]:
    """Ask for each state or verdict apart, as each has an index in the order of the ids; an event may have several."""
    if not choices:
        return page(None)
    pages = [page(choice) for choice in dict.fromkeys(choices)]
    ordered = heapq.merge(*pages, key=lambda row: str(row["id"]), reverse=True)
    once = (next(same) for _, same in itertools.groupby(ordered, key=lambda row: row["id"]))
    return list(itertools.islice(once, limit))


def _numbers(transaction: Transaction, statement: str, ids: dict[str, str]) -> dict[str, dict[str, int]]:
    numbers: dict[str, dict[str, int]] = {}
    for event_id, name, number in transaction.rows(statement, ids):
        numbers.setdefault(event_id, {})[name] = number
    return numbers


def event(transaction: Transaction, event_id: str) -> Row | None:
    """Give everything about one event; `headers`, `query` and `body` are None once pruned."""
    for row in transaction.records(sql.EVENT, {"id": event_id}):
        body = row["body"]
        return row | {
            "marks": [{"kind": kind, "digest": digest} for kind, digest in json.loads(row["marks"])],
            "headers": None if row["headers"] is None else json.loads(row["headers"]),
            "body": None if body is None else body.decode("utf-8", "replace"),
        }
    return None


def entry(transaction: Transaction, event_id: str) -> Entry | None:
    """Give the stored event again, without payload and proposals; None when it, or its body, is not kept any more."""
    for row in transaction.records(sql.EVENT, {"id": event_id}):
        if row["body"] is not None:
            return Entry(_event(row), ())
    return None


def stored(transaction: Transaction, wanted: Filter, *, limit: int) -> list[Event]:
    """Give a page of stored events, newest first, without those whose payload is gone."""
    oldest = transaction.rows(sql.OLDEST_PAYLOAD)[0][0]
    if oldest is None:
        return []
    since = max(oldest - _CLOCK_STEP, wanted.since or 0)
    conditions, parameters = filters.of_events(replace(wanted, since=since), None)
    statement = sql.STORED.format(conditions=filters.joined(conditions))
    return [_event(row) for row in transaction.records(statement, parameters | {"limit": limit})]


def _event(row: Row) -> Event:
    return Event(
        id=row["id"],
        source=row["source"],
        topic=row["topic"],
        source_event_id=row["source_event_id"],
        tenant=row["tenant"],
        headers=json.loads(row["headers"]),
        query=row["query"],
        body=row["body"],
        received_at=row["received_at"],
        dedupe_until=row["dedupe_until"],
        occurred_at=row["occurred_at"],
        marks=tuple(Mark(kind, bytes.fromhex(digest)) for kind, digest in json.loads(row["marks"])),
        config=row["config"],
    )


def deliveries(transaction: Transaction, wanted: Filter, *, limit: int) -> list[Row]:
    """Give a page of deliveries, newest first, without bodies."""

    def page(state: State | None) -> list[Row]:
        conditions, parameters = filters.of_deliveries(wanted, state)
        statement = sql.DELIVERIES.format(conditions=filters.joined(conditions))
        return transaction.records(statement, parameters | {"limit": limit})

    return [_shown(row) for row in _merged(page, wanted.states, limit)]


def replays_of(transaction: Transaction, delivery_id: str, *, limit: int) -> list[Row]:
    """Give the deliveries that replay this one, newest first, without bodies."""
    statement = sql.DELIVERIES.format(conditions="replay_of = :origin")
    return [_shown(row) for row in transaction.records(statement, {"origin": delivery_id, "limit": limit})]


def delivery(transaction: Transaction, delivery_id: str) -> Row | None:
    """Give everything about one delivery; `body` is its JSON text, None once pruned."""
    for row in transaction.records(sql.DELIVERY, {"id": delivery_id}):
        return _shown(row)
    return None


def _shown(row: Row) -> Row:
    return row | {
        "contact": None if row["contact"] is None else row["contact"].hex(),
        "hours": None if row["hours"] is None else json.loads(row["hours"]),
    }


def refused(transaction: Transaction, wanted: Filter, *, limit: int) -> list[Row]:
    """Give a page of refused requests, newest first."""
    conditions, parameters = filters.of_refused(wanted)
    statement = sql.REFUSED.format(conditions=filters.joined(conditions))
    return transaction.records(statement, parameters | {"limit": limit})


def refusal(transaction: Transaction, refused_id: str) -> Refused | None:
    """Give one refused request as it came."""
    for row in transaction.records(sql.REFUSAL, {"id": refused_id}):
        return Refused(**row | {"headers": json.loads(row["headers"])})
    return None


def known(transaction: Transaction, marks: Sequence[bytes]) -> set[bytes]:
    """Say which of the keyed hashes an event carries or a delivery has as its contact, where that is found in time."""
    wanted = {f"mark_{number}": mark for number, mark in enumerate(marks)}
    names = ", ".join(f":{name}" for name in wanted) or "NULL"
    found, _ = transaction.different([(sql.KNOWN.format(ids=names), wanted)], most=len(wanted), ms=_KNOWN_FOR)
    return found


def touchpoint_totals(transaction: Transaction) -> dict[str, dict[State, int]]:
    """Give how many deliveries of each touchpoint are in each state now."""
    totals: dict[str, dict[State, int]] = {}
    for touchpoint, state, value in transaction.rows(sql.TOTALS):
        totals.setdefault(touchpoint, {})[state] = value
    return totals
