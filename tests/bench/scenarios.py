"""S1, the durable answer, and S2, from end to end: one run of each beside its baseline, as plain figures."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.gauge import Gauge
from tests.bench.job import Job, Load
from tests.bench.machine import processor_time, resident, thread_times, written
from tests.bench.programs import BridgeProgram, Spoiled, bridge, command, install, load, program, serving
from tests.bench.setup import EACH

CONNECTIONS = 64
RATE = 1_000.0  # orders a second, for latencies
WINDOW = 1_000  # orders that may be on their way at once in S2: the backlog cannot grow beyond
_MIB = 1 << 20
_PATIENCE = 60.0  # seconds for the rest to be delivered

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Extent:
    """How long each part of a run takes, in seconds, and how many orders it may send at most.

    `count` is of what the scenario is about: deliveries that wait, deliveries of the past, orders. `shared` is a folder
    that all runs share, for what takes long to make.
    """

    seconds: float
    most: int = 1_000_000
    warm_up: float = 1.0
    count: int = 0
    shared: Path | None = None

    def job(self, port: int, *, first: int = 0, rate: float | None = None, gauge: Path | None = None) -> Job:
        """Make the load generator's job."""
        return Job(
            port=port,
            connections=CONNECTIONS,
            seconds=self.seconds,
            warm_up=self.warm_up,
            most=self.most,
            first=first,
            rate=rate,
            gauge=str(gauge) if gauge else None,
            each=EACH,
            window=WINDOW * EACH,
        )


@dataclass(slots=True)
class Use:
    """What the bridge took of the machine during a load."""

    before: int
    after: int = 0
    seconds: float = 0.0
    written: int = 0
    loop: float = 0.0


@contextmanager
def _use(serve: BridgeProgram) -> Iterator[Use]:
    use, started, before = Use(resident(serve.pid)), processor_time(serve.pid), written(serve.pid)
    loop = thread_times(serve.pid)[serve.pid]
    yield use
    use.loop = thread_times(serve.pid)[serve.pid] - loop
    use.after, use.seconds = resident(serve.pid), processor_time(serve.pid) - started
    use.written = written(serve.pid) - before


def durable(folder: Path, extent: Extent) -> Figures:
    """S1: how many orders a second are on disk before they are answered, nothing being sent."""
    with program("baselines", "ack") as baseline:
        bare = _rate(load(extent.job(baseline.port)))
    with bridge(folder, "http://127.0.0.1:9", paused=True) as serve:
        size = _stored(folder)
        with _use(serve) as use:
            quick = load(extent.job(serve.port))
        commits, shared = _commits(serve)
        paced = load(extent.job(serve.port, first=quick.sent, rate=RATE))
        sent = quick.sent + paced.sent
        expect_accepted(serve, sent)
    ours = _rate(quick)
    return {
        "ratio": ours / bare,
        "events_per_s": ours,
        "baseline_per_s": bare,
        "p50_ms": paced.p50,
        "p99_ms": paced.p99,
        "slowest_ms": paced.slowest,
        "commits_per_event": commits / shared,
        "bytes_per_event": (_stored(folder) - size) / sent,
        **_taken(use, quick.sent),
    }


def delivered(folder: Path, extent: Extent) -> Figures:
    """S2: how many orders a second come all the way to the target, with a backlog that cannot grow."""
    ours, use, serve_figures = _through_bridge(folder, extent)
    gauge = folder / "baseline.gauge"
    with program("target", str(gauge)) as target, program("baselines", "forward", target.address) as baseline:
        inline = load(extent.job(baseline.port, gauge=gauge))
        wait_for(Gauge(gauge), inline.sent * EACH)
    rate, bare = _rate(ours) / EACH, _rate(inline) / EACH
    return {
        "ratio": rate / bare,
        "events_per_s": rate,
        "baseline_per_s": bare,
        "backlog_at_end": ours.backlog / EACH,
        **serve_figures,
        **_taken(use, ours.sent),
    }


def stored_rate(folder: Path, extent: Extent) -> float:
    """Give the orders a second that S1 stores, with what is in the folder already."""
    with bridge(folder, "http://127.0.0.1:9", paused=True) as serve:
        done = load(extent.job(serve.port))
        expect_accepted(serve, done.sent)
    return _rate(done)


def delivered_rate(folder: Path, extent: Extent) -> float:
    """Give the orders a second that S2 delivers, with what is in the folder already."""
    return _rate(_through_bridge(folder, extent)[0]) / EACH


def _through_bridge(folder: Path, extent: Extent) -> tuple[Load, Use, Figures]:
    gauge = folder / "bridge.gauge"
    with program("target", str(gauge)) as target:
        install(folder, target.address)
        before, size = _delivered(folder), _stored(folder)
        with serving(folder) as serve:
            with _use(serve) as use:
                ours = load(extent.job(serve.port, gauge=gauge))
                stopped = time.monotonic()
                wait_for(Gauge(gauge), ours.sent * EACH)
                rest = time.monotonic() - stopped
            commits, shared = _commits(serve)
            expect_accepted(serve, ours.sent)
    if (taken := Gauge(gauge).read()) != ours.sent * EACH:
        raise Spoiled(f"the target took {taken} requests instead of {ours.sent * EACH}")
    if (done := _delivered(folder) - before) != ours.sent * EACH:
        raise Spoiled(f"by the books {done} were delivered instead of {ours.sent * EACH}")
    stored = (_stored(folder) - size) / ours.sent
    return ours, use, {"rest_s": rest, "commits_per_event": commits / shared, "bytes_per_event": stored}


def _rate(result: Load) -> float:
    return result.counted / result.seconds


def _taken(use: Use, events: int) -> Figures:
    return {
        "written_per_event": use.written / events,
        "cpu_us_per_event": 1e6 * use.seconds / events,
        "loop_us_per_event": 1e6 * use.loop / events,
        "rss_start_mib": use.before / _MIB,
        "rss_after_mib": use.after / _MIB,
        "rss_bytes_per_event": (use.after - use.before) / events,
    }


def _commits(serve: BridgeProgram) -> tuple[float, float]:
    return serve.metric("bridge_commits_total"), serve.metric("bridge_committed_requests_total")


def expect_accepted(serve: BridgeProgram, sent: int) -> None:
    """Check that every order was accepted once, and answered well."""
    accepted = serve.metric("bridge_committed_requests_total")
    fine = serve.metric("bridge_requests_total", source="shopify", status="200")
    if not accepted == fine == sent:
        raise Spoiled(f"{sent} orders were sent, {accepted:.0f} committed, {fine:.0f} answered")


def wait_for(gauge: Gauge, wanted: int) -> None:
    """Wait until the target has taken so many requests."""
    end = time.monotonic() + _PATIENCE
    while gauge.read() < wanted:
        if time.monotonic() > end:
            raise Spoiled(f"{wanted - gauge.read()} deliveries are still missing after {_PATIENCE:.0f} s")
        time.sleep(0.005)


def _delivered(folder: Path) -> int:
    """Give how many deliveries were delivered by the books, which balance."""
    if not (found := re.search(r"^Balanced: .* (\d+) delivered", balance := command(folder, "audit"))):
        raise Spoiled(f"the books do not balance: {balance}")
    return int(found[1])


def _stored(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "data").glob("bridge.db*"))
