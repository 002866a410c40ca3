"""A running bridge: what receives, what sends, and what keeps both up to date."""

import asyncio
import os
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from starlette.routing import Route

from bridge.app.admission import Room, measure
from bridge.app.clock import new_id, now
from bridge.app.inforce import InForce, assemble, read_folder, with_secrets
from bridge.app.prepare import Prepared, open_vault
from bridge.app.rules import intake_rules
from bridge.catalog import Loaded, load_texts
from bridge.core.configuration import Source
from bridge.core.errors import ConfigInvalid, StoreBroken, StoreUnavailable
from bridge.core.model import Accepted, Inbound, Intake, Refused, Settled
from bridge.courier import Courier
from bridge.intake import Rules, take_in
from bridge.outbox.desk import Desk, desk_on
from bridge.outbox.protocol import Store
from bridge.settings import Settings
from bridge.telemetry import Metrics, Snapshot, log, log_attempt
from bridge.touchpoint import Sender
from bridge.web.health import Health, metrics_route
from bridge.web.reception import Reception

STORE_FAILED = 70
_TICK = 0.5  # seconds between looks at what others changed and at the room that is left
_MOST_REFUSED = 1_000  # refused requests that may wait to be kept; under attack the rest is only counted
_PRUNE_EVERY = 3_600.0  # seconds
_BREATH = 0.05  # seconds between two chunks: intake goes first
_PRUNE_CHUNK = 500  # rows of each kind that one transaction lets go


