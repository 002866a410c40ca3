"""Reads `looked_up:` of an example: what the system would answer, gone through as a real lookup would."""

from typing import Any

from bridge.catalog.nodes import Node
from bridge.catalog.reader import Section
from bridge.catalog.report import Report
from bridge.catalog.scalars import constant, is_null
from bridge.core.configuration import Lookup, Source
from bridge.core.errors import MappingFailed
from bridge.core.language.context import Context
from bridge.core.lookup import choose, rehearse


def looked_up(wanted: Section, source: Source, context: Context, report: Report) -> dict[str, Any] | None:
    """Give the answers by name for an event that waits for a lookup; None after reporting that there are none."""
    try:
        lookup = choose(source.lookups, context)
        assert lookup is not None, "whoever asks knows that a lookup takes the event, or fails to say"
        given = _given(wanted, lookup, report)
        answers, paths = rehearse(lookup, context, given or ())
    except MappingFailed as error:
        report.error(wanted.node, f"the lookup would fail: {error}")
        return None
    if given is None:
        asked = f"{lookup.base_url}{paths[0]}" if paths else "nothing"
        report.error(
            wanted.node,
            f"this event waits for its lookup, which asks for {asked}",
            "write looked_up: and what is answered" + (", a list of the answers" if len(lookup.requests) > 1 else ""),
        )
        return None
    return None if report.failed else answers


def _given(wanted: Section, lookup: Lookup, report: Report) -> list[Any] | None:
    """Give the answers in the order of the requests; None where the example has none."""
    node = wanted.nodes.get("looked_up")
    if node is None or node.kind == "refused":
        return None
    if len(lookup.requests) == 1:
        return [_plain(node, report)]
    if node.kind != "list" or len(node.items) != len(lookup.requests):
        message = f"looked_up must be a list of {len(lookup.requests)} answers, in the order of the requests"
        report.error(node, message, "write null for a request that is not made")
        return []
    return [_plain(item, report) for item in node.items]


def _plain(node: Node, report: Report) -> Any:
    match node.kind:
        case "table":
            return {key.text: _plain(value, report) for key, value in node.entries}
        case "list":
            return [_plain(item, report) for item in node.items]
    if is_null(node):
        return None
    try:
        return constant(node)
    except ValueError as error:
        report.error(node, f"looked_up: {error}")
        return None
