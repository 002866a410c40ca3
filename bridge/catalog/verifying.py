"""Reads the `verify:` and `event:` blocks: how a source proves itself, and how its requests are read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from bridge.catalog.keys import PRESET_KEYS
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import did_you_mean, echo
from bridge.catalog.scalars import constant, is_null
from bridge.core.configuration import Reading
from bridge.core.language.expression import Expression, compile_expression
from bridge.core.presets import PRESETS, Preset
from bridge.core.verification.scheme import Scheme
from bridge.core.verification.schemes import ALIASES, SCHEMES
from bridge.core.verification.verify import parse_scheme

_SECRETS = frozenset({"secrets", "verify_token"})  # keys of `verify:` that are no knobs
_QUOTED_PATH = re.compile(r"'([A-Za-z_]+(?:[.\[][\w.\[\]-]*)?)'")


def preset_names() -> frozenset[str]:
    """Give every name that `preset:` may have: known systems, and schemes of which only the signature is known."""
    return frozenset({*PRESETS, *SCHEMES, *ALIASES})


def read_scheme(section: Section, reader: Reader) -> Scheme | None:
    """Read how requests are signed, from a preset or from knobs; None after reporting that it cannot be read."""
    report = reader.report
    if "preset" in section.nodes:
        return _preset_scheme(section, reader)
    if "kind" not in section.nodes:
        report.error(
            section.node, "verify has neither preset nor kind", "write preset: and the system's name, or kind: token"
        )
        return None
    unread = any(
        section.get(key) is None or _refused(node) for key, node in section.nodes.items() if key not in _SECRETS
    )
    if unread or section.meant:  # a message about what follows from it would mislead
        return None
    knobs = {key: _plain(node) for key, node in section.nodes.items() if key not in _SECRETS}
    if "consts" in knobs:
        knobs["consts"] = _consts(section, reader)
    try:
        scheme = parse_scheme(knobs)
    except ValueError as error:
        report.error(_blamed(section, str(error)), f"verify: {error}")
        return None
    if scheme.kind == "none":
        report.warn(section.at("kind"), "kind none proves nothing: anybody who knows the address can send events")
    return scheme


def _preset_scheme(section: Section, reader: Reader) -> Scheme | None:
    for key, node in section.nodes.items():
        if key not in PRESET_KEYS:
            reader.report.error(node, f"{key} does not go with preset, which says it already", "remove one of them")
    name = section.get("preset")
    if name is None:
        return None
    if name not in preset_names():
        suggestion = did_you_mean(name, preset_names()) or f"possible: {', '.join(sorted(preset_names()))}"
        reader.report.error(section.at("preset"), f"the preset {echo(name)} is not known", suggestion)
        return None
    return _with_consts(SCHEMES[_scheme_name(name)], section, reader)


def _scheme_name(preset: str) -> str:
    return PRESETS[preset].scheme if preset in PRESETS else ALIASES.get(preset, preset)


def _with_consts(scheme: Scheme, section: Section, reader: Reader) -> Scheme:
    consts = dict(scheme.consts)
    for key, _ in section.at("consts").entries if "consts" in section.nodes else ():
        if key.text not in consts:
            known = f"possible: {', '.join(consts)}" if consts else "this preset has none; remove it"
            reader.report.error(key, f"{echo(key.text)} is not one of this preset's consts", known)
    consts |= {name: value for name, value in _consts(section, reader).items() if name in consts}
    for name, value in consts.items():
        if not value and name not in {key.text for key, _ in section.at("consts").entries}:
            reader.report.error(
                section.node, f"this preset needs consts: {{{name}: …}}", "the value is that of your installation"
            )
    return replace(scheme, consts=tuple(consts.items()))


def _consts(section: Section, reader: Reader) -> dict[str, str]:
    templates = section.get("consts", {})
    for name, template in templates.items():
        if template.secret_names:
            reader.report.error(
                section.at("consts").find(name), f"consts.{name} must not be a secret", "secrets stand under secrets"
            )
    return {name: template.render({}) or "" for name, template in templates.items()}


def _plain(node: Node) -> Any:
    match node.kind:
        case "table":
            return {key.text: _plain(value) for key, value in node.entries}
        case "list":
            return [_plain(item) for item in node.items]
        case _ if is_null(node):
            return None
        case _:
            try:
                return constant(node)
            except ValueError:
                return node.text


def _refused(node: Node) -> bool:
    return node.kind == "refused" or any(map(_refused, (*node.items, *(value for _, value in node.entries))))


def _blamed(section: Section, message: str) -> Node:
    """Find the place that a message about knobs names by its quoted path."""
    quoted = _QUOTED_PATH.search(message)
    node: Node | None = section.node
    found = section.at("kind")
    for step in re.findall(r"\w+", quoted[1]) if quoted else ():
        if node is not None:
            is_index = node.kind == "list" and step.isdigit() and int(step) < len(node.items)
            node = node.items[int(step)] if is_index else node.find(step)
            found = node or found
    return found


# -- event ------------------------------------------------------------------------------------------------


def known_reading(section: Section) -> Preset | None:
    """Give the preset that says how requests of this source are read, if one does."""
    return PRESETS.get(section.get("preset", ""))


@cache
def _compiled(name: str) -> Reading:
    preset = PRESETS[name]
    texts = {key: getattr(preset, key) for key in ("topic", "id", "tenant", "time", "contact")}
    return Reading(
        **{key: compile_expression(text) for key, text in texts.items() if text},
        refs=tuple((kind, compile_expression(text)) for kind, text in preset.refs),
        each=preset.each,
    )


def read_reading(preset: Preset | None, event: Section | None) -> Reading:
    """Give how requests are read: what the file says, over what the preset knows."""
    reading = _compiled(preset.name) if preset else Reading()
    if event is None:
        return reading
    said: dict[str, Any] = {key: value for key, value in event.values.items() if value is not None}
    if "refs" in said:
        own: Mapping[str, tuple[Expression, ...]] = said["refs"]
        kept = tuple(pair for pair in reading.refs if pair[0] not in own)
        said["refs"] = (*kept, *((kind, formula) for kind, formulas in own.items() for formula in formulas))
    return replace(reading, **said)


def reading_formulas(event: Section | None) -> Iterator[tuple[Node, Expression]]:
    """Give the expressions that the file's `event:` holds, each with its place."""
    if event is None:
        return
    for key, value in event.values.items():
        if isinstance(value, Expression):
            yield event.nodes[key], value
    refs: Mapping[str, tuple[Expression, ...]] = event.get("refs", {})
    for kind, formulas in refs.items():
        node = event.nodes["refs"].find(kind) or event.nodes["refs"]
        places = [place for place in node.items or (node,) if place.kind == "text"]
        yield from zip(places, formulas, strict=False)  # an unreadable expression is in one of them only
