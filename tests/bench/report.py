"""From the runs' figures to tables for people and a file for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tabulate import tabulate

from tests.bench.scenarios import Figures
from tests.bench.targets import TARGETS, TITLES, Target, meaning

Runs = Mapping[str, Sequence[Figures]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure that has a target, over all its runs."""

    name: str
    target: Target
    middle: float
    least: float
    most: float

    @property
    def text(self) -> str:
        """The median and, where there are several runs, the range."""
        if self.least == self.most:
            return number(self.middle)
        return f"{number(self.middle)} ({number(self.least)} to {number(self.most)})"


def findings(runs: Runs) -> Iterator[Finding]:
    """Give what became of the targets, ratios first."""
    for wants_ratio in (True, False):
        for (name, key), target in TARGETS.items():
            if name in runs and (key == "ratio") is wants_ratio:
                values = [run[key] for run in runs[name]]
                yield Finding(name, target, median(values), min(values), max(values))


def table(name: str, runs: Sequence[Figures]) -> str:
    """Write one scenario's figures as median, least and most, the ratio first."""
    heads = ["", f"median of {len(runs)}", "from, to", "target"]
    aligned = ("left", "right", "right", "left")
    return f"{TITLES[name]}\n" + tabulate(rows(name, runs), heads, disable_numparse=True, colalign=aligned)


def rows(name: str, runs: Sequence[Figures]) -> list[list[str]]:
    """Give the cells of one scenario's table."""
    found = []
    for key in runs[0]:
        values = [run[key] for run in runs]
        spread = f"{number(min(values))} to {number(max(values))}" if len(values) > 1 else ""
        target = TARGETS.get((name, key))
        found.append([meaning(name, key), number(median(values)), spread, str(target) if target else ""])
    return found


def number(value: float) -> str:
    """Write a figure as precisely as it is worth."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def document(machine: Mapping[str, object], runs: Runs, extents: Mapping[str, object]) -> str:
    """Write everything as JSON."""
    medians = {name: {key: median(run[key] for run in each) for key in each[0]} for name, each in runs.items()}
    content = {"machine": machine, "extents": extents, "median": medians, "runs": runs}
    return json.dumps(content, indent=2) + "\n"


def keep(path: Path, text: str) -> None:
    """Write the file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
