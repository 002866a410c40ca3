"""S4: ten ordinary expressions over one parsed order, beside jmespath: `python -m tests.bench.mapping SECONDS`.

Both run in one process of its own, by turns, so that neither gets the better moments of the machine.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jmespath
import msgspec

from bridge.core.language.context import STEPS, Context
from bridge.core.language.expression import compile_expression
from tests.bench.machine import PROJECT
from tests.bench.orders import Orders
from tests.bench.programs import Spoiled
from tests.bench.scenarios import Extent, Figures
from tests.bench.setup import FIELDS

_TURN = 500  # orders, before the other has its turn
_SHARE = 0.2  # of the seconds, before it counts
Work = Callable[[Any], list[Any]]


def mapped(_folder: Path, extent: Extent) -> Figures:
    """Measure in a process of its own. Raises Spoiled if the two do not agree."""
    command = [sys.executable, "-m", "tests.bench.mapping", str(extent.seconds)]
    done = subprocess.run(command, check=False, cwd=PROJECT, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise Spoiled(f"mapping ended with {done.returncode}")
    ours, theirs = msgspec.json.decode(done.stdout, type=list[float])
    return {"ratio": theirs / ours, "us_per_order": 1e6 * ours, "jmespath_us_per_order": 1e6 * theirs}


def _texts() -> list[str]:
    return list(next(iter(FIELDS.values())).values())


def _bridge() -> Work:
    expressions = [compile_expression(text) for text in _texts()]

    def work(payload: Any) -> list[Any]:
        context = Context(payload)
        context.steps = STEPS
        return [expression.evaluate(payload, context) for expression in expressions]

    return work


def _jmespath() -> Work:
    expressions = [jmespath.compile(text.replace("text(", "to_string(")) for text in _texts()]

    def work(payload: Any) -> list[Any]:
        return [expression.search(payload) for expression in expressions]

    return work


def _compare(seconds: float) -> list[float]:
    """Give the seconds of processor time that each takes for an order."""
    payload = msgspec.json.decode(Orders("127.0.0.1:80").request(1).partition(b"\r\n\r\n")[2])
    works = [_bridge(), _jmespath()]
    if works[0](payload) != works[1](payload):
        raise Spoiled("the bridge and jmespath do not find the same")
    _turns(works, payload, _SHARE * seconds)
    used, orders = _turns(works, payload, (1 - _SHARE) * seconds)
    return [each / orders for each in used]


def _turns(works: list[Work], payload: Any, seconds: float) -> tuple[list[float], int]:
    used, orders, end = [0.0] * len(works), 0, time.monotonic() + seconds
    while not orders or time.monotonic() < end:
        for number, work in enumerate(works):
            begin = time.process_time()
            for _ in range(_TURN):
                work(payload)
            used[number] += time.process_time() - begin
        orders += _TURN
    return used, orders


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_compare(float(sys.argv[1]))))
