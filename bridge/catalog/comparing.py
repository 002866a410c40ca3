"""Compares what the mappings made of an example with what its file expects, key by key."""

import json
from collections.abc import Mapping, Sequence

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, did_you_mean, echo, shown
from bridge.catalog.scalars import constant
from bridge.core.configuration import Source
from bridge.core.model import Failed, Plan, Proposal, Scalar, Skipped, Unmatched

_LONGEST_VALUE = 200  # characters of a value that a message shows

Outcome = Plan | Skipped | Failed | Unmatched


def compare(wanted: Node, proposals: Sequence[Proposal], topic: str, *, source: Source, report: Report) -> None:
    """Report the differences between an example's `mappings:` and the proposals of one event."""
    made: dict[str, list[Outcome]] = {}
    for proposal in proposals:
        if not isinstance(proposal.outcome, Unmatched):
            made.setdefault(proposal.mapping, []).append(proposal.outcome)
    names = [mapping.name for mapping in source.mappings]
    for key, node in wanted.entries:
        if key.text not in names:
            report.error(key, f"{source.file} has no mapping {echo(key.text)}", did_you_mean(key.text, names))
        elif key.text not in made:
            report.error(key, f"{key.text} does not take the topic {echo(topic)}", "remove it, or change the topic")
        else:
            _compare_all(key.text, node, made.pop(key.text), report)
    for name, outcomes in made.items():
        if name not in {key.text for key, _ in wanted.entries}:
            report.error(wanted, f"{name} takes this event too", f"add {name}: {_summary(outcomes)}")


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
    elif node.text not in {"skipped", "failed"}:
        report.error(node, f"{name} must be a body, skipped or failed, not {shown(node)}")
    elif node.text != type(outcome).__name__.lower():
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
        case Skipped(reason=reason) | Unmatched(reason=reason):
            return f"skipped: {reason}"


def _summary(outcomes: list[Outcome]) -> str:
    said = [
        _json(dict(outcome.body)) if isinstance(outcome, Plan) else type(outcome).__name__.lower()
        for outcome in outcomes
    ]
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]"


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
