"""SQLite connections and transactions; knows nothing about deliveries."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bridge.core.errors import ConfigInvalid, StoreUnavailable
from bridge.outbox.allowance import Allowance
from bridge.outbox.driver import sqlite3
from bridge.outbox.faults import translated

Parameters = Mapping[str, Any]
Result = TypeVar("Result")
_NOTHING: Parameters = {}

_EVERY_CONNECTION = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA synchronous = FULL",  # NORMAL loses acknowledged rows at a power cut
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA mmap_size = 0",  # a failing disk must be an error, not a signal
    "PRAGMA secure_delete = ON",  # erased people leave no bytes behind
    "PRAGMA journal_size_limit = 67108864",
)
_CHECKPOINT_PAGES = 4000  # 16 MiB; a tenth more throughput than the usual 1000, as hot pages are copied less
_CACHE_KIB = 16_000
_STEPS_BETWEEN_LOOKS = 1_000  # of SQLite's machine between two looks at the clock: some microseconds
# ms for which the writer of a running bridge waits for another program's lock. Several jobs may wait in line, each so
# long, and a source wants its answer within five seconds: a prompt 503 is better than a 200 that nobody hears.
_HURRIED = 1_000


class Transaction:
    """The statements of one transaction, with `:name` parameters."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, statement: str, parameters: Parameters = _NOTHING) -> list[tuple[Any, ...]]:
        """Give all rows."""
        rows: list[tuple[Any, ...]] = self._connection.execute(statement, parameters).fetchall()
        return rows

    def records(self, statement: str, parameters: Parameters = _NOTHING) -> list[dict[str, Any]]:
        """Give all rows by column name."""
        cursor = self._connection.execute(statement, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def different(self, searches: Iterable[tuple[str, Parameters]], *, most: int, ms: int) -> tuple[set[Any], bool]:
        """Give what is found in the first columns, and whether it is all: no more than `most`, nothing after `ms`.

        See `Allowance` for how they are counted.
        """
        found: set[Any] = set()
        self._connection.set_progress_handler(Allowance.of(ms).is_over, _STEPS_BETWEEN_LOOKS)
        try:
            for statement, parameters in searches:
                with contextlib.closing(self._connection.execute(statement, parameters)) as rows:
                    for row in rows:
                        found.add(row[0])
                        if len(found) > most:
                            found.discard(row[0])
                            return found, False
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return found, False
        finally:
            self._connection.set_progress_handler(None, 0)
        return found, True

    def within(self, ms: float, work: Callable[[], Result]) -> Result | None:
        """Give what reading gives, or None where it takes longer than `ms`."""
        self._connection.set_progress_handler(Allowance.of(ms).is_over, _STEPS_BETWEEN_LOOKS)
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            self._connection.set_progress_handler(None, 0)

    def run(self, statement: str, parameters: Parameters = _NOTHING) -> int:
        """Give the number of rows changed."""
        count: int = self._connection.execute(statement, parameters).rowcount
        return count

    def run_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Run the statement once for each."""
        self._connection.executemany(statement, parameters)


class Database:
    """One connection. At any time only one of a file may check points; `checkpoints` says that this is the one.

    Raises StoreUnavailable when it cannot be opened and ConfigInvalid for an SQLite that can damage the file.
    """

    def __init__(self, path: Path, *, create: bool, checkpoints: bool, reads_only: bool = False) -> None:
        require_sound_sqlite(sqlite3.sqlite_version_info)
        self.path = path
        self._data_version = 0
        self._is_together = False
        with translated():
            if create:
                path.touch(mode=0o600)
            self.connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=5,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            try:
                self._prepare(checkpoints=checkpoints, reads_only=reads_only)
                if checkpoints and not create:
                    self.connection.execute(f"PRAGMA busy_timeout = {_HURRIED}")
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self, *, checkpoints: bool, reads_only: bool) -> None:
        for pragma in _EVERY_CONNECTION:
            self.connection.execute(pragma)
        self.connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES if checkpoints else 0}")
        self.connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        if reads_only:
            self.connection.execute("PRAGMA query_only = ON")
        else:
            self._log_ahead()
        self._data_version = self._pragma("data_version")

    def _log_ahead(self) -> None:
        """Switch a new file to WAL. SQLite does not wait when another process does so at the same moment."""
        for pause in (*[0.02] * 250, None):
            try:
                if self._pragma("journal_mode") == "wal" or self._pragma("journal_mode = WAL") == "wal":
                    return
            except sqlite3.OperationalError:
                if pause is None:
                    raise
            time.sleep(pause or 0)
        raise StoreUnavailable("the outbox cannot be used now: its file cannot be switched to write-ahead logging")

    def _pragma(self, text: str) -> Any:
        return self.connection.execute(f"PRAGMA {text}").fetchone()[0]

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open a transaction that holds the write lock; it is committed at the end, or nothing of it is."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that sees one state of the books throughout."""
        return self._transaction("BEGIN")

    @contextmanager
    def trial(self) -> Iterator[Transaction]:
        """Open a transaction that holds the write lock and of which nothing is kept."""
        return self._transaction("BEGIN IMMEDIATE", end="ROLLBACK")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is read and written until the end; within another it is part of that."""
        if self._is_together:
            yield
            return
        with self.write():
            self._is_together = True
            try:
                yield
            finally:
                self._is_together = False

    def _transaction(self, begin: str, *, end: str = "COMMIT") -> Iterator[Transaction]:
        if self._is_together:
            yield Transaction(self.connection)
            return
        with translated():
            self.connection.execute(begin)
            try:
                yield Transaction(self.connection)
                self.connection.execute(end)
            except BaseException:
                # The first error is the one that tells; a failed COMMIT may have ended the transaction already.
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise

    def changed(self) -> bool:
        """Say whether another connection committed since the last call."""
        with translated():
            before, self._data_version = self._data_version, self._pragma("data_version")
        return bool(before != self._data_version)

    def rebuild(self) -> None:
        """Write the whole file anew: what was deleted is nowhere in it any more. Nobody can write meanwhile."""
        with translated():
            self.connection.execute("VACUUM")

    def empty_log(self) -> bool:
        """Write the log into the file and cut it to nothing; False where somebody still reads from it."""
        with translated():
            busy: int = self._pragma("wal_checkpoint(TRUNCATE)")
        return not busy

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        with translated():
            self.connection.close()


def require_sound_sqlite(version: tuple[int, ...]) -> None:
    """Raise ConfigInvalid for the versions whose WAL-reset bug can damage a database in use.

    Source: https://www.sqlite.org/wal.html#walresetbug, fixed in 3.51.3 and back in 3.50.7 and 3.44.6.
    """
    mended = (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51) or version >= (3, 51, 3)
    if not mended:
        raise ConfigInvalid.because(
            f"SQLite {'.'.join(map(str, version))} can damage a database that is in use (its WAL-reset bug)",
            "install the package pysqlite3, 0.6.1 or newer, which brings a SQLite of its own",
        )


def require_existing(path: Path) -> None:
    """Raise ConfigInvalid where there is no database file yet."""
    try:
        found = path.is_file()
    except OSError as error:
        raise StoreUnavailable(f"the outbox cannot be used now: {error.strerror}") from error
    if not found:
        raise ConfigInvalid.because(
            "there is no database here yet", "start the bridge once, or run `bridge migrate`", file=str(path)
        )
