"""Walks through the stored events, newest first and a page at a time, for those who ask what traffic is like."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.catalog.lint import Seen
from bridge.core.configuration import Catalog, Source
from bridge.core.coverage import Coverage, Use
from bridge.core.errors import Unreadable
from bridge.core.language.context import Context
from bridge.core.model import Event
from bridge.core.trends import Change, Trends
from bridge.intake import Rules, context_of, propose_again, waits_for_lookup
from bridge.outbox.protocol import Ledger
from bridge.outbox.terms import Filter, Row

LAST = 1_000  # events that are looked at where nobody says how many
PAGE = 200  # events that are held in memory at a time
_RULES = Rules(index_key=bytes(32))  # no hash that is made here is kept


def walk(
    ledger: Ledger, *, last: int, since: int | None = None, source: str | None = None
) -> Iterator[tuple[Row, Event | None]]:
    """Give the records of at most `last` events, newest first, each with the event if its payload is kept."""
    before = None
    while last > 0:
        page = ledger.events(Filter(source=source, since=since, before=before), limit=min(PAGE, last))
        if not page:
            return
        kept = ledger.stored(Filter(source=source, since=since, before=before), limit=len(page))
        events = {event.id: event for event in kept}
        for row in page:
            yield row, events.get(row["id"])
        before = page[-1]["id"]
        last -= len(page)


def recent(ledger: Ledger, *, last: int | None, since: int | None = None) -> Iterator[Event]:
    """Give stored events whose payload is kept, newest first: the `last` ones, or all since a time in ms."""
    left, before = last, None
    while left is None or left > 0:
        page = ledger.stored(Filter(since=since, before=before), limit=min(PAGE, left or PAGE))
        if not page:
            return
        yield from page
        before = page[-1].id
        left = None if left is None else left - len(page)


def note_traffic(ledger: Ledger, catalog: Catalog, seen: Seen, *, last: int = LAST) -> None:
    """Note the paths of the last stored events of the catalog's sources, and the types of what they would become."""
    for event in recent(ledger, last=last):
        source = catalog.sources.get(event.source)
        if source is None:
            continue
        try:
            context = context_of(event, source, rules=_RULES)
            answers = _answers(event, source, ledger, context)
        except Unreadable:
            continue
        seen.note_payload(source.name, event.topic, context.payload)
        if answers is not None:
            seen.note_made(source.name, propose_again(event, source, new_id=_no_id, rules=_RULES, answers=answers))


def cover(
    ledger: Ledger, catalog: Catalog, *, last: int, since: int | None, source: str | None = None
) -> tuple[Coverage, Trends]:
    """Count what the stored events, all or those of one source, used of the catalog, and what changed in payloads."""
    coverage, trends = Coverage(catalog), Trends()
    for row, event in walk(ledger, last=last, since=since, source=source):
        verdicts = [(each["mapping"], each["verdict"]) for each in ledger.decisions(row["id"])]
        coverage.take(row["source"], row["topic"], row["received_at"], verdicts)
        known = catalog.sources.get(row["source"])
        if known is None:
            continue
        if event is None:
            coverage.unread += 1
            continue
        try:
            _work_out(event, known, ledger, coverage=coverage, trends=trends)
        except Unreadable:
            coverage.unread += 1
    return coverage, trends


def as_record(coverage: Coverage, changes: list[Change]) -> dict[str, Any]:
    """Give what traffic used, and what changed in it, as plain values."""
    return {
        "events": coverage.events,
        "not_worked_out": coverage.unread,
        "mappings": [use_record(use) for use in coverage.uses.values()],
        "unmatched": [
            {"source": source, "topic": topic, "events": count}
            for (source, topic), count in coverage.unmatched.most_common()
        ],
        "without_a_mapping_file": dict(coverage.strangers),
        "stops": coverage.stops,
        "changes": [{name: getattr(change, name) for name in Change.__dataclass_fields__} for change in changes],
    }


def use_record(use: Use) -> dict[str, Any]:
    """Give what traffic made of one mapping as plain values."""
    return {
        "source": use.source,
        "mapping": use.mapping,
        "touchpoint": use.touchpoint,
        "events": use.events,
        "verdicts": dict(use.verdicts),
        "last_used_at": use.last_used,
        "fields": {name: {"null": null, "of": of} for name, (null, of) in use.fields.items()},
    }


def _work_out(event: Event, source: Source, ledger: Ledger, *, coverage: Coverage, trends: Trends) -> None:
    context = context_of(event, source, rules=_RULES)
    trends.take(source.name, event.topic, event.received_at, context.payload)
    answers = _answers(event, source, ledger, context)
    if answers is None:
        coverage.unread += 1
        return
    context.looked_up = answers
    proposals = propose_again(event, source, new_id=_no_id, rules=_RULES, answers=answers)
    coverage.work_out(source.name, context, proposals)


def _answers(event: Event, source: Source, ledger: Ledger, context: Context) -> Mapping[str, Any] | None:
    """Give what was looked up for the event; None where that is needed and not known."""
    if not waits_for_lookup(source, context):
        return {}
    row = ledger.lookup(event.id)
    return row["results"] if row else None


def _no_id(kind: str) -> str:
    return f"{kind}_traffic"
