"""Compares what the mappings made of an example with what its file expects, key by key."""

import json
from collections.abc import Mapping, Sequence

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, did_you_mean, echo, shown
from bridge.catalog.scalars import constant
from bridge.core.configuration import Source
from bridge.core.contact import digest
from bridge.core.model import Cancel, Failed, Plan, Proposal, Scalar, Skipped, Unmatched, Unsubscribe

_LONGEST_VALUE = 200  # characters of a value that a message shows
_POSSIBLE = frozenset({"skipped", "failed", "cancelling"})
INDEX_KEY = bytes(32)  # of the hashes of examples

Outcome = Plan | Cancel | Unsubscribe | Skipped | Failed


def compare(wanted: Node, proposals: Sequence[Proposal], topic: str, *, source: Source, report: Report) -> None:
    """Report the differences between an example's `mappings:` and the proposals of one event."""
    made: dict[str, list[Outcome]] = {}
    for proposal in proposals:
        if proposal.mapping and not isinstance(proposal.outcome, Unmatched):
            made.setdefault(proposal.mapping, []).append(proposal.outcome)
    names = _names(source)
    for key, node in wanted.entries:
        if key.text not in names:
            report.error(key, f"{source.file} has no mapping {echo(key.text)}", did_you_mean(key.text, names))
        elif key.text not in made:
            report.error(key, f"{key.text} does not take the topic {echo(topic)}", "remove it, or change the topic")
        else:
            _compare_all(key.text, node, made.pop(key.text), report)
    for name, outcomes in made.items():
        if name not in {key.text for key, _ in wanted.entries}:
            is_cancelled = any(isinstance(outcome, Cancel) for outcome in outcomes)
            message = f"this event cancels {name}" if is_cancelled else f"{name} takes this event too"
            report.error(wanted, message, f"add {name}: {_summary(outcomes)}")


def compare_unsubscribed(wanted: Node | None, proposals: Sequence[Proposal], report: Report, *, place: Node) -> None:
    """Report the differences between an example's `unsubscribes:`, if it has one, and whom the event unsubscribes.

    Expected are addresses and numbers, whole or masked, `skipped` or `failed`; `place` is where a lacking one is told.
    """
    outcomes = unsubscribing(proposals)
    nodes = () if wanted is None else wanted.items if wanted.kind == "list" else (wanted,)
    if len(nodes) != len(outcomes) or not all(map(is_meant, (node.text for node in nodes), outcomes)):
        said = ", ".join(map(_said, outcomes)) or "nobody"
        suggestion = f"write unsubscribes: {_summary(outcomes)}" if outcomes else "remove it"
        report.error(wanted or place, f"unsubscribes: expected {_expected(nodes)}, got {said}", suggestion)


def unsubscribing(proposals: Sequence[Proposal]) -> list[Outcome]:
    """Give what an event's `suppress_on` says of contacts."""
    return [each.outcome for each in proposals if not each.mapping and not isinstance(each.outcome, Unmatched)]


def is_meant(text: str, outcome: Outcome) -> bool:
    """Say whether a text of an example expects this outcome."""
    if isinstance(outcome, Unsubscribe):
        return text == outcome.shown or digest(INDEX_KEY, text) == outcome.contact
    return text == in_short(outcome) or (isinstance(outcome, Cancel) and text == "cancelling")


def in_short(outcome: Outcome) -> str:
    """Give the words for an outcome that is no body."""
    match outcome:
        case Cancel(key=key):
            return f"cancelling {key}"
        case Unsubscribe(shown=shown):
            return shown
    return type(outcome).__name__.lower()


def _names(source: Source) -> list[str]:
    """Give the names that decisions about the source's events may have."""
    elsewhere = (f"{each.source}/{each.mapping}" for each in source.cancellers if each.source != source.name)
    return [*(mapping.name for mapping in source.mappings), *dict.fromkeys(elsewhere)]


def _expected(nodes: Sequence[Node]) -> str:
    return ", ".join(map(shown, nodes)) or "nobody"


def _compare_all(name: str, node: Node, outcomes: list[Outcome], report: Report) -> None:
    wanted = node.items if node.kind == "list" else (node,)
    if len(wanted) != len(outcomes):
        message = f"{name}: expected {len(wanted)} decisions, got {len(outcomes)}"
        report.error(node, message, f"write {name}: {_summary(outcomes)}")
        return
    for number, (one, outcome) in enumerate(zip(wanted, outcomes, strict=True)):
        _compare_one(f"{name}[{number}]" if len(outcomes) > 1 else name, one, outcome, report)


def _compare_one(name: str, node: Node, outcome: Outcome, report: Report) -> None:
    if node.kind == "table":
        if isinstance(outcome, Plan):
            _compare_bodies(name, node, outcome.body, report)
        else:
            report.error(node, f"{name}: expected a body, got {_said(outcome)}")
    elif node.text.partition(" ")[0] not in _POSSIBLE:
        report.error(node, f"{name} must be a body, skipped, failed or cancelling, not {shown(node)}")
    elif not is_meant(node.text, outcome):
        report.error(node, f"{name}: expected {node.text}, got {_said(outcome)}")


def _compare_bodies(name: str, node: Node, body: Mapping[str, Scalar], report: Report) -> None:
    for key, value in node.entries:
        where = f"{name}.{key.text}"
        if value.kind != "text":
            report.error(value, f"{where} must be a text, a number, true or false, not {shown(value)}")
            continue
        try:
            expected = constant(value)
        except ValueError as error:
            report.error(value, f"{where} {error}")
            continue
        if key.text not in body:
            report.error(key, f"{where}: expected {_json(expected)}, got nothing")
        elif type(body[key.text]) is not type(expected) or body[key.text] != expected:
            report.error(value, f"{where}: expected {_json(expected)}, got {_json(body[key.text])}")
    for attribute in body.keys() - {key.text for key, _ in node.entries}:
        report.error(node, f"{name}.{attribute}: expected nothing, got {_json(body[attribute])}")


def _said(outcome: Outcome) -> str:
    match outcome:
        case Plan(body=body):
            return f"the body {_json(dict(body))}"
        case Failed(reason=reason):
            return f"failed: {reason}"
        case Skipped(reason=reason):
            return f"skipped: {reason}"
        case _:
            return in_short(outcome)


def _summary(outcomes: list[Outcome]) -> str:
    said = [_json(dict(outcome.body)) if isinstance(outcome, Plan) else in_short(outcome) for outcome in outcomes]
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
