"""What the courier needs of others: a desk to the store, somebody who sends, and what is in force."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Outcome
from bridge.outbox.protocol import Ledger, Outbox

T = TypeVar("T")


class Store(Protocol):
    """What the courier needs of the store."""

    @property
    def outbox(self) -> Outbox:
        """The deliveries."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The books, to find what an earlier process left."""
        ...


class Desk(Protocol):
    """The way to the store: runs the function on the writer's thread, in order, many in one commit."""

    async def write(self, work: Callable[[Store], T], /) -> T:
        """Give what the work gives, once it is on disk; StoreUnavailable if it cannot be done now."""
        ...


class Carrier(Protocol):
    """Who makes an attempt: the sender of `bridge.touchpoint`."""

    def ready(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> str | None:
        """Say why nothing can be sent to the touchpoint now; None if it is ready."""
        ...

    async def send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:
        """Make one attempt within the touchpoint's timeout."""
        ...

    def cut_off(self) -> None:
        """End all attempts now, each with its outcome."""
        ...


class Live(Protocol):
    """What is in force now. What is paused only the store knows, and does not give out."""

    @property
    def touchpoints(self) -> Mapping[str, Touchpoint]:
        """By name."""
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """The stored secrets by name."""
        ...
