"""The configuration as it is now: swapped as a whole when files, secrets or an applied version change."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from bridge.app.clock import now
from bridge.app.drifting import Counts, DriftWatch
from bridge.app.inforce import InForce, assemble, differing, lookup_secrets, read_proven, with_secrets
from bridge.app.messages import Work
from bridge.app.prepare import Prepared, expect_proofs, open_vault
from bridge.app.rules import intake_rules
from bridge.catalog import Loaded, load_texts
from bridge.core.errors import ConfigInvalid, StoreUnavailable
from bridge.intake import Rules
from bridge.outbox.desk import Desk
from bridge.outbox.protocol import Store
from bridge.settings import Settings
from bridge.telemetry import log


async def nobody_else() -> None:
    """Follow where no other process has to."""


class Current:
    """Holds what is in force.

    `on_change` is called after every change; then `spread` has other processes follow, and is waited for. `on_drift` is
    called for each attribute that drifts.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        prepared: Prepared,
        *,
        on_change: Callable[[], None],
        on_drift: Counts,
        spread: Callable[[], Awaitable[None]] = nobody_else,
    ) -> None:
        self.in_force: InForce = prepared.in_force
        self._settings = settings
        self._environment = environment
        self._index_key = prepared.index_key
        self._folder: Mapping[str, str] | None = None  # the files as they were last read, with BRIDGE_APPLY=manual
        self._on_change = on_change
        self._spread = spread
        self._watch = DriftWatch(settings, count=on_drift)
        self._attributes = prepared.attributes
        self.rules: Rules = self._rules_now()

    def secret_values(self) -> frozenset[str]:
        """Give every secret in use, for the log's last net."""
        return self.in_force.confidential

    async def reload(self, desk: Desk) -> None:
        """Read the folder again: in force as a whole if it and its examples check clean, else nothing changes."""
        known = self.in_force.catalog.fingerprint
        try:
            loaded = await asyncio.to_thread(read_proven, self._settings, self._environment, in_force=known)
        except ConfigInvalid as error:
            await self._stay(error)
            return
        if self._settings.apply == "auto":
            await self._take_over(loaded, desk)
        else:
            await self._compare(loaded)

    async def refresh(self, desk: Desk) -> None:
        """Take over what another program stored: secrets, and with BRIDGE_APPLY=manual an applied configuration."""
        secrets = await desk.write(lambda store: open_vault(store, self._settings).open_all())
        old = self.in_force.secrets
        if secrets != old:
            await self._enforce(with_secrets(self.in_force, secrets, self._settings))
        fresh = {name for name, text in secrets.items() if old.get(name) != text}
        await desk.write(lambda store: self._resume_mended(store, fresh))
        if self._settings.apply == "manual":
            await self._take_applied(desk)

    async def take_over(self, desk: Desk) -> None:
        """Put in force what was applied last, whatever BRIDGE_APPLY says, and compare the folder with it."""
        await self._take_applied(desk)
        await self.reload(desk)

    async def learn(self, desk: Desk) -> None:
        """Take over what targets have accepted since, for noticing attributes that drift from it."""
        attributes = tuple(await desk.write(lambda store: store.ledger.attributes()))
        if attributes != self._attributes:
            self._attributes = attributes
            self.rules = self._rules_now()
            await self._spread()

    def work(self, number: int) -> Work:
        """Say by what an intake process is to work."""
        files, secrets = dict(self.in_force.files), dict(self.in_force.secrets)
        return Work(number, files, secrets, self._index_key, self._attributes)

    async def _stay(self, error: ConfigInvalid) -> None:
        old = self.in_force
        self.in_force = replace(old, stale=error.errors, unapplied=())
        if error.errors != old.stale:
            await self._spread()
            log("configuration.stale", level="error", problems=[str(problem) for problem in error.errors[:20]])

    async def _compare(self, loaded: Loaded) -> None:
        """Note how the folder, which could be applied, differs from what is in force."""
        self._folder = loaded.files
        old, unapplied = self.in_force, self._unapplied(self.in_force)
        self.in_force = replace(old, stale=(), unapplied=unapplied)
        if old.stale or unapplied != old.unapplied:
            await self._spread()
        if old.stale:
            log("configuration.mended")
        if unapplied and unapplied != old.unapplied:
            log("configuration.not-applied", files=", ".join(unapplied[:20]))

    def _unapplied(self, in_force: InForce) -> tuple[str, ...]:
        return () if self._folder is None else tuple(differing(in_force.files, self._folder))

    async def _take_over(self, loaded: Loaded, desk: Desk) -> None:
        if loaded.catalog.fingerprint == self.in_force.catalog.fingerprint and not self.in_force.stale:
            return
        try:
            await desk.write(lambda store: keep_configuration(store, loaded))
        except StoreUnavailable as error:
            log("configuration.not-kept", level="warning", reason=str(error))
        for problem in set(loaded.warnings) - set(self.in_force.warnings):
            log("configuration.problem", level="warning", problem=str(problem))
        await self._enforce(assemble(loaded, self.in_force.secrets, self._settings))

    async def _take_applied(self, desk: Desk) -> None:
        kept = await desk.write(lambda store: store.strongbox.last_configuration())
        if kept is not None and kept[0] != self.in_force.catalog.fingerprint:
            applied = assemble(load_texts(kept[1], self._environment), self.in_force.secrets, self._settings)
            await self._enforce(replace(applied, unapplied=self._unapplied(applied)))

    async def _enforce(self, in_force: InForce) -> None:
        """Put a configuration in force: one assignment, so that nothing ever sees half of one.

        Here first, as what other processes plan by it is sent from here.
        """
        self.in_force = in_force
        self.rules = self._rules_now()
        self._on_change()
        await self._spread()
        log("configuration.in-force", configuration=in_force.catalog.fingerprint)

    def _rules_now(self) -> Rules:
        guard = self._watch.guard(self._attributes)
        return intake_rules(self._settings, self._index_key, self.in_force.catalog.fingerprint, guard=guard)

    def _resume_mended(self, store: Store, fresh: Collection[str]) -> None:
        """Go on with touchpoints and lookups that were refused, where a secret of theirs was stored since.

        `fresh` are those in use from now on: a refusal up to now, even one later than their storing, was not of them.
        """
        stored_at = {sealed.name: sealed.updated_at for sealed in store.strongbox.secrets()}
        for paused in store.ledger.pauses():
            touchpoint = self.in_force.touchpoints.get(paused.name)
            if paused.by != "target" or paused.scope != "touchpoint" or touchpoint is None:
                continue
            if any(name in fresh or stored_at.get(name, 0) > paused.since for name in touchpoint.secret_names):
                store.controls.resume("touchpoint", paused.name, now=now())
                log("touchpoint.resumed", touchpoint=paused.name, reason="a new secret was stored")
        expect_proofs(store, self.in_force, fresh=fresh)
        for name, queue in store.ledger.lookup_queues().items():
            source = self.in_force.catalog.sources.get(name)
            if source is None or queue["since"] is None:
                continue
            if any(each in fresh or stored_at.get(each, 0) > queue["since"] for each in lookup_secrets(source)):
                store.outbox.forgive_lookups(name, now=now())
                log("lookup.resumed", source=name, reason="a new secret was stored")


def keep_configuration(store: Store, loaded: Loaded) -> None:
    """Remember the files as the version in force."""
    store.strongbox.keep_configuration(loaded.catalog.fingerprint, loaded.files, now=now(), how="reload")
