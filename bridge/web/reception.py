"""What the hooks need from the rest of the program, passed in as one value."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from bridge.core.configuration import Source
from bridge.core.ids import Kind
from bridge.core.model import Accepted, Inbound, Intake, Refused
from bridge.core.verification.verify import Verifier
from bridge.web.allowance import counted_here

Busy = Literal["secret", "store", "crowd", "full", "fault"]

# Seconds until the sender should try again, and up to how many more at random, so that not all come back at once.
PATIENCE: Mapping[Busy, tuple[int, int]] = MappingProxyType(
    {
        "secret": (60, 60),  # a person must store it
        "store": (5, 10),  # a lock or a disk that recovers by itself
        "crowd": (5, 25),  # more come than can be stored: they must not all come back at once
        "full": (30, 90),  # the backlog must drain
        "fault": (30, 30),
    }
)


@dataclass(frozen=True, slots=True)
class UsableSecret:
    """A stored secret, and the name that it is stored under."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiveSource:
    """A source as it is now. Without a verifier it waits, and `waiting` says for what.

    `secrets` are the verifier's, in its order; `verify_token` is what the system shows when it asks whether the
    address is right, None where any of the secrets will do.
    """

    source: Source
    verifier: Verifier | None
    waiting: str = ""
    secrets: tuple[UsableSecret, ...] = ()
    verify_token: UsableSecret | None = None


class Notes(Protocol):
    """Who counts what the hooks do. `source` is empty where no such source is configured."""

    def answered(self, source: str, status: int) -> None:
        """Count an answer."""

    def received(self, source: str, *, accepted: int, duplicates: int) -> None:
        """Count the events of an accepted request."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What receiving needs. None of these may block; `accept` and `allow` are waited for.

    `take_in` raises Unreadable, `accept` StoreUnavailable. `refuse` keeps a refused request, bounded, and forgets it
    when the store is busy. `admit` says why nothing can be taken now, or None; `crowded` whether so many requests wait
    to be stored that one more would wait too long. `clock` gives ms since 1970 UTC. `allow` takes one request of what a
    source with a limit may send: 0, or the ms until it may.
    """

    live: Callable[[], Mapping[str, LiveSource]]
    take_in: Callable[[Inbound, Source], Intake]
    accept: Callable[[Intake], Awaitable[Accepted]]
    refuse: Callable[[Refused], None]
    admit: Callable[[], str | None]
    clock: Callable[[], int]
    new_id: Callable[[Kind], str]
    notes: Notes
    crowded: Callable[[], bool] = lambda: False
    public_url: str = ""
    body_limit: int = 1 << 20
    allow: Callable[[Source, int], Awaitable[float]] = field(default_factory=counted_here)
    chance: Callable[[], float] = field(default=random.random)

    def patience(self, busy: Busy) -> float:
        """Give the seconds for Retry-After."""
        least, spread = PATIENCE[busy]
        return least + spread * self.chance()
