"""The news: one shared look at the store, only while somebody listens, however many do."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol, TypeVar

import msgspec

from bridge.api.tidings import MOST, Seen, Tidings, look, tidings
from bridge.core.errors import StoreUnavailable
from bridge.core.outcome import Settled
from bridge.outbox.protocol import Store
from bridge.telemetry import log, stack_of

T = TypeVar("T")

MOST_LISTENERS = 64
PAUSE = 0.5  # seconds between two looks
_KEPT = 120  # news for those who come back: a minute of them
_MOST_ATTEMPTS = 4 * MOST  # that may end between two looks and still be told of


class Read(Protocol):
    """Runs work on a reading store."""

    async def __call__(self, work: Callable[[Store], T], /) -> T:
        """Give what the work gives. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of news, as JSON; `id` is what to come back with."""

    id: str
    data: bytes


class News:
    """Looks while somebody listens. `note` is told of every attempt, in the loop's thread."""

    def __init__(
        self, read: Read, *, stopping: Callable[[], bool], rest: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._read = read
        self._stopping = stopping
        self._rest = rest or _rest
        self.listeners = 0  # how many
        self._round: _Round | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether no more may listen."""
        return self.listeners >= MOST_LISTENERS

    def note(self, settled: Settled) -> None:
        """Keep an attempt that ended for the next look; costs nothing while nobody listens."""
        if self._round is not None:
            self._round.attempts.append(settled)

    async def listen(self, after: str = "", *, patience: float) -> AsyncGenerator[Told | None, None]:
        """Give the news from now on, or those since `after`; None after `patience` seconds without any.

        Ends when the bridge is about to stop. Raises StoreUnavailable where it cannot begin.
        """
        async with self._joined() as here:
            number = here.number_of(after)
            if number is None:
                number = here.number  # before the listener is away with it
                yield here.whole()
            while not here.is_over:
                news, changed = here.since(number), here.changed
                for number, told in news:  # noqa: B007 - the last one's number is where to go on
                    yield told
                if news or await _set_within(changed, patience):
                    continue
                yield None

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator["_Round"]:
        self.listeners += 1
        try:
            if self._round is None or self._round.is_over:
                seen = await self._read(lambda store: look(store, None, ()))
                assert seen is not None, "the first look always sees something"
                self._begin(seen)
            assert self._round is not None, "it was begun"
            yield self._round
        finally:
            self.listeners -= 1
            if not self.listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = self._round = None

    def _begin(self, seen: Seen) -> None:
        if self._round is None or self._round.is_over:  # two may have asked for the first look
            self._round = _Round(seen)
            self._looking = asyncio.create_task(self._look_on(self._round))

    async def _look_on(self, here: "_Round") -> None:
        try:
            while not self._stopping():
                await self._rest()
                try:
                    await self._look(here)
                except StoreUnavailable:
                    continue  # health says so; the next look may succeed
        except Exception as error:  # noqa: BLE001 - the listeners must not wait for ever
            log("news.failed", level="error", kind=type(error).__name__, at=stack_of(error))
        finally:
            here.end()

    async def _look(self, here: "_Round") -> None:
        attempts = list(here.attempts)
        here.attempts.clear()
        before, ids = here.seen, [each.delivery.id for each in attempts]
        after = await self._read(lambda store: look(store, before, ids))
        if after is not None:
            here.seen = after
            here.tell(tidings(before, after, attempts))


class _Round:
    """The news from the first listener's coming to the last one's going; ids tell one round from another."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.number = 0
        self.attempts: deque[Settled] = deque(maxlen=_MOST_ATTEMPTS)
        self.changed = asyncio.Event()
        self.is_over = False
        self._name = token_hex(4)
        self._kept: deque[tuple[int, Told]] = deque(maxlen=_KEPT)

    def _id_of(self, number: int) -> str:
        return f"{self._name}-{number}"

    def whole(self) -> Told:
        """Give how things stand now, for those who know nothing."""
        return Told(self._id_of(self.number), msgspec.json.encode(Tidings(anew=True, counters=self.seen.counters)))

    def number_of(self, text: str) -> int | None:
        """Give the number of news of this round all whose followers are still known; None for any other."""
        name, _, number = text.partition("-")
        if name != self._name or not number.isdecimal() or len(number) > len(str(self.number)):
            return None
        oldest = self._kept[0][0] if self._kept else self.number + 1
        return int(number) if oldest - 1 <= int(number) <= self.number else None

    def since(self, number: int) -> list[tuple[int, Told]]:
        """Give the news after that one; who was too slow is told that some are missing."""
        if self._kept and number < self._kept[0][0] - 1:
            return [(self.number, self.whole())]
        return [each for each in self._kept if each[0] > number]

    def tell(self, what: Tidings) -> None:
        if not (what.counters or what.events or what.deliveries or what.attempts):
            return
        self.number += 1
        self._kept.append((self.number, Told(self._id_of(self.number), msgspec.json.encode(what))))
        self._wake()

    def end(self) -> None:
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


async def _rest() -> None:
    await asyncio.sleep(PAUSE)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
