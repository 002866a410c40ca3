"""`python -m tests.bench`: runs the scenarios, prints their tables, writes bench/results.json. Exit 1: no figures."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.machine import PROJECT, describe
from tests.bench.posts import posted
from tests.bench.programs import Spoiled
from tests.bench.report import document, keep, table
from tests.bench.scenarios import Extent, Figures, delivered, durable

RESULTS = PROJECT / "bench" / "results.json"
SCENARIOS: dict[str, Callable[[Path, Extent], Figures]] = {"S1": durable, "S2": delivered, "posts": posted}
_SECONDS = {"S1": 10.0, "S2": 60.0, "posts": 3.0}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each scenario runs (5)")
    parser.add_argument("--seconds", type=float, help="how long each load lasts (S1 10, S2 60, posts 3)")
    parser.add_argument("--only", choices=SCENARIOS, help="only this scenario")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _run(name: str, seconds: float) -> Figures:
    """Run a scenario once, in a folder of its own on the disk of the project."""
    RESULTS.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=RESULTS.parent) as folder:
        return SCENARIOS[name](Path(folder), Extent(seconds))


def main() -> int:
    """Run what was asked for; one error anywhere, and nothing is reported."""
    arguments = _arguments()
    names = [arguments.only] if arguments.only else list(SCENARIOS)
    machine = describe(PROJECT)
    seconds = {name: arguments.seconds or _SECONDS[name] for name in names}
    runs: dict[str, list[Figures]] = {name: [] for name in names}
    try:
        for number in range(arguments.runs):
            for name in names:
                sys.stderr.write(f"{name}, run {number + 1} of {arguments.runs} …\n")
                runs[name].append(_run(name, seconds[name]))
    except Spoiled as error:
        sys.stderr.write(f"No figures: {error}\n")
        return 1
    text = document(machine, runs, seconds)
    keep(RESULTS, text)
    tables = "\n\n".join(table(name, runs[name]) for name in names)
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['file_system']}, commit {machine['commit']}"
    sys.stdout.write(text if arguments.json else f"{tables}\n\n{where}, {machine['changed_files']} files changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
