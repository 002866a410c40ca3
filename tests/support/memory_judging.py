"""The memory double's judgement at acceptance: the facts of proposals, and what cancelling events stop."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bridge.core.model import Cancel, Decision, Facts, Plan, Proposal, Unsubscribe
from bridge.core.resolve import cancelled_by, resolve, suppressed_since
from bridge.outbox.terms import Suppression

DAY = 86_400_000


@dataclass(frozen=True)
class Judging:
    """Decides proposals of one event; `rows` are the double's, `replay` names a replay and what it makes anew."""

    rows: Any
    event: Any
    now: int
    replay: tuple[Any, Any]

    def decide(self, proposal: Proposal) -> Decision:
        match proposal.outcome:
            case Cancel() as wanted:
                return resolve(proposal, Facts(waiting=self._cancel(wanted)))
            case Unsubscribe() as wanted:
                return resolve(proposal, Facts(waiting=self._unsubscribe(wanted)))
            case Plan() as plan:
                return self._plan(plan, proposal)
        return resolve(proposal, Facts())

    def _cancel(self, wanted: Cancel) -> int:
        event = self.event
        claim = (wanted.source, wanted.mapping, event["tenant"], wanted.key)
        expires_at = event["received_at"] + 30 * DAY
        if claim not in self.rows.tombstones or self.rows.tombstones[claim][3] <= expires_at:
            self.rows.tombstones[claim] = (event["topic"], event["received_at"], event["id"], expires_at)
        waiting = [each for each in self._waiting() if (each.source, each.mapping, each.tenant, each.key) == claim]
        return self._stop(waiting, f"cancelled by {event['topic']} ({event['id']})")

    def _unsubscribe(self, wanted: Unsubscribe) -> int:
        if wanted.contact in self.rows.suppressions:
            return 0
        reason = f"unsubscribed by {self.event['topic']}"
        entry = Suppression(wanted.contact, wanted.shown, reason, self.now, self.event["id"])
        self.rows.suppressions[wanted.contact] = entry
        waiting = [each for each in self._waiting() if each.contact == wanted.contact]
        return self._stop(waiting, f"not to be asked: {reason}")

    def _waiting(self) -> list[SimpleNamespace]:
        return [each for each in self.rows.deliveries.values() if each.state in ("pending", "held")]

    def _stop(self, waiting: list[SimpleNamespace], reason: str, **changes: Any) -> int:
        for each in waiting:
            self.rows.move(each, "cancelled", self.now, reason=reason, **changes)
        return len(waiting)

    def _plan(self, plan: Plan, proposal: Proposal) -> Decision:
        claim = (self.event["source"], proposal.mapping, self.event["tenant"], plan.key)
        holder, expires_at = self.rows.once.get(claim, ("", 0))
        held = plan.repeat != "send" and plan.key is not None and expires_at > self.now
        line = self._line(holder, proposal.mapping, plan.key) if held else []
        before = [each for each in line if each.event_id != self.event["id"]] if plan.repeat == "replace" else []
        already = self._already(plan, holder, line, before) if held else None
        asked = self._asked(plan, {self.replay[1]} | {each.id for each in before})
        decision = resolve(proposal, Facts(already, asked, self._suppressed(plan), self._cancelled(claim)))
        if decision.plan is not None:
            waiting = [each for each in before if _is_waiting(each)]
            self._stop(waiting, f"replaced by {self.event['id']}", asked_at=None)
            if plan.repeat != "send" and plan.key is not None:
                self.rows.once[claim] = (self.event["id"], self.now + 400 * DAY)
            self.rows.plan(plan, proposal, self.event, self.now, self.replay)
            doubtful = sorted((each for each in before if _is_in_doubt(each)), key=lambda each: str(each.id))
            same = [each for each in doubtful if each.element == proposal.element]
            self.rows.deliveries[plan.delivery_id].replaces = next((each.id for each in same or doubtful), None)
        return decision

    def _line(self, holder: str, mapping: str, key: str | None) -> list[SimpleNamespace]:
        """Give the deliveries of the event that holds the key, and of those whose place it took."""
        alike = [each for each in self.rows.deliveries.values() if (each.mapping, each.key) == (mapping, key)]
        line = [each for each in alike if each.event_id == holder]
        for each in line:  # which grows while it is walked
            replaced = {old.event_id for old in alike if old.id == each.replaces}
            line.extend(old for old in alike if old.event_id in replaced and old not in line)
        return line

    def _already(
        self, plan: Plan, holder: str, line: list[SimpleNamespace], before: list[SimpleNamespace]
    ) -> str | None:
        mine = [each.state for each in line if each.event_id == holder]
        if plan.repeat == "once" or not line:
            lapsed = mine and set(mine) <= {"dead", "cancelled"}
            return None if holder == self.event["id"] or lapsed else holder
        late = self.now > self.event["received_at"]
        for each in sorted(before, key=lambda each: str(each.id)):
            newer = late and each.event_id > self.event["id"] and (_is_waiting(each) or _is_in_doubt(each))
            if each.state == "delivered" or newer:
                return str(each.event_id)
        return None

    def _asked(self, plan: Plan, besides: set[str]) -> int:
        if plan.cap is None or plan.contact is None:
            return 0
        since = max(plan.due_at or 0, self.now) - plan.cap.period
        return sum(
            each.contact == plan.contact
            and plan.cap.across in ("all", "touchpoint" if each.touchpoint == plan.touchpoint else "")
            and each.asked_at is not None
            and each.asked_at > since
            and each.id not in besides
            for each in self.rows.deliveries.values()
        )

    def _suppressed(self, plan: Plan) -> str | None:
        entry = self.rows.suppressions.get(plan.contact)
        return suppressed_since(entry.since, entry.reason) if entry else None

    def _cancelled(self, claim: Any) -> str | None:
        topic, at, event_id, expires_at = self.rows.tombstones.get(claim, ("", 0, "", 0))
        return cancelled_by(topic, at, event_id) if expires_at > self.now else None


def _is_in_doubt(each: SimpleNamespace) -> bool:
    return each.state == "sending" or (each.state == "held" and each.asked_at is not None)


def _is_waiting(each: SimpleNamespace) -> bool:
    return each.state in ("pending", "held") and not _is_in_doubt(each)
