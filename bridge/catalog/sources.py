"""Reads `<source>.yaml`: a system that sends webhooks, how it proves itself, and what becomes of its events."""

import re
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any

from bridge.catalog.cancelling import Draft, read_unsubscribing
from bridge.catalog.keys import SOURCE, SOURCE_NAME
from bridge.catalog.lookups import check_uses, read_lookups
from bridge.catalog.mappings import Surroundings, check_tables, read_mapping
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section, read_block
from bridge.catalog.report import echo
from bridge.catalog.verifying import known_reading, read_reading, read_scheme, reading_formulas
from bridge.core.configuration import Mapping, Rate, Reading, Source, Touchpoint
from bridge.core.presets.conduct import manners_of
from bridge.core.verification.scheme import Scheme

_FILE_START = Node("refused", 1, 1)


def read_source(name: str, root: Node, reader: Reader, *, touchpoints: Table[str, Touchpoint] | None) -> Draft:
    """Read a source's file. `name` is the file's stem; `touchpoints` None where that file could not be read."""
    section = read_block(reader, SOURCE, root)
    _check_name(name, section, reader)
    verify, event = section.get("verify", Section(root, {}, {})), section.get("event")
    scheme = read_scheme(verify, reader) if verify.node is not root else None
    _check_secrets(verify, reader)
    preset = known_reading(verify)
    reading = read_reading(preset, event)
    tables: dict[str, Table[str, Any]] = section.get("tables", {})
    for node, expression in reading_formulas(event):
        check_tables(node, expression, tables, reader)
    topics = preset.topics if preset and not (event and event.get("topic")) else ()
    around = Surroundings(touchpoints, tables, topics, preset.name if preset else "")
    lookups = read_lookups(section, reader, tables=tables, topics=topics, system=around.system)
    check_uses(section, reading_formulas(event), lookups, reader)
    limit: tuple[int, int] | None = section.get("limit")
    if scheme is not None and preset is None:
        _check_reading(section, reading, reader)
    usual = preset.unsubscribes if preset and topics else ()
    source = Source(
        name=name,
        file=f"{name}.yaml",
        scheme=scheme or Scheme("none"),  # never leaves a catalog: the report says what is wrong with it
        secrets=verify.get("secrets", ()),
        reading=reading,
        mappings=_mappings(section, around, reader),
        tables=MappingProxyType({table: MappingProxyType(rows) for table, rows in tables.items()}),
        limit=Rate(*limit) if limit else None,
        preset=verify.get("preset"),
        manners=manners_of(verify.get("preset"), handshake=section.get("handshake")),
        verify_token=verify.get("verify_token"),
        lookups=lookups,
        unsubscribing=read_unsubscribing(section, around, reader, reading=reading, lookups=lookups, usual=usual),
    )
    return Draft(source, section, around, reader)


def _check_name(name: str, section: Section, reader: Reader) -> None:
    said = section.get("source")
    if not re.fullmatch(SOURCE_NAME.pattern, name):
        reader.report.error(
            _FILE_START, f"the file's name must be {SOURCE_NAME.hint}, not {echo(name)}", "rename the file"
        )
    elif said is not None and said != name:
        reader.report.error(
            section.at("source"),
            f"source must be the file's name: {name}, not {echo(said)}",
            "change it, or rename the file",
        )


def _check_secrets(verify: Section, reader: Reader) -> None:
    if verify.get("kind") == "none":
        if "secrets" in verify.nodes:
            reader.report.error(
                verify.at("secrets"), "kind none uses no secrets", "remove them, or write how requests are signed"
            )
    elif verify.nodes.keys() & {"preset", "kind"} and "secrets" not in verify.nodes.keys() | verify.meant:
        reader.report.error(verify.node, "verify.secrets is missing", 'write secrets: ["${secret:NAME}"]')


def _mappings(section: Section, around: Surroundings, reader: Reader) -> tuple[Mapping, ...]:
    lines: dict[str, int] = {}
    mappings = []
    blocks: tuple[Section, ...] = section.get("mappings", ())
    for block in blocks:
        mapping = read_mapping(block, around, reader)
        if mapping.name in lines:
            reader.report.error(
                block.at("name"), f"the mapping {echo(mapping.name)} stands twice; first on line {lines[mapping.name]}"
            )
        elif mapping.name:
            lines[mapping.name] = mapping.line
        mappings.append(mapping)
    return tuple(mappings)


def _check_reading(section: Section, reading: Reading, reader: Reader) -> None:
    """Report what a source needs that nobody says; without a preset, only the file's `event:` can."""
    event: Section | None = section.get("event")
    said = event.nodes.keys() | event.meant if event else section.nodes.keys() & {"event"}
    blocks: tuple[Section, ...] = section.get("mappings", ())
    wanting = next((block for block in blocks if block.get("on")), None)
    if wanting is not None and reading.topic is None and not said & {"topic", "event"}:
        suggestion = "write event: {topic: …} with an expression such as header('x-topic')"
        reader.report.error(wanting.at("on"), "on never fits: nothing says what the topic is", suggestion)
    if reading.id is None and not said & {"id", "event"}:
        message = "no event id is known, so that only the same topic and body within 24 h count as sent twice"
        reader.report.warn(section.at("verify"), message, "write event: {id: …} if there is one")
