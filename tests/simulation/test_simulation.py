"""Months of events in virtual time through the real intake, store and courier, with every promise checked on the way.

`SIMULATION_SEEDS` says how many seeds are run; `SIMULATION_SEED` which one alone, to replay it.
"""

import os

import pytest

from tests.simulation.runs import Ran, run_all, run_one

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "300"))
ONLY = os.environ.get("SIMULATION_SEED")
REPLAY = "SIMULATION_SEED={seed} python -m pytest tests/simulation"

# What must have happened in some seed, or the simulation does not look where it should.
RARE = {
    "200", "400", "401", "429", "503", "503 wait", "none", "unknown",
    "an address that is none", "duplicate", "died", "released", "replayed", "pruned",
    "asked again while it was sent: once", "asked again while it was sent: replace",
    "asked again while it was sent: send", "cancelled before it came", "cancelled while it was sent",
    "cancelled: cancelled", "cancelled: cap at claim", "cancelled: expired", "cancelled: not to be asked",
    "cancelled: operator", "cancelled: replaced", "cancelled: replaced one was delivered",
    "crash in flight", "stopped in flight", "paused all", "paused mapping", "paused source", "paused touchpoint",
    "sent on a day when clocks are set", "sent after a target was unsure",
    "suppressed: asked before", "suppressed: cancelled before it came", "suppressed: cap at accept",
    "suppressed: not to be asked",
}  # fmt: skip


@pytest.fixture(scope="module")
def ran() -> Ran:
    if ONLY is not None:
        pytest.skip(f"only the seed {ONLY} is asked for")
    return run_all(range(SEEDS))


@pytest.mark.skipif(ONLY is None, reason="no SIMULATION_SEED is set")
def test_the_promises_hold_in_the_one_seed_that_is_asked_for() -> None:
    run_one(int(ONLY or 0))


def test_the_promises_hold_through_months_of_events_troubles_and_operators(ran: Ran) -> None:
    told = [f"{REPLAY.format(seed=seed)}  # {what}" for seed, what in sorted(ran.broken.items())]
    assert not told, "promises were broken; replay with:\n" + "\n".join(told)
    assert ran.seeds == SEEDS


@pytest.mark.skipif(SEEDS < 300, reason="so few seeds need not show everything")
def test_every_rare_thing_happened_in_some_seed(ran: Ran) -> None:
    assert {what for what in RARE if not ran.seen[what]} == set()


@pytest.mark.parametrize("seed", [3, 28, 115])
def test_a_seed_always_gives_the_same_log(seed: int) -> None:
    first, second = run_one(seed), run_one(seed)
    assert first.log == second.log
    assert len(first.log) > 20
