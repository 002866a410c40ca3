"""What an event that waits for its lookup would become: the addresses it asks, and the mappings on given answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.core.configuration import Source
from bridge.core.errors import MappingFailed
from bridge.core.ids import Kind
from bridge.core.lookup import choose, rehearse
from bridge.core.model import Event, Proposal
from bridge.intake import Rules, context_of, propose_again, propose_failure


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The addresses in order, whether an answer is lacking, and what the mappings say then."""

    asks: tuple[str, ...]
    is_lacking: bool
    proposals: tuple[Proposal, ...]


def rehearsal(
    event: Event, source: Source, given: Sequence[Any], *, new_id: Callable[[Kind], str], rules: Rules
) -> Rehearsed:
    """Go through the event's lookup with the answers given, as the scout would with those of the system."""
    context = context_of(event, source, rules=rules)
    try:
        lookup = choose(source.lookups, context)
        assert lookup is not None, "whoever asks knows that a lookup takes the event, or fails to say"
        answers, paths = rehearse(lookup, context, given)
    except MappingFailed as error:
        return Rehearsed((), False, propose_failure(event, source, f"the lookup failed: {error}", rules=rules))
    asks = tuple((lookup.written_url or lookup.base_url) + path for path in paths)
    if len(answers) < len(paths):
        return Rehearsed(asks, True, ())
    return Rehearsed(asks, False, propose_again(event, source, new_id=new_id, rules=rules, answers=answers))
