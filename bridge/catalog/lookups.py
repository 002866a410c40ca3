"""Reads `lookup:`: what a system is asked about events that hold only ids, and who may use the answers."""

from collections.abc import Collection, Iterator, Sequence

from bridge.catalog.addresses import check_address
from bridge.catalog.mappings import check_tables, check_topics, mapping_formulas
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import did_you_mean, echo
from bridge.catalog.touchpoints import read_headers, read_rate, read_retry
from bridge.core.configuration import Lookup, Request
from bridge.core.language.expression import Expression, compile_expression
from bridge.core.template import Template

_USUAL = Lookup("", ())
_STAND_IN = compile_expression("`null`")  # never leaves a catalog: the report says what is wrong with it
Formulas = Iterator[tuple[Node, Expression]]


def read_lookups(
    section: Section, reader: Reader, *, tables: Collection[str], topics: Collection[str], system: str
) -> tuple[Lookup, ...]:
    """Read the lookups of a source's file; what is wrong goes to the reader's report."""
    blocks: tuple[Section, ...] = section.get("lookup", ())
    for block in blocks:
        check_topics(block, topics, system, reader)
        for node, expression in _formulas(block):
            check_tables(node, expression, tables, reader)
        _check_own_use(block, reader)
    return tuple(_lookup(block, reader) for block in blocks)


def _lookup(block: Section, reader: Reader) -> Lookup:
    further: tuple[Section, ...] = block.get("then", ())
    return Lookup(
        base_url=_base_url(block, reader),
        requests=(
            Request(block.get("get", _STAND_IN)),
            *(Request(request.get("get", _STAND_IN), request.get("as", "")) for request in further),
        ),
        topics=block.get("on", ()),
        when=block.get("when"),
        headers=read_headers(block, reader),
        rate=read_rate(block),
        timeout=block.get("timeout", _USUAL.timeout),
        retry=read_retry(block, reader, usual=_USUAL.retry),
        line=block.node.line,
        written_url=block.at("base_url").text.rstrip("/"),
    )


def _base_url(block: Section, reader: Reader) -> str:
    address: Template | None = block.get("base_url")
    if address is None:
        return ""
    if address.secret_names:
        reader.report.error(block.at("base_url"), "base_url must not have a secret in it", "write it under headers")
        return ""
    check_address(address, "base_url", block.at("base_url"), reader.report, environment=reader.environment)
    return (address.render({}) or "").rstrip("/")


def _formulas(block: Section) -> Formulas:
    further: tuple[Section, ...] = block.get("then", ())
    for part in (block, *further):
        for key in ("when", "get"):
            if (expression := part.get(key)) is not None:
                yield part.at(key), expression


def _check_own_use(block: Section, reader: Reader) -> None:
    """Report requests that use answers which are not there yet, and names that stand twice."""
    for key in ("when", "get"):
        if (expression := block.get(key)) is not None and "looked_up" in expression.functions:
            reader.report.error(block.at(key), f"{key} cannot use looked_up(): nothing was looked up yet")
    seen: list[str] = []
    further: tuple[Section, ...] = block.get("then", ())
    for request in further:
        if (expression := request.get("get")) is not None:
            _check_names(request.at("get"), expression, seen, reader)
        if (name := request.get("as", "")) in seen:
            reader.report.error(request.at("as"), f"as: {echo(name)} stands twice in this lookup")
        seen.append(name)


def _check_names(node: Node, expression: Expression, names: Sequence[str], reader: Reader) -> None:
    for name in expression.answers:
        if name and name not in names:
            known = f"possible: {', '.join(map(repr, names))}" if names else "looked_up() is the first answer"
            suggestion = did_you_mean(name, names) or known
            position = max(node.text.find(f"'{name}'"), 0)
            reader.report.error(
                node, f"no request before this is called {echo(name)} by as:", suggestion, position=position
            )


def check_uses(section: Section, event: Formulas, lookups: Sequence[Lookup], reader: Reader) -> None:
    """Report expressions that use answers which there never are: in `event:`, or without a lookup for their topics."""
    for node, expression in event:
        if "looked_up" in expression.functions:
            reader.report.error(node, "event: cannot use looked_up(): it is read before anything is looked up")
    blocks: tuple[Section, ...] = section.get("mappings", ())
    for block in blocks:
        for node, expression in mapping_formulas(block):
            if "looked_up" in expression.functions:
                check_use(block, node, expression, lookups, reader)


def check_use(
    block: Section,
    node: Node,
    expression: Expression,
    lookups: Sequence[Lookup],
    reader: Reader,
    *,
    file: str = "this file",
) -> None:
    """Report an expression that uses answers which there never are for the block's topics; `file` has the lookups."""
    position = max(node.text.find("looked_up"), 0)
    if not lookups:
        message = f"looked_up() has nothing to give: {file} has no lookup"
        reader.report.error(node, message, "write lookup: with base_url and get", position=position)
        return
    topics: tuple[str, ...] = block.get("on", ())
    fitting = [each for each in lookups if not topics or any(overlaps(each.topics, topic) for topic in topics)]
    if not fitting:
        message = "looked_up() has nothing to give: no lookup is about these topics"
        reader.report.error(node, message, "add them under lookup: on", position=position)
        return
    names = [request.name for each in fitting for request in each.requests[1:]]
    if all(names):  # a message about a name that could not be read would mislead
        _check_names(node, expression, names, reader)


def overlaps(topics: Sequence[str], topic: str) -> bool:
    """Say whether an event could have a topic that both take; no topics are all."""
    if not topics:
        return True
    return any(_fits(one, topic) or _fits(topic, one) for one in topics)


def _fits(pattern: str, topic: str) -> bool:
    return topic.startswith(pattern[:-1]) if pattern.endswith("*") else topic == pattern
