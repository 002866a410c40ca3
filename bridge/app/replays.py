"""Replays: what an old delivery, a failed decision or a past event becomes, by its stored body or today's mappings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

import msgspec

from bridge.app.sweeping import fitting
from bridge.core.cancelling import is_about_contact
from bridge.core.configuration import Catalog, Mapping as Rule, Source
from bridge.core.errors import Unreadable
from bridge.core.ids import Kind
from bridge.core.inquiry import Awaited
from bridge.core.model import Cancel, Failed, Plan, Proposal, Repeat, Skipped, Unsubscribe
from bridge.core.schedule import Hours
from bridge.intake import Rules, context_of, propose_again, waits_for_lookup
from bridge.outbox.jobs import Job, Page, Replayed, ReplayMode, Selection
from bridge.outbox.protocol import Ledger, Store
from bridge.outbox.terms import Row

FIRST_PAGE = 100  # rows that one transaction replays; how many fit in the time that it may take, shows
_FEWEST, _MOST = 50, 250  # a slow disk costs the same for a few as for one; all are held in memory

NewId = Callable[[Kind], str]

_GONE = Skipped("the mapping of this name does not take this event today")


@dataclass(frozen=True, slots=True)
class Again:
    """How a replay makes deliveries anew: the catalog in force, the rules of intake, fresh ids."""

    catalog: Catalog
    rules: Rules
    new_id: NewId = field(repr=False)
    mode: ReplayMode = "stored-body"


def selection(job: Job, catalog: Catalog) -> Selection | None:
    """Say what a replay takes; None where the mapping that it backfills is not there any more."""
    if job.kind == "replay":
        return Selection(job.wanted, job.include_delivered, job.newest)
    source, _, name = (job.wanted.mapping or "").rpartition("/")
    rule = rule_of(catalog, source, name)
    return None if rule is None else Selection(job.wanted, newest=job.newest, backfill=rule.topics)


def next_page(store: Store, job: Job, again: Again, driver: str, *, size: int) -> Page:
    """Read and work out the next page of a replay, at most `size` rows; changes nothing."""
    chosen = selection(job, again.catalog)
    size = _page_size(job, size)
    rows = [] if chosen is None else store.replays.replayable(chosen, limit=size, after=job.after)
    made, awaited = work_out(store.ledger, rows, again, job.id)
    after = rows[-1]["cursor"] if rows else job.after
    return Page(job.id, driver, tuple(made), len(rows), after, is_last=len(rows) < size, awaited=tuple(awaited))


def work_out(ledger: Ledger, rows: list[Row], again: Again, replay_id: str) -> tuple[list[Replayed], list[Awaited]]:
    """Work out what each row becomes now; and name those whose events must be looked up first."""
    awaited = lacking(ledger, rows, again, replay_id)
    places = {(each.event_id, each.mapping, each.element, each.replay_of) for each in awaited}
    ready = [row for row in rows if (row["event_id"], row["mapping"], row["element"], row.get("id")) not in places]
    return items(ledger, ready, again), awaited


def _page_size(job: Job, most: int) -> int:
    """Give how many rows make a page: with a rate about what a second allows."""
    return most if job.rate is None else max(1, min(most, job.rate.count * 1_000 // job.rate.period))


def next_size(size: int, took: int) -> int:
    """Give how many rows the next transaction may handle, after one of `size` rows that took so many ms."""
    return min(_MOST, max(_FEWEST, fitting(size, took)))


def lacking(ledger: Ledger, rows: list[Row], again: Again, replay_id: str) -> list[Awaited]:
    """Name those rows whose event must be looked up before today's mapping can say what it becomes."""
    awaited: list[Awaited] = []
    for event_id, group in groupby(rows, key=lambda row: str(row["event_id"])):
        wanting = [row for row in group if row["kind"] != "delivery" or again.mode == "current-mapping"]
        if wanting and _lacks_answers(ledger, event_id, again, str(wanting[0]["source"])):
            awaited.extend(
                Awaited(event_id, replay_id, str(row["mapping"]), int(row["element"]), row.get("id")) for row in wanting
            )
    return awaited


def _lacks_answers(ledger: Ledger, event_id: str, again: Again, source_name: str) -> bool:
    source = again.catalog.sources.get(source_name)
    if source is None or not source.lookups or _answers(ledger, event_id):
        return False
    entry = ledger.entry(event_id)
    try:
        return entry is not None and waits_for_lookup(source, context_of(entry.event, source, rules=again.rules))
    except Unreadable:
        return False