class Bridge:
    """Owns the desk, the sender and the courier; an asynchronous context manager."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], prepared: Prepared) -> None:
        self.settings = settings
        self.in_force: InForce = prepared.in_force
        self._metrics = Metrics(self._snapshot)
        self.desk: Desk = desk_on(settings.database_path, create=False, on_broken=_end_process)
        self._environment = environment
        self._index_key = prepared.index_key
        self._rules: Rules = self._rules_now()
        self._room = Room(0, 0, 1 << 62)
        self._counters: dict[str, int] = {}
        self._earliest_due: int | None = None
        self._store_trouble: str | None = None
        self._stopping = False
        self._refused: list[Refused] = []
        self._exits = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.desk)
        sender = await self._exits.enter_async_context(Sender(allow_private=self.settings.allow_private_targets))
        self.courier = Courier(
            self.desk, sender, live=lambda: self.in_force, clock=now, jitter=random.random, observe=self._observe
        )
        await self._look()
        self._tasks = [asyncio.create_task(work) for work in (self.courier.run(), self._tick(), self._prune())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.begin_to_stop()
        await self.courier.drain(self.settings.drain / 1000)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._keep_refused()
        await self._exits.aclose()

    # -- receiving --------------------------------------------------------------------------------------------

    def reception(self) -> Reception:
        """Give what the hooks need."""
        return Reception(
            live=lambda: self.in_force.sources,
            take_in=self._take_in,
            accept=self._accept,
            refuse=self._refuse,
            admit=lambda: self._room.shortage(self.settings),
            clock=now,
            new_id=new_id,
            notes=self._metrics,
            public_url=self.settings.public_url,
            body_limit=self.settings.max_body,
        )

    def _take_in(self, inbound: Inbound, source: Source) -> Intake:
        return take_in(inbound, source, new_id=new_id, rules=self._rules)

    async def _accept(self, intake: Intake) -> Accepted:
        accepted = await self.desk.accept(intake)
        if accepted.planned:
            self.courier.wake()
        return accepted

    def _refuse(self, refused: Refused) -> None:
        if len(self._refused) < _MOST_REFUSED:
            self._refused.append(refused)

    async def _keep_refused(self) -> None:
        kept, self._refused = self._refused, []
        if kept:
            try:
                await self.desk.write(lambda store: store.outbox.refuse(kept))
            except StoreUnavailable as error:
                log("refused.not-kept", level="warning", count=len(kept), reason=str(error))

    # -- what others changed ------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            await self._keep_refused()
            try:
                await self._look()
            except (StoreUnavailable, ConfigInvalid) as error:
                self._note_trouble(str(error))

    async def _look(self) -> None:
        """Look at the room that is left, and at what another program wrote: secrets, pauses, a configuration."""
        changed, self._counters, self._earliest_due = await self.desk.write(_look_around)
        self._room = measure(self.settings.database_path, self._counters)
        self._note_trouble(None)
        if changed:
            await self._refresh()
            self.courier.wake()

    def _note_trouble(self, trouble: str | None) -> None:
        if trouble != self._store_trouble:
            log(
                "store.trouble" if trouble else "store.well", level="error" if trouble else "info", reason=trouble or ""
            )
        self._store_trouble = trouble

    async def _refresh(self) -> None:
        secrets = await self.desk.write(lambda store: open_vault(store, self.settings).open_all())
        if secrets != self.in_force.secrets:
            self._enforce(with_secrets(self.in_force, secrets, self.settings))
        await self.desk.write(self._resume_mended)
        if self.settings.apply == "manual":
            await self._take_applied()

    def _resume_mended(self, store: Store) -> None:
        """Go on with touchpoints that their target had refused, where a secret of theirs was stored since."""
        stored_at = {sealed.name: sealed.updated_at for sealed in store.strongbox.secrets()}
        for paused in store.ledger.pauses():
            touchpoint = self.in_force.touchpoints.get(paused.name)
            if paused.by != "target" or paused.scope != "touchpoint" or touchpoint is None:
                continue
            if any(stored_at.get(name, 0) > paused.since for name in touchpoint.secret_names):
                store.controls.resume("touchpoint", paused.name, now=now())
                log("touchpoint.resumed", touchpoint=paused.name, reason="a new secret was stored")

    async def _take_applied(self) -> None:
        kept = await self.desk.write(lambda store: store.strongbox.last_configuration())
        if kept is not None and kept[0] != self.in_force.catalog.fingerprint:
            self._enforce(assemble(load_texts(kept[1], self._environment), self.in_force.secrets, self.settings))

    # -- the configuration ----------------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Read the folder again: in force as a whole if it checks clean, else the running configuration stays."""
        try:
            loaded = await asyncio.to_thread(read_folder, self.settings, self._environment)
        except ConfigInvalid as error:
            self._stay(error)
            return
        if self.settings.apply == "auto":
            await self._take_over(loaded)

    def _stay(self, error: ConfigInvalid) -> None:
        if error.problems != self.in_force.stale:
            log("configuration.stale", level="error", problems=[str(problem) for problem in error.problems[:20]])
        self.in_force = replace(self.in_force, stale=error.problems)

    async def _take_over(self, loaded: Loaded) -> None:
        if loaded.catalog.fingerprint == self.in_force.catalog.fingerprint and not self.in_force.stale:
            return
        keep = partial(_keep_configuration, loaded=loaded)
        try:
            await self.desk.write(keep)
        except StoreUnavailable as error:
            log("configuration.not-kept", level="warning", reason=str(error))
        self._enforce(assemble(loaded, self.in_force.secrets, self.settings))

    def _enforce(self, in_force: InForce) -> None:
        """Put a configuration in force: one assignment, so that nothing ever sees half of one."""
        self.in_force = in_force
        self._rules = self._rules_now()
        log("configuration.in-force", configuration=in_force.catalog.fingerprint)
        self.courier.wake()

    def _rules_now(self) -> Rules:
        return intake_rules(self.settings, self._index_key, self.in_force.catalog.fingerprint)

    def secret_values(self) -> set[str]:
        """Give every secret in use, for the log's last net."""
        return set(self.in_force.secrets.values())

    # -- retention and health ---------------------------------------------------------------------------------------

    async def _prune(self) -> None:
        while True:
            try:
                pruned = 1
                while pruned:
                    pruned = await self.desk.write(partial(prune_chunk, settings=self.settings))
                    await asyncio.sleep(_BREATH)
            except StoreUnavailable as error:
                log("prune.postponed", level="warning", reason=str(error))
            await asyncio.sleep(_PRUNE_EVERY)

    def _observe(self, settled: Settled) -> None:
        self._metrics.attempted(settled)
        log_attempt(settled)

    def _snapshot(self) -> Snapshot:
        late = None if self._earliest_due is None else max(0, now() - self._earliest_due)
        return Snapshot(
            counters=self._counters,
            commits=self.desk.figures.commits,
            requests=self.desk.figures.requests,
            oldest_due=late,
            config_stale=bool(self.in_force.stale),
            store_up=self._store_trouble is None,
        )

    def metrics_routes(self) -> list[Route]:
        """Give the route of /metrics."""
        return [metrics_route(self._metrics.render)]

    def begin_to_stop(self) -> None:
        """Say on /readyz that no more requests should come."""
        self._stopping = True

    def health(self) -> Health:
        """Give what /readyz shows."""
        return Health(
            fingerprint=lambda: self.in_force.catalog.fingerprint,
            stale=lambda: str(self.in_force.stale[0]) if self.in_force.stale else None,
            store=lambda: self._store_trouble,
            disk=lambda: self._room.shortage(self.settings),
            stopping=lambda: self._stopping,
        )


def prune_chunk(store: Store, settings: Settings) -> int:
    """Let go of a chunk of what is over its time."""
    time = now()
    return store.controls.prune(
        now=time,
        payloads_before=time - settings.keep_payloads,
        history_before=time - settings.keep_history,
        limit=_PRUNE_CHUNK,
    )


def _keep_configuration(store: Store, loaded: Loaded) -> None:
    store.strongbox.keep_configuration(loaded.catalog.fingerprint, loaded.files, now=now())


def _look_around(store: Store) -> tuple[bool, dict[str, int], int | None]:
    return store.changed(), store.ledger.counters(), store.outbox.next_due(now=0)


def _end_process(error: StoreBroken) -> None:
    """End at once: after a failed sync nobody knows what is on disk, and only a fresh start reads it again."""
    log("store.broken", level="error", reason=str(error))
    os._exit(STORE_FAILED)
