"""Letting go of what is old, in chunks that nobody has to wait for, without unbalancing the books."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.outbox.books import Place, Pruned
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, marking, pruning as sql
from bridge.outbox.tally import Tally

MOST_AT_ONCE = 1_000  # rows that one transaction looks at
MOST_BYTES = 4 * 1024 * 1024  # of bodies that one transaction lets go: each byte of them is overwritten


@dataclass(slots=True)
class _Chunk:
    """One transaction's share of the work: what may go, how many rows may still be looked at, what went."""

    transaction: Transaction
    now: int
    payloads_before: int
    history_before: int
    left: int
    bytes_left: int = MOST_BYTES
    tally: Tally = field(default_factory=Tally)
    counts: Counter[str] = field(default_factory=Counter)

    def affordable(self, rows: Iterable[tuple[Any, ...]], *, weight: int, size: int) -> Iterator[tuple[Any, ...]]:
        """Give rows as long as there is room for their weight and size, in these columns; always a first one."""
        for number, row in enumerate(rows):
            if number and (row[weight] > self.left or row[size] > self.bytes_left):
                self.left = 0
                return
            self.left -= row[weight]
            self.bytes_left -= row[size]
            yield row


# Does its share from a place on; gives where to go on, None when there is no more of its kind.
_Step = Callable[[_Chunk, Place], Place | None]


def prune(
    transaction: Transaction, *, now: int, payloads_before: int, history_before: int, limit: int, place: Place | None
) -> Pruned:
    """Let go of one chunk, from `place` on; see `protocol.Controls.prune`."""
    chunk = _Chunk(transaction, now, payloads_before, history_before, min(limit, MOST_AT_ONCE))
    place = place or Place(_KINDS[0])
    while place is not None and chunk.left > 0 and chunk.bytes_left > 0:
        place = _STEPS[place.kind](chunk, place) or _next_kind(place)
    chunk.tally.write(transaction)
    return Pruned(dict(+chunk.counts), place)


def _next_kind(place: Place) -> Place | None:
    following = _KINDS[_KINDS.index(place.kind) + 1 :]
    return Place(following[0]) if following else None


def _payloads(chunk: _Chunk, place: Place) -> Place | None:
    bounds = {"time": place.time, "id": place.id, "before": chunk.payloads_before, "limit": chunk.left}
    rows = chunk.transaction.rows(sql.OLD_PAYLOADS, bounds)
    looked_at = list(chunk.affordable(rows, weight=2, size=3))
    ids = [{"id": event_id} for event_id, _, _, _, at_rest in looked_at if at_rest]
    for statement in (sql.EMPTY_EVENT, sql.EMPTY_LOOKUP, sql.EMPTY_DELIVERIES):
        chunk.transaction.run_many(statement, ids)
    chunk.counts["payloads"] += len(ids)
    return Place("payloads", looked_at[-1][1], looked_at[-1][0]) if looked_at else None


def _events(chunk: _Chunk, place: Place) -> Place | None:
    before = filters.lowest_id("evt", chunk.history_before)
    rows = chunk.transaction.rows(sql.OLD_EVENTS, {"id": place.id, "before": before, "limit": chunk.left})
    looked_at = list(chunk.affordable(rows, weight=2, size=3))
    leaving = {event_id: json.loads(marks) for event_id, marks, _, _, at_rest in looked_at if at_rest}
    if leaving:
        _let_go(chunk.transaction, leaving, chunk.tally)
    chunk.counts["events"] += len(leaving)
    if looked_at:
        return Place("events", id=looked_at[-1][0])
    chunk.transaction.run(marking.EMPTY_SPANS_LEAVE)
    return None


