"""Counting what a filter selects, in bounded time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from bridge.core.model import State, Verdict
from bridge.outbox.figures import COUNT_FOR, MOST_COUNTED, Count, Counted
from bridge.outbox.sqlite import Parameters, Transaction
from bridge.outbox.statements import counting as sql, filters
from bridge.outbox.terms import Filter

Search = tuple[str, Parameters]  # a statement that finds ids
Choice = TypeVar("Choice", State, Verdict)


def count(
    transaction: Transaction, what: Counted, wanted: Filter, *, most: int = MOST_COUNTED, ms: int = COUNT_FOR
) -> Count:
    """Count what the filter selects; see `figures.Figures.count`. `most` rows within `ms`."""
    wanted = replace(wanted, before=None)
    kept = _kept(transaction, what, wanted)
    if kept is not None:
        return Count(kept, exact=True)
    found, all_of_them = transaction.different(searches(what, wanted), most=most, ms=ms)
    number = len(found)
    if not all_of_them and number < most:  # how many were found in time says more of the machine than of the books
        number = _round(number - 1)
    return Count(number, exact=all_of_them)


def _round(number: int) -> int:
    """Give the next lower number of one digit and zeros: 1,853 is 1,000."""
    ten = 10 ** (len(str(number)) - 1)
    return number // ten * ten if number > 0 else 0


def _kept(transaction: Transaction, what: Counted, wanted: Filter) -> int | None:
    """Give the number where kept counters know it."""
    if what == "events" and wanted.is_empty:
        number: int = transaction.rows(sql.KEPT_EVENTS)[0][0]
        return number
    if what == "deliveries" and wanted == Filter(states=wanted.states, touchpoint=wanted.touchpoint):
        totals: list[int] = [
            value
            for touchpoint, state, value in transaction.rows(sql.KEPT_DELIVERIES)
            if wanted.touchpoint in {None, touchpoint} and (not wanted.states or state in wanted.states)
        ]
        return sum(totals)
    return None


def searches(what: Counted, wanted: Filter) -> Iterator[Search]:
    """Give the searches that together find the ids: one for each state or verdict, as each has an index."""
    if what == "refused":
        yield _search(sql.REFUSED, filters.of_refused(wanted))
    elif what == "deliveries":
        for state in _choices(wanted.states):
            yield _search(sql.DELIVERIES, filters.of_deliveries(wanted, state))
    elif filters.are_rare(wanted.states) and not wanted.verdicts and wanted.contact is None:
        for rare in dict.fromkeys(wanted.states):
            yield _search(sql.EVENTS_BY_STATE, filters.of_events_by_state(wanted, rare))
    else:
        for verdict in _choices(wanted.verdicts):
            yield _search(_events(verdict), filters.of_events(wanted, verdict))


def _choices(choices: tuple[Choice, ...]) -> tuple[Choice | None, ...]:
    return tuple(dict.fromkeys(choices)) or (None,)


def _events(verdict: Verdict | None) -> str:
    return sql.EVENTS_BY_VERDICT if filters.leads(verdict) else sql.EVENTS


def _search(statement: str, condition: filters.Condition) -> Search:
    conditions, parameters = condition
    return statement.format(conditions=filters.joined(conditions)), parameters
