"""Overload: three times as many orders as can be stored; what is refused, how long the accepted wait, what is lost."""

import resource
from pathlib import Path

from bridge.outbox.store import open_store
from tests.bench.job import Job, Load
from tests.bench.orders import source_id
from tests.bench.programs import BridgeProgram, Spoiled, bridge, command, load
from tests.bench.scenarios import CONNECTIONS, Extent, Figures

TIMES = 3.0  # what can be stored
SENDERS = 2_000  # connections over which they come: as many requests wait at once at most
_SPARE_FILES = 200  # that load generator and bridge open besides connections
CALM = 0.3  # of what can be stored, afterwards
_CALM_SECONDS = 6.0


def overloaded(folder: Path, extent: Extent) -> Figures:
    """Measure what can be stored, send three times as much, then a third, and look for every accepted order."""
    with bridge(folder, "http://127.0.0.1:9", paused=True) as serve:
        fitting = load(extent.job(serve.port))
        capacity = fitting.counted / fitting.seconds
        crowd = load(_job(serve, extent, rate=TIMES * capacity, connections=_senders(), first=fitting.sent))
        first = fitting.sent + crowd.sent
        few = Extent(min(_CALM_SECONDS, extent.seconds), most=extent.most, warm_up=0.0)
        calm = load(_job(serve, few, rate=CALM * capacity, connections=CONNECTIONS, first=first))
        refused = serve.metric("bridge_requests_total", source="shopify", status="503")
        if refused != crowd.refused + calm.refused:
            raise Spoiled(f"{crowd.refused + calm.refused} orders were refused, and {refused:.0f} counted")
    accepted = [*range(fitting.sent), *crowd.accepted, *calm.accepted]
    expect_stored(folder, accepted)
    return {
        "ratio": (crowd.counted / crowd.seconds) / capacity,
        "p99_ms": crowd.p99,
        "recovered_s": max(0.0, calm.trouble - crowd.ended),
        "capacity_per_s": capacity,
        "offered_times": crowd.sent / (crowd.seconds + extent.warm_up) / capacity,
        **_of_the_crowd(crowd),
        "lost": 0.0,
    }


def _of_the_crowd(crowd: Load) -> Figures:
    return {
        "accepted_per_s": crowd.counted / crowd.seconds,
        "p50_ms": crowd.p50,
        "slowest_ms": crowd.slowest,
        "refused_share": crowd.refused / crowd.sent,
        "refused_p99_ms": crowd.refused_p99,
    }


def _senders() -> int:
    """Give so many connections as a process may have here."""
    return min(SENDERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_FILES)


def _job(serve: BridgeProgram, extent: Extent, *, rate: float, connections: int, first: int) -> Job:
    return Job(
        port=serve.port,
        connections=min(connections, extent.most),
        seconds=extent.seconds,
        warm_up=extent.warm_up,
        most=extent.most,
        first=first,
        rate=rate,
        may_refuse=True,
    )


def expect_stored(folder: Path, numbers: list[int]) -> None:
    """Check that the store has every order that was accepted and no other, and that its books balance."""
    store = open_store(folder / "data" / "bridge.db", create=False, reads_only=True)
    try:
        with store.database.read() as books:
            stored = {row[0] for row in books.rows("SELECT source_event_id FROM events")}
    finally:
        store.close()
    accepted = {source_id(number) for number in numbers}
    if stored != accepted:
        raise Spoiled(f"{len(accepted - stored)} accepted orders are not stored, {len(stored - accepted)} others are")
    if f"Balanced: {len(accepted)} events" not in (balance := command(folder, "audit")):
        raise Spoiled(f"the books do not say so: {balance}")
