"""What would change: two configurations over the stored events, page by page; nothing is sent or stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bridge.app.inforce import differing
from bridge.catalog import Loaded, load_texts
from bridge.core.comparison import Comparison
from bridge.core.configuration import Catalog, Touchpoint
from bridge.core.errors import ConfigInvalid, Unreadable
from bridge.core.model import Event, Proposal
from bridge.intake import Rules, context_of, propose_again, waits_for_lookup
from bridge.outbox.protocol import Filter, Ledger, Strongbox

PAGE = 200  # events that are held in memory at a time

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


def recent(ledger: Ledger, *, last: int | None, since: int | None) -> Iterator[Event]:
    """Give stored events, newest first: the `last` ones, or all since a time in ms; a page at a time."""
    left, before = last, None
    while left is None or left > 0:
        page = ledger.stored(Filter(since=since, before=before), limit=min(PAGE, left or PAGE))
        if not page:
            return
        yield from page
        before = page[-1].id
        left = None if left is None else left - len(page)


@dataclass(frozen=True, slots=True)
class Planning:
    """Two configurations, and what working them out on stored events needs."""

    old: Catalog
    new: Catalog
    rules: Rules
    answers: Callable[[str], Mapping[str, object] | None] = field(repr=False)

    def compare(self, events: Iterator[Event], comparison: Comparison) -> Iterator[Event]:
        """Let the comparison take each event, and give it on, so that the caller sees how far it is."""
        same = {name for name, source in self.old.sources.items() if self.new.sources.get(name) == source}
        for event in events:
            try:
                old = self._proposals(event, self.old)
                new = old if event.source in same else self._proposals(event, self.new)
            except Unreadable:
                comparison.skip("unreadable")
            else:
                if old is None or new is None:
                    comparison.skip("not_looked_up")
                else:
                    comparison.take(event.id, event.source, old, new)
            yield event

    def _proposals(self, event: Event, catalog: Catalog) -> Proposals | None:
        """Give what the mappings make of the event; None if that depends on a lookup that was never made."""
        source = catalog.sources.get(event.source)
        if source is None:
            return ()
        answers = self.answers(event.id) if source.lookups else None
        if source.lookups and answers is None and waits_for_lookup(source, context_of(event, source, rules=self.rules)):
            return None
        return propose_again(event, source, new_id=_no_id, rules=self.rules, answers=answers)


def _no_id(kind: str) -> str:
    return f"{kind}_plan"


def kept_answers(ledger: Ledger) -> Callable[[str], Mapping[str, object] | None]:
    """Give what finds the answers of an event's lookup, as long as they are kept."""

    def answers(event_id: str) -> Mapping[str, object] | None:
        row = ledger.lookup(event_id)
        return None if row is None else row["results"]

    return answers
