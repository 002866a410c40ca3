"""Deciding proposals by the facts and drawing up the deliveries they become, within one transaction."""

from typing import Any

import msgspec

from bridge.core.model import Cancel, Decision, Facts, Plan, Proposal, Unsubscribe
from bridge.core.resolve import resolve
from bridge.outbox import stopping
from bridge.outbox.facts import Claim, Lists, Origin, asked, claim_row, once_holder
from bridge.outbox.marking import Marking
from bridge.outbox.predecessors import NOBODY, Predecessors, find_predecessors
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql
from bridge.outbox.tally import DAY, Tally

ONCE_HOLDS_FOR = 400 * DAY  # as long as the history that explains it

_NO_FACTS = Facts()


class Planning:
    """Decides in order; what an earlier proposal of the transaction claims is a fact for the later ones.

    Deliveries are written together, at the end or before something that may change them.
    """

    def __init__(self, transaction: Transaction, tally: Tally) -> None:
        self._transaction = transaction
        self._tally = tally
        self._lists = Lists(transaction)
        self._holders: dict[Claim, tuple[str, int]] = {}
        self._deliveries: list[dict[str, Any]] = []
        self.marking = Marking(transaction)

    def decide(self, proposal: Proposal, origin: Origin) -> Decision:
        """Resolve the proposal; a planned one becomes a delivery, a cancelling one stops what waits."""
        match proposal.outcome:
            case Plan() as plan:
                return self._plan(plan, proposal, origin)
            case Cancel() | Unsubscribe() as wanted:
                return resolve(proposal, Facts(waiting=self._stop(wanted, origin)))
            case _:
                return resolve(proposal, _NO_FACTS)

    def _stop(self, wanted: Cancel | Unsubscribe, origin: Origin) -> int:
        self.write()
        self._lists.changed()
        if isinstance(wanted, Cancel):
            return stopping.cancel(self._transaction, wanted, origin, self._tally)
        return stopping.unsubscribe(self._transaction, wanted, origin)

    def _plan(self, plan: Plan, proposal: Proposal, origin: Origin) -> Decision:
        claim = (origin.source, proposal.mapping, origin.tenant, plan.key)
        repeat = "send" if plan.key is None else plan.repeat
        before = self._predecessors(claim, origin) if repeat == "replace" else NOBODY
        decision = resolve(proposal, self._facts(plan, claim, origin, before))
        if decision.plan is None:
            return decision
        if repeat != "send":
            self._holders[claim] = (origin.event_id, origin.now + ONCE_HOLDS_FOR)
        before.give_way(self._transaction, origin, self._tally)
        self._draw_up(plan, proposal, origin, before.replaced_by(proposal.element))
        return decision

    def _facts(self, plan: Plan, claim: Claim, origin: Origin, before: Predecessors) -> Facts:
        already, number = before.already, 0
        if plan.repeat == "once" and plan.key is not None:
            already = self._holder(claim, origin)
        if plan.cap is not None:
            since = _due_at(plan, origin) - plan.cap.period
            number = asked(self._transaction, plan, since=since, replay_of=origin.replay_of or "")
            number -= before.asked(plan, since=since)
        suppressed, cancelled = self._lists.look_up(plan.contact, claim, origin.now)
        return Facts(already, number, suppressed, cancelled)

    def _holder(self, claim: Claim, origin: Origin) -> str | None:
        if claim in self._holders:
            holder = self._holders[claim][0]
            return holder if holder != origin.event_id else None
        return once_holder(self._transaction, claim, origin)

    def _predecessors(self, claim: Claim, origin: Origin) -> Predecessors:
        if claim in self._holders:
            self.write()
        return find_predecessors(self._transaction, claim, origin)

    def _draw_up(self, plan: Plan, proposal: Proposal, origin: Origin, replaces: str | None) -> None:
        due_at = _due_at(plan, origin)
        self._tally.appear(plan.touchpoint, of=origin.of)
        self._tally.count("deliveries.replayed" if origin.replay_id else "deliveries.planned", of=origin.of)
        self._deliveries.append(
            {
                "id": plan.delivery_id,
                "event_id": origin.event_id,
                "source": origin.source,
                "mapping": proposal.mapping,
                "element": proposal.element,
                "tenant": origin.tenant,
                "day": origin.of[1],
                "touchpoint": plan.touchpoint,
                "lane": 1 if origin.replay_id else 0,
                "contact": plan.contact,
                "key": plan.key,
                "config": origin.config,
                "due_at": due_at,
                "wanted_at": due_at,
                "expires_at": plan.expires_at,
                "now": origin.now,
                "replay_id": origin.replay_id,
                "replay_of": origin.replay_of,
                "replaces": replaces,
                "hours": None if plan.hours is None else msgspec.json.encode(plan.hours).decode(),
                "body": msgspec.json.encode(dict(plan.body)).decode(),
            }
        )

    def write(self) -> None:
        """Write the deliveries and the keys they hold, so that whatever is asked now sees them."""
        self._transaction.run_many(sql.INSERT_DELIVERY, self._deliveries)
        self.marking.deliveries((row["id"], row["contact"]) for row in self._deliveries)
        self.marking.write()
        self._transaction.run_many(
            sql.HOLD_ONCE_KEY,
            [
                claim_row(claim) | {"event_id": event_id, "expires_at": expires_at}
                for claim, (event_id, expires_at) in self._holders.items()
            ],
        )
        self._deliveries.clear()
        self._holders.clear()


def _due_at(plan: Plan, origin: Origin) -> int:
    return origin.now if plan.due_at is None else max(plan.due_at, origin.now)
