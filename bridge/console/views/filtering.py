"""A list's filter in words: its finding, what is chosen, and the nearest filter that finds more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from bridge.api.choice import Choice, given, to_query
from bridge.console.wording import count, counted, exact
from bridge.core.model import State
from bridge.outbox.figures import Count

NIGHT = "night"  # what the address says for the last night
_LABELS = {
    "source": "source",
    "topic": "topic",
    "touchpoint": "touchpoint",
    "mapping": "mapping",
    "replay": "replay",
}
_REPLAYABLE = frozenset({"dead", "held", "cancelled"})  # where a filter names them
_LEAST_TELLING = ("until", "since", "topic", "mapping", "replay", "unknown", "contact", "touchpoint", "source", "id")


@dataclass(frozen=True, slots=True)
class Removable:
    """Something chosen that the form has no field for, and the query without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """A wider filter that may find something: what it leaves out, and its query."""

    leaves_out: str
    query: str
    choice: Choice


def sentence(choice: Choice, one: str, *, since: int | None, until: int | None, zone: ZoneInfo) -> str:
    """Say what is chosen: `dead deliveries to touchpoint warehouse, since 3 May 2026`."""
    kinds = [*choice.state, *choice.verdict]
    words = [f"{' or '.join(kinds)} {one}".strip()]
    words += [f"of {label} {getattr(choice, name)}" for name, label in _LABELS.items() if getattr(choice, name)]
    if choice.id:
        words.append(f"named by {len(choice.id)} {'id' if len(choice.id) == 1 else 'ids'}")
    if choice.contact:
        words.append("of one person")
    if choice.unknown:
        words.append("whose fate is unknown")
    if since is not None:
        words.append(f"since {exact(since, zone)}")
    if until is not None:
        words.append(f"before {exact(until, zone)}")
    return ", ".join(words).replace(f"{one}, of", f"{one} of", 1)


def at_least(number: Count, shown: int) -> Count:
    """Give a count that does not say less than what is shown, of which there may be more."""
    return number if number.exact or shown < 2 else replace(number, number=max(number.number, shown - 1))


def found(number: Count, choice: Choice, one: str, many: str) -> str:
    """Say how many match: the title of a filtered list."""
    kinds = " or ".join([*choice.state, *choice.verdict])
    if number == Count(0, exact=True):
        return f"No {kinds} {one}".replace("  ", " ")
    if not number.number:  # the search was broken off
        return f"No {kinds} {one} found so far".replace("  ", " ")
    noun = one if number == Count(1, exact=True) else many
    return f"{_capital(counted(number.number, exact=number.exact))} {kinds} {noun}".replace("  ", " ")


def deliveries_title(numbers: Mapping[State, int]) -> str:
    """Say how all deliveries stand, from the kept numbers by state."""
    held, waiting = numbers.get("held", 0), numbers.get("pending", 0)
    if not any(numbers.values()):
        return "No deliveries yet"
    if held:
        needs = "1 delivery is held and needs" if held == 1 else f"{count(held)} deliveries are held and need"
        return f"{needs} a person"
    if waiting:
        return f"{count(waiting)} {'delivery waits' if waiting == 1 else 'deliveries wait'}, none is held"
    return "No delivery waits, none is held"


def events_title(counters: Mapping[str, int]) -> str:
    """Say how all events stand, from the kept counters."""
    failed = counters.get("decisions.failed", 0) - counters.get("pruned.decisions.failed", 0)
    kept = counters.get("events.accepted", 0) - counters.get("pruned.events", 0)
    if failed:
        return f"{count(failed)} {'decision' if failed == 1 else 'decisions'} failed among {count(kept)} events"
    return f"{count(kept)} {'event' if kept == 1 else 'events'}, every one decided" if kept else "No event yet"


def removables(choice: Choice) -> Iterator[Removable]:
    """Give what is chosen without a field of the form: a person, ids, a replay, what may have been taken."""
    texts = {
        "contact": "one person",
        "id": f"{len(choice.id)} {'id' if len(choice.id) == 1 else 'ids'}",
        "replay": f"replay {choice.replay}",
        "until": "until a time",
    }
    for name, text in texts.items():
        if getattr(choice, name) and not (name == "until" and choice.since):
            yield Removable(text, to_query(without(choice, name)))


def without(choice: Choice, *names: str) -> Choice:
    """Give the choice without these fields."""
    defaults = {each.name: each.default for each in msgspec.structs.fields(Choice)}
    return msgspec.structs.replace(choice, **{name: defaults[name] for name in names})


def nearest(choice: Choice) -> Iterator[Nearest]:
    """Give wider filters, the nearest first: each leaves out one thing more that says least."""
    left_out: list[str] = []
    for name in _LEAST_TELLING:
        if name not in given(choice):
            continue
        left_out += [name]
        wider = without(choice, *left_out)
        if wider != Choice():
            yield Nearest(_joined(left_out), to_query(wider), wider)


def beside(wider: tuple[Nearest, Count] | None) -> str:
    """Say what the nearest wider filter finds."""
    if wider is None:
        return "No nearer filter finds anything."
    nearest_one, number = wider
    there = "is" if number == Count(1, exact=True) else "are"
    return f"Without {nearest_one.leaves_out} there {there} {counted(number.number, exact=number.exact)}."


def to_show(wider: tuple[Nearest, Count] | None, one: str, many: str) -> str:
    """Name the button that leads there."""
    if wider is None:
        return f"Show all {many}"
    number = wider[1]
    if number == Count(1, exact=True):
        return f"Show 1 {one}"
    return f"Show {'all ' if number.exact else ''}{counted(number.number, exact=number.exact)}"


def replay_all(choice: Choice, number: Count) -> str:
    """Name the button that replays all that match: with their number, where all of them can be replayed."""
    if choice == Choice() or not number.number:
        return ""
    if choice.state and _REPLAYABLE.issuperset(choice.state) and number.exact:
        return f"Replay {count(number.number)}…"
    return "Replay…"


def last_night(now: int, zone: ZoneInfo) -> tuple[int, int]:
    """Give the ms at which the last night began (20:00) and ended (06:00), or will end."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    begins = datetime.combine(today - timedelta(days=1), time(20), zone)
    return int(begins.timestamp() * 1000), int(datetime.combine(today, time(6), zone).timestamp() * 1000)


def today(now: int, zone: ZoneInfo) -> int:
    """Give the ms at which the day began."""
    day = datetime.fromtimestamp(now / 1000, zone).date()
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def _joined(names: list[str]) -> str:
    words = {"contact": "person", "unknown": "fate", "id": "ids", "since": "time", "until": "time"}
    said = list(dict.fromkeys(words.get(name, name) for name in names))
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
