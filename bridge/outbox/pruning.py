"""Letting go of what is old, in pieces, without unbalancing the books."""

import json

from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, pruning as sql
from bridge.outbox.tally import Tally

MOST_AT_ONCE = 1_000  # of each kind in one transaction, so that nobody waits long for the next


def prune(transaction: Transaction, *, now: int, payloads_before: int, history_before: int, limit: int) -> int:
    """Drop at most `limit` of each kind; gives how many rows that were, 0 when nothing is left to drop."""
    limit = min(limit, MOST_AT_ONCE)
    tally = Tally()
    dropped = _payloads(transaction, payloads_before, limit)
    dropped += _history(transaction, history_before, limit, tally)
    refused = transaction.run(
        sql.OLD_REFUSED_LEAVE, {"before": filters.lowest_id("ref", payloads_before), "limit": limit}
    )
    tally.count("pruned.refused", refused)
    for statement in (sql.EXPIRED_IDS_LEAVE, sql.EXPIRED_KEYS_LEAVE):
        dropped += transaction.run(statement, {"now": now, "limit": limit})
    tally.write(transaction)
    return dropped + refused


def _payloads(transaction: Transaction, before: int, limit: int) -> int:
    rows = transaction.rows(sql.OLD_PAYLOADS, {"before": before, "limit": limit})
    ids = [{"id": event_id} for (event_id,) in rows]
    transaction.run_many(sql.EMPTY_EVENT, ids)
    transaction.run_many(sql.EMPTY_LOOKUP, ids)
    transaction.run_many(sql.EMPTY_DELIVERIES, ids)
    return len(ids)


def _history(transaction: Transaction, before: int, limit: int, tally: Tally) -> int:
    rows = transaction.rows(sql.OLD_EVENTS, {"before": filters.lowest_id("evt", before), "limit": limit})
    if not rows:
        return 0
    names, ids = filters.placeholders(event_id for event_id, _ in rows)
    _count_leaving(transaction, names, ids, tally)
    tally.count("pruned.events", len(rows))
    _drop_lapsed_keys(transaction, names, ids)
    tally.count("pruned.attempts", transaction.run(sql.ATTEMPTS_LEAVE.format(ids=names), ids))
    leaving = (sql.DELIVERIES_LEAVE, sql.DECISIONS_LEAVE, sql.REPLAYED_LEAVE, sql.LOOKUPS_LEAVE, sql.EVENTS_LEAVE)
    for statement in leaving:
        transaction.run(statement.format(ids=names), ids)
    transaction.run_many(
        sql.MARK_LEAVES,
        [
            {"digest": bytes.fromhex(digest), "event_id": event_id, "kind": kind}
            for event_id, marks in rows
            for kind, digest in json.loads(marks)
        ],
    )
    return len(rows)


def _count_leaving(transaction: Transaction, names: str, ids: dict[str, str], tally: Tally) -> None:
    for verdict, number in transaction.rows(sql.VERDICTS_LEAVING.format(ids=names), ids):
        tally.count(f"pruned.decisions.{verdict}", number)
    for touchpoint, state, number, replayed in transaction.rows(sql.DELIVERIES_LEAVING.format(ids=names), ids):
        tally.forget(touchpoint, state, number)
        tally.count("pruned.deliveries.replayed", replayed)


def _drop_lapsed_keys(transaction: Transaction, names: str, ids: dict[str, str]) -> None:
    # A key whose deliveries came to nothing does not block; it must not begin to when they are gone.
    transaction.run_many(sql.LAPSED_KEY_LEAVES, transaction.records(sql.LAPSED_KEYS.format(ids=names), ids))
