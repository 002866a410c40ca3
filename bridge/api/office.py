"""What a request to the admin port may ask of the running bridge."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from bridge.api.news import News
from bridge.api.proofs import Proofs
from bridge.app.clock import new_id, now
from bridge.app.current import Current
from bridge.app.inforce import InForce
from bridge.app.workshop import Workshop
from bridge.core.contact import digest
from bridge.core.ids import Kind
from bridge.intake import Rules
from bridge.outbox.desk import Desk
from bridge.outbox.protocol import Store
from bridge.settings import Settings
from bridge.web.health import Health

T = TypeVar("T")


class Office:
    """The bridge as operators see it: its store, its configuration, its settings; every call is from its event loop."""

    __slots__ = (
        *("_current", "_desk", "_studying", "_wake"),
        *("environment", "health", "news", "proofs", "settings", "workshop"),
    )

    def __init__(
        self,
        desk: Desk,
        current: Current,
        *,
        settings: Settings,
        environment: Mapping[str, str],
        wake: Callable[[], None],
        health: Health,
    ) -> None:
        self._desk = desk
        self._current = current
        self._wake = wake
        self.settings = settings
        self.environment = environment
        self.health = health
        self.news = News(self.read, stopping=self._is_stopping)
        self.proofs = Proofs(self.study, now=self.now)
        self._studying = asyncio.Semaphore(1)
        self.workshop = Workshop(settings, environment, read=self.read, study=self.study)

    @property
    def in_force(self) -> InForce:
        """The configuration in force, with its secrets put in."""
        return self._current.in_force

    @property
    def rules(self) -> Rules:
        """The rules of intake in force."""
        return self._current.rules

    async def read(self, work: Callable[[Store], T], /) -> T:
        """Run the work on a reading store. Raises StoreUnavailable."""
        return await self._desk.read(work)

    async def study(self, work: Callable[[Store], T], /) -> T:
        """Run long work on a reading store; one at a time, so that a reader is left for everybody else.

        Raises StoreUnavailable.
        """
        async with self._studying:
            return await self._desk.read(work)

    async def write(self, work: Callable[[Store], T], /) -> T:
        """Run the work on the writing store, then let courier and scout look. Raises StoreUnavailable."""
        result = await self._desk.write(work)
        self._wake()
        return result

    async def refresh(self) -> None:
        """Take over stored secrets and an applied configuration now, not at the next look."""
        await self._current.refresh(self._desk)

    async def take_over(self) -> None:
        """Put in force what was applied just now, and compare the folder of mapping files with it."""
        await self._current.take_over(self._desk)

    def _is_stopping(self) -> bool:
        return self.health.stopping()

    def mark(self, text: str) -> bytes:
        """Give the keyed hash under which an address, number or reference is found."""
        return digest(self.rules.index_key, text)

    def now(self) -> int:
        """Give the time in ms."""
        return now()

    def new_id(self, kind: Kind) -> str:
        """Make an id."""
        return new_id(kind)
