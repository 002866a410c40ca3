"""What must be in order before a bridge starts: its folder, the lock on it, the store, the key, a configuration."""

import fcntl
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.app.clock import now
from bridge.app.inforce import InForce, assemble, first_choice
from bridge.core.drift import Attribute
from bridge.core.errors import ConfigInvalid
from bridge.outbox.protocol import Store
from bridge.outbox.store import SqliteStore, open_store
from bridge.settings import Settings
from bridge.vault import Vault, load_keyring


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a bridge starts with."""

    in_force: InForce
    index_key: bytes = field(repr=False)
    attributes: tuple[Attribute, ...] = ()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process; made with mode 0700 if absent.

    Raises ConfigInvalid if it is taken or cannot be written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "bridge.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigInvalid.because(
            f"the data folder {folder} cannot be used: {error.strerror}",
            "make it a folder that the bridge may write to, or name another with --data or BRIDGE_DATA",
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise ConfigInvalid.because(
            f"another bridge is running on {folder}", "stop it first, or give this one another --data"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def open_vault(store: Store, settings: Settings) -> Vault:
    """Open the vault; the key file is made when no secret is stored yet."""
    return Vault(store.strongbox, lambda: load_keyring(settings, may_create=not store.strongbox.secrets()))


def create_store(settings: Settings, *, checkpoints: bool = False) -> SqliteStore:
    """Open the store, making it and its folder if this is the first use."""
    for path in (settings.database_path, settings.key_path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return open_store(settings.database_path, create=True, checkpoints=checkpoints)


def prepare(settings: Settings, environment: Mapping[str, str]) -> Prepared:
    """Bring the schema up to date, open the secrets, choose the configuration and remember it as the one in force.

    Raises ConfigInvalid with every problem.
    """
    store = create_store(settings, checkpoints=True)
    try:
        vault = open_vault(store, settings)
        loaded, stale = first_choice(settings, environment, store.strongbox)
        if not stale:
            store.strongbox.keep_configuration(loaded.catalog.fingerprint, loaded.files, now=now())
        in_force = assemble(loaded, vault.open_all(), settings, stale=stale)
        expect_proofs(store, in_force)
        return Prepared(in_force, vault.index_key(now=now()), tuple(store.ledger.attributes()))
    finally:
        store.close()


def expect_proofs(store: Store, in_force: InForce, *, fresh: Collection[str] = ()) -> None:
    """Have the store note the first success of each touchpoint with each stored secret, since the secret is in use.

    That is from its storing on, but for `fresh` ones, which a running bridge uses only from now on.
    """
    stored_at = {sealed.name: sealed.updated_at for sealed in store.strongbox.secrets()}
    with store.together():
        for touchpoint in in_force.touchpoints.values():
            for name in sorted(touchpoint.secret_names & stored_at.keys()):
                since = now() if name in fresh else stored_at[name]
                store.standings.expect(touchpoint.name, [name], since=since)
