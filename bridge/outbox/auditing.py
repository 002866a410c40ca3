"""The proof that the books balance: equations over counts by source and day, counts against rows, rows against rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.core.model import STATES, VERDICTS
from bridge.outbox.books import Balance, Imbalance
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import auditing as sql, filters, reading
from bridge.outbox.tally import DAY, SourceDay
from bridge.outbox.terms import Row

MOST_ROWS = 20  # rows named per imbalance

# What is counted, less what was pruned of it, is stored.
_STORED = {
    "events": "events counted - pruned = events stored",
    "events.waiting": "events.waiting counted - pruned = events.waiting stored",
    **{f"decisions.{verdict}": f"{verdict} decisions counted - pruned = stored" for verdict in VERDICTS},
    "deliveries.replayed": "deliveries.replayed counted - pruned = deliveries.replayed stored",
    **{f"deliveries.{state}": f"{state} deliveries counted - pruned = stored" for state in STATES},
}
_KEPT_DAILY = frozenset(
    {"events.accepted", "events.decided", "decisions", "deliveries.planned", "pruned.events"}
    | _STORED.keys() - {"events"}
    | {f"pruned.{name}" for name in _STORED if name != "events.waiting"}
)
_WRONG_ROWS = {
    "events without a decision or a waiting lookup = 0": sql.UNDECIDED_EVENTS,
    "decisions without their event = 0": sql.DECISIONS_WITHOUT_EVENT,
    "planned decisions without their delivery = 0": sql.PLANS_WITHOUT_DELIVERY,
    "deliveries without their event, of their source and day = 0": sql.DELIVERIES_WITHOUT_EVENT,
    "deliveries without their planned decision = 0": sql.DELIVERIES_WITHOUT_PLAN,
    "replayed deliveries without their record = 0": sql.REPLAYS_WITHOUT_RECORD,
    "delivered without an attempt = 0": sql.ENDED_WITHOUT_ATTEMPT,
    "taken by the target but not delivered = 0": sql.TAKEN_BUT_NOT_DELIVERED,
    "attempts without their delivery = 0": sql.ATTEMPTS_WITHOUT_DELIVERY,
    "lookups without their event = 0": sql.LOOKUPS_WITHOUT_EVENT,
    "replays without the lookup they wait for = 0": sql.AWAITED_IN_VAIN,
}

Counts = Counter[str]
Daily = dict[SourceDay, Counts]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which part of the books: of one source or of all, from a day on."""

    source: str | None
    day: int

    @property
    def is_whole(self) -> bool:
        return self.source is None and self.day == 0

    def covers(self, source: str | None, day: int | None) -> bool:
        """Say whether a wrong row belongs here; one that does not say where it belongs does so everywhere."""
        return (self.source is None or source in (None, self.source)) and (day is None or day >= self.day)

    @property
    def parameters(self) -> dict[str, int | str | None]:
        """Bound the ids by the day before: a clock that was set back gives ids from before their event's receipt."""
        since = (self.day - 1) * DAY
        ids = {kind: filters.lowest_id(kind, since) if self.day else "" for kind in ("evt", "dlv")}
        return {"source": self.source, "day": self.day, "events": ids["evt"], "deliveries": ids["dlv"]}


