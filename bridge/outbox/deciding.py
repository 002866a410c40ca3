"""Deciding an event, when it is accepted or when its lookup is finished: decisions, deliveries, and what finds it."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bridge.core.model import Decision, Mark, Proposal
from bridge.outbox.facts import Origin
from bridge.outbox.planning import Planning
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import accepting as sql
from bridge.outbox.tally import Tally


class Deciding:
    """The decisions of one transaction, which go in together; what an earlier one claims is a fact for later ones."""

    def __init__(self, transaction: Transaction, tally: Tally) -> None:
        self._transaction = transaction
        self._tally = tally
        self._planning = Planning(transaction, tally)
        self._decisions: list[dict[str, Any]] = []
        self._marks: list[tuple[str, Iterable[Mark]]] = []

    def decide(self, proposals: Sequence[Proposal], origin: Origin) -> int:
        """Decide an event's proposals in order; gives how many are planned."""
        decisions = [self._planning.decide(proposal, origin) for proposal in proposals]
        if decisions:
            self._tally.count("events.decided", of=origin.of)
        for decision in decisions:
            self._tally.count("decisions", of=origin.of)
            self._tally.count(f"decisions.{decision.verdict}", of=origin.of)
            self._decisions.append(_decision_row(origin.event_id, decision))
        return sum(decision.plan is not None for decision in decisions)

    def mark(self, event_id: str, marks: Iterable[Mark]) -> None:
        """Let the event be found by these."""
        self._marks.append((event_id, marks))

    def write(self) -> None:
        """Write the rows, after those of the events."""
        for event_id, marks in self._marks:
            self._planning.marking.event(event_id, marks)
        self._planning.write()
        self._transaction.run_many(sql.INSERT_DECISION, self._decisions)


def marks_text(marks: Iterable[Mark]) -> str:
    """Write what an event is found by, as it stands beside the event."""
    return msgspec.json.encode([(mark.kind, mark.digest.hex()) for mark in marks]).decode()


def _decision_row(event_id: str, decision: Decision) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "mapping": decision.mapping,
        "element": decision.element,
        "verdict": decision.verdict,
        "delivery_id": decision.plan.delivery_id if decision.plan else None,
        "reason": decision.reason,
    }
