"""The sum of many differences: how many decisions of which kind, grouped, with a few examples of each group."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.core.difference import KINDS, Change, Kind, compare, is_unmatched
from bridge.core.drift import Drift
from bridge.core.model import Event, Proposal
from bridge.core.readings import reading_changes

MOST_EXAMPLES = 3  # of each group: the first that were taken
MOST_GROUPS = 500  # reasons may hold numbers, so that there could be a group for each event
MOST_IDS = 200_000  # of events that are remembered, to see whether two become one
OTHERS = "other reasons"

GroupKind = Kind | Literal["read_differently"]
Place = tuple[GroupKind, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """One stored event at which something differs; `before` and `after` are masked."""

    event: str
    before: str
    after: str


@dataclass(slots=True)
class Group:
    """Differences of one kind in one mapping: in one field (`changed`), or for one reason (the other kinds).

    Of events that are read differently it has no mapping, and a field such as `<topic>`.
    """

    kind: GroupKind
    source: str
    mapping: str
    field: str
    reason: str
    count: int = 0
    examples: list[Example] = dataclasses.field(default_factory=list)

    def add(self, event_id: str, change: Change) -> None:
        """Count a difference, and keep it as an example if there are few."""
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(Example(event_id, change.before, change.after))


@dataclass(slots=True)
class Comparison:
    """What was seen so far; its size is bounded, however many events are taken.

    `kinds` counts decisions. `events` counts events: `compared`, of these `newly_matched`, `newly_unmatched` and
    `unmatched` (by both), `read_differently` and `newly_duplicate` (taken for another one by its new id), and what
    could not be compared: `split_differently`, `unreadable`, `not_looked_up`. `drifts` counts attributes of the new
    bodies that differ from what their targets accepted, by source, mapping and drift.
    """

    kinds: Counter[Kind] = dataclasses.field(default_factory=Counter)
    events: Counter[str] = dataclasses.field(default_factory=Counter)
    drifts: Counter[tuple[str, str, Drift]] = dataclasses.field(default_factory=Counter)
    _groups: dict[Place, Group] = dataclasses.field(default_factory=dict)
    _ids: dict[int, int] = dataclasses.field(default_factory=dict)  # the old identity by the new one

    def take(self, event_id: str, source: str, old: Sequence[Proposal], new: Sequence[Proposal]) -> None:
        """Take what two configurations make of one event."""
        self.events["compared"] += 1
        was, now = not is_unmatched(old), not is_unmatched(new)
        if not was or not now:
            self.events["newly_matched" if now else "newly_unmatched" if was else "unmatched"] += 1
        for difference in compare(old, new):
            self.kinds[difference.kind] += 1
            for change in difference.changes:
                place = (difference.kind, source, difference.mapping, change.field, difference.reason)
                self._group(place).add(event_id, change)

    def take_reading(self, old: Event, new: Event) -> None:
        """Take what two ways of reading make of one event."""
        changes = list(reading_changes(old, new))
        self.events["read_differently"] += bool(changes)
        for change in changes:
            self._group(("read_differently", new.source, "", change.field, "")).add(new.id, change)
        was, now = (hash((each.source, each.tenant, each.source_event_id)) for each in (old, new))
        self.events["newly_duplicate"] += self._ids.get(now, was) != was
        if len(self._ids) < MOST_IDS:
            self._ids.setdefault(now, was)

    def note_drift(self, source: str, mapping: str, drift: Drift) -> None:
        """Count an attribute that drifts; they are as few as the attributes of the mapping files."""
        self.drifts[source, mapping, drift] += 1

    def skip(self, why: str) -> None:
        """Count an event that cannot be compared."""
        self.events[why] += 1

    def groups(self) -> list[Group]:
        """Give the groups by kind, the largest first."""
        order: dict[GroupKind, int] = {"read_differently": -1, **{kind: number for number, kind in enumerate(KINDS)}}
        return sorted(
            self._groups.values(),
            key=lambda each: (order[each.kind], -each.count, each.source, each.mapping, each.field, each.reason),
        )

    def _group(self, place: Place) -> Group:
        if place not in self._groups and len(self._groups) >= MOST_GROUPS:
            place = (*place[:3], "", OTHERS)
        return self._groups.setdefault(place, Group(*place))
