"""The memory double's sending: what is claimed, judged, settled, recovered and parked, over plain dicts."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from bridge.core.judgement import Candidate, Go, Judgement, Keep, Later, Standing, Stop, judge_sending
from bridge.core.model import Cap, Delivery
from bridge.core.outcome import Answered, Dead, Delivered, Hold, Pause, RetryAt, Settled
from bridge.core.resolve import cancelled_by, suppressed_since
from bridge.outbox.terms import Claimed, Filter, Paused
from tests.support.memory_standings import prove

CRASHED = "the bridge stopped while this was being sent; whether the target took it is unknown"
PARKED = "its touchpoint is not in the mapping files any more"
MOST_JUDGED = 500
NAMES = [field.name for field in fields(Delivery) if field.name != "asked_before"]


class MemorySending:
    """`rows` are the double's."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def claim(self, *, now: int, lease_until: int, free: Any, caps: Any) -> Claimed:
        claimed: list[tuple[int, Delivery]] = []
        unfinished, waiting_before = set(), self._waiting()
        for touchpoint, slots in free.items():
            due = [
                each
                for each in self._rows.deliveries.values()
                if each.state == "pending" and each.touchpoint == touchpoint and each.due_at <= now
                if not self._paused(each)
            ]
            due.sort(key=lambda each: (each.lane, each.due_at, each.id))
            room = max(slots, 0)
            for each in due[:MOST_JUDGED]:
                if room and each.state == "pending" and self._goes(each, caps.get(touchpoint), now):
                    before, room = each.asked_at, room - 1
                    self._rows.move(each, "sending", now, lease=each.lease + 1, lease_until=lease_until, asked_at=now)
                    columns = {name: getattr(each, name) for name in NAMES}
                    claimed.append((each.lane, Delivery(**columns, asked_before=before)))
            if room and len(due) >= MOST_JUDGED:
                unfinished.add(touchpoint)
        claimed.sort(key=lambda one: (one[0], one[1].due_at, one[1].id))
        changed = sum(waiting_before[key] != now_waits for key, now_waits in self._waiting().items())
        return Claimed(tuple(each for _, each in claimed), frozenset(unfinished), changed - len(claimed))

    def _waiting(self) -> dict[str, tuple[str, int]]:
        return {each.id: (each.state, each.due_at) for each in self._rows.deliveries.values()}

    def _paused(self, each: SimpleNamespace) -> bool:
        mapping = f"{each.source}/{each.mapping}"
        scopes = {("all", ""), ("touchpoint", each.touchpoint), ("source", each.source), ("mapping", mapping)}
        return not scopes.isdisjoint(self._rows.pauses)

    def _goes(self, each: SimpleNamespace, cap: Cap | None, now: int) -> bool:
        match self._judge(each, cap, now):
            case Later(due_at):
                vars(each).update(due_at=due_at, age_from=each.age_from + due_at - now)
            case Stop(reason):
                self._rows.move(each, "cancelled", now, reason=reason)
            case Keep(reason):
                self._rows.move(each, "held", now, reason=reason)
            case Go():
                old = self._rows.deliveries.get(each.replaces)
                if old and old.state in ("pending", "held"):
                    self._rows.move(old, "cancelled", now, reason=f"replaced by {each.event_id}")
                return True
        return False

    def _judge(self, each: SimpleNamespace, cap: Cap | None, now: int) -> Judgement:
        tombstone = self._rows.tombstones.get((each.source, each.mapping, each.tenant, each.key))
        suppression = self._rows.suppressions.get(each.contact)
        old = self._rows.deliveries.get(each.replaces)
        standing = Standing(
            cancelled=cancelled_by(*tombstone[:3]) if tombstone and tombstone[3] > now else None,
            suppressed=suppressed_since(suppression.since, suppression.reason) if suppression else None,
            replaced_by=self._replaced_by(each),
            replaced=old.state if old else None,
            may_have_asked=bool(old and old.asked_at is not None),
            cap=None if each.contact is None else cap,
            asked=self._asked(each, cap, now) if cap else 0,
        )
        return judge_sending(Candidate(each.replaces, each.expires_at, each.hours), standing, now=now)

    def _replaced_by(self, each: SimpleNamespace) -> str | None:
        newer = [other.event_id for other in self._rows.deliveries.values() if other.replaces == each.id]
        return max(newer, default=None)

    def _asked(self, each: SimpleNamespace, cap: Cap, now: int) -> int:
        return sum(
            other.contact == each.contact
            and other.id not in (each.id, each.replaces)
            and other.asked_at is not None
            and other.asked_at > now - cap.period
            and (cap.across == "all" or other.touchpoint == each.touchpoint)
            for other in self._rows.deliveries.values()
        )

    def settle(self, results: Any, *, now: int) -> list[bool]:
        held = [self._settle(result, now) for result in results]
        self._rows.attributes.note(results, held, now=now)
        prove(self._rows, results, held)
        return held

    def _settle(self, result: Settled, now: int) -> bool:
        delivery, ruling = self._rows.deliveries[result.delivery.id], result.ruling
        kept = delivery.state == "sending" and delivery.lease == result.delivery.lease
        reason = "" if isinstance(ruling, Delivered) else ruling.reason
        message = result.outcome.message if isinstance(result.outcome, Answered) else ""
        names = {"RetryAt": "retry", "NotSent": "not_sent"}
        self._rows.attempt(
            delivery.id,
            started_at=result.started_at,
            ended_at=result.ended_at,
            outcome=names.get(type(result.outcome).__name__, type(result.outcome).__name__.lower()),
            status=getattr(result.outcome, "status", None),
            message=getattr(result.outcome, "message", None) or getattr(result.outcome, "reason", ""),
            ruling=names.get(type(ruling).__name__, type(ruling).__name__.lower()),
            reason=reason,
            effective=int(kept),
        )
        if not kept:
            return False
        states = {Delivered: "delivered", RetryAt: "pending", Hold: "held", Pause: "pending"}
        due_at = ruling.due_at if isinstance(ruling, RetryAt) else delivery.due_at
        if isinstance(ruling, Pause) or (isinstance(ruling, RetryAt | Dead) and not ruling.may_be_taken):
            delivery.asked_at = result.delivery.asked_before
        self._back(delivery, states.get(type(ruling), "dead"), now, due_at=due_at, reason=reason, message=message)
        if isinstance(ruling, Pause):
            paused = Paused("touchpoint", delivery.touchpoint, reason, now, "target")
            self._rows.pauses.setdefault(("touchpoint", delivery.touchpoint), paused)
        else:
            delivery.attempts += 1
        return True

    def _back(self, delivery: SimpleNamespace, state: str, now: int, **changes: Any) -> None:
        newer = self._replaced_by(delivery)
        if state == "pending" and newer:
            state, changes["reason"] = "cancelled", f"replaced by {newer}"
        self._rows.move(delivery, state, now, lease_until=None, **changes)

    def recover(self, *, now: int, everything: bool, ambiguous: Any, under_way: Any = ()) -> int:
        left = [each for each in self._rows.deliveries.values() if each.state == "sending"]
        ended = [each for each in left if (everything or each.lease_until <= now) and each.id not in under_way]
        for each in ended:
            again = ambiguous.get(each.touchpoint) == "retry"
            self._rows.attempt(
                each.id,
                started_at=each.state_at,
                ended_at=now,
                outcome="crashed",
                status=None,
                message="",
                ruling="retry" if again else "hold",
                reason=CRASHED,
                effective=1,
            )
            changes = {"message": "", "due_at": now if again else each.due_at, "attempts": each.attempts + 1}
            self._back(each, "pending" if again else "held", now, reason=CRASHED, **changes)
        return len(ended)

    def park(self, *, touchpoints: Any, now: int) -> int:
        gone = [each for each in self._rows.chosen(Filter(), "pending") if each.touchpoint not in touchpoints]
        held = [each for each in self._rows.chosen(Filter(), "held") if each.reason == PARKED]
        back = [each for each in held if each.touchpoint in touchpoints]
        for each in gone:
            self._rows.move(each, "held", now, reason=PARKED)
        for each in back:
            age_from = each.age_from + max(0, now - max(each.state_at, each.age_from))
            self._rows.move(each, "pending", now, reason="", due_at=max(each.due_at, now), age_from=age_from)
        return len(gone) + len(back)

    def next_due(self, *, now: int) -> int | None:
        return min((each.due_at for each in self._rows.chosen(Filter(), "pending") if each.due_at > now), default=None)
