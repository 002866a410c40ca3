"""The seam at which the driver's errors become the bridge's own; nothing of the driver leaves the package."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.core.errors import BridgeError, NotStorable, StoreBroken, StoreUnavailable
from bridge.outbox.driver import sqlite3

# Primary result codes, https://www.sqlite.org/rescode.html. What is in neither table is about the one record.
_UNAVAILABLE = {
    3: "its file may not be opened by this user",  # PERM
    4: "the operation was aborted",  # ABORT
    5: "another program holds its lock",  # BUSY
    6: "another connection holds a lock",  # LOCKED
    7: "memory ran out",  # NOMEM
    8: "its file or disk is read-only",  # READONLY
    9: "the operation was interrupted",  # INTERRUPT
    13: "the disk, or the size allowed to the database, is full",  # FULL
    14: "its file cannot be opened",  # CANTOPEN
    15: "its lock could not be taken in time",  # PROTOCOL
    17: "its schema is being changed",  # SCHEMA
    22: "the disk cannot hold a file of this size",  # NOLFS
    23: "access was denied",  # AUTH
}
_BROKEN = {
    2: "the database engine failed",  # INTERNAL
    10: "the disk reported an error",  # IOERR
    11: "its file is damaged",  # CORRUPT
    16: "its file is not usable",  # EMPTY
    24: "its file is damaged",  # FORMAT
    26: "its file is not a database",  # NOTADB
}
_MOVED = 1032  # READONLY_DBMOVED: what is written now goes to a file that nobody will open again


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the driver raises into StoreUnavailable, StoreBroken or NotStorable."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise translate(error) from error
    except OSError as error:
        raise StoreUnavailable(f"the outbox cannot be used now: {error.strerror or error}") from error
    except (OverflowError, UnicodeError) as error:
        raise NotStorable("a number or a text of this record is not one that a database can hold") from error


def translate(error: Exception) -> BridgeError:
    """Say what the driver's error means for the bridge; its text is kept out, as it may quote stored values."""
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    if code is None:
        return _without_code(error, name)
    if code == _MOVED:
        return StoreBroken(f"the outbox's file was moved or deleted while in use ({name})")
    if why := _BROKEN.get(code & 0xFF):
        return StoreBroken(f"the outbox is broken: {why} ({name})")
    if why := _UNAVAILABLE.get(code & 0xFF):
        return StoreUnavailable(f"the outbox cannot be used now: {why} ({name})")
    return NotStorable(f"the outbox cannot hold this record ({name})")


def _without_code(error: Exception, name: str) -> BridgeError:
    if "closed database" in str(error):
        return StoreUnavailable("the outbox is closed")
    if "decode" in str(error):
        return StoreBroken("the outbox is broken: a stored text is not readable")
    return NotStorable(f"the outbox cannot hold this record ({name})")
