"""Erasing a person's data: every chunk of it, again until nothing is in flight, and within a running bridge."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bridge.app.clock import now
from bridge.app.sweeping import fitting
from bridge.core.configuration import Catalog
from bridge.core.contact import digest
from bridge.core.errors import StoreUnavailable, Unreadable
from bridge.core.traces import traces_of
from bridge.intake import PRIVACY, Rules, context_of
from bridge.outbox.books import Place
from bridge.outbox.desk import Desk
from bridge.outbox.erasures import Erased, Search
from bridge.outbox.protocol import Store
from bridge.settings import Settings
from bridge.telemetry import log

_LOOK_EVERY = 0.5  # seconds between looks at what is asked for
_REQUESTS_EVERY = 2_000  # ms between looks for requests of systems
_REBUILD_EVERY = 3_600_000  # ms between two rebuilds for requests of systems; one at the command line does not wait
_AGAIN = 60_000  # ms until a rebuild that was not possible is tried again
_BREATH = 0.02  # seconds between two chunks: intake goes first
_MOST = 100  # requests that are looked at together
_BEGUN_WITH = 32  # rows


class Erasing:
    """One walk through everything that is stored, for one address or number."""

    def __init__(self, search: Search, *, trial: bool = False) -> None:
        self._search = search
        self._trial = trial
        self._limit = _BEGUN_WITH
        self._place: Place | None = None
        self.rows: set[tuple[str, str]] = set()
        self.in_flight: set[str] = set()

    @property
    def counts(self) -> dict[str, int]:
        """How much was emptied or let go so far, by kind."""
        return dict(Counter(kind for kind, _ in sorted(self.rows)))

    def step(self, store: Store) -> bool:
        """Do one chunk; False when that was the last."""
        began = now()
        limits = {"now": began, "limit": self._limit}
        erased: Erased = store.erasures.erase(self._search, **limits, place=self._place, trial=self._trial)
        self._limit = fitting(self._limit, now() - began)
        self.rows |= erased.rows
        self.in_flight |= erased.in_flight
        self._place = erased.place
        return erased.place is not None

    def again(self) -> None:
        """Begin anew, for what was in flight; what was erased stays counted."""
        self._place, self.in_flight = None, set()


def searching(index_key: bytes, contact: str, *, spare: str = "") -> Search:
    """Say what to look for."""
    return Search(digest(index_key, contact), traces_of(contact), spare)


def erases(catalog: Catalog, source: str, topic: str) -> bool:
    """Say whether events of this topic ask for a person's data to be erased."""
    known = catalog.sources.get(source)
    return known is not None and any(topic == each for each, _ in known.manners.erases)


class Eraser:
    """Carries out what systems ask for, and rebuilds the file after every erasure: only the bridge may."""

    def __init__(
        self, desk: Desk, settings: Settings, *, catalog: Callable[[], Catalog], rules: Callable[[], Rules]
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._catalog = catalog
        self._rules = rules
        self._look_at = 0
        self._rebuild_at = 0
        self._is_rebuilt_to = 0  # the number of the last erasure after which the file was rebuilt

    async def run(self) -> None:
        """Look for what is asked and do it, until cancelled."""
        while True:
            try:
                if self._settings.redact == "auto" and now() >= self._look_at:
                    self._look_at = now() + _REQUESTS_EVERY
                    await self._carry_out()
                await self._rebuild()
            except StoreUnavailable as error:
                self._look_at = self._rebuild_at = now() + _AGAIN
                log("erase.postponed", level="warning", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def _carry_out(self) -> None:
        for event_id in await self._desk.read(lambda store: store.erasures.requests(PRIVACY, limit=_MOST)):
            contacts = await self._desk.read(partial(_contacts, event_id, self._catalog(), self._rules()))
            if contacts is None:
                continue
            counts: Counter[str] = Counter()
            in_flight = False
            for contact in contacts:
                erasing = Erasing(searching(self._rules().index_key, contact, spare=event_id))
                more = True
                while more:
                    more = await self._desk.write(erasing.step)
                    await asyncio.sleep(_BREATH)
                counts.update(erasing.counts)
                in_flight = in_flight or bool(erasing.in_flight)
            if not in_flight:  # else everything is looked through once more
                record = partial(_record, event_id, dict(counts))
                await self._desk.write(record)
                amounts: dict[str, Any] = dict(counts)
                log("erase.done", request=event_id, **amounts)

    async def _rebuild(self) -> None:
        waiting = await self._desk.read(lambda store: store.erasures.open())
        if not waiting:
            return
        upto = waiting[-1].number
        if upto > self._is_rebuilt_to:
            if all(each.event_id for each in waiting) and now() < self._rebuild_at:
                return
            took = await self._desk.write(_rebuild)
            self._is_rebuilt_to, self._rebuild_at = upto, now() + _REBUILD_EVERY
            log("erase.rebuilt", erasures=len(waiting), blocked_ms=took)
        if await self._desk.write(lambda store: store.erasures.empty_log()):
            await self._desk.write(lambda store: store.erasures.done(upto=upto, now=now()))


def _rebuild(store: Store) -> int:
    """Rebuild the file; gives how long (ms) nobody else could write."""
    began = now()
    store.erasures.rebuild()
    return now() - began


def _record(event_id: str, counts: dict[str, int], store: Store) -> int:
    return store.erasures.record(event_id=event_id, who="", now=now(), counts=counts)


def _contacts(event_id: str, catalog: Catalog, rules: Rules, store: Store) -> list[str] | None:
    """Give whose data a request asks to erase; None where it does not ask for that, or cannot be read."""
    entry = store.ledger.entry(event_id)
    if entry is None or not erases(catalog, entry.event.source, entry.event.topic):
        return None
    source = catalog.sources[entry.event.source]
    try:
        payload = context_of(entry.event, source, rules=rules).payload
    except Unreadable:
        return None
    places = next(places for topic, places in source.manners.erases if topic == entry.event.topic)
    return list(_texts(payload, places))


def _texts(payload: object, places: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    for place in places:
        value = payload
        for name in place:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and value.strip():
            yield value
