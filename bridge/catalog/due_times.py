"""Compares when the requests of an example are sent with the `sent:` beside its `mappings:`, where it has one."""

from collections.abc import Sequence

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, did_you_mean, echo, shown
from bridge.core.model import Plan, Proposal
from bridge.core.sending import spoken_due


def compare_times(wanted: Node | None, proposals: Sequence[Proposal], report: Report) -> None:
    """Report mappings that are named in `sent:`, but whose requests are sent at other times; others may be."""
    if wanted is None:
        return
    if wanted.kind != "table":
        suggestion = 'write sent: {name: "Thu 7 May 2026 09:00 Europe/Berlin"}'
        report.error(wanted, f"sent must be a table of mappings and times, not {shown(wanted)}", suggestion)
        return
    made = sent_times(proposals)
    for key, node in wanted.entries:
        if key.text not in made:
            message = f"sent: {echo(key.text)} does not take this event"
            report.error(key, message, did_you_mean(key.text, made) or "remove it")
            continue
        nodes = node.items if node.kind == "list" else (node,)
        times = made[key.text]
        if [each.text for each in nodes] != times:
            said = ", ".join(each.text or shown(each) for each in nodes)
            report.error(node, f"{key.text} is to be sent {', '.join(times)}; expected {said}")


def sent_times(proposals: Sequence[Proposal]) -> dict[str, list[str]]:
    """Give for each mapping when its requests are sent, in words; `never` where it plans none."""
    made: dict[str, list[str]] = {}
    for each in proposals:
        if each.mapping:
            said = spoken_due(each.outcome) if isinstance(each.outcome, Plan) else "never"
            made.setdefault(each.mapping, []).append(said)
    return made
