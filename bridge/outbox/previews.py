"""What a list says beside its rows, and what a change would take: the part of the ledger that prepares actions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bridge.core.model import State

if TYPE_CHECKING:  # the verbs about filters come after this module
    from bridge.outbox.terms import Filter, Row


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what a delivery is about. `topic` is its event's, `body` its JSON text; None once they are pruned."""

    delivery_id: str
    event_id: str
    touchpoint: str
    key: str | None
    topic: str | None
    body: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the chosen deliveries go to one touchpoint and are in one state.

    Of them `unknown` are held and may have reached their target.
    """

    touchpoint: str
    state: State
    number: int
    unknown: int = 0


class Previews(Protocol):
    """The part of the ledger that lists and questions need besides the rows."""

    def subjects(self, ids: Sequence[str]) -> dict[str, Subject]:
        """Give, by id, what deliveries are about; for the id of an event, its first delivery. At most 500 ids."""

    def replays_of(self, delivery_id: str, *, limit: int) -> list["Row"]:
        """Give the deliveries that replay this one, as `deliveries` does, newest first."""

    def shares(self, wanted: "Filter", states: Collection[State]) -> list[Share]:
        """Count exactly what a change of these states would take, by touchpoint and state, the most first."""
