"""What the scout needs of others: a desk to the store, somebody who fetches, and what is in force."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from bridge.core.configuration import Catalog, Lookup
from bridge.core.inquiry import Reply
from bridge.outbox.protocol import Outbox

T = TypeVar("T")


class Store(Protocol):
    """What the scout needs of the store."""

    @property
    def outbox(self) -> Outbox:
        """The lookups."""
        ...


class Desk(Protocol):
    """The way to the store: runs the function on the writer's thread, in order."""

    async def write(self, work: Callable[[Store], T], /) -> T:
        """Give what the work gives, once it is on disk; StoreUnavailable if it cannot be done now."""
        ...


class Fetcher(Protocol):
    """Who asks: the sender of `bridge.touchpoint`."""

    def can_fetch(self, lookup: Lookup, secrets: Mapping[str, str]) -> str | None:
        """Say why this lookup cannot be made now; None if it can."""
        ...

    async def fetch(self, lookup: Lookup, path: str, secrets: Mapping[str, str]) -> Reply:
        """Ask once, within the lookup's timeout."""
        ...


class Live(Protocol):
    """What is in force now."""

    @property
    def catalog(self) -> Catalog:
        """The sources with their lookups."""
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """The stored secrets by name."""
        ...
