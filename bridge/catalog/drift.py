"""Finds attributes that are spelled in several ways: the target silently makes an attribute of each spelling."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge.catalog.bodies import STANDARD
from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, echo
from bridge.core.configuration import Channel
from bridge.core.drift import folded, unmistakable


@dataclass(frozen=True, slots=True)
class Spelling:
    """One use of an attribute: for which touchpoint, and where."""

    name: str
    touchpoint: str
    node: Node
    report: Report

    def __str__(self) -> str:
        """Give the place."""
        return f"{self.report.file}:{self.node.line}:{self.node.column}"


@dataclass(slots=True)
class _Firsts:
    """The first use of one attribute at each touchpoint, and at any touchpoint of mail or sms."""

    at: dict[str, Spelling] = field(default_factory=dict)
    anywhere: Spelling | None = None


def spellings(root: Node, report: Report) -> Iterator[Spelling]:
    """Give the attributes that a source's file uses."""
    mappings = root.find("mappings")
    for mapping in mappings.items if mappings else ():
        touchpoint, body = mapping.find("touchpoint"), mapping.find("body")
        for key, _ in body.entries if body and touchpoint else ():
            yield Spelling(key.text, touchpoint.text if touchpoint else "", key, report)


def report_drift(uses: Iterable[Spelling], channels: Mapping[str, Channel]) -> None:
    """Report every other spelling than the first; those that differ in separators or the plural as a warning.

    At one touchpoint it is an error if only case differs, or letters of other alphabets that look the same.
    `channels` are those of the touchpoints. What goes to other systems (http) is compared within one touchpoint only.
    """
    attributes: dict[str, _Firsts] = {}
    for use in uses:
        if folded(use.name) not in STANDARD:
            channel = channels.get(use.touchpoint, "http")  # one that is misspelled still stands for one touchpoint
            _compare(use, attributes.setdefault(folded(use.name), _Firsts()), channel)


def _compare(use: Spelling, firsts: _Firsts, channel: Channel) -> None:
    first = firsts.at.setdefault(use.touchpoint, use)
    if first is use and channel != "http":
        first = firsts.anywhere = firsts.anywhere or use
    if first.name == use.name:
        return
    message = f"the attribute {echo(use.name)} is spelled {echo(first.name)} at {first}"
    if first.touchpoint == use.touchpoint and unmistakable(first.name) == unmistakable(use.name):
        use.report.error(
            use.node,
            f"{message}, for the same touchpoint",
            "the target takes them for two attributes; use one spelling",
        )
    else:
        use.report.warn(use.node, message, "use one spelling if they mean the same")
