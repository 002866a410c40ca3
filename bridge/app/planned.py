"""What a plan found, as plain values, and the words for it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bridge.app.plan import Outline, outline
from bridge.catalog import Loaded
from bridge.core.comparison import Comparison
from bridge.core.difference import KINDS
from bridge.core.drift import Drift
from bridge.outbox.protocol import Ledger

TITLES: Mapping[str, str] = {
    "read_differently": "read differently",
    "unchanged": "unchanged",
    "changed": "changed",
    "newly_sent": "newly sent",
    "no_longer_sent": "no longer sent",
    "newly_cancelling": "newly cancelling",
    "no_longer_cancelling": "no longer cancelling",
    "newly_failing": "newly failing",
    "no_longer_failing": "no longer failing",
    "still_not_sent": "not sent either way",
}
EVENT_TITLES: Mapping[str, str] = {
    "read_differently": "read differently: topic, id, tenant, time or what they are found by",
    "newly_duplicate": "taken for another one of these, since its id is the same now",
    "newly_matched": "newly matched: a mapping takes what none took",
    "newly_unmatched": "newly unmatched: no mapping takes them any more",
    "unmatched": "unmatched before and after",
    "split_differently": "not compared: event.each splits requests differently",
    "unreadable": "not compared: they cannot be read",
    "not_looked_up": "not compared: they need a lookup that was not made",
}


def waiting_for_removed(ledger: Ledger, differences: Outline) -> dict[str, int]:
    """Give how many deliveries wait for touchpoints that would be removed."""
    totals = ledger.touchpoint_totals()
    return {
        name: sum(totals.get(name, {}).get(state, 0) for state in ("pending", "sending", "held"))
        for name in differences.touchpoints_removed
    }


def report(old: Loaded, new: Loaded, comparison: Comparison, waiting: Mapping[str, int]) -> dict[str, Any]:
    """Give everything that a comparison of two configurations found."""
    return {
        "in_force": old.catalog.fingerprint,
        "candidate": new.catalog.fingerprint,
        **asdict(outline(old, new)),
        "waiting_for_removed": dict(waiting),
        "events": {name: comparison.events[name] for name in ("compared", *EVENT_TITLES)},
        "decisions": {kind: comparison.kinds[kind] for kind in KINDS},
        "groups": [asdict(group) for group in comparison.groups()],
        "drift": [_drift(*each, count=count) for each, count in sorted(comparison.drifts.items(), key=_place)],
    }


def _place(counted: tuple[tuple[str, str, Drift], int]) -> tuple[str, str, str, str]:
    (source, mapping, drift), _ = counted
    return source, mapping, drift.name, drift.given


def _drift(source: str, mapping: str, drift: Drift, *, count: int) -> dict[str, Any]:
    return {
        "source": source,
        "mapping": mapping,
        "touchpoint": drift.accepted.touchpoint,
        "attribute": drift.name,
        "problem": drift.message,
        "suggestion": drift.suggestion,
        "accepted": drift.accepted.name,
        "accepted_since": drift.accepted.first_seen,
        "count": count,
    }
