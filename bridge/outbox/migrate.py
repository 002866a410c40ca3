"""The schema's migrations: numbered SQL files, each applied once, however many processes start together."""

from importlib import resources

from sqlite_utils import Database as Toolkit
from sqlite_utils.migrations import Migrations

from bridge.core.errors import ConfigInvalid
from bridge.outbox.driver import sqlite3
from bridge.outbox.faults import translated
from bridge.outbox.sqlite import Database


def migrate(database: Database) -> None:
    """Bring the schema up to date. Raises ConfigInvalid when a newer program has changed it already."""
    if not _state(database):
        return
    # The write lock makes one process apply and the others find it done.
    with database.write():
        _migrations().apply(Toolkit(database.connection))


def require_current(database: Database) -> None:
    """Raise ConfigInvalid unless the schema is the one that this program knows."""
    if pending := _state(database):
        raise ConfigInvalid.because(
            f"the database lacks {len(pending)} schema change(s), the first is {pending[0]}",
            "run `bridge migrate`",
            file=str(database.path),
        )


def _state(database: Database) -> list[str]:
    known = list(_files())
    with translated():
        applied = [each.name for each in _migrations().applied(Toolkit(database.connection))]
    if unknown := [name for name in applied if name not in known]:
        raise ConfigInvalid.because(
            f"the database was changed by a newer version of the bridge ({unknown[-1]})",
            "install that version, or restore a backup",
            file=str(database.path),
        )
    return [name for name in known if name not in applied]


def _files() -> dict[str, str]:
    folder = resources.files("bridge.outbox") / "schema" / "sqlite"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return {file.name.removesuffix(".sql"): file.read_text("utf-8") for file in files}


def _migrations() -> Migrations:
    migrations = Migrations("bridge")
    for name, text in _files().items():

        def apply(toolkit: Toolkit, text: str = text) -> None:
            # Not executescript(): it commits first.
            for statement in _statements(text):
                toolkit.conn.execute(statement)

        migrations(name=name)(apply)
    return migrations


def _statements(text: str) -> list[str]:
    statements: list[str] = []
    rest = ""
    for line in text.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
