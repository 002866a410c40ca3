"""Writes down what an example becomes now, in the file that says what it must become; comments and order stay."""

import re
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bridge.catalog.comparing import in_short, is_meant, unsubscribing
from bridge.catalog.due_times import sent_times
from bridge.catalog.examples import Became, Ran
from bridge.catalog.nodes import Node
from bridge.catalog.scalars import looks_like
from bridge.core.model import Plan, Proposal, Unmatched

_PLAIN = re.compile(r"[^\W\d_](?:[\w ./@+()'-]*[\w./@+)])?")  # what YAML takes for a text without quotes, anywhere


def restated(text: str, ran: Ran) -> str:
    """Give the text of an outcome's file with what came out in place of what was expected."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    root = yaml.load(text)
    if "events" in root or len(ran.events) > 1:
        _restate_events(root, ran.events)
    else:
        _restate(root, ran.events[0])
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()


def as_yaml(value: Any) -> Any:
    """Give a JSON value as the writer takes it, so that it is read again as the value that it is."""
    if isinstance(value, dict):
        made = CommentedMap((as_yaml(key), as_yaml(child)) for key, child in value.items())
        if not made:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        listed = CommentedSeq(as_yaml(child) for child in value)
        if not listed:
            listed.fa.set_flow_style()
        return listed
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and not looks_like(Node("text", 1, 1, text=value))
        return value if is_plain else DoubleQuotedScalarString(value)
    return value


def _restate_events(root: CommentedMap, events: tuple[Became, ...]) -> None:
    for key in ("topic", "mappings"):
        root.pop(key, None)
    listed = root.setdefault("events", CommentedSeq())
    del listed[len(events) :]
    for place, became in enumerate(events):
        if place == len(listed):
            listed.append(CommentedMap())
        _restate(listed[place], became)


def _restate(section: CommentedMap, became: Became) -> None:
    if section.get("topic") not in {None, became.event.topic}:
        section["topic"] = as_yaml(became.event.topic)
    wanted = _outcomes(became.proposals)
    _restate_unsubscribed(section, became)
    _restate_times(section, became)
    mappings = section.get("mappings")
    if not isinstance(mappings, CommentedMap) or not mappings:
        section["mappings"] = as_yaml(wanted)
        return
    for name in [name for name in mappings if name not in wanted]:
        del mappings[name]
    for name, outcome in wanted.items():
        _replace(mappings, name, outcome)


def _restate_unsubscribed(section: CommentedMap, became: Became) -> None:
    outcomes = unsubscribing(became.proposals)
    old = section.get("unsubscribes", [])
    texts = old if isinstance(old, list) else [old]
    if len(texts) == len(outcomes) and all(map(is_meant, map(str, texts), outcomes)):
        return
    section.pop("unsubscribes", None)
    if outcomes:
        said = [in_short(outcome) for outcome in outcomes]
        section["unsubscribes"] = as_yaml(said[0] if len(said) == 1 else said)


def _restate_times(section: CommentedMap, became: Became) -> None:
    """Write down the times of the mappings whose times are expected."""
    times, made = section.get("sent"), sent_times(became.proposals)
    for name in list(times) if isinstance(times, CommentedMap) else ():
        if name in made:
            _replace(times, name, made[name] if len(made[name]) > 1 else made[name][0])
        else:
            del times[name]


def _replace(table: CommentedMap, key: str, fresh: Any) -> None:
    """Put a value in place of another, changing only what differs within a table."""
    old = table.get(key)
    if isinstance(old, CommentedMap) and isinstance(fresh, dict):
        for gone in [name for name in old if name not in fresh]:
            del old[gone]
        for name, value in fresh.items():
            _replace(old, name, value)
    elif key not in table or old != fresh or isinstance(old, str | bool) != isinstance(fresh, str | bool):
        table[key] = as_yaml(fresh)


def _outcomes(proposals: tuple[Proposal, ...]) -> dict[str, Any]:
    """Give for each mapping its body, `skipped`, `failed` or `cancelling`; a list where there are several elements."""
    made: dict[str, list[Any]] = {}
    for proposal in proposals:
        outcome = proposal.outcome
        if proposal.mapping and not isinstance(outcome, Unmatched):
            said = dict(outcome.body) if isinstance(outcome, Plan) else in_short(outcome)
            made.setdefault(proposal.mapping, []).append(said)
    return {name: said[0] if len(said) == 1 else said for name, said in made.items()}
