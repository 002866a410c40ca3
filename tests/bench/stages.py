"""Where the time of `bridge serve` goes: `python -m tests.bench.stages S1 --sampler PATH-OF-PY-SPY`.

The sampler is py-spy, installed in an environment of its own: it watches from outside, and the bridge runs as ever. It
looks at the one thread that holds the interpreter, for which all threads wait; so the figures are microseconds of
interpreter time per order. What runs without it (SQLite, the disk) shows only in the processor time above the table. A
sample counts for the stage of its innermost known frame; what that calls elsewhere is its own. Being watched slows the
bridge down: compare shares, not sums.
"""

import argparse
import linecache
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tabulate import tabulate

from tests.bench.machine import PROJECT, thread_times
from tests.bench.programs import bridge, load, program
from tests.bench.scenarios import Extent
from tests.bench.setup import EACH

_FRAME = re.compile(r"(?P<function>\S+) \((?P<file>[^():]+):(?P<line>\d+)\)")
_FOLDER = re.compile(r"\(\S*(?:site-packages|python3\.\d+)/|\(" + re.escape(f"{PROJECT}/"))
_RATE = 400  # samples a second
_MOST = 40  # rows of a table

# A stage and what its frames look like, "file:function"; the first that fits wins, from the innermost frame outwards.
_STAGES = (
    ("receive: verify", r"core/verif\w*/|core/(verify|evidence|shared_secret|signature|message|age)\.py"),
    ("receive: parse JSON", r"intake\.py:(read_body|_read_json|_check_depth)|core/intake/bod\w+\.py"),
    ("map: contact, address", r"core/contact\.py|email_validator|phonenumbers"),
    (
        "map: expressions",
        r"core/(language/|mapping|expression|compiler|builtins|paths|projections|comparisons|moments)",
    ),
    ("event: ids, marks, headers", r"intake\.py|core/(ids|credentials)\.py|app/clock\.py"),
    ("store: settle", r"outbox/sending\.py:(settle|_carry_out|_attempt_row|_effect|_may_be_taken|_unless_replaced)"),
    ("store: claim", r"outbox/claiming\.py|core/judgement\.py|outbox/reading\.py|sending\.py:next_due"),
    ("store: accept", r"outbox/(accepting|planning)\.py"),
    ("store: hand over", r"outbox/desk\.py"),
    ("store: other", r"outbox/"),
    ("log and metrics", r"bridge/telemetry/|prometheus_client|logging/__init__"),
    ("send", r"bridge/touchpoint/|/httpx/|/httpcore/|/h11/"),
    ("courier", r"bridge/courier/|core/retry\.py"),
    ("receive: HTTP", r"bridge/web/|/uvicorn/|/starlette/"),
    ("housekeeping", r"bridge/app/"),
)
_COMPILED = tuple((stage, re.compile(pattern)) for stage, pattern in _STAGES)


def stage_of(stack: str) -> str:
    """Give the stage of one stack, frames joined by `;` from the outermost on; a commit is a stage whoever makes it."""
    frames = [match for part in stack.split(";") if (match := _FRAME.search(part))]
    for frame in reversed(frames):
        if frame["file"].endswith("outbox/sqlite.py") and '"COMMIT"' in _source(frame):
            return "store: commit"
        place = f"{frame['file']}:{frame['function']}"
        if frame["file"].endswith("outbox/sqlite.py"):
            continue  # statements belong to whoever makes them
        for stage, pattern in _COMPILED:
            if pattern.search(place):
                return stage
    return "event loop, collector, idle frames"


def _source(frame: re.Match[str]) -> str:
    file = Path(frame["file"])
    return linecache.getline(str(file if file.is_absolute() else PROJECT / file), int(frame["line"]))


def stages(samples: str, orders: int) -> str:
    """Write the table of the stages and of the hottest innermost frames."""
    by_stage: Counter[str] = Counter()
    innermost: Counter[str] = Counter()
    for line in samples.splitlines():
        stack, _, count = line.rpartition(" ")
        by_stage[stage_of(stack)] += int(count)
        innermost[stack.rpartition(";")[2]] += int(count)
    first = _table("stage", by_stage, orders)
    return f"{first}\n\n{_table('innermost frame', innermost, orders)}"


def _table(head: str, counts: Counter[str], orders: int) -> str:
    total = counts.total() or 1
    rows = [
        [_FOLDER.sub("(", name), f"{count / total:.1%}", f"{1e6 * count / _RATE / orders:.0f}"]
        for name, count in counts.most_common(_MOST)
    ]
    rows.append(["all", "", f"{1e6 * total / _RATE / orders:.0f}"])
    return tabulate(rows, [head, "share", "us/order"], disable_numparse=True)


def record(name: str, sampler: str, seconds: float, folder: Path) -> str:
    """Run the load of a scenario while the sampler watches; gives the tables."""
    gauge, samples = folder / "target.gauge", folder / "samples.txt"
    extent = Extent(seconds, warm_up=0.0)
    with program("target", str(gauge)) as target, bridge(folder, target.address, paused=name == "S1") as serve:
        watch = [sampler, "record", "--gil", "--pid", str(serve.pid), "--output", str(samples), "--format", "raw"]
        options = ["--rate", str(_RATE), "--duration", str(int(seconds + 2)), "--full-filenames"]
        with subprocess.Popen([*watch, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as watching:
            before = thread_times(serve.pid)
            done = load(extent.job(serve.port, gauge=None if name == "S1" else gauge))
            used = {thread: time - before.get(thread, 0.0) for thread, time in thread_times(serve.pid).items()}
            watching.wait(seconds + 30)
    rate = f"{done.counted / done.seconds / (EACH if name == 'S2' else 1):,.0f} orders/s while being watched"
    busy = {thread: time for thread, time in used.items() if time}
    threads = [f"{1e6 * time / done.sent:.0f} us in {_thread(thread, serve.pid)}" for thread, time in busy.items()]
    return f"{rate}; processor time per order: {', '.join(threads)}\n\n{stages(samples.read_text('utf-8'), done.sent)}"


def _thread(thread: int, process: int) -> str:
    return "the loop" if thread == process else f"thread {thread - process}"


def main() -> None:
    """Record one scenario and print its tables."""
    parser = argparse.ArgumentParser("python -m tests.bench.stages", description=__doc__)
    parser.add_argument("scenario", choices=["S1", "S2"])
    parser.add_argument("--sampler", required=True, help="the path of py-spy")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    os.environ["BRIDGE_INTAKE_PROCESSES"] = "0"  # the sampler and the clocks look into one process
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
        table = record(arguments.scenario, arguments.sampler, arguments.seconds, Path(folder))
        sys.stdout.write(table + "\n")


if __name__ == "__main__":
    main()
