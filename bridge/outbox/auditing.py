"""The proof that the books balance: equations over counters, counters against rows, rows against each other."""

from collections import Counter
from collections.abc import Iterator

from bridge.core.model import STATES, VERDICTS
from bridge.outbox.protocol import Imbalance
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import auditing as sql, reading

MOST_ROWS = 20  # rows named per imbalance

_BETWEEN_ROWS = {
    "events without a decision or a waiting lookup = 0": sql.UNDECIDED_EVENTS,
    "lookups without their event = 0": sql.LOOKUPS_WITHOUT_EVENT,
    "replays without the lookup they wait for = 0": sql.AWAITED_IN_VAIN,
    "planned decisions without their delivery = 0": sql.PLANS_WITHOUT_DELIVERY,
    "deliveries without their planned decision = 0": sql.DELIVERIES_WITHOUT_PLAN,
    "replayed deliveries without their record = 0": sql.REPLAYS_WITHOUT_RECORD,
    "delivered without an attempt = 0": sql.ENDED_WITHOUT_ATTEMPT,
}


def audit(transaction: Transaction) -> list[Imbalance]:
    """Give every equation that does not hold; an empty list proves that the books balance."""
    counters = Counter(dict(transaction.rows(reading.COUNTERS)))
    return [*_over_counters(counters), *_against_rows(transaction, counters), *_between_rows(transaction)]


def _over_counters(counters: Counter[str]) -> Iterator[Imbalance]:
    verdicts = sum(counters[f"decisions.{verdict}"] for verdict in VERDICTS)
    states = sum(counters[f"deliveries.{state}"] for state in STATES)
    made = counters["deliveries.planned"] + counters["deliveries.replayed"]
    kept = counters["events.decided"] + counters["events.waiting"]
    yield from _unequal("events accepted = events decided + waiting", counters["events.accepted"], kept)
    if counters["decisions"] < counters["events.decided"]:
        yield Imbalance("decisions >= events decided", counters["decisions"], counters["events.decided"])
    yield from _unequal(f"decisions = {' + '.join(VERDICTS)}", counters["decisions"], verdicts)
    planned = counters["decisions.planned"]
    yield from _unequal("deliveries planned = planned decisions", counters["deliveries.planned"], planned)
    yield from _unequal(f"deliveries planned + replayed = {' + '.join(STATES)}", made, states)


def _against_rows(transaction: Transaction, counters: Counter[str]) -> Iterator[Imbalance]:
    def compare(name: str, statement: str, *, counter: str = "") -> Iterator[Imbalance]:
        kept = counters[counter or name] - counters[f"pruned.{name}"]
        yield from _unequal(f"{name} counted - pruned = {name} stored", kept, transaction.rows(statement)[0][0])

    yield from compare("events", sql.COUNT_EVENTS, counter="events.accepted")
    yield from compare("events.waiting", sql.COUNT_WAITING)
    yield from compare("attempts", sql.COUNT_ATTEMPTS)
    yield from compare("refused", sql.COUNT_REFUSED)
    yield from compare("deliveries.replayed", sql.COUNT_REPLAYED)
    stored = Counter(dict(transaction.rows(sql.COUNT_VERDICTS)))
    for verdict in VERDICTS:
        kept = counters[f"decisions.{verdict}"] - counters[f"pruned.decisions.{verdict}"]
        yield from _unequal(f"{verdict} decisions counted - pruned = stored", kept, stored[verdict])
    yield from _deliveries_against_rows(transaction, counters)


def _deliveries_against_rows(transaction: Transaction, counters: Counter[str]) -> Iterator[Imbalance]:
    stored: Counter[tuple[str, str]] = Counter()
    for touchpoint, state, number in transaction.rows(sql.COUNT_STATES):
        stored[touchpoint, state] = number
    for state in STATES:
        kept = counters[f"deliveries.{state}"] - counters[f"pruned.deliveries.{state}"]
        number = sum(count for (_, each), count in stored.items() if each == state)
        yield from _unequal(f"{state} deliveries counted - pruned = stored", kept, number)
    totals: Counter[tuple[str, str]] = Counter()
    for touchpoint, state, value in transaction.rows(reading.TOTALS):
        totals[touchpoint, state] = value
    for touchpoint, state in sorted(stored | totals):
        name = f"{state} deliveries to {touchpoint} counted = stored"
        yield from _unequal(name, totals[touchpoint, state], stored[touchpoint, state])


def _between_rows(transaction: Transaction) -> Iterator[Imbalance]:
    for equation, statement in _BETWEEN_ROWS.items():
        rows = [str(row) for (row,) in transaction.rows(statement)]
        if rows:
            yield Imbalance(equation, len(rows), 0, tuple(rows[:MOST_ROWS]))


def _unequal(equation: str, left: int, right: int) -> Iterator[Imbalance]:
    if left != right:
        yield Imbalance(equation, left, right)
