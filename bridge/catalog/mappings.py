"""Reads the `mappings:` of a source: which events become which requests."""

from collections.abc import Collection, Iterator, Mapping as Table
from dataclasses import dataclass

from bridge.catalog.bodies import read_body
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import did_you_mean, echo
from bridge.catalog.scalars import looks_like
from bridge.catalog.sending import read_sending, sending_formulas
from bridge.core.configuration import Mapping, Touchpoint
from bridge.core.language.expression import Expression
from bridge.core.model import Repeat


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a mapping may refer to. `touchpoints` None: that file could not be read, so nothing is said about them.

    `topics` are the usual topics of the preset `system`; none where nobody knows.
    """

    touchpoints: Table[str, Touchpoint] | None
    tables: Collection[str]
    topics: Collection[str] = ()
    system: str = ""


def read_mapping(section: Section, around: Surroundings, reader: Reader) -> Mapping:
    """Read one mapping; what is wrong goes to the reader's report."""
    touchpoint = _touchpoint(section, around, reader)
    check_topics(section, around.topics, around.system, reader)
    for node, expression in mapping_formulas(section):
        check_tables(node, expression, around.tables, reader)
    return Mapping(
        name=section.get("name", ""),
        touchpoint=section.get("touchpoint", ""),
        channel=touchpoint.channel if touchpoint else "http",
        body=read_body(section, touchpoint.channel if touchpoint else None, reader),
        topics=section.get("on", ()),
        when=section.get("when"),
        key=section.get("key"),
        repeat=_repeat(section, reader),
        for_each=section.get("for_each"),
        cap=touchpoint.cap if touchpoint else None,
        sending=read_sending(section, reader),
        is_cancelled="cancel_on" in section.nodes,
        line=section.node.line,
    )


def _touchpoint(section: Section, around: Surroundings, reader: Reader) -> Touchpoint | None:
    name = section.get("touchpoint")
    if name is None or around.touchpoints is None:
        return None
    if name not in around.touchpoints:
        suggestion = did_you_mean(name, around.touchpoints) or "add it to touchpoints.yaml"
        reader.report.error(
            section.at("touchpoint"), f"the touchpoint {echo(name)} is not in touchpoints.yaml", suggestion
        )
    return around.touchpoints.get(name)


def check_topics(section: Section, topics: Collection[str], system: str, reader: Reader) -> None:
    """Report what is wrong with `on:`; `topics` are the usual ones of the `system`, none where nobody knows."""
    node = section.nodes.get("on")
    for place in () if node is None else node.items or (node,):
        topic = place.text
        if place.kind != "text" or not topic or looks_like(place):
            continue
        if "*" in topic[:-1]:
            reader.report.error(
                place, f"on: a * can stand only at the end, not as in {echo(topic)}", "write one entry per topic"
            )
        elif topics and not _is_known(topic, topics):
            message = f"{echo(topic)} is not one of the usual topics of {system}"
            reader.report.warn(place, message, did_you_mean(topic, topics))


def _is_known(topic: str, topics: Collection[str]) -> bool:
    if topic.endswith("*"):
        return any(known.startswith(topic[:-1]) for known in topics)
    return topic in topics


def _repeat(section: Section, reader: Reader) -> Repeat:
    if (repeat := section.get("repeat")) in {"once", "replace"} and "key" not in section.nodes:
        reader.report.error(
            section.at("repeat"), f"repeat: {repeat} needs a key", "write key: and what it is about, such as key: id"
        )
    return section.get("repeat", "once" if "key" in section.nodes else "send")  # type: ignore[no-any-return]  # its shape lists Repeat's words


def mapping_formulas(section: Section) -> Iterator[tuple[Node, Expression]]:
    """Give the expressions of a mapping, each with its place."""
    for key in ("when", "key", "for_each"):
        if (expression := section.get(key)) is not None:
            yield section.at(key), expression
    fields: Table[str, Section] = section.get("body", {})
    for field in fields.values():
        if (expression := field.get("expr")) is not None:
            yield field.at("expr"), expression
    yield from sending_formulas(section)


def check_tables(
    node: Node, expression: Expression, tables: Collection[str], reader: Reader, *, file: str = "this file"
) -> None:
    """Report tables that an expression looks things up in, but the `file` of the events does not have."""
    for name in expression.tables:
        if name not in tables:
            suggestion = did_you_mean(name, tables) or "add it under tables:"
            position = max(node.text.find(f"'{name}'"), 0)
            reader.report.error(node, f"the table {echo(name)} is not in {file}", suggestion, position=position)