def _let_go(transaction: Transaction, events: dict[str, list[tuple[str, str]]], tally: Tally) -> None:
    """Drop events, by id with their marks, and all that hangs on them."""
    names, ids = filters.placeholders(events)
    _count_leaving(transaction, names, ids, tally)
    # A key whose deliveries came to nothing does not block; it must not begin to when they are gone.
    transaction.run_many(sql.LAPSED_KEY_LEAVES, transaction.records(sql.LAPSED_KEYS.format(ids=names), ids))
    tally.count("pruned.attempts", transaction.run(sql.ATTEMPTS_LEAVE.format(ids=names), ids))
    transaction.run(marking.CONTACTS_LEAVE.format(ids=names), ids)
    leaving = (sql.DELIVERIES_LEAVE, sql.DECISIONS_LEAVE, sql.REPLAYED_LEAVE, sql.LOOKUPS_LEAVE, sql.EVENTS_LEAVE)
    for statement in leaving:
        transaction.run(statement.format(ids=names), ids)
    marks = [
        {"digest": bytes.fromhex(digest), "id": event_id, "kind": kind}
        for event_id, found_by in events.items()
        for kind, digest in found_by
    ]
    transaction.run_many(marking.MARK_LEAVES, marks)


def _count_leaving(transaction: Transaction, names: str, ids: dict[str, str], tally: Tally) -> None:
    for source, day, number in transaction.rows(sql.EVENTS_LEAVING.format(ids=names), ids):
        tally.count("pruned.events", number, of=(source, day))
    for source, day, verdict, number in transaction.rows(sql.VERDICTS_LEAVING.format(ids=names), ids):
        tally.count(f"pruned.decisions.{verdict}", number, of=(source, day))
    for source, day, touchpoint, state, number, replayed in transaction.rows(
        sql.DELIVERIES_LEAVING.format(ids=names), ids
    ):
        tally.forget(touchpoint, state, number, of=(source, day))
        tally.count("pruned.deliveries.replayed", replayed, of=(source, day))


def _refused(chunk: _Chunk, place: Place) -> Place | None:
    before = filters.lowest_id("ref", chunk.payloads_before)
    rows = [(*row, 1) for row in chunk.transaction.rows(sql.OLD_REFUSED, {"before": before, "limit": chunk.left})]
    names, ids = filters.placeholders(row[0] for row in chunk.affordable(rows, weight=2, size=1))
    chunk.transaction.run(sql.REFUSED_LEAVE.format(ids=names), ids)
    chunk.tally.count("pruned.refused", len(ids))
    chunk.counts["refused"] += len(ids)
    return place if ids else None


def _expired(statement: str) -> _Step:
    """Make the step for rows that all go once their time has run out."""

    def step(chunk: _Chunk, place: Place) -> Place | None:
        gone = chunk.transaction.run(statement, {"now": chunk.now, "limit": chunk.left})
        chunk.left -= gone
        chunk.counts[place.kind] += gone
        return place if gone else None

    return step


def _replays(chunk: _Chunk, place: Place) -> Place | None:
    before = chunk.history_before
    bounds = {"before": before, "begun_before": filters.lowest_id("rpl", before), "limit": chunk.left}
    gone = chunk.transaction.run(sql.OLD_REPLAYS_LEAVE, bounds)
    chunk.left -= gone
    chunk.counts["replays"] += gone
    return place if gone else None


_STEPS: dict[str, _Step] = {
    "payloads": _payloads,
    "events": _events,
    "refused": _refused,
    "ids": _expired(sql.EXPIRED_IDS_LEAVE),
    "keys": _expired(sql.EXPIRED_KEYS_LEAVE),
    "tombstones": _expired(sql.EXPIRED_TOMBSTONES_LEAVE),
    "replays": _replays,
}
_KINDS = tuple(_STEPS)
_COUNTS = {
    "payloads": sql.COUNT_PAYLOADS,
    "events": sql.COUNT_EVENTS,
    "refused": sql.COUNT_REFUSED,
    "ids": sql.COUNT_IDS,
    "keys": sql.COUNT_KEYS,
    "tombstones": sql.COUNT_TOMBSTONES,
    "replays": sql.COUNT_REPLAYS,
}


def prunable(transaction: Transaction, *, now: int, payloads_before: int, history_before: int) -> dict[str, int]:
    """Count what pruning would let go, by kind. Looks at everything that is old."""
    before: dict[str, int | str] = {
        "payloads": payloads_before,
        "events": filters.lowest_id("evt", history_before),
        "refused": filters.lowest_id("ref", payloads_before),
        "replays": history_before,
    }
    found = {}
    for kind, statement in _COUNTS.items():
        bound = {"before": before[kind]} if kind in before else {"now": now}
        found[kind] = transaction.rows(statement, bound)[0][0]
    return found
