"""What would change: two configurations over the stored events, page by page; nothing is sent or stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.app.inforce import differing
from bridge.catalog import Loaded, load_texts
from bridge.core.comparison import Comparison
from bridge.core.configuration import Catalog, Reading, Source, Touchpoint
from bridge.core.drift import Guard
from bridge.core.errors import ConfigInvalid, Unreadable
from bridge.core.manners import Manners
from bridge.core.model import Event, Proposal
from bridge.intake import Rules, context_of, propose_again, read_again, waits_for_lookup
from bridge.outbox.protocol import Ledger
from bridge.outbox.safekeeping import Strongbox

Proposals = tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What differs between two configurations before any event is looked at: names of files and of what is in them."""

    files: tuple[str, ...]
    sources_added: tuple[str, ...]
    sources_removed: tuple[str, ...]
    touchpoints_added: tuple[str, ...]
    touchpoints_removed: tuple[str, ...]
    touchpoints_changed: tuple[str, ...]


def last_in_force(strongbox: Strongbox, environment: Mapping[str, str]) -> Loaded:
    """Give the configuration that came into force last. Raises ConfigInvalid where there is none, or none readable."""
    kept = strongbox.last_configuration()
    if kept is None:
        raise ConfigInvalid.because("nothing was ever in force here", "start the bridge, or run `bridge apply`")
    return load_texts(kept[1], environment)


def outline(old: Loaded, new: Loaded) -> Outline:
    """Compare what two configurations hold by name; a touchpoint has changed if any of its settings has."""
    sources = set(old.catalog.sources), set(new.catalog.sources)
    before, after = old.catalog.touchpoints, new.catalog.touchpoints
    return Outline(
        files=tuple(differing(old.files, new.files)),
        sources_added=tuple(sorted(sources[1] - sources[0])),
        sources_removed=tuple(sorted(sources[0] - sources[1])),
        touchpoints_added=tuple(sorted(set(after) - set(before))),
        touchpoints_removed=tuple(sorted(set(before) - set(after))),
        touchpoints_changed=tuple(
            name for name in sorted(set(before) & set(after)) if _settings(before[name]) != _settings(after[name])
        ),
    )


def _settings(touchpoint: Touchpoint) -> Touchpoint:
    return replace(touchpoint, line=0)


@dataclass(frozen=True, slots=True)
class Planning:
    """Two configurations, and what working them out on stored events needs. `guard` knows what targets accepted."""

    old: Catalog
    new: Catalog
    rules: Rules
    guard: Guard
    answers: Callable[[str], Mapping[str, object] | None] = field(repr=False)

    def over(self, answers: Callable[[str], Mapping[str, object] | None]) -> "Planning":
        """Give the same comparison with another way to the answers of lookups: those of another reader."""
        return replace(self, answers=answers)

    def compare(self, events: Iterator[Event], comparison: Comparison) -> Iterator[Event]:
        """Let the comparison take each event, and give it on, so that the caller sees how far it is."""
        same = {name for name, source in self.old.sources.items() if self.new.sources.get(name) == source}
        before = replace(self.rules, guard=self.guard)
        after = replace(self.rules, guard=replace(self.guard, note=comparison.note_drift))
        for event in events:
            try:
                read = self._read(event, comparison)
                if read is not None:
                    new = self._proposals(read[1], self.new, after)
                    old = new if event.source in same else self._proposals(read[0], self.old, before)
                    if old is None or new is None:
                        comparison.skip("not_looked_up")
                    else:
                        comparison.take(event.id, event.source, old, new)
            except Unreadable:
                comparison.skip("unreadable")
            yield event

    def sides(self, event: Event) -> tuple[Proposals, Proposals] | None:
        """Give what both configurations make of one event; None where that cannot be compared. Raises Unreadable."""
        read = self._read(event, Comparison())
        if read is None:
            return None
        rules = replace(self.rules, guard=self.guard)
        old, new = self._proposals(read[0], self.old, rules), self._proposals(read[1], self.new, rules)
        return None if old is None or new is None else (old, new)

    def _read(self, event: Event, comparison: Comparison) -> tuple[Event, Event] | None:
        """Read the event anew where both configurations do it differently; None where they split requests differently.

        Else it is taken as it was stored: the way it was read when it came is what its decisions are based on.
        """
        old, new = self.old.sources.get(event.source), self.new.sources.get(event.source)
        if old is None or new is None or _way(old) == _way(new):
            return event, event
        if old.reading.each != new.reading.each:
            comparison.skip("split_differently")
            return None
        before, after = (read_again(event, source, rules=self.rules) for source in (old, new))
        comparison.take_reading(before, after)
        return before, after

    def _proposals(self, event: Event, catalog: Catalog, rules: Rules) -> Proposals | None:
        """Give what the mappings make of the event; None if that depends on a lookup that was never made."""
        source = catalog.sources.get(event.source)
        if source is None:
            return ()
        answers = self.answers(event.id) if source.lookups else None
        if source.lookups and answers is None and waits_for_lookup(source, context_of(event, source, rules=rules)):
            return None
        return propose_again(event, source, new_id=_no_id, rules=rules, answers=answers)


def _way(source: Source) -> tuple[Reading, Manners, Mapping[str, Mapping[str, Any]]]:
    """Give what an event's topic, id and marks depend on, besides its request."""
    return source.reading, source.manners, source.tables


def _no_id(kind: str) -> str:
    return f"{kind}_plan"


def kept_answers(ledger: Ledger) -> Callable[[str], Mapping[str, object] | None]:
    """Give what finds the answers of an event's lookup, as long as they are kept."""

    def answers(event_id: str) -> Mapping[str, object] | None:
        row = ledger.lookup(event_id)
        return None if row is None else row["results"]

    return answers
