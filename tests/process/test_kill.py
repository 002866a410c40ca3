"""Kill -9 at random moments, fifty times, under load: nothing acknowledged is lost, no duplicate is unexplained.

`KILLS=500` in the environment makes it longer, `KILL_SEED` repeats the choices of a run; `pytest -s` shows the figures.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bridge.outbox.store import open_store
from tests.support.load import Source, posting
from tests.support.processes import Installation, Serving, eventually, installed
from tests.support.reckoning import Reckoning, read_books, reckon
from tests.support.recorder import Answer, Recorder, recording

KILLS = int(os.environ.get("KILLS", "50"))
TIMEOUT = 0.5  # seconds of one attempt
TAKEN = Answer()
BUSY, LATE, CLOSED = Answer(503), Answer(delay=2 * TIMEOUT), Answer(None)


def test_fifty_kills_lose_nothing_and_leave_no_duplicate_without_its_reason(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().getrandbits(32))
    tell(f"\nseed {seed}")
    chance = random.Random(seed)
    begun = time.monotonic()
    with recording() as target, installed(tmp_path) as bridge:
        bridge.write_all(target.url, timeout=f"{TIMEOUT * 1000:.0f}ms", eager=True)
        bridge.store_secrets()
        target.answers = sick(seed)
        with posting(seed, pause=0.06) as source:
            serving = bridge.serve()
            source.address = serving.hooks
            for number in range(KILLS):
                serving = kill_and_restart(bridge, serving, source, chance)
                assert audit_says(bridge, number) == 0
            target.answers = lambda _token, _key: TAKEN
        drain(bridge)
        assert bridge.run("audit").returncode == 0
        assert serving.terminate() == 0
        reckoning = settle_accounts(bridge, source, target)
    show(reckoning, source, target, seconds=time.monotonic() - begun)
    assert source.wrong == []
    assert reckoning.wrong == []
    assert reckoning.figures["acknowledged"] > 10 * KILLS
    assert reckoning.figures["attempts crashed"] > 0, "no kill hit an attempt on its way: the test was too kind"
    assert reckoning.figures["held"] > 0


def sick(seed: int) -> Callable[[str, str], Answer]:
    """Give a target of which a quarter of the answers are failures, late, or closed connections."""
    chance = random.Random(f"{seed} target")

    def answer(_token: str, _key: str) -> Answer:
        return chance.choices((TAKEN, BUSY, LATE, CLOSED), (75, 15, 5, 5))[0]

    return answer


def kill_and_restart(bridge: Installation, serving: Serving, source: Source, chance: random.Random) -> Serving:
    """Kill at a random moment, now and then also while starting, and start again on the same data."""
    moment = time.monotonic() + chance.uniform(0.02, 0.3)
    eventually(lambda: time.monotonic() >= moment, "the moment of the kill")
    source.address = None
    serving.kill()
    if chance.random() < 0.1:
        half = bridge.spawn()
        moment = time.monotonic() + chance.uniform(0.1, 0.6)
        eventually(lambda: time.monotonic() >= moment, "the moment of the kill")
        half.kill()
    again = bridge.serve()
    source.address = again.hooks
    return again


def audit_says(bridge: Installation, number: int) -> int:
    """Audit beside the running bridge: now and then by the command, else by what the command calls."""
    if number % 10 == 0:
        return bridge.run("audit").returncode
    store = open_store(bridge.data / "bridge.db", create=False, reads_only=True)
    try:
        return len(store.ledger.audit())
    finally:
        store.close()


def drain(bridge: Installation) -> None:
    """Wait until nothing waits to be sent."""
    store = open_store(bridge.data / "bridge.db", create=False, reads_only=True)
    try:
        eventually(lambda: not waiting(store.ledger.counters()), "the outbox drains")
    finally:
        store.close()


def waiting(counters: dict[str, int]) -> int:
    return counters["deliveries.pending"] + counters["deliveries.sending"]


def settle_accounts(bridge: Installation, source: Source, target: Recorder) -> Reckoning:
    books = read_books(bridge.data / "bridge.db")
    return reckon(list(source.sent.values()), target.arrived, books, mappings=2, held={"steady": True, "eager": False})


def show(reckoning: Reckoning, source: Source, target: Recorder, *, seconds: float) -> None:
    tell(f"kills {KILLS}, seconds {seconds:.0f}, requests at the target {len(target.arrived)}")
    tell(f"answers of the bridge {source.statuses} (0: none, as the connection broke)")
    tell(", ".join(f"{name} {number}" for name, number in sorted(reckoning.figures.items())))
    tell(f"not as promised: {len(reckoning.wrong)}")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
