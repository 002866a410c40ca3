"""How touchpoints and sources stand, in a word and a sentence: the same for commands, API and console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bridge.app.inforce import live_source, lookup_state, missing_secrets
from bridge.core.configuration import Catalog, Touchpoint
from bridge.core.model import STATES, State
from bridge.outbox.protocol import Ledger
from bridge.outbox.terms import Circuit, Paused, PauseScope, Row
from bridge.web.reception import LiveSource

Word = Literal["open", "failing", "waiting", "paused"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a touchpoint or source stands.

    `reason` says why it is not open, `by` whether an operator or the target paused it, `since` when that began. A
    failing touchpoint is tried again at `until`. Times are ms.
    """

    state: Word
    reason: str = ""
    since: int | None = None
    until: int | None = None
    by: str = ""


OPEN = Standing("open")


@dataclass(frozen=True, slots=True)
class Situation:
    """What the store says at one moment: pauses, circuits and totals by touchpoint, lookups by source."""

    pauses: Sequence[Paused] = ()
    circuits: Mapping[str, Circuit] = field(default_factory=dict)
    totals: Mapping[str, Mapping[State, int]] = field(default_factory=dict)
    lookups: Mapping[str, Row] = field(default_factory=dict)


def situation(ledger: Ledger) -> Situation:
    """Ask the books how things stand: short lists and kept counters only."""
    circuits = {circuit.touchpoint: circuit for circuit in ledger.circuits()}
    return Situation(ledger.pauses(), circuits, ledger.touchpoint_totals(), ledger.lookup_queues())


def live_sources(catalog: Catalog, secrets: Mapping[str, str], *, public_url: str) -> dict[str, LiveSource]:
    """Make the sources' verifiers, or say what each waits for."""
    return {name: live_source(source, secrets, public_url=public_url) for name, source in catalog.sources.items()}


def pause_of(pauses: Sequence[Paused], scope: PauseScope, name: str) -> Paused | None:
    """Give the pause that stops it: its own, or that of everything."""
    found = {(paused.scope, paused.name): paused for paused in pauses}
    return found.get((scope, name)) or found.get(("all", ""))


def touchpoint_standing(touchpoint: Touchpoint, now_is: Situation, *, secrets: Mapping[str, str]) -> Standing:
    """Say how a touchpoint stands: paused, lacking a secret, failing or open, whichever comes first."""
    lacking = missing_secrets(touchpoint, secrets)
    waiting = f"waits for its secret: {', '.join(lacking)}" if lacking else ""
    paused = pause_of(now_is.pauses, "touchpoint", touchpoint.name)
    return _standing(paused, waiting, now_is.circuits.get(touchpoint.name))


def source_standing(live: LiveSource, now_is: Situation) -> Standing:
    """Say how a source stands: paused, waiting for what verifying needs, or open."""
    return _standing(pause_of(now_is.pauses, "source", live.source.name), live.waiting, None)


def _standing(paused: Paused | None, waiting: str, circuit: Circuit | None) -> Standing:
    if paused is not None:
        return Standing("paused", paused.reason, paused.since, by=paused.by)
    if waiting:
        return Standing("waiting", waiting)
    if circuit is not None:
        return Standing("failing", circuit.reason, circuit.since, circuit.until)
    return OPEN


def why(standing: Standing, *, now: int) -> str:
    """Say why it is not open, with times in UTC; `` where it is."""
    if standing.state == "paused":
        return f"{standing.reason} (by {standing.by}, since {when(standing.since)})"
    if standing.state == "failing":
        return failing_why(standing.reason, since=standing.since, until=standing.until, now=now)
    return standing.reason


def failing_why(reason: str, *, since: int | None, until: int | None, now: int) -> str:
    """Say of a touchpoint that is failing when the next request tries, since when it is so, and why."""
    first = f"next try {when(until)}" if (until or 0) > now else "the next request tries"
    return f"{first}; failing since {when(since)}: {reason}"


def when(millis: int | None) -> str:
    """Write a time in ms as `2026-11-23 20:56:49Z`."""
    return "" if millis is None else datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def touchpoint_row(touchpoint: Touchpoint, now_is: Situation, *, secrets: Mapping[str, str], now: int) -> Row:
    """Give a touchpoint for display: its state and why, and how many deliveries are in each state."""
    standing = touchpoint_standing(touchpoint, now_is, secrets=secrets)
    totals = now_is.totals.get(touchpoint.name, {})
    shown = {"touchpoint": touchpoint.name, "channel": touchpoint.channel, **_told(standing, now=now)}
    return {**shown, **{state: totals.get(state, 0) for state in STATES}}


def source_row(live: LiveSource, now_is: Situation, *, secrets: Mapping[str, str], now: int) -> Row:
    """Give a source for display: its state and why, where it is called, how its lookups stand, its mappings."""
    source = live.source
    told = _told(source_standing(live, now_is), now=now)
    lookup = lookup_state(source, secrets, now_is.lookups.get(source.name))
    if lookup not in {"", "open"}:
        told["why"] = "; ".join(filter(None, (told["why"], f"lookup: {lookup}")))
    shown = {"source": source.name, "preset": source.preset or source.scheme.kind, "path": f"/hooks/{source.name}"}
    return {**shown, **told, "lookup": lookup, "mappings": [mapping.name for mapping in source.mappings]}


def _told(standing: Standing, *, now: int) -> Row:
    return {
        "state": standing.state,
        "why": why(standing, now=now),
        "reason": standing.reason,
        "since": standing.since,
        "until": standing.until,
        "by": standing.by,
    }
