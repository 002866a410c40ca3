"""Reasons without what differs from case to case: what has one cause is said once, and nobody's address is shown."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bridge.core.model import State
from bridge.outbox.figures import Group

_DIFFERS = re.compile(
    r"\b(?:evt|dlv|ref|rpl)_[0-9a-z]+"  # ids of ours
    r"|[^\s@\"'<>()\[\]{},;:]+@[^\s@\"'<>()\[\]{},;:]+"  # addresses
    r"|\b[0-9]+(?:[.:][0-9]+)+"  # times, versions, durations
    r"|\+?\b[0-9]{4,}\b"  # numbers of orders, customers, phones; three digits are a status
)
_LONGEST = 240  # characters of a reason


def alike(reason: str) -> str:
    """Give the reason without ids, addresses and long numbers, in one line of bounded length."""
    text = " ".join(_DIFFERS.sub("…", reason[: 4 * _LONGEST]).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def merged(groups: Iterable[Group], totals: Mapping[str, Mapping[State, int]]) -> list[Group]:
    """Put groups together whose reasons are alike; what may have been taken is one group, whatever the reason.

    Where a touchpoint's held deliveries are all of one group, the kept totals say how many there are.
    """
    found: dict[tuple[str, str, bool, str], Group] = {}
    for group in groups:
        reason = alike(group.reason)
        key = (group.kind, group.place, group.is_unsure, "" if group.is_unsure else reason)
        found[key] = _together(found[key], group) if key in found else replace(group, reason=reason)
    return [_counted(group, list(found.values()), totals) for group in found.values()]


def _together(one: Group, other: Group) -> Group:
    return replace(
        one,
        number=one.number + other.number,
        exact=one.exact and other.exact,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        newest=max(one.newest, other.newest),
    )


def _counted(group: Group, groups: list[Group], totals: Mapping[str, Mapping[State, int]]) -> Group:
    held_here = [each for each in groups if (each.kind, each.place) == ("held", group.place)]
    if group.exact or group.kind != "held" or len(held_here) > 1:
        return group
    return replace(group, number=totals.get(group.place, {}).get("held", group.number), exact=True)
