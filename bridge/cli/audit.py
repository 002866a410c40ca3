"""`audit`: do the books balance, and the balance sheet by source and day."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from bridge.cli.options import STORE_SETTINGS, json_flag, opened, parse_time, settings_flags
from bridge.cli.output import as_json as print_json, table
from bridge.core.model import STATES, VERDICTS
from bridge.outbox.books import Balance, Imbalance
from bridge.settings import Settings

_DAY = 86_400_000  # ms
_EARLIER = "earlier"  # what was counted before it was counted by day
# Columns of the balance sheet, and the counts that they show.
_COLUMNS: dict[str, str] = {
    "events": "events.accepted",
    "waiting": "events.waiting",
    "decisions": "decisions",
    **{verdict: f"decisions.{verdict}" for verdict in VERDICTS},
    "replayed": "deliveries.replayed",
    **{state: f"deliveries.{state}" for state in STATES},
}


@click.command("audit", epilog="Example: bridge audit && echo the books balance")
@click.option("--source", metavar="NAME", help="only of this source")
@click.option("--since", metavar="TIME", help="only what was received since the beginning of that day (UTC)")
@click.option("--days", "by_day", is_flag=True, help="print the balance sheet by source and day")
@json_flag
@settings_flags(*STORE_SETTINGS)
def audit_command(settings: Settings, *, source: str | None, since: str | None, by_day: bool, as_json: bool) -> int:
    """Prove that the books balance: nothing accepted was lost, nothing was made of nothing. Exit status 1 if not.

    What is pruned stays counted. The books are read as of one moment, beside a running bridge.
    """
    with opened(settings) as store:
        balance = store.ledger.balance(source=source, since=parse_time(since, "--since"))
    if as_json:
        print_json(_as_json(balance))
    else:
        if by_day:
            table([_line(row) for row in balance.days], ("day", "source", *_COLUMNS), empty="Nothing was received.")
        for imbalance in balance.imbalances:
            click.echo(_sentence(imbalance))
        if not balance.imbalances:
            click.echo(_balanced(balance, is_part=bool(source or since)))
    return 1 if balance.imbalances else 0


def _as_json(balance: Balance) -> dict[str, Any]:
    return {
        "balanced": not balance.imbalances,
        "imbalances": [_dated(asdict(each)) for each in balance.imbalances],
        "counters": balance.counters,
        "days": [_dated(row) for row in balance.days],
    }


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "day": None if row["day"] is None else _date(row["day"])}


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY / 1000, UTC).strftime("%Y-%m-%d") if day else _EARLIER


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {column: row.get(name) for column, name in _COLUMNS.items()}
    return {"day": _date(row["day"]), "source": row["source"], **counts}


def _sentence(imbalance: Imbalance) -> str:
    where = "" if imbalance.day is None else f"{_date(imbalance.day)} {imbalance.source}: ".replace(" :", ":")
    rows = f": {', '.join(imbalance.rows)}" if imbalance.rows else ""
    more = f" and {imbalance.more} more" if imbalance.more else ""
    return f"{where}{imbalance.equation}: {imbalance.left} against {imbalance.right}{rows}{more}"


def _balanced(balance: Balance, *, is_part: bool) -> str:
    counts = _sum(balance.days) if is_part else balance.counters
    names = ("events.accepted", "deliveries.planned", "deliveries.replayed", "deliveries.delivered")
    events, planned, replayed, delivered = (counts.get(name, 0) for name in names)
    return f"Balanced: {events} events, {planned} deliveries planned and {replayed} replayed, {delivered} delivered."


def _sum(days: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for row in days:
        for name in row.keys() - {"day", "source"}:
            whole[name] = whole.get(name, 0) + row[name]
    return whole
