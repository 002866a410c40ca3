"""S7: the memory of a bridge that idles, and how much more it takes after many events; beside a bare handler's."""

import time
from pathlib import Path

from tests.bench.gauge import Gauge
from tests.bench.machine import resident
from tests.bench.programs import bridge, load, program
from tests.bench.scenarios import Extent, Figures, expect_accepted, wait_for
from tests.bench.setup import EACH

_MB = 1_000_000
_IDLE = 1.0  # seconds in which what starts later, such as pruning, has begun


def remembered(folder: Path, extent: Extent) -> Figures:
    """Let `extent.count` orders be delivered, and weigh the bridge before and after."""
    with program("baselines", "ack") as handler:
        bare = resident(handler.pid)
    gauge = folder / "gauge"
    with program("target", str(gauge)) as target, bridge(folder, target.address, paused=False) as serve:
        time.sleep(min(_IDLE, extent.seconds))
        idle = resident(serve.pid)
        many = Extent(extent.seconds, most=min(extent.count, extent.most), warm_up=0.0)
        done = load(many.job(serve.port, gauge=gauge))
        wait_for(Gauge(gauge), done.sent * EACH)
        after = resident(serve.pid)
        expect_accepted(serve, done.sent)
    return {
        "idle_mb": idle / _MB,
        "more_mb": (after - idle) / _MB,
        "events": float(done.sent),
        "bare_mb": bare / _MB,
        "ratio": idle / bare,
    }
