"""The story of a person, an order or an event as entries of a timeline: what happened, by which line, and the proof."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.core.configuration import Canceller, Catalog, Mapping as Rule
from bridge.core.findings import Course, Findings, Row
from bridge.core.schedule import spoken_time
from bridge.core.story import hide_others, in_order, said_of_attempt, said_of_lookup, was_told

_EVENT = re.compile(r"\bevt_[0-9a-z]{26}\b")
_CANCELLED_BY = re.compile(r"cancelled by (?P<topic>.+) \((?P<event>evt_[0-9a-z]{26})\)")
_ATTEMPTS = {
    "delivered": ("delivered", "{touchpoint} took the request"),
    "retry": ("pending", "Not taken by {touchpoint}, to be tried again"),
    "hold": ("held", "Sent to {touchpoint}, which may have taken it"),
    "pause": ("paused", "{touchpoint} refused, and was paused"),
    "dead": ("dead", "{touchpoint} did not take it, given up"),
}
_VERDICTS = {
    "skipped": "nobody was to be asked",
    "suppressed": "nobody was asked",
    "failed": "the mapping failed",
    "unmatched": "no mapping takes this topic",
    "cancelling": "it calls off what waits",
}
_TELLING = ("failed", "suppressed", "skipped", "cancelling", "unmatched")
_STATES = {"held": "The request is held", "dead": "The request was given up", "delivered": "The request was delivered"}


@dataclass(frozen=True, slots=True)
class Proof:
    """Something said of an entry: a state or verdict, words, the way to an event, delivery or replay, and a line.

    `line` (`shopify.yaml line 7`) is where the mapping file says so today, `place` its address.
    """

    text: str = ""
    state: str = ""
    link: str = ""
    line: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened at `at` (ms); `quote` is from a mapping file. A ghost did not happen, or not yet.

    Of what happened in one moment, that of a lower `rank` led to the others.
    """

    at: int
    look: str
    title: str
    proofs: tuple[Proof, ...] = ()
    quote: str = ""
    ghost: bool = False
    rank: int = 0


def entries(findings: Findings, catalog: Catalog) -> list[Entry]:
    """Give the entries, the newest first."""
    told = [entry for course in findings.courses for entry in _course(course, findings, catalog)]
    if findings.refused is not None:
        told.extend(_refused(findings.refused))
    if findings.never is not None:
        never = findings.never
        because = Proof(f"by {never.added_by}: {never.reason}")
        title = "Put on the list of those who are never asked"
        told.append(Entry(never.since, "suppressed", title, (because,)))
    told.sort(key=lambda each: (each.at, each.rank), reverse=True)
    return [_discreet(each, findings.text) for each in told]


def _discreet(entry: Entry, known: str) -> Entry:
    """Leave out of what an entry says the addresses of others than the one who was asked for."""
    proofs = tuple(replace(each, text=hide_others(each.text, known)) for each in entry.proofs)
    title, quote = hide_others(entry.title, known), hide_others(entry.quote, known)
    return replace(entry, proofs=proofs, title=title, quote=quote)


def _course(course: Course, findings: Findings, catalog: Catalog) -> Iterator[Entry]:
    yield from _arrival(course, findings.zone, catalog)
    for row in course.deliveries:
        if row["replay_id"]:
            proofs = (Proof(row["replay_id"], link=f"/replays/{row['replay_id']}"), _of_delivery(row))
            yield Entry(row["created_at"], "planned", f"Replayed: a new request to {row['touchpoint']}", proofs, rank=1)
        for attempt in course.attempts.get(row["id"], ()):
            look, title = _ATTEMPTS.get(attempt["ruling"], ("pending", "{touchpoint} was tried"))
            said = Proof(said_of_attempt(attempt)), _of_delivery(row)
            yield Entry(attempt["ended_at"], look, title.format(touchpoint=row["touchpoint"]), said, rank=2)
        yield from _end(row, course.attempts.get(row["id"], ()), catalog)
        yield from _ghosts(row, findings)


def _of_delivery(row: Row) -> Proof:
    return Proof(row["id"], state=row["state"], link=f"/deliveries/{row['id']}")


# -- what came in ------------------------------------------------------------------------------------------


def _arrival(course: Course, zone: str, catalog: Catalog) -> Iterator[Entry]:
    if course.event is None:
        return
    event, planned = course.event, [row for row in course.deliveries if not row["replay_id"]]
    said = f"{event['source']} said {event['topic']}"
    proofs = [Proof(course.id, link=f"/events/{course.id}")]
    if course.lookup is not None:
        proofs.append(Proof(said_of_lookup(course.lookup)))
    proofs += [_decided(row, course, catalog) for row in in_order(course.decisions)]
    if planned:
        first = planned[0]
        due = first["wanted_at"] > first["created_at"]
        when = f" for {spoken_time(first['wanted_at'], zone)}" if due else ""
        many = "a request was" if len(planned) == 1 else f"{len(planned)} requests were"
        yield Entry(event["received_at"], "planned", f"{said}: {many} planned{when}", tuple(proofs))
        return
    verdict = _main_verdict(course)
    outcome = _VERDICTS.get(verdict, "a request was planned") if verdict else "nothing is decided yet"
    yield Entry(event["received_at"], verdict or "pending", f"{said}: {outcome}", tuple(proofs))


