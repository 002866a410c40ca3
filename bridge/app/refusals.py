"""Refused requests by cause: the reason without what differs from one request to the next."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.outbox.terms import Row

_UNVERIFIED = "; unverified: "  # what follows is what the request said of itself
_VARYING = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Cause:
    """Requests of a source that were refused for the same cause; `open` counts those that were not taken in since.

    Times are ms, `newest` is an id, `topics` are what the requests claim, the most frequent first.
    """

    source: str
    status: int
    cause: str
    number: int
    open: int
    first_at: int
    last_at: int
    newest: str
    topics: tuple[str, ...]


def cause_of(reason: str) -> str:
    """Give why a request was refused, without numbers and what it said of itself."""
    return _VARYING.sub("…", reason.partition(_UNVERIFIED)[0])


def by_cause(rows: Iterable[Row]) -> list[Cause]:
    """Group refused requests, given newest first; what has the most that are open comes first."""
    groups: dict[tuple[str, int, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["source"], row["status"], cause_of(row["reason"])), []).append(row)
    causes = [_cause(*key, members) for key, members in groups.items()]
    return sorted(causes, key=lambda each: (-each.open, -each.last_at))


def _cause(source: str, status: int, cause: str, rows: list[Row]) -> Cause:
    claimed = [row["topic"] for row in rows if row["topic"]]
    topics = sorted(set(claimed), key=lambda each: (-claimed.count(each), each))
    return Cause(
        source,
        status,
        cause,
        len(rows),
        sum(row["retried_at"] is None for row in rows),
        first_at=rows[-1]["received_at"],
        last_at=rows[0]["received_at"],
        newest=rows[0]["id"],
        topics=tuple(topics),
    )
