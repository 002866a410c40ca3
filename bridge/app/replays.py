"""Replays: what an old delivery or a failed decision becomes, by its stored body or by today's mappings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

import msgspec

from bridge.core.configuration import Catalog, Mapping as Rule
from bridge.core.errors import Unreadable
from bridge.core.ids import Kind
from bridge.core.inquiry import Awaited
from bridge.core.model import Facts, Failed, Plan, Proposal, Repeat, Skipped
from bridge.core.resolve import resolve
from bridge.intake import Rules, context_of, propose_again, waits_for_lookup
from bridge.outbox.protocol import Controls, Filter, Ledger, Replayed, ReplayMode, Row

PAGE = 200  # items that are replayed in one transaction
_PASSED_OVER = "suppressed: another event's request went out under its key, its contact is at its cap, or it changed"

NewId = Callable[[Kind], str]


@dataclass(frozen=True, slots=True)
class Again:
    """How a replay makes deliveries anew: the catalog in force, the rules of intake, fresh ids."""

    catalog: Catalog
    rules: Rules
    new_id: NewId = field(repr=False)
    mode: ReplayMode = "stored-body"


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a page: `taken` rows in all, `made` new deliveries, the reasons of the others."""

    taken: int
    made: int
    others: Mapping[str, int]


def pages(
    controls: Controls, wanted: Filter, *, include_delivered: bool, before: str, size: int = PAGE
) -> Iterator[list[Row]]:
    """Give what a replay with this filter takes, a page at a time: nothing that is newer than the delivery `before`."""
    after = None
    while rows := controls.replayable(wanted, include_delivered=include_delivered, limit=size, after=after):
        after = rows[-1]["cursor"]
        if old := [row for row in rows if row["kind"] == "decision" or row["id"] < before]:
            yield old


def lacking(ledger: Ledger, rows: list[Row], again: Again, replay_id: str) -> list[Awaited]:
    """Name those rows whose event must be looked up before today's mapping can say what it becomes."""
    awaited: list[Awaited] = []
    for event_id, group in groupby(rows, key=lambda row: str(row["event_id"])):
        wanting = [row for row in group if row["kind"] == "decision" or again.mode == "current-mapping"]
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
    if row["kind"] == "decision" and not row["mapping"]:
        for proposal in proposals(str(row["source"])):
            yield Replayed(str(row["event_id"]), resolve(proposal, Facts()))
    else:
        yield _item(row, again, proposals)


def _item(row: Row, again: Again, proposals: Callable[[str], list[Proposal]]) -> Replayed:
    place = (str(row["mapping"]), int(row["element"]))
    if row["kind"] == "delivery" and again.mode == "stored-body":
        proposal = Proposal(*place, _stored(row, again))
    else:
        found = (
            proposal for proposal in proposals(str(row["source"])) if (proposal.mapping, proposal.element) == place
        )
        proposal = next(found, Proposal(*place, Skipped("the mapping of this name does not take this event today")))
    decision = resolve(proposal, Facts())  # the facts are looked up when the store makes the delivery
    return Replayed(str(row["event_id"]), decision, row.get("id"))


def _stored(row: Row, again: Again) -> Plan | Failed:
    """Plan the same body again, under today's rules against asking twice."""
    if row["body"] is None:
        return Failed("its body is not kept any more; replay it with --with current-mapping if its event is")
    rule = _rule(again.catalog, str(row["source"]), str(row["mapping"]))
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
    )


def _rule(catalog: Catalog, source: str, mapping: str) -> Rule | None:
    rules = catalog.sources[source].mappings if source in catalog.sources else ()
    return next((rule for rule in rules if rule.name == mapping), None)


def _proposals_now(ledger: Ledger, event_id: str, again: Again, source_name: str) -> list[Proposal]:
    entry = ledger.entry(event_id)
    source = again.catalog.sources.get(source_name)
    if entry is None or source is None:
        return []
    try:
        answers = _answers(ledger, event_id)
        return list(propose_again(entry.event, source, new_id=again.new_id, rules=again.rules, answers=answers))
    except Unreadable as error:
        return [Proposal("", 0, Failed(str(error)))]


def outcome(items_made: list[Replayed], made: int) -> Progress:
    """Count what a page's items became."""
    others: dict[str, int] = {}
    for item in items_made:
        if item.decision.plan is None:
            what = f"{item.decision.verdict}: {item.decision.reason}"
            others[what] = others.get(what, 0) + 1
    if passed_over := len(items_made) - made - sum(others.values()):
        others[_PASSED_OVER] = passed_over
    return Progress(len(items_made), made, others)
