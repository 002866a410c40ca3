"""S3: a backlog that the bridge finds when it starts is sent, beside what the transport alone sends to the same target.

The transport alone is a process of its own: `python -m tests.bench.drain TARGET COUNT CONCURRENCY` sends so many
requests, so many at a time, and prints how many a second were answered 200.
"""

import asyncio
import itertools
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from bridge.app.clock import new_id, now
from bridge.app.prepare import create_store
from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery, Entry, Event, Intake, Plan, Proposal
from bridge.core.outcome import Answered
from bridge.core.template import parse_template
from bridge.settings import read_settings
from bridge.touchpoint import Sender
from tests.bench.gauge import Gauge
from tests.bench.machine import PROJECT
from tests.bench.programs import Spoiled, command, environment, install, program, serving
from tests.bench.scenarios import Extent, Figures
from tests.bench.setup import FIELDS, MORE

LATE = 0.1  # seconds after which the slow target answers
MANY = 256  # requests at a time to the slow target
_TOUCHPOINTS = (*FIELDS, *MORE)
_FEW = 64  # to the fast one
_MOST_ALONE = 20_000  # requests of the transport alone: enough to tell its rate
_TOGETHER = 250  # events of a commit, as the backlog is made
_PATIENCE = 300.0  # seconds for a backlog
_BODY = {
    "email": "anna.example@example.com",
    "firstname": "Anna",
    "lastname": "Example",
    "company": "Example Ltd",
    "identifier": "706405506930370084",
    "orderId": "#1001",
    "amount": "199.95",
    "currency": "EUR",
    "city": "Berlin",
    "tracking": "1000234567890123",
}


def drained(folder: Path, extent: Extent) -> Figures:
    """Let `extent.count` deliveries wait, and see how fast they come to a target that answers at once, and late."""
    fast, alone = backlog_rates(folder / "fast", extent.count, delay=0.0, concurrency=_FEW)
    slow, slow_alone = backlog_rates(folder / "slow", extent.count, delay=LATE, concurrency=MANY)
    return {
        "ratio": fast / alone,
        "late_per_s": slow,
        "late_ratio": slow / slow_alone,
        "deliveries_per_s": fast,
        "alone_per_s": alone,
        "late_alone_per_s": slow_alone,
    }


# Nothing is received here; and whoever waits for processes that receive sees nothing of what is sent meanwhile.
_ONE_PROCESS = {"BRIDGE_INTAKE_PROCESSES": "0"}


def backlog_rates(folder: Path, count: int, *, delay: float, concurrency: int) -> tuple[float, float]:
    """Give the deliveries a second of the bridge and of the transport alone."""
    folder.mkdir()
    gauge = Gauge(folder / "gauge")
    with program("target", str(folder / "gauge"), str(delay)) as target:
        install(folder, target.address, concurrency=concurrency // len(_TOUCHPOINTS))
        _fill(folder, count)
        with serving(folder, settings=_ONE_PROCESS):
            ours = _rate(gauge, count)
        if gauge.read() != count or f" {count} delivered" not in (balance := command(folder, "audit")):
            raise Spoiled(f"the target took {gauge.read()} of {count}: {balance}")
        return ours, _alone(target.address, min(count, _MOST_ALONE), concurrency)


def _rate(gauge: Gauge, count: int) -> float:
    """Wait until the target has taken them all; the time counts from the first one on."""
    end = time.monotonic() + _PATIENCE
    while not (first := gauge.read()):
        _wait_until(end)
    begin = time.monotonic()
    while gauge.read() < count:
        _wait_until(end)
    return (count - first) / (time.monotonic() - begin)


def _wait_until(end: float) -> None:
    if time.monotonic() > end:
        raise Spoiled(f"the backlog was not sent within {_PATIENCE:.0f} s")
    time.sleep(0.001)


def _fill(folder: Path, count: int) -> None:
    """Store events with a delivery to each touchpoint, as intake does, until so many deliveries wait."""
    store = create_store(read_settings(environment(folder)))
    try:
        numbers = range(count // len(_TOUCHPOINTS))
        for first in numbers[::_TOGETHER]:
            store.outbox.accept([_intake(number) for number in numbers[first : first + _TOGETHER]])
    finally:
        store.close()


def _intake(number: int) -> Intake:
    event = Event(
        id=new_id("evt"),
        source="shopify",
        topic="orders/fulfilled",
        source_event_id=f"waiting-{number}",
        tenant="",
        headers={"content-type": "application/json"},
        query="",
        body=b'{"id": %d}' % number,
        received_at=now(),
        dedupe_until=now() + 3_600_000,
    )
    plans = (Plan(new_id("dlv"), name, _BODY, None, str(number)) for name in _TOUCHPOINTS)
    return Intake((Entry(event, tuple(Proposal(plan.touchpoint, 0, plan) for plan in plans)),))


# -- the transport alone ----------------------------------------------------------------------------------------


def _alone(target: str, count: int, concurrency: int) -> float:
    arguments = [target, str(count), str(concurrency)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.drain", *arguments], check=False, cwd=PROJECT, stdout=subprocess.PIPE
    )
    if done.returncode != 0:
        raise Spoiled(f"the transport alone ended with {done.returncode}")
    return float(done.stdout)


async def _send(target: str, count: int, concurrency: int) -> float:
    token, key = (parse_template(f"${{secret:{name}}}", {}) for name in ("token", "key"))
    touchpoint = Touchpoint("bench", "mail", base_url=f"{target}/v2", token=token, api_key=key)
    body = str(_BODY).replace("'", '"')
    delivery = Delivery(new_id("dlv"), "evt_0", "shopify", "", "", body, 0, 0, 0, 0)
    numbers = itertools.count()
    async with Sender(allow_private=True) as sender:

        async def keep_sending() -> None:
            while next(numbers) < count:
                outcome = await sender.send(delivery, touchpoint, {"token": "a-token", "key": "a-key"})
                if not isinstance(outcome, Answered) or outcome.status != 200:
                    raise Spoiled("a request was not answered 200")

        begin = time.monotonic()
        await asyncio.gather(*(keep_sending() for _ in range(concurrency)))
        return count / (time.monotonic() - begin)


if __name__ == "__main__":
    sys.stdout.write(f"{uvloop.run(_send(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))}\n")
