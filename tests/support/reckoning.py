"""The four books of a run against each other: what the source sent, what the store holds, what the target got."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.outbox.driver import sqlite3
from tests.support.load import Sent
from tests.support.recorder import Arrived

_ENDED = {"delivered", "held", "dead", "cancelled"}
_UNCERTAIN = {"unknown", "crashed"}  # outcomes after which nobody knows whether the target took it
Row = dict[str, Any]


@dataclass
class Books:
    """What the store holds."""

    events: dict[str, Row]
    decisions: dict[str, list[Row]]
    deliveries: dict[str, Row]
    attempts: dict[str, list[Row]]


@dataclass
class Reckoning:
    """The figures, and one line for everything that is not as promised."""

    figures: dict[str, int]
    wrong: list[str] = field(default_factory=list)


def read_books(database: Path) -> Books:
    """Read the rows with statements of the test's own."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        rows = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            for name in ("events", "decisions", "deliveries", "attempts")
        }
    finally:
        connection.close()
    decisions, attempts = defaultdict(list), defaultdict(list)
    for row in rows["decisions"]:
        decisions[row["event_id"]].append(row)
    for row in sorted(rows["attempts"], key=lambda row: int(row["number"])):
        attempts[row["delivery_id"]].append(row)
    by_id = [{row["id"]: row for row in rows[name]} for name in ("events", "deliveries")]
    return Books(by_id[0], decisions, by_id[1], attempts)


def reckon(
    sent: Sequence[Sent], arrived: Sequence[Arrived], books: Books, *, mappings: int, held: Mapping[str, bool]
) -> Reckoning:
    """Compare the books. `held` says of each touchpoint's token whether uncertainty must hold a delivery."""
    at_target: dict[tuple[str, str], list[Arrived]] = defaultdict(list)
    for one in arrived:
        at_target[one.token.removeprefix("token-"), one.order].append(one)
    wrong = [*_lost(sent, books, mappings), *_phantoms(sent, at_target, books)]
    figures = Counter({"acknowledged": sum(bool(one.acks) for one in sent), "stored": len(books.events)})
    figures["acks as duplicate"] = sum(duplicate for one in sent for _, duplicate in one.acks)
    for identity, row in books.deliveries.items():
        order = json.loads(row["body"])["orderId"]
        figures[row["state"]] += 1
        seen = at_target.get((row["touchpoint"], order), [])
        again = max(0, sum(one.answer.takes for one in seen) - 1)
        figures[f"taken again at {row['touchpoint']}"] += again
        reasons = [attempt["outcome"] for attempt in books.attempts[identity] if attempt["outcome"] in _UNCERTAIN]
        figures.update(f"taken again, recorded {reason}" for reason in reasons[:again])
        figures.update(f"attempts {attempt['outcome']}" for attempt in books.attempts[identity])
        problems = _delivery_wrong(row, seen, books.attempts[identity], again=again, must_hold=held[row["touchpoint"]])
        wrong.extend(f"{identity} ({row['touchpoint']} {order}): {problem}" for problem in problems)
    return Reckoning(dict(figures), wrong)


def _lost(sent: Sequence[Sent], books: Books, mappings: int) -> Iterator[str]:
    """Everything acknowledged is stored, as one event, and decided by every mapping."""
    for one in sent:
        named = {event_id for event_id, _ in one.acks}
        if len(named) > 1:
            yield f"{one.order} was acknowledged as {len(named)} events"
        if sum(not duplicate for _, duplicate in one.acks) > 1:
            yield f"{one.order} was acknowledged as new twice"
        for event_id in named:
            event = books.events.get(event_id)
            if event is None or event["source_event_id"] != f"id-{one.order}":
                yield f"{one.order} was acknowledged as {event_id} and is lost"
            verdicts = [row["verdict"] for row in books.decisions[event_id]]
            if verdicts != ["planned"] * mappings:
                yield f"{one.order} was decided {verdicts}"
    for event_id, decisions in books.decisions.items():
        for row in decisions:
            if row["verdict"] == "planned" and row["delivery_id"] not in books.deliveries:
                yield f"{event_id} lacks its planned delivery {row['delivery_id']}"


def _phantoms(sent: Sequence[Sent], at_target: Mapping[tuple[str, str], Any], books: Books) -> Iterator[str]:
    """Nothing is stored that was not sent, nothing is stored twice, and nothing arrived that was not planned."""
    identities = Counter(row["source_event_id"] for row in books.events.values())
    orders = {f"id-{one.order}" for one in sent}
    for identity, number in identities.items():
        if identity not in orders:
            yield f"{identity} is stored, but was never sent"
        if number > 1:
            yield f"{identity} is stored {number} times"
    planned = {(row["touchpoint"], json.loads(row["body"])["orderId"]) for row in books.deliveries.values()}
    for place in at_target.keys() - planned:
        yield f"{place} reached the target, but was never planned"


def _delivery_wrong(
    row: Row, seen: Sequence[Arrived], attempts: Sequence[Row], *, again: int, must_hold: bool
) -> Iterator[str]:
    uncertain = sum(attempt["outcome"] in _UNCERTAIN for attempt in attempts)
    if row["state"] not in _ENDED:
        yield f"it is still {row['state']}"
    if row["state"] != "delivered" and not row["reason"]:
        yield f"it is {row['state']} without a reason"
    if row["state"] == "delivered" and not any(one.answer.status == 200 for one in seen):
        yield "it is delivered, but the target never answered 200"
    if len(seen) > len(attempts):
        yield f"it reached the target {len(seen)} times in {len(attempts)} attempts"
    if again > uncertain:
        yield f"the target took it {again} times too often, with {uncertain} attempts of unknown fate"
    if must_hold and again:
        yield f"the target took it {again} times too often, though it must be held when in doubt"
    if any(attempt["ruling"] == "delivered" for attempt in attempts[:-1]):
        yield "it was sent again after it was delivered"
    if len({attempt["lease"] for attempt in attempts}) != len(attempts):
        yield "two attempts have the same lease"
