"""What one event would become by some mapping files: read, looked up and mapped, never sent and never stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.app.post import content_type
from bridge.app.rehearsal import rehearsal
from bridge.core.configuration import Mapping as Rule, Source
from bridge.core.ids import Kind
from bridge.core.language.expression import Expression
from bridge.core.model import Cancel, Entry, Event, Facts, Inbound, Plan, Proposal, Unsubscribe
from bridge.core.reading import as_sent
from bridge.core.resolve import resolve
from bridge.core.sending import spoken_timing
from bridge.intake import Rules, context_of, propose_again, read_again, take_in, waits_for_lookup

NO_KEY = bytes(32)  # hashes of people are not shown, so their key does not matter here
MOST_USED = 40  # values of one decision that are shown


@dataclass(frozen=True, slots=True)
class Tried:
    """One event as it is read, and what the mappings say of it.

    `asks` are the addresses that its lookup would ask, `waits` says that an answer of it is lacking.
    """

    event: Event
    proposals: tuple[Proposal, ...]
    looks_up: bool = False
    asks: tuple[str, ...] = ()
    waits: bool = False


def try_request(
    source: Source, body: bytes, *, headers: Mapping[str, str], answers: Sequence[Any], received_at: int, rules: Rules
) -> list[Tried]:
    """Take a request in as if it had been verified; `answers` are those of its lookup, one for each request.

    Raises Unreadable.
    """
    sent = as_sent(body, content_type(headers))
    lowered = {name.lower(): value for name, value in headers.items()}
    intake = take_in(Inbound(source.name, "POST", "", lowered, sent, received_at), source, new_id=_no_id, rules=rules)
    return [_rehearsed(entry, source, answers, rules) for entry in intake.entries]


def try_event(
    event: Event, source: Source, *, body: bytes | None, answers: Mapping[str, Any] | None, rules: Rules
) -> Tried:
    """Read a stored event anew and map it; `body` stands for its own where it was edited. Raises Unreadable.

    `answers` are those of its lookup, by name, as far as they are kept.
    """
    if body is not None:
        event = replace(event, body=as_sent(body, event.headers.get("content-type", "")))
    event = read_again(event, source, rules=rules)
    if waits_for_lookup(source, context_of(event, source, rules=rules)) and answers is None:
        return _rehearsed(Entry(event, (), lookup=True), source, (), rules)
    return Tried(event, propose_again(event, source, new_id=_no_id, rules=rules, answers=answers))


def _rehearsed(entry: Entry, source: Source, answers: Sequence[Any], rules: Rules) -> Tried:
    if not entry.lookup:
        return Tried(entry.event, entry.proposals)
    tried = rehearsal(entry.event, source, answers, new_id=_no_id, rules=rules)
    return Tried(entry.event, tried.proposals, looks_up=True, asks=tried.asks, waits=tried.is_lacking)


def shown(tried: Tried) -> dict[str, Any]:
    """Give the event and its decisions as plain values."""
    event = tried.event
    record: dict[str, Any] = {"topic": event.topic, "event_id": event.source_event_id, "tenant": event.tenant}
    if tried.looks_up:
        record["lookup"] = {"asks": list(tried.asks), "waits": tried.waits}
    return record | {"decisions": [_decision(proposal) for proposal in tried.proposals]}


def _decision(proposal: Proposal) -> dict[str, Any]:
    decision = resolve(proposal, Facts())
    plan, outcome = decision.plan, proposal.outcome
    return {
        "mapping": decision.mapping,
        "element": decision.element,
        "verdict": decision.verdict,
        "reason": _stopped(outcome) if isinstance(outcome, Cancel | Unsubscribe) else decision.reason,
        "touchpoint": plan.touchpoint if plan else None,
        "key": outcome.key if isinstance(outcome, Plan | Cancel) else None,
        "body": dict(plan.body) if plan else None,
        "due_at": plan.due_at if plan else None,
        "expires_at": plan.expires_at if plan else None,
        "sending": spoken_timing(plan) if plan else None,
    }


def _stopped(outcome: Cancel | Unsubscribe) -> str:
    """Say what would be stopped; whether something waits is not known here."""
    if isinstance(outcome, Unsubscribe):
        return f"{outcome.shown} is not asked again"
    return f"cancels {outcome.mapping} about {outcome.key}"


def used_values(event: Event, source: Source, proposal: Proposal, *, rules: Rules) -> dict[str, Any]:
    """Give what the payload has at each path that the mapping reads, null where it has nothing. Raises Unreadable.

    With `for_each` the paths are those of the element.
    """
    rule = next((each for each in source.mappings if each.name == proposal.mapping), None)
    if rule is None:
        return {}
    context = context_of(event, source, rules=rules)
    value = context.payload
    if rule.for_each is not None:
        listed = rule.for_each.evaluate(value, context)
        value = listed[proposal.element] if isinstance(listed, list) and proposal.element < len(listed) else None
    return {path: _at(value, path) for path in _paths(rule)[:MOST_USED]}


def _paths(rule: Rule) -> list[str]:
    expressions: list[Expression | None] = [rule.when, rule.key, *(field.expression for field in rule.body)]
    expressions += rule.sending.expressions.values() if rule.sending else ()
    return list(dict.fromkeys(path for each in expressions if each is not None for path in each.paths))


def _at(value: Any, path: str) -> Any:
    """Read a dotted path; through lists, the first element that has it."""
    for name in path.split("."):
        while isinstance(value, list):
            value = next((each for each in value if not isinstance(each, dict) or name in each), None)
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _no_id(kind: Kind) -> str:
    return f"{kind}_try"
