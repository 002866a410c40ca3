"""Erasing a person's data, chunk after chunk, without unbalancing the books: rows stay, what they say goes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.core.model import Proposal, Unmatched
from bridge.outbox.books import Place
from bridge.outbox.deciding import Deciding
from bridge.outbox.erasures import Erased, Search
from bridge.outbox.facts import Origin
from bridge.outbox.marking import contact_leaves
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import erasing as sql, lookups, marking, pruning
from bridge.outbox.tally import Tally, source_day
from bridge.outbox.terms import Row

ERASED = "the data of the person it is about was erased"
_PRIVACY = "privacy"  # the mark by which requests about people's data are found says nothing of anybody


@dataclass(slots=True)
class _Chunk:
    transaction: Transaction
    search: Search
    now: int
    limit: int
    tally: Tally = field(default_factory=Tally)
    rows: set[tuple[str, str]] = field(default_factory=set)
    in_flight: set[str] = field(default_factory=set)

    def run(self, statement: str, **parameters: Any) -> int:
        """Run a statement; gives the number of rows changed."""
        return self.transaction.run(statement, parameters)

    def note(self, kind: str, row_id: str, changed: int = 1) -> None:
        """Count what was emptied, each once."""
        if changed:
            self.rows.add((kind, row_id))

    def page(self, statement: str, place: Place) -> list[Row]:
        """Give the next rows of this kind."""
        return self.transaction.records(statement, {"id": place.id, "limit": self.limit})


# Does its share from a place on; gives where to go on, None when there is no more of its kind.
_Step = Callable[[_Chunk, Place], Place | None]


def erase(transaction: Transaction, search: Search, *, now: int, limit: int, place: Place | None) -> Erased:
    """Erase one chunk, from `place` on; see `erasures.Erasures.erase`."""
    chunk = _Chunk(transaction, search, now, limit)
    place = place or Place(_KINDS[0])
    following = _STEPS[place.kind](chunk, place) or _next_kind(place)
    chunk.tally.write(transaction)
    return Erased(frozenset(chunk.rows), frozenset(chunk.in_flight), following)


def _next_kind(place: Place) -> Place | None:
    following = _KINDS[_KINDS.index(place.kind) + 1 :]
    return Place(following[0]) if following else None


def _after(place: Place, rows: list[Row]) -> Place | None:
    return replace(place, id=rows[-1]["id"]) if rows else None


# -- what the person is found by --------------------------------------------------------------------------------


def _found(chunk: _Chunk, place: Place) -> Place | None:
    wanted = {"mark": chunk.search.mark, "id": place.id, "limit": chunk.limit}
    ids = [event_id for (event_id,) in chunk.transaction.rows(sql.FOUND, wanted)]
    for event_id in ids:
        if event_id != chunk.search.spare:
            _empty_whole(chunk, event_id)
    return replace(place, id=ids[-1]) if ids else None


def _empty_whole(chunk: _Chunk, event_id: str) -> None:
    """Empty an event about the person, and its deliveries but those that a list in it made for others."""
    all_of_it = chunk.transaction.records(sql.DELIVERIES_OF, {"id": event_id})
    of_many = any(each["element"] for each in all_of_it)
    mine = [each for each in all_of_it if not of_many or each["contact"] in (None, chunk.search.mark)]
    sending = {each["id"] for each in mine if each["state"] == "sending"}
    if sending or _is_calling(chunk, event_id):
        chunk.in_flight |= sending or {event_id}
        return
    for delivery in mine:
        _empty_delivery(chunk, delivery, event_id)
    others = {each["contact"].hex() for each in all_of_it if each not in mine}
    _empty_event(chunk, event_id, others)
    for statement in (sql.EMPTY_DECISIONS, sql.EMPTY_REPLAYED):
        chunk.run(statement, id=event_id)


def _is_calling(chunk: _Chunk, event_id: str) -> bool:
    return chunk.transaction.rows(sql.LOOKUP_STATE, {"id": event_id}) == [("calling",)]


def _empty_delivery(chunk: _Chunk, delivery: Row, event_id: str) -> None:
    delivery_id, state = delivery["id"], delivery["state"]
    if state in ("pending", "held"):
        chunk.run(sql.CANCEL, id=delivery_id, now=chunk.now)
        chunk.tally.move(delivery["touchpoint"], state, "cancelled", of=(delivery["source"], delivery["day"]))
    if delivery["key"] is not None:
        claim = {name: delivery[name] for name in ("source", "mapping", "tenant", "key")} | {"event_id": event_id}
        # A key blocks as long as its row is there; where nothing was sent, or where it names the person, it must not.
        asked = {name: claim[name] for name in ("event_id", "mapping", "key")}
        if chunk.search.traces.stand_in(delivery["key"]) or not chunk.transaction.rows(sql.DELIVERED_ELSEWHERE, asked):
            chunk.run(pruning.LAPSED_KEY_LEAVES, **claim)
    contact_leaves(chunk.transaction, delivery_id, delivery["contact"])
    chunk.run(sql.EMPTY_DELIVERY, id=delivery_id)
    chunk.run(sql.EMPTY_ATTEMPTS, id=delivery_id)
    chunk.note("deliveries", delivery_id)


def _empty_event(chunk: _Chunk, event_id: str, others: set[str]) -> None:
    for row in chunk.transaction.records(sql.EVENT, {"id": event_id}):
        marks = json.loads(row["marks"])
        kept = [mark for mark in marks if mark[0] == _PRIVACY or mark[1] in others]
        for kind, digest in marks:
            if [kind, digest] not in kept:
                mark = {"digest": bytes.fromhex(digest), "id": event_id, "kind": kind}
                chunk.run(marking.MARK_LEAVES, **mark)
        chunk.run(sql.EMPTY_EVENT, id=event_id, marks=json.dumps(kept, separators=(",", ":")))
        _end_lookup(chunk, event_id, row)
        chunk.note("events", event_id)


def _end_lookup(chunk: _Chunk, event_id: str, row: Row) -> None:
    """Let nothing be asked about the event any more; one that was not decided yet is so now."""
    chunk.note("lookups", event_id, chunk.run(sql.EMPTY_LOOKUP, id=event_id))
    if not chunk.run(sql.END_LOOKUP, id=event_id, now=chunk.now):
        return
    chunk.run(sql.AWAITED_LEAVES, id=event_id)
    if chunk.transaction.rows(lookups.IS_DECIDED, {"event_id": event_id}):
        return
    of = source_day(row["source"], row["received_at"])
    deciding = Deciding(chunk.transaction, chunk.tally)
    columns = (row["source"], row["tenant"], row["config"], chunk.now, of, row["topic"], row["received_at"])
    deciding.decide((Proposal("", 0, Unmatched(ERASED)),), Origin(event_id, *columns))
    deciding.write()
    chunk.tally.count("events.waiting", -1, of=of)


# -- where the person is named ----------------------------------------------------------------------------------


def _events(chunk: _Chunk, place: Place) -> Place | None:
    rows = chunk.page(sql.SCAN_EVENTS, place)
    for row in rows:
        if row["id"] != chunk.search.spare:
            _look_through(chunk, row)
    return _after(place, rows)


def _look_through(chunk: _Chunk, row: Row) -> None:
    event_id, traces = row["id"], chunk.search.traces
    if traces.stand_in(row["body"], row["headers"], row["query"], row["results"], row["reason"]):
        if chunk.transaction.rows(sql.IS_FOUND, {"id": event_id, "mark": chunk.search.mark}):
            return  # it waits for what is in flight, to be emptied as a whole
        if _is_calling(chunk, event_id):
            chunk.in_flight.add(event_id)
            return
        chunk.run(sql.EMPTY_PAYLOAD, id=event_id)
        for event in chunk.transaction.records(sql.EVENT, {"id": event_id}):
            _end_lookup(chunk, event_id, event)
        chunk.note("events", event_id)
    if traces.stand_in(row["source_event_id"]):
        place = {"source": row["source"], "tenant": row["tenant"], "own": row["source_event_id"]}
        chunk.run(sql.ID_LEAVES, id=event_id, **place)
        chunk.run(sql.EMPTY_ID, id=event_id)
        chunk.note("events", event_id)
    for mapping, element, reason in chunk.transaction.rows(sql.DECISIONS_OF, {"id": event_id}):
        if traces.stand_in(reason):
            chunk.run(sql.EMPTY_DECISION, id=event_id, mapping=mapping, element=element)


def _deliveries(chunk: _Chunk, place: Place) -> Place | None:
    traces = chunk.search.traces
    rows = chunk.page(sql.SCAN_DELIVERIES, place)
    for row in rows:
        texts = [row["body"], row["key"], row["reason"], row["message"]]
        for attempt in chunk.transaction.rows(sql.ATTEMPTS_OF, {"id": row["id"]}):
            texts += attempt
        if traces.stand_in(*texts):
            _empty_named(chunk, row["id"])
    return _after(place, rows)


def _empty_named(chunk: _Chunk, delivery_id: str) -> None:
    for delivery in chunk.transaction.records(sql.DELIVERY, {"id": delivery_id}):
        if delivery["state"] == "sending":
            chunk.in_flight.add(delivery_id)
        else:
            _empty_delivery(chunk, delivery, delivery["event_id"])


def _refused(chunk: _Chunk, place: Place) -> Place | None:
    rows = chunk.page(sql.SCAN_REFUSED, place)
    for row in rows:
        if chunk.search.traces.stand_in(*(row[name] for name in ("topic", "reason", "url", "headers", "body"))):
            chunk.run(sql.REFUSED_LEAVES, id=row["id"])
            chunk.tally.count("pruned.refused")
            chunk.note("refused", row["id"])
    return _after(place, rows)


def _others(chunk: _Chunk, _: Place) -> Place | None:
    """Empty what there is little of: the list of who is not asked, keys cancelled in advance, what replays are for."""
    traces, transaction = chunk.search.traces, chunk.transaction
    chunk.note("suppressions", "", chunk.run(sql.EMPTY_SUPPRESSION, mark=chunk.search.mark))
    for row in transaction.records(sql.TOMBSTONES):
        if traces.stand_in(row["key"]):
            chunk.run(sql.TOMBSTONE_LEAVES, **row)
            chunk.note("keys", row["key"])
    for row in transaction.records(sql.REPLAYS):
        if traces.stand_in(row["why"], row["description"]):
            chunk.run(sql.EMPTY_REPLAY, id=row["id"])
            chunk.note("replays", row["id"])
    return None


_STEPS: dict[str, _Step] = {
    "found": _found,
    "events": _events,
    "deliveries": _deliveries,
    "refused": _refused,
    "others": _others,
}
_KINDS = tuple(_STEPS)
