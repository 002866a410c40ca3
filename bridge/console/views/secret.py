"""How stored secrets are told of: never by what they are."""

from collections.abc import Sequence

from bridge.console.wording import several
from bridge.outbox.terms import Row


def headline(rows: Sequence[Row]) -> str:
    """Say how many are stored, and how many are missing."""
    stored = sum(row["stored_at"] is not None for row in rows)
    missing = len(rows) - stored
    if not rows:
        return "No secret yet"
    said = f"{several(stored, 'secret')} stored" if stored else "No secret is stored"
    return f"{said}, {missing} missing" if missing else said


def stored_said(name: str, resumed: Sequence[str]) -> str:
    """Say that it is stored, and what goes on with it."""
    if not resumed:
        return f"{name} is stored and used from now on."
    goes = "goes" if len(resumed) == 1 else "go"
    return f"{name} is stored. {', '.join(resumed)} {goes} on with it."
