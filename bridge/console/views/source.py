"""How a source is told of: what it waits for, what came, and how far its connecting is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.console.wording import count, several
from bridge.core.presets import PRESETS, Preset
from bridge.outbox.terms import Row

Place = Literal["done", "now", "later"]
_VERDICTS = {
    "planned": "mapped",
    "skipped": "skipped",
    "suppressed": "suppressed",
    "cancelling": "cancelling",
    "failed": "failed",
    "unmatched": "taken by no mapping",
}


def arrived(row: Row) -> str:
    """Say how much came: `1,204 events, 3 refused requests in 24 hours`."""
    least = "" if row["events_24h_exact"] else "more than "
    refused = several(row["refused_24h"], "refused request")
    return f"{least}{several(row['events_24h'], 'event')} and {refused} in 24 hours"


def verdicts_said(verdicts: Mapping[str, int]) -> str:
    """Say what became of an event: `mapped, 2 skipped`."""
    said = [
        f"{count(number)} {_VERDICTS[name]}" if number > 1 else _VERDICTS[name] for name, number in verdicts.items()
    ]
    return ", ".join(said) or "waits for its lookup"


def systems(text: str) -> list[Preset]:
    """Give the known systems whose name, topics or place of the secret hold the text, each once, by name."""
    wanted = text.strip().lower()
    own = (preset for name, preset in sorted(PRESETS.items()) if name == preset.name)
    return [each for each in own if wanted in " ".join((each.name, each.key_hint, *each.topics)).lower()]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the connecting of a source is: each step is done, to be done now, or later.

    `event` is the latest event with its decisions, None before the first one.
    """

    file: Place
    secret: Place
    received: Place
    mapped: Place
    event: Row | None = None

    @property
    def is_over(self) -> bool:
        """Say whether an event was received, verified and mapped."""
        return self.mapped == "done"


def progress(source: Row | None, events: Sequence[Row]) -> Progress:
    """Say how far it is. `source` is None while its file is not in force; `events` are the latest, the newest first."""
    steps = [
        source is not None,
        source is not None and source["state"] != "waiting",
        bool(events),
        any(each["verdicts"].get("planned") for each in events),
    ]
    mapped = next((each for each in events if each["verdicts"].get("planned")), None)
    file, secret, received, is_mapped = _places(steps)
    return Progress(file, secret, received, is_mapped, mapped or (events[0] if events else None))


def _places(steps: Iterable[bool]) -> list[Place]:
    """Mark the first that is not done as the one to be done now."""
    places: list[Place] = []
    for is_done in steps:
        places.append("done" if is_done else "later" if "now" in places else "now")
    return places


def connecting_title(name: str, made: Progress) -> str:
    """Say how far the connecting is."""
    if made.is_over:
        return f"{name} is connected: first event received, verified, mapped"
    if made.received == "done":
        return f"{name} sends, but nothing was mapped yet"
    waits = {
        "file": f"{name}: its mapping file is not in force yet",
        "secret": f"{name}: its secret is not stored yet",
        "received": f"{name} is ready and waits for its first event",
    }
    return next(said for step, said in waits.items() if getattr(made, step) != "done")
