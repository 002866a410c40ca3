"""The sum of many differences: how many decisions of which kind, grouped, with a few examples of each group."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.difference import KINDS, Change, Difference, Kind, compare, is_unmatched
from bridge.core.model import Proposal

MOST_EXAMPLES = 3  # of each group: the first that were taken
MOST_GROUPS = 500  # reasons may hold numbers, so that there could be a group for each event
OTHERS = "other reasons"

Place = tuple[Kind, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """One stored event at which something differs; `before` and `after` are masked."""

    event: str
    before: str
    after: str


@dataclass(slots=True)
class Group:
    """Differences of one kind in one mapping: in one field (`changed`), or for one reason (the other kinds)."""

    kind: Kind
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
    `unmatched` (by both), and what could not be compared: `unreadable`, `not_looked_up`.
    """

    kinds: Counter[Kind] = dataclasses.field(default_factory=Counter)
    events: Counter[str] = dataclasses.field(default_factory=Counter)
    _groups: dict[Place, Group] = dataclasses.field(default_factory=dict)

    def take(self, event_id: str, source: str, old: Sequence[Proposal], new: Sequence[Proposal]) -> None:
        """Take what two configurations make of one event."""
        self.events["compared"] += 1
        was, now = not is_unmatched(old), not is_unmatched(new)
        if not was or not now:
            self.events["newly_matched" if now else "newly_unmatched" if was else "unmatched"] += 1
        for difference in compare(old, new):
            self.kinds[difference.kind] += 1
            for change in difference.changes:
                self._group(source, difference, change.field).add(event_id, change)

    def skip(self, why: str) -> None:
        """Count an event that cannot be compared."""
        self.events[why] += 1

    def groups(self) -> list[Group]:
        """Give the groups by kind, the largest first."""
        order = {kind: number for number, kind in enumerate(KINDS)}
        return sorted(
            self._groups.values(),
            key=lambda each: (order[each.kind], -each.count, each.source, each.mapping, each.field, each.reason),
        )

    def _group(self, source: str, difference: Difference, name: str) -> Group:
        place = (difference.kind, source, difference.mapping, name, difference.reason)
        if place not in self._groups and len(self._groups) >= MOST_GROUPS:
            place = (difference.kind, source, difference.mapping, "", OTHERS)
        return self._groups.setdefault(place, Group(*place))