def _answers(ledger: Ledger, event_id: str) -> Mapping[str, Any]:
    """Give what was found for the event, as long as it is kept."""
    return (ledger.lookup(event_id) or {}).get("results") or {}


def items(ledger: Ledger, rows: list[Row], again: Again) -> list[Replayed]:
    """Work out what each row becomes now. Rows of one event follow one another, so each event is read once."""
    made: list[Replayed] = []
    for event_id, group in groupby(rows, key=lambda row: str(row["event_id"])):
        proposals = partial(_proposals_now, ledger, event_id, again)
        made.extend(item for row in group for item in _row_items(row, again, proposals))
    return made


def _row_items(row: Row, again: Again, proposals: Callable[[str], list[Proposal]]) -> Iterator[Replayed]:
    """Work out one row. An event that could not be read has no mapping's decision: each mapping makes one now."""
    if row["kind"] == "event":
        for proposal in _backfilled(str(row["mapping"]), proposals(str(row["source"]))):
            yield Replayed(str(row["event_id"]), proposal)
    elif row["kind"] == "decision" and not row["mapping"] and not is_about_contact("", str(row["reason"])):
        for proposal in proposals(str(row["source"])):
            yield Replayed(str(row["event_id"]), proposal)
    else:
        yield _item(row, again, proposals)


def _backfilled(name: str, proposals: list[Proposal]) -> list[Proposal]:
    """Give what the new mapping says of a past event: whom it would have asked, not what it would have cancelled."""
    unread = [Proposal(name, 0, each.outcome) for each in proposals if not each.mapping]
    mine = [each for each in proposals if each.mapping == name and not isinstance(each.outcome, Cancel | Unsubscribe)]
    return mine or [each for each in unread if isinstance(each.outcome, Failed)] or [Proposal(name, 0, _GONE)]


def _item(row: Row, again: Again, proposals: Callable[[str], list[Proposal]]) -> Replayed:
    place = (str(row["mapping"]), int(row["element"]))
    if row["kind"] == "delivery" and again.mode == "stored-body":
        proposal = Proposal(*place, _stored(row, again))
    else:
        found = (each for each in proposals(str(row["source"])) if (each.mapping, each.element) == place)
        proposal = next(found, Proposal(*place, _GONE))
    return Replayed(str(row["event_id"]), proposal, row.get("id"))


def _stored(row: Row, again: Again) -> Plan | Failed:
    """Plan the same body again, under today's rules against asking twice, within the same hours."""
    if row["body"] is None:
        return Failed("its body is not kept any more; replay it with --with current-mapping if its event is")
    rule = rule_of(again.catalog, str(row["source"]), str(row["mapping"]))
    touchpoint = again.catalog.touchpoints.get(str(row["touchpoint"]))
    repeat: Repeat = rule.repeat if rule else "once" if row["key"] else "send"
    return Plan(
        again.new_id("dlv"),
        str(row["touchpoint"]),
        msgspec.json.decode(row["body"]),
        bytes.fromhex(row["contact"]) if row["contact"] else None,
        row["key"],
        repeat,
        touchpoint.cap if touchpoint else None,
        hours=None if row["hours"] is None else msgspec.json.decode(row["hours"], type=Hours),
    )


def rule_of(catalog: Catalog, source: str, mapping: str) -> Rule | None:
    """Find a mapping by its name and its source's."""
    rules = catalog.sources[source].mappings if source in catalog.sources else ()
    return next((rule for rule in rules if rule.name == mapping), None)


def _proposals_now(ledger: Ledger, event_id: str, again: Again, source_name: str) -> list[Proposal]:
    entry = ledger.entry(event_id)
    source: Source | None = again.catalog.sources.get(source_name)
    if entry is None or source is None:
        return []
    try:
        answers = _answers(ledger, event_id)
        return list(propose_again(entry.event, source, new_id=again.new_id, rules=again.rules, answers=answers))
    except Unreadable as error:
        return [Proposal("", 0, Failed(str(error)))]


def time_left(job: Job, now: int) -> int | None:
    """Give how long (ms) the rest of a running replay takes, by its rate or by how fast it was; None if unknown."""
    rest = max(0, job.found - job.taken)
    if job.state != "running":
        return None
    if job.rate is not None:
        return rest * job.rate.period // job.rate.count
    return rest * max(1, now - job.started_at) // job.taken if job.taken else None
