"""Gathering what the books say about a person, an order or an id: by keyed lookups only, however long history is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.app.inforce import missing_secrets
from bridge.catalog import load_texts
from bridge.core.contact import digest
from bridge.core.errors import ConfigInvalid
from bridge.core.findings import Course, Findings, Never, Obstacle, Row
from bridge.core.schedule import spoken_time
from bridge.core.sentence import newest
from bridge.outbox.protocol import Ledger, Store
from bridge.outbox.terms import Circuit, Filter, Paused

MOST = 100  # events of a story: the newest
_MOST_DELIVERIES = 1_000  # of one event that are looked at
_FILE = "touchpoints.yaml"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for: its keyed hash, or of a delivery what it is about."""

    index_key: bytes
    mark: bytes = b""
    element: tuple[str, int] | None = None
    is_person: bool = False

    def about(self, row: Row) -> bool:
        """Say whether a delivery is about just this."""
        if self.element is not None:
            return (row["mapping"], row["element"]) == self.element
        if row["contact"] == self.mark.hex():
            return True
        return row["key"] is not None and digest(self.index_key, row["key"]) == self.mark


def trace(
    store: Store, text: str, *, index_key: bytes, kept: int, now: int, environment: Mapping[str, str]
) -> Findings:
    """Find what is known about an address, a number, an order, a key or an id, as of `now` (ms).

    `kept` is how long history is kept (ms). Raises StoreUnavailable and StoreBroken.
    """
    ledger, found = store.ledger, Findings(text, now, kept)
    by_id = {"evt_": _by_event, "dlv_": _by_delivery, "ref_": _by_refused}.get(text[:4])
    if by_id is not None:
        found = by_id(ledger, found, index_key)
    if found.is_empty:  # some systems have ids that look like these
        found = _by_mark(ledger, found, index_key)
    found = replace(found, never=_never(ledger, found, digest(index_key, text)))
    return replace(found, obstacles=_obstacles(store, found, environment))


def _by_event(ledger: Ledger, found: Findings, index_key: bytes) -> Findings:
    row = ledger.event(found.text)
    course = _course(ledger, found.text, _Asked(index_key), row)
    if row is None and not course.deliveries:
        return found
    return replace(found, kind="event", courses=(course,))


def _by_delivery(ledger: Ledger, found: Findings, index_key: bytes) -> Findings:
    row = ledger.delivery(found.text)
    if row is None:
        return found
    asked = _Asked(index_key, element=(row["mapping"], row["element"]))
    course = _course(ledger, row["event_id"], asked, ledger.event(row["event_id"]))
    return replace(found, kind="delivery", courses=(course,))


def _by_refused(ledger: Ledger, found: Findings, index_key: bytes) -> Findings:
    refused = ledger.refusal(found.text)
    if refused is None:
        return found
    names = ("id", "source", "status", "topic", "reason", "received_at", "retried_at", "event_id")
    row = {name: getattr(refused, name) for name in names}
    event = ledger.event(refused.event_id) if refused.event_id else None
    courses = () if event is None else (_course(ledger, refused.event_id, _Asked(index_key), event),)
    return replace(found, kind="refused request", refused=row, courses=courses)


def _by_mark(ledger: Ledger, found: Findings, index_key: bytes) -> Findings:
    mark = digest(index_key, found.text)
    rows = ledger.find(mark, limit=MOST * 4 + 1)  # an event may have several marks of one text
    events = {row["id"]: row for row in rows}
    kinds = [row["kind"] for row in rows]
    asked_of = ledger.deliveries(Filter(contact=mark), limit=MOST + 1)
    ids = sorted({*events, *(row["event_id"] for row in asked_of)}, reverse=True)
    if not ids:
        return found
    kind = next((each for each in kinds if each != "key"), "contact" if asked_of else "key")
    asked = _Asked(index_key, mark, is_person=kind == "contact")
    courses = tuple(_course(ledger, each, asked, events.get(each) or ledger.event(each)) for each in ids[:MOST])
    is_all = len(ids) <= MOST and len(rows) <= MOST * 4
    return replace(found, kind=kind, courses=courses, is_all=is_all)


def _course(ledger: Ledger, event_id: str, asked: _Asked, event: Row | None) -> Course:
    every = ledger.deliveries(Filter(ids=(event_id,)), limit=_MOST_DELIVERIES)[::-1]
    kept = _relevant(every, asked)
    attempts = {row["id"]: tuple(ledger.attempts(row["id"])) for row in kept}
    decisions = tuple(_decisions(ledger.decisions(event_id), every, kept, asked))
    return Course(event_id, event, decisions, tuple(kept), attempts, ledger.lookup(event_id))


