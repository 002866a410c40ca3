"""`backup`: a consistent copy of the database, beside a running bridge."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge.app.clock import now
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, settings_flags
from bridge.cli.output import as_json as print_json
from bridge.core.errors import ConfigInvalid
from bridge.outbox.copying import back_up
from bridge.settings import Settings

_SHOWN_EVERY = 2_000  # ms between two lines of progress
_IN_USE = ("-wal", "-shm", "-journal")


@click.command("backup", epilog="Examples: bridge backup /backup/bridge.db; bridge backup /backup/")
@click.argument("file")
@click.option("--force", is_flag=True, help="replace the file if it is there")
@json_flag
@settings_flags(*STORE_SETTINGS, "min_free_disk")
def backup_command(settings: Settings, *, file: str, force: bool, as_json: bool) -> None:
    """Write a consistent copy of the database to FILE, or into the folder FILE under a name with the time.

    A running bridge goes on meanwhile. The copy has mode 0600 and is checked before it gets its name. It does not hold
    the master key: docs/operations.md says how to restore.
    """
    path = _target(file)
    with opened(settings) as store:
        _require_writable(path, settings, force=force)
        copy = back_up(store.database, path, on_progress=_Shown())
    key = _key(settings)
    if as_json:
        print_json({"file": str(copy.path), "bytes": copy.size, "events": copy.events, "key": key})
    else:
        click.echo(f"Wrote {copy.path}: {copy.size >> 20} MiB with {copy.events} events, checked.")
        click.echo(f"To restore it you also need the master key, which is not in it: {key}. Keep a copy elsewhere.")


def _target(file: str) -> Path:
    path = Path(file)
    if file.endswith(os.sep) or path.is_dir():
        return path / f"bridge-{datetime.fromtimestamp(now() / 1000, UTC):%Y%m%dT%H%M%SZ}.db"
    return path


def _require_writable(path: Path, settings: Settings, *, force: bool) -> None:
    """Raise ConfigInvalid where the copy cannot or must not be written."""
    database = settings.database_path
    if not path.parent.is_dir():
        raise ConfigInvalid.because(f"there is no folder {path.parent}", "make it first", file=str(path))
    if path.exists() and path.samefile(database):
        raise ConfigInvalid.because("this is the database itself", "name another file", file=str(path))
    if any(Path(f"{path}{suffix}").exists() for suffix in _IN_USE):
        raise ConfigInvalid.because("a database of this name is in use", "name another file", file=str(path))
    if path.exists() and not force:
        raise ConfigInvalid.because("the file is there already", "name another, or add --force", file=str(path))
    reserve = settings.min_free_disk if path.parent.stat().st_dev == database.stat().st_dev else 0
    if shutil.disk_usage(path.parent).free < database.stat().st_size + reserve:
        needed = (database.stat().st_size + reserve) >> 20
        raise ConfigInvalid.because(f"{needed} MiB must be free there", "name a file on another disk", file=str(path))


class _Shown:
    """Prints how far the copy is, now and then."""

    def __init__(self) -> None:
        self._shown_at = now()

    def __call__(self, done: int, total: int) -> None:
        if now() - self._shown_at >= _SHOWN_EVERY:
            click.echo(f"{done * 100 // max(total, 1)} % copied", err=True)
            self._shown_at = now()


def _key(settings: Settings) -> str:
    return "BRIDGE_KEY of the environment" if settings.key else str(settings.key_path)
