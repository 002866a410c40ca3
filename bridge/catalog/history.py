"""Compares the attributes that mapping files use with what their targets have accepted so far."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.catalog.bodies import STANDARD
from bridge.catalog.document import read_document
from bridge.catalog.lint import Seen
from bridge.catalog.nodes import Node
from bridge.catalog.report import Report
from bridge.core.configuration import Catalog, Mapping as Rule, Source
from bridge.core.drift import VALUE_TYPES, Drift, ValueType, Vocabulary, drift_of, folded
from bridge.core.errors import Problem


def report_history(
    files: Mapping[str, str], catalog: Catalog, seen: Seen, known: Vocabulary, *, folder: Path
) -> list[Problem]:
    """Report attributes that a target has under another spelling or type; `seen` tells the types that they have now.

    It is an error where nobody could mean two attributes, else a warning.
    """
    problems: list[Problem] = []
    for source in catalog.sources.values():
        report = Report(str(folder / source.file), files.get(source.file, ""))
        root = read_document(report)
        mappings = root.find("mappings") if root else None
        for rule, node in zip(source.mappings, mappings.items if mappings else (), strict=False):
            for key, drift in _drifting(rule, node, source, seen=seen, known=known):
                say = report.error if drift.is_spelling and drift.is_unmistakable else report.warn
                say(key, drift.message, drift.suggestion)
        problems += report.problems
    return sorted(problems)


def _drifting(rule: Rule, node: Node, source: Source, *, seen: Seen, known: Vocabulary) -> Iterator[tuple[Node, Drift]]:
    body = node.find("body")
    constants = {each.name: each.constant for each in rule.body if each.constant is not None}
    for key, _ in body.entries if body else ():
        name = key.text
        if folded(name) in STANDARD and name not in STANDARD:
            continue  # said already, whatever was accepted
        drift = drift_of(rule.touchpoint, name, None, known)
        if drift is None and rule.channel != "http":
            types: set[ValueType] = set(seen.made.get((source.name, rule.name, name), ()))
            if name in constants:
                types = {VALUE_TYPES[type(constants[name])]}
            drifting = (drift_of(rule.touchpoint, name, given, known) for given in sorted(types))
            drift = next((each for each in drifting if each is not None), None)
        if drift is not None:
            yield key, drift
