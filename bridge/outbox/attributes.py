"""What targets have accepted: each attribute's name and type, written down when a delivery is settled as delivered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from bridge.core.drift import DAY, VALUE_TYPES, Attribute
from bridge.core.outcome import Delivered, Settled
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import attributes as sql

_MOST_SHAPES = 4_096  # of bodies that are remembered; who has more leaves out fields at random
_DECODE = msgspec.json.Decoder(dict).decode

Shape = tuple[str | type, ...]  # touchpoint, then the names of a body, then the types of their values
Noted = tuple[str, str, type]  # touchpoint, name and type of value


@dataclass(frozen=True, slots=True)
class Fresh:
    """What one transaction writes down, on which day: known only when it is committed."""

    day: int
    shapes: set[Shape] = field(default_factory=set)
    noted: set[Noted] = field(default_factory=set)


@dataclass(slots=True)
class Accepted:
    """What this process knows to be written down today, so that only what is new costs a statement.

    A mapping makes bodies of few shapes, and looking up a whole body's is several times quicker than its attributes'.
    """

    day: int = -1
    shapes: set[Shape] = field(default_factory=set)
    noted: set[Noted] = field(default_factory=set)

    def note(self, transaction: Transaction, results: Sequence[Settled], held: Sequence[bool], *, now: int) -> Fresh:
        """Write down what was delivered where the lease held; gives what is new, for `remember` after the commit."""
        fresh = Fresh(now // DAY)
        if fresh.day != self.day:
            self._forget()
        shapes = self.shapes
        for result, kept in zip(results, held, strict=True):
            if kept and type(result.ruling) is Delivered:
                delivery = result.delivery
                try:
                    body = _DECODE(delivery.body)
                except msgspec.DecodeError:
                    continue  # what was delivered is settled, whatever was in it
                shape = (delivery.touchpoint, *body, *map(type, body.values()))
                if shape not in shapes:
                    fresh.shapes.add(shape)
                    fresh.noted.update((delivery.touchpoint, name, type(value)) for name, value in body.items())
        new = fresh.noted - self.noted
        transaction.run_many(
            sql.NOTE,
            [
                {"touchpoint": touchpoint, "name": name, "type": VALUE_TYPES[kind], "now": now}
                for touchpoint, name, kind in new
                if kind in VALUE_TYPES
            ],
        )
        return fresh

    def remember(self, fresh: Fresh) -> None:
        """Know from now on that this is written down."""
        if len(self.shapes) > _MOST_SHAPES:
            self.shapes.clear()
        self.day = fresh.day
        self.shapes |= fresh.shapes
        self.noted |= fresh.noted

    def _forget(self) -> None:
        self.shapes.clear()
        self.noted.clear()


def attributes(transaction: Transaction, touchpoint: str | None) -> list[Attribute]:
    """Give what was ever accepted, at one touchpoint or at all, by touchpoint, name and type."""
    return [Attribute(*row) for row in transaction.rows(sql.NOTED, {"touchpoint": touchpoint})]
