"""Deciding proposals by the facts and drawing up the deliveries they become, within one transaction."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from bridge.core.model import Cap, Decision, Facts, Plan, Proposal
from bridge.core.resolve import resolve
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql
from bridge.outbox.tally import Tally

ONCE_HOLDS_FOR = 400 * 86_400_000  # ms; as long as the history that explains it

_NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that proposals are about. `now` is when it came in, or when it is replayed."""

    event_id: str
    source: str
    tenant: str
    config: str
    now: int


class Planning:
    """Decides in order; what an earlier proposal of the transaction claims is a fact for the later ones."""

    def __init__(self, transaction: Transaction, tally: Tally) -> None:
        self._transaction = transaction
        self._tally = tally
        self._holders: dict[tuple[str, str, str, str], tuple[str, int]] = {}
        self._asked: Counter[tuple[bytes, str | None]] = Counter()
        self._deliveries: list[dict[str, Any]] = []

    def decide(
        self, proposal: Proposal, origin: Origin, *, replay_id: str | None = None, replay_of: str | None = None
    ) -> Decision:
        """Resolve the proposal; a planned one becomes a delivery."""
        plan = proposal.outcome if isinstance(proposal.outcome, Plan) else None
        facts = self._facts(plan, proposal.mapping, origin, replay_of or "") if plan else _NO_FACTS
        decision = resolve(proposal, facts)
        if decision.plan is not None:
            self._draw_up(decision.plan, proposal, origin, replay_id, replay_of)
        return decision

    def _facts(self, plan: Plan, mapping: str, origin: Origin, replay_of: str) -> Facts:
        if plan.repeat != "once" and plan.cap is None:
            return _NO_FACTS
        already = None
        if plan.repeat == "once" and plan.key is not None:
            already = self._holder((origin.source, mapping, origin.tenant, plan.key), origin)
        asked = 0
        if plan.cap is not None and plan.contact is not None:
            asked = self._requests(plan.contact, plan.touchpoint, plan.cap, origin.now, replay_of)
        return Facts(already, asked)

    def _holder(self, claim: tuple[str, str, str, str], origin: Origin) -> str | None:
        if claim in self._holders:
            holder = self._holders[claim][0]
            return holder if holder != origin.event_id else None
        source, mapping, tenant, key = claim
        rows = self._transaction.rows(
            sql.ONCE_HOLDER,
            {
                "source": source,
                "mapping": mapping,
                "tenant": tenant,
                "key": key,
                "event_id": origin.event_id,
                "now": origin.now,
            },
        )
        return rows[0][0] if rows else None

    def _requests(self, contact: bytes, touchpoint: str, cap: Cap, now: int, replay_of: str) -> int:
        everywhere = cap.across == "all"
        rows = self._transaction.rows(
            sql.ASKED_ANYWHERE if everywhere else sql.ASKED_AT_TOUCHPOINT,
            {"contact": contact, "touchpoint": touchpoint, "since": now - cap.period, "replay_of": replay_of},
        )
        stored: int = rows[0][0]
        return stored + self._asked[contact, None if everywhere else touchpoint]

    def _draw_up(
        self, plan: Plan, proposal: Proposal, origin: Origin, replay_id: str | None, replay_of: str | None
    ) -> None:
        if plan.repeat == "once" and plan.key is not None:
            claim = (origin.source, proposal.mapping, origin.tenant, plan.key)
            self._holders[claim] = (origin.event_id, origin.now + ONCE_HOLDS_FOR)
        if plan.contact is not None:
            self._asked[plan.contact, None] += 1
            self._asked[plan.contact, plan.touchpoint] += 1
        self._tally.appear(plan.touchpoint)
        self._tally.count("deliveries.replayed" if replay_id else "deliveries.planned")
        self._deliveries.append(
            {
                "id": plan.delivery_id,
                "event_id": origin.event_id,
                "source": origin.source,
                "mapping": proposal.mapping,
                "element": proposal.element,
                "tenant": origin.tenant,
                "touchpoint": plan.touchpoint,
                "contact": plan.contact,
                "key": plan.key,
                "config": origin.config,
                "now": origin.now,
                "replay_id": replay_id,
                "replay_of": replay_of,
                "body": msgspec.json.encode(dict(plan.body)).decode(),
            }
        )

    def write(self) -> None:
        """Write the deliveries and the once-keys they hold."""
        self._transaction.run_many(sql.INSERT_DELIVERY, self._deliveries)
        self._transaction.run_many(
            sql.HOLD_ONCE_KEY,
            [
                dict(
                    zip(("source", "mapping", "tenant", "key"), claim, strict=True),
                    event_id=event_id,
                    expires_at=expires_at,
                )
                for claim, (event_id, expires_at) in self._holders.items()
            ],
        )
