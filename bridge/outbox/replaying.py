"""Making what a replay makes: new deliveries for old ones, failed decisions and past events, each on record."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.core.model import Decision, Plan, Proposal, Skipped
from bridge.outbox.facts import Origin
from bridge.outbox.jobs import Outcome, Replayed
from bridge.outbox.planning import Planning
from bridge.outbox.replayable import replayable_states
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import replaying as sql
from bridge.outbox.tally import SourceDay, Tally, source_day

PASSED_OVER = "passed over: it was replayed before, is on its way by now, or is not kept any more"
TOO_LATE = "its mapping does not send it any more: the time until which it was to be sent is over"
_MOST_REASONS = 20  # that are counted apart
_AN_ID = re.compile(r"\b(?:evt|dlv|rpl)_[0-9a-z]{26}\b")


def make(
    transaction: Transaction,
    replay_id: str,
    items: Sequence[Replayed],
    *,
    now: int,
    include_delivered: bool | None = None,
) -> Outcome:
    """Make the deliveries of a replay; `include_delivered` where the replay itself does not say it."""
    tally = Tally()
    making = Making(transaction, tally, replay_id, now, include_delivered=include_delivered)
    reasons = [making.take(item) for item in items]
    making.write()
    tally.write(transaction)
    return outcome_of(reasons)


def note(transaction: Transaction, replay_id: str, made: int, others: Mapping[str, int]) -> None:
    """Add to what a replay has made, and by reason to what it has not; of reasons only so many are kept apart."""
    for before, text in transaction.rows(sql.COUNTS, {"id": replay_id}):
        counts: dict[str, int] = json.loads(text)
        for reason, number in others.items():
            known = reason in counts or len(counts) < _MOST_REASONS
            name = reason if known else f"{reason.partition(': ')[0]}: for other reasons"
            counts[name] = counts.get(name, 0) + number
        kept = {reason: number for reason, number in counts.items() if number}
        row = {"id": replay_id, "made": before + made, "others": json.dumps(kept)}
        transaction.run(sql.COUNT, row)


def outcome_of(reasons: Sequence[str | None]) -> Outcome:
    """Count what `take` said."""
    others = Counter(reason for reason in reasons if reason is not None)
    return Outcome(len(reasons) - others.total(), others)


class Making:
    """One transaction's share of a replay."""

    def __init__(
        self,
        transaction: Transaction,
        tally: Tally,
        replay_id: str,
        now: int,
        *,
        include_delivered: bool | None = None,
    ) -> None:
        self._transaction = transaction
        self._tally = tally
        self._planning = Planning(transaction, tally)
        self._replay_id = replay_id
        self._now = now
        terms = transaction.rows(sql.TERMS, {"id": replay_id})
        included, self._wait, state = terms[0] if terms else (False, 0, "running")
        self._states = replayable_states(bool(included) if include_delivered is None else include_delivered)
        self._is_cancelled = state == "cancelled"

    def take(self, item: Replayed) -> str | None:
        """Make the delivery of one item, or put on record why there is none; gives why, None if there is one now."""
        proposal = self._timely(item.proposal)
        key = {
            "replay_id": self._replay_id,
            "event_id": item.event_id,
            "mapping": proposal.mapping,
            "element": proposal.element,
            "replay_of": item.replay_of or "",
        }
        old = self._transaction.rows(sql.DELIVERY_STATE, {"id": item.replay_of or ""})
        if self._is_cancelled or (item.replay_of is not None and (not old or old[0][0] not in self._states)):
            return PASSED_OVER
        origins = self._transaction.rows(sql.REPLAY_ORIGIN, key)
        if not origins or self._transaction.rows(sql.REPLAYED_BEFORE, key):
            return PASSED_OVER
        source, tenant, config, received_at, topic = origins[0]
        of = source_day(source, received_at)
        links = (self._replay_id, item.replay_of)
        origin = Origin(item.event_id, source, tenant, config, self._now, of, topic, received_at, *links)
        decision = self._planning.decide(proposal, origin)
        self._record(key, decision)
        if decision.plan is None:
            return _kind_of(decision, proposal)
        if old and old[0][0] == "held":
            self._replace(item.replay_of or "", old[0][1], of=(old[0][2], old[0][3]))
        return None

    def _timely(self, proposal: Proposal) -> Proposal:
        """Let a plan wait as long as the replay says; one that is over by then is not made."""
        plan = proposal.outcome
        if not isinstance(plan, Plan):
            return proposal
        due_at = max(plan.due_at or 0, self._now + self._wait)
        if plan.expires_at is not None and plan.expires_at <= due_at:
            return replace(proposal, outcome=Skipped(TOO_LATE))
        return replace(proposal, outcome=replace(plan, due_at=due_at))

    def _record(self, key: dict[str, Any], decision: Decision) -> None:
        made = decision.plan.delivery_id if decision.plan else None
        row = key | {"verdict": decision.verdict, "delivery_id": made, "now": self._now, "reason": decision.reason}
        self._transaction.run(sql.INSERT_REPLAYED, row)

    def _replace(self, delivery_id: str, touchpoint: str, *, of: SourceDay) -> None:
        row = {"id": delivery_id, "now": self._now, "reason": f"replaced by replay {self._replay_id}"}
        self._transaction.run(sql.REPLACE_HELD, row)
        self._tally.move(touchpoint, "held", "cancelled", of=of)

    def write(self) -> None:
        """Write the deliveries."""
        self._planning.write()


def _kind_of(decision: Decision, proposal: Proposal) -> str:
    """Say why nothing was made without naming keys, ids and dates, so that the same reasons can be counted."""
    reason = decision.reason
    if isinstance(proposal.outcome, Plan):
        reason = reason.replace(f"about {proposal.outcome.key}", "about its key").partition(": ")[0]
    return f"{decision.verdict}: {_AN_ID.sub('another', reason)}"
