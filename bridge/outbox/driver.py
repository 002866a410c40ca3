"""The only importer of the SQLite driver: pysqlite3 where it is installed, as a system's SQLite may be too old."""

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # sqlite-utils' choice, not in its __all__

__all__ = ["sqlite3"]
