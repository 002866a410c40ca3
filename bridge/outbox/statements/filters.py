"""The conditions that a filter stands for; text from a filter only ever becomes a parameter.

States and verdicts are literals, so that the planner can see that a partial index covers them.
"""

# ruff: noqa: S608 - only literals of this file and placeholders are put together

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bridge.core.ids import Kind, make_id
from bridge.core.model import State, Verdict
from bridge.outbox.statements.marking import DELIVERIES_FOUND, EVENTS_FOUND
from bridge.outbox.terms import Filter

Condition = tuple[list[str], dict[str, Any]]
_NEVER = "1 = 0"
_FATE_UNKNOWN = "state = 'held' AND asked_at IS NOT NULL"
_RARE: frozenset[State] = frozenset({"sending", "held", "cancelled", "dead"})
_FEW = _RARE | {"pending"}  # as many as may wait


def placeholders(values: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Give `:item_0, :item_1, …` and the parameters for them."""
    parameters = {f"item_{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{name}" for name in parameters) or "NULL", parameters


def joined(conditions: list[str]) -> str:
    """Give the conditions as one; none means any row."""
    return " AND ".join(conditions) or "1 = 1"


def of_deliveries(wanted: Filter, state: State | None) -> Condition:
    """Select deliveries in this state, or in any; `ids` may be of deliveries or of events."""
    conditions, parameters = _placed(wanted, "id", "dlv")
    if state:
        conditions.append(f"state = '{state}'")
    if wanted.verdicts and "planned" not in wanted.verdicts:
        conditions.append(_NEVER)
    for name in ("source", "touchpoint"):
        if (value := getattr(wanted, name)) is not None:
            # A state that few are in leads: the function keeps the planner from walking through a touchpoint's history.
            conditions.append(f"COALESCE({name}, '') = :{name}" if state in _FEW else f"{name} = :{name}")
            parameters[name] = value
    if wanted.contact is not None:
        conditions.append(f"id IN ({DELIVERIES_FOUND})")
        parameters["contact"] = wanted.contact
    if wanted.replay is not None:
        conditions.append("replay_id = :replay")
        parameters["replay"] = wanted.replay
    if wanted.fate_unknown:
        conditions.append(_FATE_UNKNOWN)
    if wanted.topic is not None:
        conditions.append("(SELECT topic FROM events WHERE events.id = deliveries.event_id) = :topic")
        parameters["topic"] = wanted.topic
    if wanted.mapping is not None:
        conditions.append(mapping_is(wanted.mapping, parameters, source="source"))
    if wanted.ids:
        names, ids = placeholders(wanted.ids)
        conditions.append(f"(id IN ({names}) OR event_id IN ({names}))")
        parameters.update(ids)
    return conditions, parameters


def of_events(wanted: Filter, verdict: Verdict | None, *, walks: bool = False) -> Condition:
    """Select events by what they are, by this verdict on them and by what came of them.

    Unless one `walks` from event to event, those of which few deliveries come lead.
    """
    # The leading table's own column pages, so that its index ends the search.
    leading = "decisions.event_id" if leads(verdict) else "events.id"
    conditions, parameters = _placed(wanted, leading, "evt")
    for name in ("source", "topic"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"events.{name} = :{name}")
            parameters[name] = value
    if leads(verdict):
        conditions.append(f"decisions.verdict = '{verdict}'")
    elif verdict:
        conditions.append(
            f"EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id AND verdict = '{verdict}')"
        )
    if wanted.contact is not None:
        conditions.append(f"{leading} IN ({EVENTS_FOUND})")
        parameters["contact"] = wanted.contact
    if wanted.mapping is not None:
        named = mapping_is(wanted.mapping, parameters, source="events.source")
        conditions.append(f"EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id AND {named})")
    if wanted.ids:
        names, ids = placeholders(wanted.ids)
        conditions.append(f"events.id IN ({names})")
        parameters.update(ids)
    _add_deliveries_of_events(wanted, conditions, parameters, walks=walks)
    return conditions, parameters


def of_events_by_state(wanted: Filter, state: State) -> Condition:
    """Select events by a rare state of their deliveries, which lead."""
    conditions, parameters = of_events(replace(wanted, states=(), touchpoint=None), None)
    conditions.append(f"deliveries.state = '{state}'")
    if wanted.touchpoint is not None:
        conditions.append("COALESCE(deliveries.touchpoint, '') = :touchpoint")
        parameters["touchpoint"] = wanted.touchpoint
    return conditions, parameters


def are_rare(states: Sequence[State]) -> bool:
    """Say whether few deliveries are in these states, of which there is at least one."""
    return bool(states) and _RARE.issuperset(states)


def leads(verdict: Verdict | None) -> bool:
    """Say whether the index of decisions by verdict holds this one; planned ones are too many for it."""
    return verdict is not None and verdict != "planned"


def of_refused(wanted: Filter) -> Condition:
    """Select refused requests."""
    conditions, parameters = _placed(wanted, "id", "ref")
    for name in ("source", "topic", "status"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"{name} = :{name}")
            parameters[name] = value
    if wanted.ids:
        names, ids = placeholders(wanted.ids)
        conditions.append(f"id IN ({names})")
        parameters.update(ids)
    unread = (wanted.states, wanted.verdicts, wanted.touchpoint, wanted.mapping, wanted.contact, wanted.replay)
    if any((*unread, wanted.fate_unknown)):
        conditions.append(_NEVER)  # a refused request was not read, so it has none of these
    return conditions, parameters


def _placed(wanted: Filter, column: str, kind: Kind) -> Condition:
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    # One upper bound: of two the planner may take the one that ends nothing.
    ends = (None if wanted.until is None else lowest_id(kind, wanted.until), wanted.before)
    bounds = (
        ("since", ">=", None if wanted.since is None else lowest_id(kind, wanted.since)),
        ("before", "<", min((each for each in ends if each is not None), default=None)),
    )
    for name, comparison, bound in bounds:
        if bound is not None:
            conditions.append(f"{column} {comparison} :{name}")
            parameters[name] = bound
    return conditions, parameters


def mapping_is(text: str, parameters: dict[str, Any], *, source: str, column: str = "mapping") -> str:
    """Select a mapping, written `name` or `source/name`; `source` and `column` are where to look."""
    before, slash, name = text.rpartition("/")
    parameters["mapping"] = name
    if not slash:
        return f"{column} = :mapping"
    parameters["mapping_source"] = before
    return f"{source} = :mapping_source AND {column} = :mapping"


def topic_among(topics: Sequence[str], parameters: dict[str, Any]) -> str:
    """Select events of these topics, of which some may end in `*`."""
    terms = []
    for number, topic in enumerate(topics):
        beginning = topic.removesuffix("*")
        parameters[f"topic_{number}"] = beginning
        column = "events.topic"
        if beginning != topic:
            parameters[f"length_{number}"] = len(beginning)
            column = f"SUBSTR(events.topic, 1, :length_{number})"
        terms.append(f"{column} = :topic_{number}")
    return f"({' OR '.join(terms)})"


def _add_deliveries_of_events(
    wanted: Filter, conditions: list[str], parameters: dict[str, Any], *, walks: bool
) -> None:
    if wanted.replay is not None:
        conditions.append("events.id IN (SELECT event_id FROM deliveries WHERE replay_id = :replay)")
        parameters["replay"] = wanted.replay
    if wanted.fate_unknown:
        conditions.append(f"events.id IN (SELECT event_id FROM deliveries WHERE {_FATE_UNKNOWN})")
    if not wanted.states and wanted.touchpoint is None:
        return
    here = ""
    if wanted.touchpoint is not None:
        here = " AND COALESCE(touchpoint, '') = :touchpoint"
        parameters["touchpoint"] = wanted.touchpoint
    if are_rare(wanted.states) and not walks:
        few = [f"events.id IN (SELECT event_id FROM deliveries WHERE state = '{each}'{here})" for each in wanted.states]
        conditions.append(f"({' OR '.join(few)})")
        return
    if wanted.states:
        here += " AND state IN ({})".format(", ".join(f"'{state}'" for state in wanted.states))
    conditions.append(f"EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id{here})")


def lowest_id(kind: Kind, time: int) -> str:
    """Give the lowest id of a time in ms: what sorts before it is older."""
    return make_id(kind, max(time, 0), 0)
