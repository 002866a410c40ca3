"""The memory double's previews, and taking back a hold."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from bridge.core.model import State
from bridge.outbox.previews import Share, Subject
from bridge.outbox.terms import Filter
from tests.support.memory import Rows, shown, younger


class MemoryPreviews:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def subjects(self, ids: Sequence[str]) -> dict[str, Subject]:
        found: dict[str, Subject] = {}
        for each in sorted(self._rows.deliveries.values(), key=lambda each: str(each.id), reverse=True):
            topic = self._rows.events.get(each.event_id, {}).get("topic")
            subject = Subject(each.id, each.event_id, each.touchpoint, each.key, topic, each.body)
            found |= {key: subject for key in (each.id, each.event_id) if key in ids}
        return found

    def replays_of(self, delivery_id: str, *, limit: int) -> list[Any]:
        found = [each for each in self._rows.deliveries.values() if each.replay_of == delivery_id]
        return [shown(each) for each in sorted(found, key=lambda each: str(each.id), reverse=True)][:limit]

    def shares(self, wanted: Filter, states: Collection[State]) -> list[Share]:
        chosen = self._rows.chosen(wanted, *states)
        numbers = Counter((each.touchpoint, each.state) for each in chosen)
        unknown = Counter(
            (each.touchpoint, each.state) for each in chosen if each.state == "held" and each.asked_at is not None
        )
        found = [Share(*place, number, unknown[place]) for place, number in numbers.items()]
        return sorted(found, key=lambda share: (-share.number, share.touchpoint, share.state))

    def let_wait_again(self, *, held_at: int, reason: str, now: int) -> int:
        held = [each for each in self._rows.chosen(Filter(), "held") if each.state_at == held_at]
        chosen = [each for each in held if each.reason == reason]
        for each in chosen:
            each.age_from = younger(each, each.state_at, now)
            self._rows.move(each, "pending", now, reason="")
        return len(chosen)
