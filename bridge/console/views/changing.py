"""The question before deliveries are changed: how many, to whom, and what cannot be taken back."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bridge.api.verbs.deliveries import Preview, Verb
from bridge.console.wording import several

_BUTTON: Mapping[Verb, str] = MappingProxyType({"cancel": "Cancel", "hold": "Hold", "release": "Send"})
_KEEP: Mapping[Verb, str] = MappingProxyType(
    {"cancel": "Leave them as they are", "hold": "Let them wait", "release": "Keep them held"}
)
_KINDS: Mapping[Verb, str] = MappingProxyType({"cancel": "waiting or held", "hold": "waiting", "release": "held"})
_NONE: Mapping[Verb, str] = MappingProxyType(
    {
        "cancel": "Only what waits or is held can be cancelled: what was sent cannot be called back.",
        "hold": "Only what waits can be held.",
        "release": "Only what is held can be sent again this way; replay what was given up, cancelled or delivered.",
    }
)
_MEANS: Mapping[Verb, str] = MappingProxyType(
    {
        "cancel": "They are not sent, unless somebody replays them later.",
        "hold": "They stay until somebody sends or cancels them; you can undo this at once.",
        "release": "They are due now and go out as fast as their touchpoint takes them, within their hours.",
    }
)
# What is said once it is done.
HELD: Mapping[Verb, Callable[[int], str]] = MappingProxyType(
    {
        "cancel": lambda number: f"{several(number, 'delivery', 'deliveries')} cancelled",
        "hold": lambda number: f"{several(number, 'delivery', 'deliveries')} held",
        "release": lambda number: f"{several(number, 'delivery', 'deliveries')} sent on the way",
    }
)


_OF_ONE: Mapping[str, str] = MappingProxyType(
    {
        "They are": "It is",
        "They stay": "It stays",
        "go out": "goes out",
        "their touchpoint takes them": "its touchpoint takes it",
        "within their": "within its",
        "them as they are": "it as it is",
        "sends or cancels them": "sends or cancels it",
        "replays them": "replays it",
        "Let them": "Let it",
        "Keep them": "Keep it",
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks before it changes deliveries: its title, to where, what it means, a warning, two buttons."""

    title: str
    where: str
    means: str
    warning: str
    yes: str
    no: str


def question(verb: Verb, found: Preview, *, by_ids: int) -> Question:
    """Put the question; `by_ids` is how many were ticked."""
    number = found.number
    if not number:
        return Question(f"None of these can be {_past(verb)}", "", _NONE[verb], "", "", "Go back")
    what = several(number, f"{_KINDS[verb]} delivery", f"{_KINDS[verb]} deliveries")
    left = f"Of {by_ids:,} ticked, only {number:,} can be {_past(verb)}. " if by_ids > number else ""
    return Question(
        f"{_BUTTON[verb]} {what}?",
        f"{left}{_where(found)}",
        _one(_MEANS[verb]) if number == 1 else _MEANS[verb],
        _warning(verb, found),
        f"{_BUTTON[verb]} {number:,}",
        _one(_KEEP[verb]) if number == 1 else _KEEP[verb],
    )


def _past(verb: Verb) -> str:
    return {"cancel": "cancelled", "hold": "held", "release": "sent"}[verb]


def _where(found: Preview) -> str:
    numbers: Counter[str] = Counter()
    for share in found.shares:
        numbers[share.touchpoint] += share.number
    named = [f"{name} ({number:,})" if len(numbers) > 1 else name for name, number in numbers.most_common(4)]
    more = f" and {len(numbers) - 4} other touchpoints" if len(numbers) > 4 else ""
    return f"For touchpoint {', '.join(named)}{more}."


def _warning(verb: Verb, found: Preview) -> str:
    if not found.unknown:
        return ""
    if found.number == 1:
        again = "may be asked a second time" if verb == "release" else "may have been asked already"
        return f"Nobody knows whether it was taken: the person {again}. The record says who decided this."
    people = "1 person" if found.unknown == 1 else f"up to {found.unknown:,} people"
    if verb == "release":
        again = f"{people} may be asked a second time. The record says who decided this."
        return f"Of {found.unknown:,} the fate is unknown: {again}"
    return (
        f"Of {found.unknown:,} the fate is unknown: {people} may have been asked already, and nothing takes that back."
    )


def _one(text: str) -> str:
    """Say of one what is said of several."""
    for old, new in _OF_ONE.items():
        text = text.replace(old, new)
    return text
