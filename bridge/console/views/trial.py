"""What a trial shows: decisions with their bodies and the values they came from, and the payload's paths."""

from dataclasses import dataclass
from typing import Any

import msgspec

from bridge.api.verbs.trying import Attempted, Outcome

_LONGEST = 200  # characters of a value
_MOST_DECISIONS = 50
_MOST_PATHS = 400


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. `body` and `used` are pairs of a name and a value written for people."""

    mapping: str
    verdict: str
    said: str
    touchpoint: str
    key: str
    body: tuple[tuple[str, str], ...]
    used: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The outcome of a trial. `asks` are the addresses of a lookup whose answer is lacking."""

    topics: tuple[str, ...]
    decisions: tuple[Decided, ...]
    left: int
    asks: tuple[str, ...]
    unreadable: str
    paths: tuple[tuple[str, bool], ...]
    blocked: bool


def outcome(attempted: Attempted) -> Shown:
    """Arrange what came of a trial; `blocked` where errors kept it from being tried."""
    decided = [each for event in attempted.events for each in event.decisions]
    waiting = [each.lookup for each in attempted.events if each.lookup and each.lookup.waits]
    return Shown(
        topics=tuple(dict.fromkeys(each.topic or "(none)" for each in attempted.events)),
        decisions=tuple(_decided(each) for each in decided[:_MOST_DECISIONS]),
        left=max(0, len(decided) - _MOST_DECISIONS),
        asks=tuple(ask for each in waiting for ask in each.asks),
        unreadable=attempted.unreadable,
        paths=tuple(sorted(attempted.paths.items()))[:_MOST_PATHS],
        blocked=not attempted.events and any(each.severity == "error" for each in attempted.problems),
    )


def _decided(row: Outcome) -> Decided:
    name = row.mapping or "(no mapping)"
    return Decided(
        mapping=f"{name} [{row.element}]" if row.element else name,
        verdict=row.verdict,
        said=row.reason or row.sending or "",
        touchpoint=row.touchpoint or "",
        key=row.key or "",
        body=tuple((key, written(value)) for key, value in (row.body or {}).items()),
        used=tuple((path, written(value)) for path, value in row.used.items()),
    )


def written(value: Any) -> str:
    """Write a value as people read it: texts as they are, all else as JSON, both cut."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
