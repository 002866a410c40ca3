"""What happened last: the newest events and deliveries, and what targets answered, whatever is latest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.app.alike import alike
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter, Row

# What is said of an event that nothing is sent of, by the first of these verdicts that it has.
_TELLING = ("failed", "suppressed", "cancelling", "skipped", "unmatched")


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of what happens: an event of which nothing is sent, or a delivery and how it is.

    `state` is a delivery's state or an event's verdict, `about` its key or topic; `due_at` is set while it waits.
    """

    at: int
    id: str
    state: str
    about: str
    text: str
    due_at: int | None = None


def happenings(store: Store, *, limit: int, now: int) -> list[Happening]:
    """Give what happened last, the latest first. Looks at `limit` rows of each kind."""
    deliveries = {row["id"]: row for row in store.ledger.deliveries(Filter(), limit=limit)}
    for row in _answered(store, deliveries, limit):
        deliveries[row["id"]] = row
    found = [_of_delivery(row, now) for row in deliveries.values()]
    found += [_of_event(store, row) for row in store.ledger.events(Filter(), limit=limit) if not row["deliveries"]]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:limit]


def _answered(store: Store, known: Mapping[str, Row], limit: int) -> Iterator[Row]:
    """Give deliveries that were tried last, which may be old ones."""
    answers = store.standings.latest_answers().values()
    latest = sorted(answers, key=lambda row: int(row["ended_at"]), reverse=True)[:limit]
    for delivery_id in dict.fromkeys(row["delivery_id"] for row in latest):
        if delivery_id not in known and (row := store.ledger.delivery(delivery_id)) is not None:
            yield row


def _of_delivery(row: Row, now: int) -> Happening:
    way = f"{row['source']}/{row['mapping']} → {row['touchpoint']}"
    waits = row["state"] == "pending" and row["due_at"] > now
    why = alike(row["reason"]) if row["state"] != "delivered" else ""
    text = f"{way}: {why}" if why else way
    return Happening(
        row["state_at"], row["id"], row["state"], row["key"] or row["id"], text, row["due_at"] if waits else None
    )


def _of_event(store: Store, row: Row) -> Happening:
    about = f"{row['source']} {row['topic']}"
    verdict = next((each for each in _TELLING if each in row["verdicts"]), None)
    if verdict is None:
        return Happening(row["received_at"], row["id"], "pending", about, "waits for what is looked up about it")
    decision = next(each for each in store.ledger.decisions(row["id"]) if each["verdict"] == verdict)
    said = ": ".join(filter(None, (decision["mapping"], alike(decision["reason"]))))
    return Happening(row["received_at"], row["id"], verdict, about, said)
