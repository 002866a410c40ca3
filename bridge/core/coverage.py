"""Counts what live traffic used of the mapping files, event by event: mappings, fields, topics. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping as Table, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bridge.core.cancelling import entries
from bridge.core.configuration import Canceller, Catalog, Mapping, Source, Unsubscribing
from bridge.core.errors import MappingFailed
from bridge.core.language.context import STEPS, Context
from bridge.core.model import Proposal, Skipped


@dataclass(slots=True)
class Use:
    """What traffic made of one mapping. `verdicts` are as recorded, `last_used` (ms) is the newest event it took.

    `fields` are (null, worked out) by name: how often the expression gave null or empty, by today's mapping.
    """

    source: str
    mapping: str
    touchpoint: str
    events: int = 0
    last_used: int | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    fields: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Coverage:
    """The counts so far, and how to add to them. `unmatched` are events by (source, topic) that nothing takes.

    `stops` are events that each entry of `cancel_on` and `suppress_on` takes, by what it is called.
    """

    catalog: Catalog
    events: int = 0
    unread: int = 0  # events whose payload is not kept, or waits for what it needs
    uses: dict[tuple[str, str], Use] = field(default_factory=dict)
    unmatched: Counter[tuple[str, str]] = field(default_factory=Counter)
    stops: dict[str, int] = field(default_factory=dict)
    strangers: Counter[str] = field(default_factory=Counter)  # events of sources without a mapping file, by name

    def __post_init__(self) -> None:
        """Begin with every mapping unused."""
        for source in self.catalog.sources.values():
            for mapping in source.mappings:
                use = Use(source.name, mapping.name, mapping.touchpoint)
                use.fields = {each.name: [0, 0] for each in mapping.body if each.expression is not None}
                self.uses[source.name, mapping.name] = use
        for source in self.catalog.sources.values():
            self.stops |= dict.fromkeys(map(partial(_called, source), entries(source)), 0)

    def take(self, source: str, topic: str, received_at: int, verdicts: Iterable[tuple[str, str]]) -> None:
        """Count one event and its recorded decisions, as (mapping, verdict)."""
        self.events += 1
        known = self.catalog.sources.get(source)
        if known is None:
            self.strangers[source] += 1
            return
        taking = [mapping for mapping in known.mappings if mapping.takes(topic)]
        listening = [each for each in entries(known) if each.takes(topic)]
        for each in listening:
            self.stops[_called(known, each)] += 1
        if not taking and not listening:
            self.unmatched[source, topic] += 1
        for mapping in taking:
            use = self.uses[source, mapping.name]
            use.events += 1
            use.last_used = max(use.last_used or 0, received_at)
        for name, verdict in verdicts:
            place = (*name.split("/", 1),) if "/" in name else (source, name)  # `source/mapping`: of another source
            if place in self.uses:
                self.uses[place].verdicts[verdict] += 1

    def work_out(self, source: str, context: Context, proposals: Sequence[Proposal]) -> None:
        """Count the fields that come out null where a mapping does not skip the event in `context`."""
        wanted: dict[str, list[int]] = {}
        for proposal in proposals:
            if not isinstance(proposal.outcome, Skipped):
                wanted.setdefault(proposal.mapping, []).append(proposal.element)
        for mapping in self.catalog.sources[source].mappings:
            is_wanted = mapping.name in wanted and mapping.takes(context.topic)
            elements = _elements(mapping, context) if is_wanted else []
            for place in wanted.get(mapping.name, ()):
                if place < len(elements):
                    _count_fields(mapping, elements[place], context, self.uses[source, mapping.name].fields)


def _called(listening: Source, what: Canceller | Unsubscribing) -> str:
    """Name an entry of `cancel_on` or `suppress_on`, and the source whose events it takes if that is another."""
    topics = ", ".join(what.topics)
    if isinstance(what, Unsubscribing):
        return f"{listening.name} suppress_on {topics}"
    elsewhere = f" of {listening.name}" if listening.name != what.source else ""
    return f"{what.source}/{what.mapping} cancel_on {topics}{elsewhere}"


def _elements(mapping: Mapping, context: Context) -> list[Any]:
    if mapping.for_each is None:
        return [context.payload]
    context.steps = STEPS
    try:
        elements = mapping.for_each.evaluate(context.payload, context)
    except MappingFailed:
        return []
    return elements if isinstance(elements, list) else []


def _count_fields(mapping: Mapping, element: Any, context: Context, counts: Table[str, list[int]]) -> None:
    for each in mapping.body:
        if each.expression is None:
            continue
        context.steps = STEPS
        try:
            value = each.expression.evaluate(element, context)
        except MappingFailed:
            continue  # the verdicts count it as failed
        counts[each.name][0] += value is None or value in ("", [], {})
        counts[each.name][1] += 1
