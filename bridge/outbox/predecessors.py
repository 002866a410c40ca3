"""Whose place a newer event takes where the newest of a key wins, and what that means for the older ones."""

from dataclasses import dataclass

from bridge.core.model import Plan, State
from bridge.outbox import stopping
from bridge.outbox.facts import Claim, Origin, claim_row
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import facts as sql
from bridge.outbox.tally import SourceDay, Tally


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A delivery of an earlier event about the same key. `asked_at`: it was sent then, or may have been."""

    id: str
    event_id: str
    element: int
    of: SourceDay
    touchpoint: str
    contact: bytes | None
    state: State
    asked_at: int | None

    @property
    def is_in_doubt(self) -> bool:
        """Say whether the target may have it: it is being sent, or held because nobody knows."""
        return self.state == "sending" or (self.state == "held" and self.asked_at is not None)

    @property
    def is_waiting(self) -> bool:
        """Say whether it can be taken back."""
        return self.state in ("pending", "held") and not self.is_in_doubt


@dataclass(frozen=True, slots=True)
class Predecessors:
    """The deliveries whose place a plan takes, or `already`: the event that keeps it from being planned."""

    already: str | None = None
    deliveries: tuple[Predecessor, ...] = ()

    def replaced_by(self, element: int) -> str | None:
        """Give the delivery that this element must wait for: that of the same element if there is one."""
        doubtful = [each for each in self.deliveries if each.is_in_doubt]
        same = [each for each in doubtful if each.element == element]
        return next((each.id for each in same or doubtful), None)

    def asked(self, plan: Plan, *, since: int) -> int:
        """Count those that the plan's cap counts, though the plan takes their place."""
        if plan.cap is None:
            return 0
        return sum(
            each.contact == plan.contact
            and each.asked_at is not None
            and each.asked_at > since
            and (plan.cap.across == "all" or each.touchpoint == plan.touchpoint)
            for each in self.deliveries
        )

    def give_way(self, transaction: Transaction, origin: Origin, tally: Tally) -> None:
        """Cancel what waits: a newer event has taken its place."""
        waiting = [
            stopping.Waiting(each.id, each.touchpoint, each.state, each.of)
            for each in self.deliveries
            if each.is_waiting
        ]
        stopping.replace(transaction, waiting, origin, tally)


NOBODY = Predecessors()


def find_predecessors(transaction: Transaction, claim: Claim, origin: Origin) -> Predecessors:
    """Find whose place a plan of this event takes: that of earlier events' deliveries, not of its own elements'.

    A key is held on when its deliveries were pruned only where one was delivered.
    """
    row = claim_row(claim) | {"event_id": origin.event_id, "now": origin.now}
    for (holder,) in transaction.rows(sql.LAST_HOLDER, row):
        rows = transaction.rows(sql.PREDECESSORS, row | {"holder": holder})
        found = tuple(
            Predecessor(delivery_id, event_id, element, (source, day), *others)
            for delivery_id, event_id, element, source, day, *others in rows
        )
        if not found and holder != origin.event_id:
            return Predecessors(already=holder)
        return Predecessors(_keeps_it(found, origin), found)
    return NOBODY


def _keeps_it(found: tuple[Predecessor, ...], origin: Origin) -> str | None:
    """Give the event that was sent already, or is newer than one that is decided late."""
    for each in found:
        newer = origin.is_late and each.event_id > origin.event_id
        if each.state == "delivered" or (newer and (each.is_waiting or each.is_in_doubt)):
            return each.event_id
    return None
