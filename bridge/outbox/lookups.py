"""Lookups in the store: claimed under a lease, finished together with the decisions, postponed, made again."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec

from bridge.core.inquiry import Awaited, Finished, Inquiry, Postponed
from bridge.core.model import Proposal, Skipped
from bridge.outbox import reading
from bridge.outbox.deciding import Deciding, marks_text
from bridge.outbox.facts import Origin
from bridge.outbox.jobs import Replayed
from bridge.outbox.replaying import Making, note, outcome_of
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import lookups as sql, marking
from bridge.outbox.tally import Tally, source_day
from bridge.outbox.terms import Row

CRASHED = "the bridge stopped while this was being asked; it is asked again"
AWAITED = "waiting: the running bridge makes its lookup first"


def claim(transaction: Transaction, *, now: int, lease_until: int, free: Mapping[str, int]) -> list[Inquiry]:
    """Move due lookups to `calling`, at most `free[source]` of each, the longest due first."""
    rows: list[tuple[str, int, int, int, int]] = []
    for source, slots in free.items():
        wanted = {"source": source, "now": now, "lease_until": lease_until, "free": max(slots, 0)}
        rows.extend(transaction.rows(sql.CLAIM, wanted))
    claimed = [
        Inquiry(entry.event, attempts, lease, due_at, age_from)
        for event_id, attempts, lease, due_at, age_from in rows
        if (entry := reading.entry(transaction, event_id)) is not None
    ]
    return sorted(claimed, key=lambda inquiry: (inquiry.due_at, inquiry.event.id))


def finish(transaction: Transaction, results: Sequence[Finished], *, now: int) -> list[bool]:
    """Store what was found, decide the events and go on with the replays that waited; False: the lease was lost."""
    tally = Tally()
    kept = [_finish(transaction, result, now, tally) for result in results]
    tally.write(transaction)
    return kept


def _finish(transaction: Transaction, result: Finished, now: int, tally: Tally) -> bool:
    event_id = result.event.id
    effect = {
        "event_id": event_id,
        "lease": result.inquiry.lease,
        "state": "failed" if result.answers is None else "done",
        "now": now,
        "reason": result.reason,
        "results": None if result.answers is None else msgspec.json.encode(dict(result.answers)).decode(),
    }
    if not transaction.run(sql.FINISH, effect):
        return False
    if result.answers:
        forgive(transaction, result.event.source, now=now)
    _mark(transaction, result)
    if not transaction.rows(sql.IS_DECIDED, {"event_id": event_id}):
        _decide(transaction, result, now, tally)
    _replay(transaction, result, now, tally)
    return True


def _mark(transaction: Transaction, result: Finished) -> None:
    event = result.event
    fresh = [mark for mark in dict.fromkeys(event.marks) if mark not in result.inquiry.event.marks]
    if fresh:
        rows = [{"digest": mark.digest, "id": event.id, "kind": mark.kind} for mark in fresh]
        transaction.run_many(marking.ADD_MARK, rows)
        transaction.run(sql.SET_MARKS, {"event_id": event.id, "marks": marks_text(event.marks)})


def _decide(transaction: Transaction, result: Finished, now: int, tally: Tally) -> None:
    event = result.event
    of = source_day(event.source, event.received_at)
    deciding = Deciding(transaction, tally)
    origin = Origin(event.id, event.source, event.tenant, event.config, now, of, event.topic, event.received_at)
    deciding.decide(result.proposals, origin)
    deciding.write()
    tally.count("events.waiting", -1, of=of)


def _replay(transaction: Transaction, result: Finished, now: int, tally: Tally) -> None:
    """Go on with what waited: what was asked for by now, also after the claim."""
    event_id = {"event_id": result.event.id}
    awaited = [Awaited(*row) for row in transaction.rows(sql.AWAITED, event_id)]
    decided = {(str(mapping), int(element)) for mapping, element in transaction.rows(sql.DECIDED_WELL, event_id)}
    for replay_id, group in groupby(awaited, key=lambda each: each.replay_id):
        waited = list(group)
        making = Making(transaction, tally, replay_id, now)
        items = (
            Replayed(each.event_id, proposal, each.replay_of)
            for each in waited
            for proposal in proposals_for(each, result.proposals, decided)
        )
        outcome = outcome_of([making.take(item) for item in items])
        making.write()
        note(transaction, replay_id, outcome.made, {AWAITED: -len(waited), **outcome.others})
    transaction.run(sql.AWAITED_LEAVES, event_id)


def proposals_for(awaited: Awaited, proposals: Sequence[Proposal], decided: set[tuple[str, int]]) -> list[Proposal]:
    """Give what a replay goes on with: its element, or for a failed decision all that the mapping did not decide."""
    here = [proposal for proposal in proposals if proposal.mapping == awaited.mapping]
    if awaited.replay_of is not None:
        here = [proposal for proposal in here if proposal.element == awaited.element]
    else:
        here = [proposal for proposal in here if (proposal.mapping, proposal.element) not in decided]
    nothing = Skipped("the mapping of this name does not take this event today")
    return here or [Proposal(awaited.mapping, awaited.element, nothing)]


def postpone(transaction: Transaction, results: Sequence[Postponed], *, now: int) -> list[bool]:
    """Let lookups wait again, and note who refuses; False: the lease was lost."""
    return [_postpone(transaction, result, now) for result in results]


def _postpone(transaction: Transaction, result: Postponed, now: int) -> bool:
    event, until = result.inquiry.event, result.denied_until
    effect = {
        "event_id": event.id,
        "lease": result.inquiry.lease,
        "counted": 1 if until is None else 0,
        "due_at": result.due_at,
        "now": now,
        "reason": result.reason,
    }
    kept = bool(transaction.run(sql.POSTPONE, effect))
    if kept and until is not None:
        transaction.run(sql.DENY, {"source": event.source, "reason": result.reason, "now": now, "until": until})
    return kept


def recover(transaction: Transaction, *, now: int, everything: bool) -> int:
    """Let lookups whose lease ran out (or all) be made again: asking changes nothing, so it may be repeated."""
    return transaction.run(sql.ALL_LEASES if everything else sql.EXPIRED_LEASES, {"now": now, "reason": CRASHED})


def forgive(transaction: Transaction, source: str, *, now: int) -> bool:
    """Ask a system again that refused; what waited becomes younger by that time. False if it did not refuse."""
    rows = transaction.rows(sql.FORGIVE, {"source": source})
    for (since,) in rows:
        transaction.run(sql.REJUVENATE, {"source": source, "since": since, "now": max(now, since)})
    return bool(rows)


def next_due(transaction: Transaction, *, sources: Sequence[str], now: int) -> int | None:
    """Give the earliest time after `now` at which a lookup of these sources may be made."""
    found = (transaction.rows(sql.NEXT_DUE, {"source": source, "now": now})[0][0] for source in sources)
    return min((due_at for due_at in found if due_at is not None), default=None)


def await_lookups(transaction: Transaction, items: Sequence[Awaited], *, now: int) -> int:
    """Make the lookups of these events again and go on with their replays afterwards; gives the number of events."""
    for item in items:
        row = {
            "event_id": item.event_id,
            "replay_id": item.replay_id,
            "mapping": item.mapping,
            "element": item.element,
            "replay_of": item.replay_of or "",
        }
        transaction.run(sql.AWAIT, row)
    events = dict.fromkeys(item.event_id for item in items)
    for event_id in events:
        transaction.run(sql.LOOK_UP_AGAIN, {"event_id": event_id, "now": now})
    return len(events)


def lookup(transaction: Transaction, event_id: str) -> Row | None:
    """Give the lookup of an event; `results` are None until it is done, and when they were pruned."""
    for row in transaction.records(sql.LOOKUP, {"event_id": event_id}):
        return row | {"results": None if row["results"] is None else json.loads(row["results"])}
    return None


def queues(transaction: Transaction) -> dict[str, Row]:
    """Give for each source how many lookups wait, and since when and why its system refuses, if it does."""
    queues: dict[str, Row] = {}
    for row in transaction.records(sql.QUEUES):
        queue = queues.setdefault(row["source"], {"waiting": 0, "reason": None, "since": None, "until": None})
        queue["waiting"] += row["waiting"]
        queue.update({name: row[name] for name in ("reason", "since", "until") if row[name] is not None})
    return queues
