"""Claiming deliveries: what is due is judged once more, by what the store knows now, before it may be sent."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

import msgspec

from bridge.core.judgement import Candidate, Go, Judgement, Keep, Later, Standing, Stop, judge_sending
from bridge.core.model import Cap, Delivery, State
from bridge.core.resolve import cancelled_by, suppressed_since
from bridge.core.schedule import Hours
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import claiming as sql, reading
from bridge.outbox.statements.filters import placeholders
from bridge.outbox.tally import Tally
from bridge.outbox.terms import Claimed

MOST_JUDGED = 500  # deliveries per touchpoint and claim: where many are stopped, the other touchpoints do not wait long

_LANES = (0, 1)  # live traffic goes first, replays take the slots that it leaves
_PAGE = 64  # deliveries that are read at once where earlier ones were stopped
_OF_DELIVERY = 12  # columns


class _Known(NamedTuple):
    """What is known about a delivery that is due: the columns after those of `Delivery`."""

    contact: bytes | None
    expires_at: int | None
    hours: str | None
    replaces: str | None
    suppressed_since: int | None
    suppressed_reason: str
    cancelled_topic: str
    cancelled_at: int | None
    cancelled_by: str
    replaced_by: str | None


_NOTHING: tuple[Any, ...] = (None,) * 9  # after the contact: nothing can stop it but a cap


class _Replaced(NamedTuple):
    """The delivery whose place another takes."""

    id: str
    touchpoint: str
    source: str
    day: int
    state: State
    asked_at: int | None


def claim(
    transaction: Transaction, *, now: int, lease_until: int, free: Mapping[str, int], caps: Mapping[str, Cap]
) -> Claimed:
    """Move due deliveries to `sending`, at most `free[touchpoint]` of each, the longest due first.

    Those that are not to be sent are cancelled, held or put off, and do not take a slot.
    """
    paused = {(row[0], row[1]) for row in transaction.rows(reading.PAUSES)}
    if ("all", "") in paused:
        return Claimed(())
    claiming = _Claiming(transaction, now, lease_until)
    for touchpoint, slots in free.items():
        if slots > 0 and ("touchpoint", touchpoint) not in paused:
            claiming.fill(touchpoint, slots, caps.get(touchpoint))
    return claiming.finish()


class _Claiming:
    """One transaction's claim; what it has claimed is a fact for what it judges next."""

    def __init__(self, transaction: Transaction, now: int, lease_until: int) -> None:
        self._transaction = transaction
        self._now = now
        self._lease_until = lease_until
        self._tally = Tally()
        self._claimed: list[tuple[int, int, str, Delivery]] = []
        self._unwritten: list[str] = []
        self._unfinished: set[str] = set()
        self._stopped = 0

    def fill(self, touchpoint: str, slots: int, cap: Cap | None) -> None:
        """Claim for the free slots of one touchpoint."""
        judged = 0
        for lane in _LANES:
            is_more = True
            while slots and is_more and judged < MOST_JUDGED:
                limit = min(max(slots, _PAGE) if judged else slots, MOST_JUDGED - judged)
                row = {"touchpoint": touchpoint, "lane": lane, "now": self._now, "limit": limit}
                page = self._transaction.rows(sql.DUE, row)
                slots -= self._take(page, lane, slots, cap)
                judged += len(page)
                is_more = len(page) == limit
        if slots and judged >= MOST_JUDGED:
            self._unfinished.add(touchpoint)

    def finish(self) -> Claimed:
        """Write the counters and give what was claimed."""
        self._tally.write(self._transaction)
        deliveries = tuple(delivery for *_, delivery in sorted(self._claimed, key=lambda claimed: claimed[:3]))
        return Claimed(deliveries, frozenset(self._unfinished), self._stopped)

    def _take(self, page: list[tuple[Any, ...]], lane: int, slots: int, cap: Cap | None) -> int:
        """Judge a page until the slots are full; gives how many are sent."""
        taken: list[Delivery] = []
        for row in page:
            if len(taken) == slots:
                break
            delivery = Delivery(*row[:_OF_DELIVERY])
            if self._goes(delivery, _Known._make(row[_OF_DELIVERY:]), cap):
                taken.append(delivery)
                self._unwritten.append(delivery.id)
        self._write()
        self._claimed += [(lane, each.due_at, each.id, each) for each in taken]
        counts = Counter((each.touchpoint, each.source, each.day) for each in taken)
        for (touchpoint, source, day), number in counts.items():
            self._tally.move(touchpoint, "pending", "sending", number, of=(source, day))
        return len(taken)

    def _goes(self, delivery: Delivery, known: _Known, cap: Cap | None) -> bool:
        """Say whether it is sent; of what is not, do what follows."""
        judgement = self._judge(delivery, known, cap)
        match judgement:
            case Go():
                return True
            case Later(due_at):
                self._transaction.run(sql.PUT_OFF, {"id": delivery.id, "due_at": due_at, "now": self._now})
                self._stopped += 1
            case Stop(reason):
                self._end(delivery, "pending", "cancelled", reason)
            case Keep(reason):
                self._end(delivery, "pending", "held", reason)
            case _:
                assert_never(judgement)
        return False

    def _judge(self, delivery: Delivery, known: _Known, cap: Cap | None) -> Judgement:
        cap = None if known.contact is None else cap
        if cap is None and known[1:] == _NOTHING:
            return Go()  # as most do
        replaced = self._replaced(known.replaces)
        standing = Standing(
            cancelled=_cancelled(known),
            suppressed=_suppressed(known),
            replaced_by=known.replaced_by,
            replaced=replaced.state if replaced else None,
            may_have_asked=replaced is not None and replaced.asked_at is not None,
            cap=cap,
            asked=self._asked(delivery, known, cap) if cap else 0,
        )
        hours = None if known.hours is None else msgspec.json.decode(known.hours, type=Hours)
        judgement = judge_sending(Candidate(known.replaces, known.expires_at, hours), standing, now=self._now)
        if replaced and replaced.state in ("pending", "held") and isinstance(judgement, Go):
            self._end(replaced, replaced.state, "cancelled", f"replaced by {delivery.event_id}")
        return judgement

    def _replaced(self, replaces: str | None) -> _Replaced | None:
        if replaces is None:
            return None
        rows = self._transaction.rows(sql.REPLACED, {"id": replaces})
        return _Replaced(*rows[0]) if rows else None

    def _asked(self, delivery: Delivery, known: _Known, cap: Cap) -> int:
        self._write()  # what was claimed just now counts
        statement = sql.ASKED_ANYWHERE if cap.across == "all" else sql.ASKED_AT_TOUCHPOINT
        row = {
            "contact": known.contact,
            "touchpoint": delivery.touchpoint,
            "since": self._now - cap.period,
            "id": delivery.id,
            "replaces": known.replaces or "",
        }
        number: int = self._transaction.rows(statement, row)[0][0]
        return number

    def _end(self, delivery: Delivery | _Replaced, before: State, after: State, reason: str) -> None:
        row = {"id": delivery.id, "before": before, "after": after, "now": self._now, "reason": reason}
        if self._transaction.run(sql.END, row):
            self._tally.move(delivery.touchpoint, before, after, of=(delivery.source, delivery.day))
            self._stopped += 1

    def _write(self) -> None:
        if self._unwritten:
            names, ids = placeholders(self._unwritten)
            lease = {"lease_until": self._lease_until, "now": self._now}
            self._transaction.run(sql.SEND.format(ids=names), ids | lease)
            self._unwritten.clear()


def _cancelled(known: _Known) -> str | None:
    if known.cancelled_at is None:
        return None
    return cancelled_by(known.cancelled_topic, known.cancelled_at, known.cancelled_by)


def _suppressed(known: _Known) -> str | None:
    return None if known.suppressed_since is None else suppressed_since(known.suppressed_since, known.suppressed_reason)