def _main_verdict(course: Course) -> str:
    found = {row["verdict"] for row in course.decisions if not row["replay_id"]}
    return next((each for each in _TELLING if each in found), next(iter(found), ""))


def _decided(row: Row, course: Course, catalog: Catalog) -> Proof:
    again = "when it was replayed: " if row["replay_id"] else ""
    by = f"mapping {row['mapping']}" if row["mapping"] else ""
    link = f"/deliveries/{row['delivery_id']}" if row["delivery_id"] else ""
    found = _EVENT.search(row["reason"])
    text = ": ".join(filter(None, (f"{again}{by}", row["reason"])))
    line, place = _line_of(catalog, course.event["source"] if course.event else "", row["mapping"])
    return Proof(
        text, state=row["verdict"], link=link or (f"/events/{found[0]}" if found else ""), line=line, place=place
    )


def _line_of(catalog: Catalog, source: str, mapping: str) -> tuple[str, str]:
    """Say in which line of which file a mapping stands today, and where that is shown."""
    known = catalog.sources.get(source)
    rule: Rule | None = next((each for each in known.mappings if each.name == mapping), None) if known else None
    return _line(known.file, rule.line) if known is not None and rule is not None and rule.line else ("", "")


def _line(file: str, line: int) -> tuple[str, str]:
    name = file.rpartition("/")[2]
    return f"{name} line {line}", f"/mappings/{name}#L{line}"


# -- how it ended ------------------------------------------------------------------------------------------


def _end(row: Row, attempts: tuple[Row, ...], catalog: Catalog) -> Iterator[Entry]:
    state, at = row["state"], row["state_at"]
    if state == "sending":
        yield Entry(at, "sending", f"It is being sent to {row['touchpoint']}", (_of_delivery(row),), rank=3)
    if state not in {"held", "cancelled", "dead", "delivered"} or was_told(row, attempts):
        return
    reason = str(row["reason"] or row["message"])
    if state != "cancelled":
        yield Entry(at, state, _STATES[state], (Proof(reason), _of_delivery(row)), rank=3)
        return
    found = _CANCELLED_BY.search(reason)
    if found is None:
        yield Entry(at, state, "The waiting request was cancelled", (Proof(reason), _of_delivery(row)), rank=3)
        return
    canceller = _canceller(row, found["topic"], catalog)
    line, place = _line(_file_of(catalog, row["source"]), canceller.line) if canceller else ("", "")
    proofs = (
        Proof(found["event"], link=f"/events/{found['event']}", line=line, place=place),
        _of_delivery(row),
    )
    quote = _quote(canceller) if canceller else ""
    yield Entry(at, state, f"{found['topic']} cancelled the waiting request", proofs, quote, rank=3)


def _file_of(catalog: Catalog, source: str) -> str:
    return catalog.sources[source].file if source in catalog.sources else f"{source}.yaml"


def _canceller(row: Row, topic: str, catalog: Catalog) -> Canceller | None:
    """Find the entry of the mapping's `cancel_on` that takes such events today."""
    every = (each for source in catalog.sources.values() for each in source.cancellers)
    mine = (each for each in every if (each.source, each.mapping) == (row["source"], row["mapping"]))
    return next((each for each in mine if each.takes(topic)), None)


def _quote(canceller: Canceller) -> str:
    topics = f"on: [{', '.join(canceller.topics)}], " if canceller.topics else ""
    when = f", when: {canceller.when.text}" if canceller.when else ""
    return f"cancel_on: {{{topics}key: {canceller.key.text}{when}}}"


def _ghosts(row: Row, findings: Findings) -> Iterator[Entry]:
    """Say where a request would have gone out, or goes out if nothing happens."""
    if row["state"] == "cancelled" and row["wanted_at"] > row["state_at"]:
        said = Proof("Nothing was sent: it had been cancelled before.")
        title = f"The request to {row['touchpoint']} would have gone out here"
        yield Entry(row["wanted_at"], "pending", title, (said, _of_delivery(row)), ghost=True)
    elif row["state"] == "pending" and row["due_at"] > findings.now:
        obstacle = findings.obstacles.get(row["id"])
        said = Proof(f"If nothing changes before: {obstacle.why}" if obstacle else "If nothing cancels it before.")
        title = f"The request to {row['touchpoint']} goes out here"
        yield Entry(row["due_at"], "pending", title, (said, _of_delivery(row)), ghost=True)


def _refused(row: Row) -> Iterator[Entry]:
    link = Proof(row["id"], link=f"/refused/{row['id']}")
    title = f"A request of {row['source']} was refused with {row['status']}"
    yield Entry(row["received_at"], "failed", title, (Proof(row["reason"]), link))
    if row["retried_at"] is not None:
        taken = Proof(row["event_id"], link=f"/events/{row['event_id']}")
        yield Entry(row["retried_at"], "planned", "It was taken in after all", (taken,), rank=1)
