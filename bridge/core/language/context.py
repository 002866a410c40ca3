"""What an expression may see of the event around its value, and how much work it may still do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bridge.core.errors import MappingFailed

STEPS = 100_000
RESULT_NODES = 200_000
RESULT_CHARACTERS = 16 * 1024 * 1024
TEXT_CHARACTERS = 256 * 1024
CHARACTERS_PER_STEP = 64
_NO_TABLE: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True)
class Context:
    """The event around a value. Not frozen: `steps` is the budget left and goes down with every evaluation.

    `headers` has lower-case names, `query` is raw, `received_at` is in ms. `tables` are the file's `tables:`.
    `envelopes` are the objects that a split batch's element lay in, the outermost first. `looked_up` are the answers
    of the source's `lookup:` by the names of its requests, of which the first is called "".
    """

    payload: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_TABLE, repr=False)
    query: str = field(default="", repr=False)
    topic: str = ""
    tenant: str = ""
    event_id: str = ""
    received_at: int = 0
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NO_TABLE, repr=False)
    steps: int = STEPS
    envelopes: Sequence[Any] = field(default=(), repr=False)
    looked_up: Mapping[str, Any] = field(default_factory=lambda: _NO_TABLE, repr=False)

    def charge(self, steps: int) -> None:
        """Take steps from the budget. Raises MappingFailed when it is used up."""
        self.steps -= steps
        if self.steps < 0:
            raise MappingFailed("the expression needs too many steps on this event; make it simpler")

    def charge_text(self, *texts: str) -> None:
        """Take the steps that reading these texts once costs."""
        self.charge(sum(map(len, texts)) // CHARACTERS_PER_STEP)


def weigh(value: Any, *, nodes: int = RESULT_NODES, characters: int = RESULT_CHARACTERS) -> int:
    """Count the nodes of a value as a tree, so that parts that it shares count every time they appear.

    Raises MappingFailed when there are more nodes or more text than given, without walking further than that.
    """
    count = length = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind is str:
            length += len(item)
        elif kind is int:
            length += item.bit_length() >> 2
        elif kind is list:
            count += len(item)
            if count <= nodes:
                waiting.extend(item)
        elif kind is dict:
            count += len(item)
            if count <= nodes:
                length += sum(map(len, item))
                waiting.extend(item.values())
        if count > nodes or length > characters:
            raise MappingFailed("the expression gives more than fits into a result; make it simpler")
    return count + 1
