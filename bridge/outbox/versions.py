"""The versions of the mapping files that were in force: their texts, and when and how each came into force."""

import json
from collections.abc import Mapping

from bridge.outbox.safekeeping import How, Version
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import strongbox as sql


def keep(transaction: Transaction, fingerprint: str, files: Mapping[str, str], *, now: int, how: How) -> bool:
    """Remember this version as the one in force; False if it is already, which is no change."""
    if any(version.fingerprint == fingerprint for version in history(transaction, limit=1)):
        return False
    row = {"fingerprint": fingerprint, "now": now}
    transaction.run(sql.KEEP_CONFIGURATION, row | {"files": json.dumps(dict(files))})
    transaction.run(sql.ENFORCE, row | {"how": how})
    return True


def last(transaction: Transaction) -> tuple[str, dict[str, str]] | None:
    """Give the fingerprint and the files of the version in force."""
    rows = transaction.rows(sql.LAST_CONFIGURATION)
    return (rows[0][0], json.loads(rows[0][1])) if rows else None


def files(transaction: Transaction, fingerprint: str) -> dict[str, str] | None:
    """Give the texts of a version by file name, None if it was never in force."""
    rows = transaction.rows(sql.CONFIGURATION, {"fingerprint": fingerprint})
    return dict(json.loads(rows[0][0])) if rows else None


def history(transaction: Transaction, *, limit: int) -> list[Version]:
    """Give the times at which versions came into force, newest first."""
    return [Version(*row) for row in transaction.rows(sql.VERSIONS, {"limit": limit})]


def beginning_with(transaction: Transaction, beginning: str) -> list[str]:
    """Give the versions whose fingerprints begin so; they are few, as people make them."""
    return [name for (name,) in transaction.rows(sql.FINGERPRINTS) if name.startswith(beginning)]
