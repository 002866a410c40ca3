"""What auditing and pruning say of the books."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One equation of the books that does not hold; of one source and day, or of all.

    `rows` names rows at fault where they are known, `more` says how many it does not name. `day` is in days since 1970.
    """

    equation: str
    left: int
    right: int
    rows: tuple[str, ...] = ()
    source: str | None = None
    day: int | None = None
    more: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """The books of one moment: what does not balance, what was counted, and what of it by source and day.

    A row of `days` has `day` (days since 1970), `source` and the counts that are not 0. What was counted before days
    were is under day 0 without a source.
    """

    imbalances: tuple[Imbalance, ...]
    days: tuple[Mapping[str, Any], ...]
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where pruning goes on: within this kind of thing, after the one of this time and id."""

    kind: str
    time: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much a chunk of pruning let go, by kind, and where the next chunk goes on; None at the end."""

    counts: Mapping[str, int]
    place: Place | None = None

    @property
    def rows(self) -> int:
        """How many of any kind."""
        return sum(self.counts.values())