def balance(transaction: Transaction, *, source: str | None = None, since: int | None = None) -> Balance:
    """Draw up the books of one source or of all, from the day (UTC) of `since` on, and prove that they balance."""
    scope = _Scope(source, 0 if since is None else max(since // DAY, 0))
    counters = Counter(dict(transaction.rows(reading.COUNTERS)))
    daily = _daily(transaction, scope)
    stored, at_touchpoints = _stored(transaction, scope)
    wrong = _wrong_rows(transaction, scope)
    imbalances = [*_over_days(daily), *_against_rows(daily, stored, _culprits(wrong))]
    if scope.is_whole:
        whole = sum(stored.values(), Counter())
        imbalances = [
            *equations(counters),
            *_over_all_days(counters, daily),
            *_overall(transaction, counters, whole),
            *_totals(transaction, at_touchpoints),
            *imbalances,
        ]
    imbalances += [_named(Imbalance(name, len(rows), 0), [row for row, _ in rows]) for name, rows in wrong.items()]
    return Balance(tuple(imbalances), tuple(_sheet(daily)), counters)


# -- what is counted ------------------------------------------------------------------------------------------


def _daily(transaction: Transaction, scope: _Scope) -> Daily:
    daily: Daily = defaultdict(Counter)
    for source, day, name, value in transaction.rows(sql.DAILY, {"day": scope.day, "source": scope.source}):
        daily[source, day][name] = value
    return daily


def _sheet(daily: Daily) -> Iterator[Row]:
    for (source, day), counts in daily.items():
        yield {"day": day, "source": source, **{name: value for name, value in counts.items() if value}}


def _over_days(daily: Daily) -> Iterator[Imbalance]:
    for of, counts in daily.items():
        yield from equations(counts, of=of)


def equations(counts: Counts, *, of: SourceDay | None = None) -> Iterator[Imbalance]:
    """Give the equations of the books that do not hold over these counts: what came in, was decided, goes out."""
    verdicts = sum(counts[f"decisions.{verdict}"] for verdict in VERDICTS)
    states = sum(counts[f"deliveries.{state}"] for state in STATES)
    made = counts["deliveries.planned"] + counts["deliveries.replayed"]
    kept = counts["events.decided"] + counts["events.waiting"]
    yield from _unequal("events accepted = events decided + waiting", counts["events.accepted"], kept, of=of)
    if counts["decisions"] < counts["events.decided"]:
        yield _imbalance("decisions >= events decided", counts["decisions"], counts["events.decided"], of=of)
    yield from _unequal(f"decisions = {' + '.join(VERDICTS)}", counts["decisions"], verdicts, of=of)
    planned = counts["decisions.planned"]
    yield from _unequal("deliveries planned = planned decisions", counts["deliveries.planned"], planned, of=of)
    yield from _unequal(f"deliveries planned + replayed = {' + '.join(STATES)}", made, states, of=of)


def _over_all_days(counters: Counts, daily: Daily) -> Iterator[Imbalance]:
    for name in sorted(_KEPT_DAILY.union(*daily.values())):
        days = sum(counts[name] for counts in daily.values())
        yield from _unequal(f"{name} counted = {name} counted on all days", counters[name], days)


# -- what is stored -------------------------------------------------------------------------------------------


def _stored(transaction: Transaction, scope: _Scope) -> tuple[Daily, Counter[tuple[str, str]]]:
    """Count the rows by source and day, and the deliveries by touchpoint and state."""
    stored: Daily = defaultdict(Counter)
    touchpoints: Counter[tuple[str, str]] = Counter()
    for source, day, number in transaction.rows(sql.EVENTS_STORED, scope.parameters):
        stored[source, day]["events"] = number
    for source, day, verdict, is_waiting, number in transaction.rows(sql.DECISIONS_STORED, scope.parameters):
        if verdict is not None:
            stored[source, day][f"decisions.{verdict}"] = number
        elif is_waiting:
            stored[source, day]["events.waiting"] = number
    for source, day, touchpoint, state, number, replayed in transaction.rows(sql.DELIVERIES_STORED, scope.parameters):
        stored[source, day][f"deliveries.{state}"] += number
        stored[source, day]["deliveries.replayed"] += replayed
        touchpoints[touchpoint, state] += number
    return stored, touchpoints


def _kept(counts: Counts, name: str) -> int:
    return counts["events.accepted" if name == "events" else name] - counts[f"pruned.{name}"]


def _overall(transaction: Transaction, counters: Counts, stored: Counts) -> Iterator[Imbalance]:
    for name, equation in _STORED.items():
        yield from _unequal(equation, _kept(counters, name), stored[name])
    for name, statement in (("attempts", sql.COUNT_ATTEMPTS), ("refused", sql.COUNT_REFUSED)):
        number = transaction.rows(statement)[0][0]
        yield from _unequal(f"{name} counted - pruned = {name} stored", _kept(counters, name), number)


def _totals(transaction: Transaction, stored: Counter[tuple[str, str]]) -> Iterator[Imbalance]:
    totals: Counter[tuple[str, str]] = Counter()
    for touchpoint, state, value in transaction.rows(reading.TOTALS):
        totals[touchpoint, state] = value
    for touchpoint, state in sorted(stored.keys() | totals.keys()):
        name = f"{state} deliveries to {touchpoint} counted = stored"
        yield from _unequal(name, totals[touchpoint, state], stored[touchpoint, state])


def _against_rows(daily: Daily, stored: Daily, culprits: Mapping[SourceDay, list[str]]) -> Iterator[Imbalance]:
    for of in sorted(daily.keys() | stored.keys(), key=lambda of: (of[1], of[0])):
        for name, equation in _STORED.items():
            for found in _unequal(equation, _kept(daily[of], name), stored[of][name], of=of):
                yield _named(found, culprits.get(of, []))


# -- the rows at fault ----------------------------------------------------------------------------------------

WrongRows = dict[str, list[tuple[str, SourceDay | None]]]


def _wrong_rows(transaction: Transaction, scope: _Scope) -> WrongRows:
    found: WrongRows = {}
    for equation, statement in _WRONG_ROWS.items():
        rows = [
            (str(name), None if source is None or day is None else (source, day))
            for name, source, day in transaction.rows(statement, scope.parameters)
            if scope.covers(source, day)
        ]
        if rows:
            found[equation] = rows
    return found


def _culprits(wrong: WrongRows) -> dict[SourceDay, list[str]]:
    """Give the rows at fault by source and day; what is wrong there has most likely to do with them."""
    culprits: dict[SourceDay, list[str]] = defaultdict(list)
    for rows in wrong.values():
        for name, of in rows:
            if of is not None and name not in culprits[of][:MOST_ROWS]:
                culprits[of].append(name)
    return culprits


def _named(imbalance: Imbalance, rows: list[str]) -> Imbalance:
    named = tuple(rows[:MOST_ROWS])
    return Imbalance(
        imbalance.equation,
        imbalance.left,
        imbalance.right,
        named,
        imbalance.source,
        imbalance.day,
        len(rows) - len(named),
    )


def _unequal(equation: str, left: int, right: int, *, of: SourceDay | None = None) -> Iterator[Imbalance]:
    if left != right:
        yield _imbalance(equation, left, right, of=of)


def _imbalance(equation: str, left: int, right: int, *, of: SourceDay | None) -> Imbalance:
    source, day = of or (None, None)
    return Imbalance(equation, left, right, (), source, day)
