"""How commands print: a table for people, JSON for programs, times in UTC."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import msgspec
from tabulate import tabulate

from bridge.app.standing import failing_why, when
from bridge.core.errors import Problem
from bridge.outbox.terms import Circuit

_LONGEST_CELL = 60
_LONGEST_LINE = 500


def as_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Print the columns of the rows as a table, or a sentence where there are none."""
    lines = [[_cell(name, row.get(name), longest=_longest(name, columns)) for name in columns] for row in rows]
    titles = [name.removesuffix("_at").replace("_", " ") for name in columns]
    click.echo(tabulate(lines, headers=titles, tablefmt="plain", disable_numparse=True) if lines else empty)


def _longest(name: str, columns: Sequence[str]) -> int:
    """Only the last column may be long: what stands there is a sentence."""
    return _LONGEST_LINE if name == columns[-1] else _LONGEST_CELL


def listing(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json_too: bool, empty: str) -> None:
    """Print rows as JSON or as a table."""
    if as_json_too:
        as_json(rows)
    else:
        table(rows, columns, empty=empty)


def record(row: Mapping[str, Any]) -> None:
    """Print one record, a line per field, leaving out what is empty."""
    width = max(map(len, row), default=0)
    for name, value in row.items():
        if value not in (None, "", [], {}):
            click.echo(f"{name.ljust(width)}  {_cell(name, value, longest=2000)}")


def next_try(circuit: Circuit, *, now: int) -> str:
    """Say of a touchpoint that is failing when the next request tries, since when it is so, and why."""
    return failing_why(circuit.reason, since=circuit.since, until=circuit.until, now=now)


def problems(found: Iterable[Problem]) -> None:
    """Print problems on standard error, one a line."""
    for problem in found:
        click.echo(str(problem), err=True)


def _cell(name: str, value: Any, *, longest: int = _LONGEST_CELL) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (name.endswith("_at") or name in {"at", "since", "age_from", "dedupe_until"}):
        return when(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {what}" for what, count in value.items())
    text = printable(str(value)).replace("\n", " ")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def printable(text: str) -> str:
    """Give the text without what commands a terminal; line ends stay."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
