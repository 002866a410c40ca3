"""Replays: new deliveries for old ones and for failed decisions, each on record."""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bridge.core.model import Decision, Proposal, State
from bridge.outbox.planning import Origin, Planning
from bridge.outbox.protocol import Filter, Replayed, ReplayMode, Row
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import filters, replaying as sql
from bridge.outbox.tally import Tally

_STATES: tuple[State, ...] = ("dead", "cancelled", "held")
# What was cancelled or is held somebody decided, so it is replayed only when asked for by its state or id.
_UNASKED: tuple[State, ...] = ("dead", "delivered")
ALL_STATES: tuple[State, ...] = (*_STATES, "delivered")
_FIRST_DECISION = ("", "", -1)


def start_replay(transaction: Transaction, replay_id: str, *, mode: ReplayMode, description: str, now: int) -> None:
    """Put on record that an operator began a replay, and of what."""
    row = {"id": replay_id, "mode": mode, "description": description, "started_at": now}
    transaction.run(sql.START_REPLAY, row)


def replayable(
    transaction: Transaction, wanted: Filter, *, include_delivered: bool, limit: int, after: str | None
) -> list[Row]:
    """Give a page of what can be replayed, in the order of ids: deliveries, then failed decisions."""
    rows: list[Row] = []
    if after is None or after.startswith("dlv_"):
        rows = _deliveries(transaction, wanted, _states(include_delivered), limit, after or "")
        after = None
    if len(rows) < limit:
        rows += _decisions(transaction, wanted, limit - len(rows), after)
    return rows


def _states(include_delivered: bool) -> tuple[State, ...]:  # noqa: FBT001 - the only argument
    return ALL_STATES if include_delivered else _STATES


def _deliveries(
    transaction: Transaction, wanted: Filter, states: tuple[State, ...], limit: int, after: str
) -> list[Row]:
    pages = []
    for state in states:
        if state not in (wanted.states or (states if wanted.ids else _UNASKED)):
            continue
        conditions, parameters = filters.of_deliveries(wanted, state)
        text = filters.joined([*conditions, "id > :after"])
        statement = sql.REPLAYABLE_DELIVERIES.format(conditions=text)
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


def _decisions(transaction: Transaction, wanted: Filter, limit: int, after: str | None) -> list[Row]:
    if wanted.states or wanted.touchpoint or (wanted.verdicts and "failed" not in wanted.verdicts):
        return []  # a failed decision has neither a state nor a touchpoint
    conditions, parameters = filters.of_events(replace(wanted, mapping=None), "failed")
    if wanted.mapping is not None:
        named = filters.mapping_is(wanted.mapping, parameters, source="events.source", column="decisions.mapping")
        conditions.append(named)
    event_id, mapping, element = after.split(" ") if after else _FIRST_DECISION
    position = {"after_event": event_id, "after_mapping": mapping, "after_element": int(element)}
    statement = sql.REPLAYABLE_DECISIONS.format(conditions=filters.joined(conditions))
    return [
        row | {"kind": "decision", "cursor": f"{row['event_id']} {row['mapping']} {row['element']}"}
        for row in transaction.records(statement, parameters | position | {"limit": limit})
    ]


def replay(
    transaction: Transaction, replay_id: str, items: Sequence[Replayed], *, now: int, include_delivered: bool
) -> int:
    """Make the deliveries of a replay; gives how many were made."""
    tally = Tally()
    run = Replay(transaction, tally, replay_id, _states(include_delivered), now)
    made = sum(run.take(item) for item in items)
    run.write()
    tally.write(transaction)
    return made


class Replay:
    """One transaction's share of a replay; `states` are those of old deliveries that may be replayed."""

    def __init__(
        self, transaction: Transaction, tally: Tally, replay_id: str, states: tuple[State, ...], now: int
    ) -> None:
        self._transaction = transaction
        self._tally = tally
        self._planning = Planning(transaction, tally)
        self._replay_id = replay_id
        self._states = states
        self._now = now

    def take(self, item: Replayed) -> bool:
        """Make the delivery of one item, or put on record why there is none; True if there is one now."""
        key = {
            "replay_id": self._replay_id,
            "event_id": item.event_id,
            "mapping": item.decision.mapping,
            "element": item.decision.element,
            "replay_of": item.replay_of or "",
        }
        old = self._transaction.rows(sql.DELIVERY_STATE, {"id": item.replay_of or ""})
        if item.replay_of is not None and (not old or old[0][0] not in self._states):
            return False
        origins = self._transaction.rows(sql.REPLAY_ORIGIN, key)
        if not origins or self._transaction.rows(sql.REPLAYED_BEFORE, key):
            return False
        source, tenant, config = origins[0]
        decision = self._decide(item, Origin(item.event_id, source, tenant, config, self._now))
        self._record(key, decision)
        if decision.plan is None:
            return False
        if old and old[0][0] == "held":
            self._replace(item.replay_of or "", old[0][1])
        return True

    def _decide(self, item: Replayed, origin: Origin) -> Decision:
        decision = item.decision
        if decision.plan is None:
            return decision
        proposal = Proposal(decision.mapping, decision.element, decision.plan)
        return self._planning.decide(proposal, origin, replay_id=self._replay_id, replay_of=item.replay_of)

    def _record(self, key: dict[str, Any], decision: Decision) -> None:
        made = decision.plan.delivery_id if decision.plan else None
        row = key | {"verdict": decision.verdict, "delivery_id": made, "now": self._now, "reason": decision.reason}
        self._transaction.run(sql.INSERT_REPLAYED, row)

    def _replace(self, delivery_id: str, touchpoint: str) -> None:
        row = {"id": delivery_id, "now": self._now, "reason": f"replaced by replay {self._replay_id}"}
        self._transaction.run(sql.REPLACE_HELD, row)
        self._tally.move(touchpoint, "held", "cancelled")

    def write(self) -> None:
        """Write the deliveries."""
        self._planning.write()
