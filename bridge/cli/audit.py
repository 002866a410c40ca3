"""`audit`: do the books balance, and the balance sheet by source and day."""

import click

from bridge.app.bookkeeping import COLUMNS, as_record, counts_of, sentence, sheet_line
from bridge.cli.options import STORE_SETTINGS, json_flag, opened, parse_time, settings_flags
from bridge.cli.output import as_json as print_json, table
from bridge.outbox.books import Balance
from bridge.settings import Settings


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
        print_json(as_record(balance))
    else:
        if by_day:
            table([sheet_line(row) for row in balance.days], ("day", "source", *COLUMNS), empty="Nothing was received.")
        for imbalance in balance.imbalances:
            click.echo(sentence(imbalance))
        if not balance.imbalances:
            click.echo(_balanced(balance, is_part=bool(source or since)))
    return 1 if balance.imbalances else 0


def _balanced(balance: Balance, *, is_part: bool) -> str:
    counts = counts_of(balance, is_part=is_part)
    names = ("events.accepted", "deliveries.planned", "deliveries.replayed", "deliveries.delivered")
    events, planned, replayed, delivered = (counts.get(name, 0) for name in names)
    return f"Balanced: {events} events, {planned} deliveries planned and {replayed} replayed, {delivered} delivered."
