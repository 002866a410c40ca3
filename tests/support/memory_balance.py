"""The memory double's books, drawn up: by source and day from what it still holds, as it does not count by day."""

from collections import Counter, defaultdict

from bridge.core.model import STATES, VERDICTS
from bridge.outbox.books import Balance, Imbalance
from tests.support.memory import DAY, Rows


def memory_balance(rows: Rows, source: str | None, since: int | None) -> Balance:
    imbalances = imbalances_of(rows) if source is None and since is None else ()
    first = 0 if since is None else since // DAY
    days = [
        {"day": day, "source": name, **{counted: number for counted, number in counts.items() if number}}
        for (day, name), counts in sorted(counted_by_day(rows).items())
        if day >= first and source in (None, name)
    ]
    return Balance(imbalances, tuple(days), dict(rows.counters))


def counted_by_day(rows: Rows) -> dict[tuple[int, str], Counter[str]]:
    days: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    places = {key: (row["received_at"] // DAY, row["source"]) for key, row in rows.events.items()}
    decided = {row["event_id"] for row in rows.decisions}
    for key, place in places.items():
        days[place].update(["events.accepted", "events.decided" if key in decided else "events.waiting"])
    for row in rows.decisions:
        days[places[row["event_id"]]].update(["decisions", f"decisions.{row['verdict']}"])
    for each in rows.deliveries.values():
        made = "deliveries.replayed" if each.replay_id else "deliveries.planned"
        days[places[each.event_id]].update([made, f"deliveries.{each.state}"])
    return days


def imbalances_of(rows: Rows) -> tuple[Imbalance, ...]:
    counters, stored = rows.counters, Counter(each.state for each in rows.deliveries.values())
    made = counters["deliveries.planned"] + counters["deliveries.replayed"]
    pairs = {
        "events": (counters["events.accepted"], counters["events.decided"] + counters["events.waiting"]),
        "decisions": (counters["decisions"], sum(counters[f"decisions.{each}"] for each in VERDICTS)),
        "deliveries": (made, sum(counters[f"deliveries.{each}"] for each in STATES)),
    } | {
        state: (counters[f"deliveries.{state}"] - counters[f"pruned.deliveries.{state}"], stored[state])
        for state in STATES
    }
    return tuple(Imbalance(name, left, right) for name, (left, right) in pairs.items() if left != right)
