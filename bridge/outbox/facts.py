"""What the store knows that a plan depends on: who is not to be asked, what is cancelled, who was asked how often."""

from dataclasses import dataclass
from typing import Any

from bridge.core.model import Plan
from bridge.core.resolve import cancelled_by, suppressed_since
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import facts as sql
from bridge.outbox.tally import SourceDay

Claim = tuple[str, str, str, str | None]  # a key with its source, mapping and tenant


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that proposals are about. `now` is when they are decided; `of` is where the event counts.

    `replay_id` is the replay that decides them again, `replay_of` the delivery that it makes anew.
    """

    event_id: str
    source: str
    tenant: str
    config: str
    now: int
    of: SourceDay
    topic: str
    received_at: int
    replay_id: str | None = None
    replay_of: str | None = None

    @property
    def is_late(self) -> bool:
        """Say whether newer events may have been decided before: after a lookup, or in a replay."""
        return self.now > self.received_at


class Lists:
    """Who is not to be asked and which keys are cancelled; asks one by one only where there are any at all."""

    __slots__ = ("_any", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._any: bool | None = None

    def changed(self) -> None:
        """Look again whether there are any: this transaction has added some."""
        self._any = None

    def look_up(self, contact: bytes | None, claim: Claim, now: int) -> tuple[str | None, str | None]:
        """Say since when and why the contact is not to be asked, and by which event the key is cancelled, if so.

        A key that is None is never cancelled.
        """
        if self._any is None:
            self._any = bool(self._transaction.rows(sql.ANY_LISTED)[0][0])
        if not self._any:
            return None, None
        row = claim_row(claim) | {"contact": contact, "now": now}
        since, reason, *cancelled = self._transaction.rows(sql.LISTED, row)[0]
        return (
            None if since is None else suppressed_since(since, reason),
            None if cancelled[0] is None else cancelled_by(*cancelled),
        )


def claim_row(claim: Claim) -> dict[str, Any]:
    """Give a key as parameters."""
    source, mapping, tenant, key = claim
    return {"source": source, "mapping": mapping, "tenant": tenant, "key": key}


def once_holder(transaction: Transaction, claim: Claim, origin: Origin) -> str | None:
    """Give another event that holds the key, unless nothing came of it."""
    row = claim_row(claim) | {"event_id": origin.event_id, "now": origin.now}
    rows = transaction.rows(sql.ONCE_HOLDER, row)
    return rows[0][0] if rows else None


def asked(transaction: Transaction, plan: Plan, *, since: int, replay_of: str) -> int:
    """Count the requests that its contact got, or may have got, since then, as the plan's cap counts them."""
    if plan.cap is None or plan.contact is None:
        return 0
    statement = sql.ASKED_ANYWHERE if plan.cap.across == "all" else sql.ASKED_AT_TOUCHPOINT
    row = {"contact": plan.contact, "touchpoint": plan.touchpoint, "since": since, "replay_of": replay_of}
    number: int = transaction.rows(statement, row)[0][0]
    return number
