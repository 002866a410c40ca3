"""Attempts at a delivery: how far each got, whether it may have been taken, what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

from bridge.outbox.terms import Row
from bridge.touchpoint.progress import DOING

Mark = Literal["ok", "bad", "huh"]
FIRST, LAST = 3, 20  # of many attempts these are shown

_STEPS = ("name found", "connected", "secured")
# What is done and what went wrong, by the phase that the reason names, in the order of `DOING`.
_WENT_WRONG = (
    (0, "name not found"),
    (1, "not connected"),
    (2, "not secured"),
    (3, "not sent"),
    (3, "not sent in full"),
)
_BROKE = tuple((words, *broke) for words, broke in zip(DOING.values(), _WENT_WRONG, strict=True))
_TITLES = MappingProxyType(
    {
        "name not found": "the target's name was not found",
        "not connected": "could not connect",
        "not secured": "could not agree on TLS",
        "not sent": "broke off before it was sent",
        "not sent in full": "broke off before all of it was sent",
        "not tried": "not tried",
    }
)
RULED: Mapping[str, str] = MappingProxyType(
    {
        "retry": "it is tried again",
        "hold": "it is held for a person",
        "pause": "its touchpoint was paused",
        "dead": "it was given up",
    }
)
_MAY_BE_TAKEN = frozenset({504})


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of an attempt."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt. `sure` says whether it may have been taken; `look` names a state whose colour and shape it has."""

    number: int
    started_at: int
    took: str
    title: str
    sure: str
    is_unsure: bool
    reason: str
    phases: tuple[Phase, ...]
    quote: str
    look: str


def attempt_lines(rows: Sequence[Row], *, is_secure: bool = True) -> tuple[list[AttemptLine], int]:
    """Give the attempts, newest first, of many the first 3 and the last 20; and how many are left out between."""
    left_out = max(0, len(rows) - FIRST - LAST)
    shown = list(rows) if not left_out else [*rows[:FIRST], *rows[-LAST:]]
    return [_line(row, is_secure) for row in reversed(shown)], left_out


def _line(row: Row, is_secure: bool) -> AttemptLine:  # noqa: FBT001 - one of two arguments
    phases = tuple(each for each in _phases(row) if is_secure or each.text not in {"secured", "not secured"})
    unsure = may_be_taken(row)
    return AttemptLine(
        row["number"],
        row["started_at"],
        duration(row["ended_at"] - row["started_at"]),
        _title(row, phases),
        _sure(row, unsure=unsure),
        unsure,
        _told(row),
        phases,
        row["message"] if row["outcome"] == "answered" else "",
        "delivered" if row["ruling"] == "delivered" else "warning" if unsure else "failed",
    )


def may_be_taken(row: Row) -> bool:
    """Say whether the target may have taken what it did not confirm."""
    if row["ruling"] == "delivered":
        return False
    return row["outcome"] in {"unknown", "crashed"} or row["ruling"] == "hold" or row["status"] in _MAY_BE_TAKEN


def duration(ms: int) -> str:
    """Say how long an attempt took: `212 ms`, `15.0 s`."""
    return f"{max(ms, 0)} ms" if ms < 1_000 else f"{ms / 1000:.1f} s"


def _title(row: Row, phases: tuple[Phase, ...]) -> str:
    if row["outcome"] == "answered":
        return f"answered {spoken_status(row['status'])}"
    if row["outcome"] == "crashed":
        return "the bridge stopped while it was sent"
    return _TITLES.get(phases[-1].text, "sent in full, no answer")


def spoken_status(status: int | None) -> str:
    """Give a status with its meaning: `503 Service Unavailable`."""
    try:
        return f"{status} {HTTPStatus(status or 0).phrase}"
    except ValueError:
        return str(status)


def _sure(row: Row, *, unsure: bool) -> str:
    late = "" if row["effective"] else " It came too late to count: the delivery had been taken up again."
    if row["ruling"] == "delivered":
        return f"Taken.{late}"
    return f"{'It may have been taken' if unsure else 'Surely not taken'}: {RULED[row['ruling']]}.{late}"


def _told(row: Row) -> str:
    """Say what went wrong, where the quoted answer does not say it."""
    text = row["reason"] if row["outcome"] == "answered" else row["message"] or row["reason"]
    is_said = row["outcome"] == "answered" and row["message"] in text
    return "" if is_said or row["ruling"] == "delivered" else f"{text[:1].upper()}{text[1:]}."


def _phases(row: Row) -> tuple[Phase, ...]:
    done = [Phase(text, "ok") for text in _STEPS]
    if row["outcome"] == "answered":
        answer = Phase(
            str(row["status"]), "ok" if row["ruling"] == "delivered" else "huh" if may_be_taken(row) else "bad"
        )
        return (*done, Phase("sent", "ok"), answer)
    if row["outcome"] == "unknown":
        return (*done, Phase("sent", "ok"), Phase("no answer", "huh"))
    if row["outcome"] == "crashed":
        return (Phase("not known how far", "huh"),)
    for words, steps, broke in _BROKE:
        if words in row["message"]:
            return (*done[:steps], Phase(broke, "bad"))
    return (Phase("not tried", "bad"),)