def _relevant(every: Sequence[Row], asked: _Asked) -> list[Row]:
    """Leave out what an event asks of others: all if one of them is the one, or it cannot be told who is."""
    about = [row for row in every if asked.about(row)] if asked.mark or asked.element else []
    if about:
        return about
    several = len({row["element"] for row in every}) > 1
    return [] if asked.is_person and several else list(every)


def _decisions(decisions: Sequence[Row], every: Sequence[Row], kept: Sequence[Row], asked: _Asked) -> list[Row]:
    """Leave out the decisions that made what was left out, and those on other elements of what was not."""
    if asked.element is not None:
        return [row for row in decisions if (row["mapping"], row["element"]) == asked.element]
    left_out = {row["id"] for row in every} - {row["id"] for row in kept}
    elements = {(row["mapping"], row["element"]) for row in kept}
    mappings = {row["mapping"] for row in kept} if left_out else set()
    return [
        row
        for row in decisions
        if row["delivery_id"] not in left_out
        and (row["mapping"] not in mappings or (row["mapping"], row["element"]) in elements)
    ]


def _never(ledger: Ledger, found: Findings, mark: bytes) -> Never | None:
    """Say whether who is asked for, or whom the newest request would ask, is not to be asked."""
    course = newest(found.courses)
    last = course.deliveries[-1]["contact"] if course is not None and course.deliveries else None
    for contact in (mark, bytes.fromhex(last) if last else None):
        entry = None if contact is None else ledger.suppression(contact)
        if entry is not None:
            return Never(entry.since, entry.reason, entry.added_by)
    return None


# -- why nothing is sent now -------------------------------------------------------------------------------


def _obstacles(store: Store, found: Findings, environment: Mapping[str, str]) -> dict[str, Obstacle]:
    """Say what stands in the way of the request that the sentence is about."""
    course = newest(found.courses)
    row = course.deliveries[-1] if course is not None and course.deliveries else None
    if row is None or row["state"] != "pending":
        return {}
    pauses, circuits = store.ledger.pauses(), store.ledger.circuits()
    obstacle = _paused(row, pauses, found.zone) or _lacking(row, store, environment)
    obstacle = obstacle or _failing(row, circuits, found)
    return {} if obstacle is None else {row["id"]: obstacle}


def _paused(row: Row, pauses: Sequence[Paused], zone: str) -> Obstacle | None:
    scopes = {
        ("all", ""): "all sending",
        ("source", row["source"]): f"source {row['source']}",
        ("mapping", f"{row['source']}/{row['mapping']}"): f"mapping {row['source']}/{row['mapping']}",
        ("touchpoint", row["touchpoint"]): f"touchpoint {row['touchpoint']}",
    }
    for paused in pauses:
        if name := scopes.get((paused.scope, paused.name)):
            why = f"{name} is paused since {spoken_time(paused.since, zone)}: {paused.reason}"
            resume = f"bridge resume {paused.scope} {paused.name}".rstrip()
            return Obstacle(why, f"`{resume}` lets it go on.")
    return None


def _lacking(row: Row, store: Store, environment: Mapping[str, str]) -> Obstacle | None:
    kept = store.strongbox.last_configuration()
    if kept is None or _FILE not in kept[1]:
        return None
    try:
        touchpoints = load_texts({_FILE: kept[1][_FILE]}, environment).catalog.touchpoints
    except ConfigInvalid:
        return None  # a variable of the bridge's own environment may be missing in this one
    stored = {each.name: "" for each in store.strongbox.secrets()}
    touchpoint = touchpoints.get(row["touchpoint"])
    lacking = missing_secrets(touchpoint, stored) if touchpoint is not None else []
    if not lacking:
        return None
    why = f"touchpoint {row['touchpoint']} waits for its secret: {', '.join(lacking)}"
    return Obstacle(why, f"Store it: `bridge secrets set {lacking[0]}`.")


def _failing(row: Row, circuits: Sequence[Circuit], found: Findings) -> Obstacle | None:
    for circuit in circuits:
        if circuit.touchpoint == row["touchpoint"] and circuit.until > found.now:
            next_try = spoken_time(circuit.until, found.zone)
            why = f"touchpoint {circuit.touchpoint} is failing: {circuit.reason}"
            return Obstacle(why, f"One request tries {next_try}; if that fails, ask whoever runs the target.")
    return None


def as_rows(findings: Findings) -> list[dict[str, Any]]:
    """Give the ids of what the story is about, for programs."""
    return [{"event": course.id, "deliveries": [row["id"] for row in course.deliveries]} for course in findings.courses]
