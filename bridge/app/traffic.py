"""Walks through the stored events, newest first and a page at a time, for those who ask what traffic is like."""

from collections.abc import Iterator

from bridge.catalog.lint import Seen
from bridge.core.configuration import Catalog, Source
from bridge.core.coverage import Coverage
from bridge.core.errors import Unreadable
from bridge.core.model import Event
from bridge.core.trends import Trends
from bridge.intake import Rules, context_of, propose_again, waits_for_lookup
from bridge.outbox.protocol import Filter, Ledger, Row

LAST = 1_000  # events that are looked at where nobody says how many
_PAGE = 200  # events of one page
_RULES = Rules(index_key=bytes(32))  # no hash that is made here is kept


def walk(ledger: Ledger, *, last: int, since: int | None = None, source: str | None = None) -> Iterator[Row]:
    """Give the records of at most `last` events, newest first."""
    before = None
    while last > 0:
        page = ledger.events(Filter(source=source, since=since, before=before), limit=min(_PAGE, last))
        if not page:
            return
        yield from page
        before = page[-1]["id"]
        last -= len(page)


def note_traffic(ledger: Ledger, catalog: Catalog, seen: Seen, *, last: int = LAST) -> None:
    """Note the paths of the last stored events of the catalog's sources."""
    for row in walk(ledger, last=last):
        source, entry = catalog.sources.get(row["source"]), ledger.entry(row["id"])
        if source is None or entry is None:
            continue
        try:
            context = context_of(entry.event, source, rules=_RULES)
        except Unreadable:
            continue
        seen.note_payload(source.name, entry.event.topic, context.payload)


def cover(ledger: Ledger, catalog: Catalog, *, last: int, since: int | None) -> tuple[Coverage, Trends]:
    """Count what the stored events used of the catalog, and what changed in their payloads."""
    coverage, trends = Coverage(catalog), Trends()
    for row in walk(ledger, last=last, since=since):
        verdicts = [(each["mapping"], each["verdict"]) for each in ledger.decisions(row["id"])]
        coverage.take(row["source"], row["topic"], row["received_at"], verdicts)
        source, entry = catalog.sources.get(row["source"]), ledger.entry(row["id"])
        if source is None:
            continue
        if entry is None:
            coverage.unread += 1
            continue
        try:
            _work_out(entry.event, source, ledger, coverage=coverage, trends=trends)
        except Unreadable:
            coverage.unread += 1
    return coverage, trends


def _work_out(event: Event, source: Source, ledger: Ledger, *, coverage: Coverage, trends: Trends) -> None:
    context = context_of(event, source, rules=_RULES)
    trends.take(source.name, event.topic, event.received_at, context.payload)
    answers = None
    if waits_for_lookup(source, context):
        row = ledger.lookup(event.id)
        answers = row["results"] if row else None
        if answers is None:
            coverage.unread += 1
            return
        context.looked_up = answers
    proposals = propose_again(event, source, new_id=lambda kind: f"{kind}_coverage", rules=_RULES, answers=answers)
    coverage.work_out(source.name, context, proposals)
