"""Writes the last results into the documents: the chart docs/speed.svg and the tables of docs/speed.md."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.chart import chart, in_words
from tests.bench.machine import PROJECT
from tests.bench.report import Runs, findings, keep, rows
from tests.bench.targets import TITLES

DOCUMENT, CHART = PROJECT / "docs" / "speed.md", PROJECT / "docs" / "speed.svg"
_BLOCK = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)


def write_documents(results: Path, *, document: Path = DOCUMENT, picture: Path = CHART) -> None:
    """Take the results into the document, between its two marks, and draw the chart beside it."""
    content = json.loads(results.read_text("utf-8"))
    keep(picture, chart(list(findings(content["runs"]))))
    text, count = _BLOCK.subn(lambda match: match[1] + figures(content) + match[2], document.read_text("utf-8"))
    if count != 1:
        raise ValueError(f"{document} must have one place for the figures")
    keep(document, text)


def figures(content: dict[str, Any]) -> str:
    """Write what was measured, and on what, in Markdown."""
    runs: Runs = content["runs"]
    said = in_words(list(findings(runs)))
    parts = [f"![Chart, how far each figure is from its target: {said}](speed.svg)", _where(content["machine"])]
    parts.append("\n".join(_summary(runs)))
    parts += [f"### {TITLES[name]}\n\n" + "\n".join(_details(name, runs)) for name in runs]
    return "\n\n".join(parts) + "\n"


def _where(machine: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    changed = f" with {machine['changed_files']} files changed" if machine["changed_files"] else ""
    hardware = f"{machine['processor']} with {machine['cores']} cores, {machine['system']}, {machine['file_system']}"
    software = f"Python {machine['python']}, SQLite {machine['sqlite']}, {packages}"
    return f"Commit {machine['commit']}{changed}, {hardware}, {software}."


def _summary(runs: Runs) -> Iterator[str]:
    yield "| | figure | median (range) | target | |"
    yield "| --- | --- | ---: | --- | --- |"
    for each in findings(runs):
        verdict = "" if each.target.is_met(each.middle) else "missed"
        yield f"| {each.name} | {each.target.what} | {each.text} | {_plain(str(each.target))} | {verdict} |"


def _details(name: str, runs: Runs) -> Iterator[str]:
    yield f"| | median of {len(runs[name])} | from, to | target |"
    yield "| --- | ---: | ---: | --- |"
    for row in rows(name, runs[name]):
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    return text.replace(">=", "≥").replace("<", "&lt;")
