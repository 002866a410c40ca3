"""`python -m tests.bench`: runs the scenarios, prints their tables, writes bench/results.json.

`--document` measures nothing: it writes the last results into docs/. Exit 1: at least one scenario has no figures.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.bench.documenting import write_documents
from tests.bench.machine import PROJECT, describe
from tests.bench.programme import SCENARIOS, Scenario, chosen
from tests.bench.programs import Spoiled
from tests.bench.report import document, keep, table
from tests.bench.scenarios import Figures

RESULTS = PROJECT / "bench" / "results.json"


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    made.add_argument("--only", nargs="+", choices=SCENARIOS, default=[], help="only these scenarios")
    made.add_argument("--quick", action="store_true", help="a look: little of each, once")
    made.add_argument("--runs", type=int, help="how often each runs (1 to 5, as each is worth)")
    made.add_argument("--seconds", type=float, help="how long each load lasts (S1 4, S2 8, overload 6)")
    made.add_argument("--count", type=int, help="deliveries that wait in S3 (100,000), of the past in S5 and S6 "
                        "(1,000,000), orders of S7 (100,000)")  # fmt: skip
    made.add_argument("--json", action="store_true", help="print JSON instead of tables")
    made.add_argument("--document", action="store_true", help="write the last results into docs/ and end")
    return made


def _measure(scenarios: dict[str, Scenario]) -> tuple[dict[str, list[Figures]], dict[str, str]]:
    """Run them by turns; gives the figures of those that went well to the end, and why others did not."""
    runs: dict[str, list[Figures]] = {name: [] for name in scenarios}
    spoiled: dict[str, str] = {}
    RESULTS.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shared-", dir=RESULTS.parent) as shared:
        for turn in range(max(scenario.runs for scenario in scenarios.values())):
            for name, scenario in scenarios.items():
                if turn < scenario.runs and name not in spoiled:
                    sys.stderr.write(f"{name}, run {turn + 1} of {scenario.runs} …\n")
                    try:
                        runs[name].append(_run(scenario, Path(shared)))
                    except Spoiled as error:
                        spoiled[name] = str(error)
    return {name: each for name, each in runs.items() if name not in spoiled}, spoiled


def _run(scenario: Scenario, shared: Path) -> Figures:
    """Run a scenario once, in a folder of its own on the disk of the project."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=RESULTS.parent) as folder:
        return scenario.run(Path(folder), replace(scenario.extent, shared=shared))


def main() -> int:
    """Measure what was asked for; one error anywhere, and that scenario has no figures."""
    asked = parser().parse_args()
    if asked.document:
        write_documents(RESULTS)
        return 0
    scenarios = chosen(asked.only, quick=asked.quick, runs=asked.runs, seconds=asked.seconds, count=asked.count)
    machine = describe(PROJECT)
    runs, spoiled = _measure(scenarios)
    extents = {name: {"seconds": each.extent.seconds, "count": each.extent.count} for name, each in scenarios.items()}
    text = document(machine, runs, extents)
    keep(RESULTS, text)
    tables = "\n\n".join(table(name, each) for name, each in runs.items())
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['file_system']}, commit {machine['commit']}"
    sys.stdout.write(text if asked.json else f"{tables}\n\n{where}, {machine['changed_files']} files changed\n")
    for name, reason in spoiled.items():
        sys.stderr.write(f"{name}: no figures: {reason}\n")
    return 1 if spoiled else 0


if __name__ == "__main__":
    sys.exit(main())
