"""The bridge at a glance: whether everything is well, what needs a person, the last day, what waits."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from bridge.app.admission import measure
from bridge.app.happening import Happening, happenings
from bridge.app.hours import Hour, hourly, stored
from bridge.app.inforce import InForce, missing_secrets
from bridge.app.need import Need, Waiting
from bridge.app.needs import Evidence, needs_of
from bridge.app.standing import Situation, Standing, pause_of, situation, touchpoint_standing
from bridge.app.verdict import verdict
from bridge.core.model import STATES
from bridge.outbox.auditing import equations
from bridge.outbox.books import Imbalance
from bridge.outbox.figures import HOUR, Count, Overview
from bridge.outbox.protocol import Store
from bridge.outbox.safekeeping import Version
from bridge.outbox.terms import Filter, Row
from bridge.settings import Settings

HAPPENINGS = 8
_MOST_PAUSES = 5  # of sources and mappings, for which it is counted how many wait


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """How a touchpoint stands, how many deliveries wait for it, and its last answer."""

    name: str
    standing: Standing
    waiting: int
    last_answer: Row | None


@dataclass(frozen=True, slots=True)
class Glance:
    """What *Now* shows, as of `at` (ms).

    `imbalances` are of the kept counters only. `due` counts what is pending: due now, within the hour, later today (in
    the reader's zone), within seven days. `oldest` is the pending delivery that is due first; it waits `because`.
    `in_force` is the version of the mapping files that is in force.
    """

    at: int
    verdict: str
    imbalances: tuple[Imbalance, ...]
    needs: tuple[Need, ...]
    hours: tuple[Hour, ...]
    counters: Mapping[str, int]
    due: tuple[Count, ...]
    oldest: Row | None
    because: str
    touchpoints: tuple[Touchpoint, ...]
    latest: tuple[Happening, ...]
    in_force: Version | None

    @property
    def is_fresh(self) -> bool:
        """Say whether nothing was ever received."""
        return not self.counters.get("events.accepted") and not self.counters.get("refused")


def glance(store: Store, in_force: InForce, settings: Settings, *, now: int, zone: tzinfo = UTC) -> Glance:
    """Look at the store; nothing that is asked of it grows with the history."""
    overview = store.ledger.overview(now=now, due_by=due_by(now, zone))
    now_is = situation(store.ledger)
    standings = {
        name: touchpoint_standing(each, now_is, secrets=in_force.secrets)
        for name, each in sorted(in_force.touchpoints.items())
    }
    shortage = measure(settings.database_path, dict(overview.counters)).shortage(settings)
    needs = needs_of(Evidence(now_is, in_force, overview.groups, shortage, _waiting(store, now_is)))
    imbalances = tuple(imbalances_of(overview))
    answers = store.standings.latest_answers()
    return Glance(
        at=now,
        verdict=verdict(imbalances, standings, needs, now=now, zone=zone),
        imbalances=imbalances,
        needs=tuple(needs),
        hours=tuple(hourly(overview.hours, overview.counters, now=now)),
        counters=overview.counters,
        due=tuple(overview.due),
        oldest=None if overview.oldest is None else dict(overview.oldest),
        because=because(overview.oldest, now_is, in_force, now=now) if overview.oldest else "",
        touchpoints=tuple(
            Touchpoint(name, each, overview.totals.get(name, {}).get("pending", 0), answers.get(name))
            for name, each in standings.items()
        ),
        latest=tuple(happenings(store, limit=HAPPENINGS, now=now)),
        in_force=next(iter(store.strongbox.versions(limit=1)), None),
    )


def due_by(now: int, zone: tzinfo) -> Sequence[int]:
    """Give the times until which what is due is counted: now, within the hour, today, within seven days."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), zone)
    return now, now + HOUR, max(now + HOUR, int(midnight.timestamp() * 1000) - 1), now + 7 * 24 * HOUR


def imbalances_of(overview: Overview) -> Iterator[Imbalance]:
    """Give the equations over kept counters that do not hold, of all and of what lies at touchpoints."""
    yield from equations(Counter(dict(overview.counters)))
    for state in STATES:
        counted = stored(overview.counters, f"deliveries.{state}")
        there = sum(states.get(state, 0) for states in overview.totals.values())
        if counted != there:
            yield Imbalance(f"{state} deliveries counted - pruned = at all touchpoints", counted, there)


def because(oldest: Mapping[str, Any], now_is: Situation, in_force: InForce, *, now: int) -> str:
    """Say why a pending delivery waits."""
    name, source, mapping = oldest["touchpoint"], oldest["source"], oldest["mapping"]
    touchpoint = in_force.touchpoints.get(name)
    if pause_of(now_is.pauses, "all", ""):
        return "It waits because everything is paused."
    for scope, what in (("touchpoint", name), ("source", source), ("mapping", f"{source}/{mapping}")):
        if any((each.scope, each.name) == (scope, what) for each in now_is.pauses):
            return f"It waits because {what} is paused."
    if touchpoint is not None and (lacking := missing_secrets(touchpoint, in_force.secrets)):
        return f"It waits because {name} lacks {', '.join(lacking)}."
    if name in now_is.circuits:
        return f"It waits because {name} is failing."
    if int(oldest["due_at"]) > now:
        return "Nothing is due before it."
    return "It is being tried again." if oldest["reason"] else "It is sent in its turn."


def _waiting(store: Store, now_is: Situation) -> Waiting:
    """Count what waits for a paused source or mapping; touchpoints have kept totals."""
    found: dict[tuple[str, str], Count] = {}
    for each in [each for each in now_is.pauses if each.scope in {"source", "mapping"}][:_MOST_PAUSES]:
        wanted = Filter(states=("pending",), **{each.scope: each.name})  # type: ignore[arg-type] # two fields of text
        found[each.scope, each.name] = store.ledger.count("deliveries", wanted)
    return found
