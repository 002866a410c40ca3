"""S6: what the server takes for each page and list filter with a long past, beside the same pages with a short one.

Each is measured in a process of its own, signed in: `python -m tests.bench.pages ROUNDS`, of the installation that its
environment tells, prints the milliseconds of each page.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import httpx
import msgspec

from bridge.api.access import StoredAccess
from bridge.api.office import Office
from bridge.app.current import Current
from bridge.app.prepare import prepare
from bridge.console import console_app
from bridge.outbox.desk import desk_on
from bridge.settings import read_settings
from tests.bench.console import addresses
from tests.bench.machine import PROJECT
from tests.bench.past import past
from tests.bench.programs import Spoiled, environment
from tests.bench.scenarios import Extent, Figures
from tests.support.office import client_of, signed_in, well

SHORT = 1_000  # deliveries
_ROUNDS = 20  # of which the first one does not count
_LONGEST = 10.0  # seconds for one page's rounds
_ID = re.compile(r"(evt|dlv|ref)_\w+")
Times = list[tuple[str, list[float]]]


def browsed(folder: Path, extent: Extent) -> Figures:
    """Ask for every page that operators look at. Raises Spoiled where one is not answered 200."""
    shared = extent.shared or folder
    rounds = min(_ROUNDS, extent.most)
    short, long = (_measured(past(shared, count), rounds) for count in (SHORT, extent.count))
    p95 = [(_p95(times), address) for address, times in long]
    far = next(median(times) for address, times in long if "before=" in address)
    ratios = [median(new) / median(old) for (_, old), (_, new) in zip(short, long, strict=True)]
    sys.stderr.write(f"the slowest pages: {', '.join(f'{address} {ms:.0f} ms' for ms, address in sorted(p95)[-5:])}\n")
    return {
        "ratio": median(ratios),
        "slowest_page_p95_ms": max(p95)[0],
        "slowest_page_p50_ms": max(median(times) for _, times in long),
        "page_p50_ms": median(median(times) for _, times in long),
        "far_page_p50_ms": far,
        "pages": float(len(long)),
    }


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def _measured(folder: Path, rounds: int) -> Times:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.pages", str(rounds)],
        check=False,
        cwd=PROJECT,
        env=environment(folder),
        stdout=subprocess.PIPE,
    )
    if done.returncode != 0:
        raise Spoiled(f"asking for the pages ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Times)


async def _ask_all(rounds: int) -> Times:
    settings = read_settings(os.environ)
    current = Current(
        settings, os.environ, prepare(settings, os.environ), on_change=lambda: None, on_drift=lambda *_: None
    )
    async with desk_on(settings.database_path, create=False, on_broken=lambda _: None) as desk:
        office = Office(
            desk, current, settings=settings, environment=os.environ, wake=lambda: None, health=well(current)
        )
        async with client_of(console_app(office, StoredAccess(office))) as client:
            client.cookies.set("session", await office.write(lambda store: signed_in(store, "admin")))
            found = await office.read(addresses)
            return [(_ID.sub(r"\1", address), await _ask(client, address, rounds)) for address in found]


async def _ask(client: httpx.AsyncClient, address: str, rounds: int) -> list[float]:
    """Give the ms that the answers took; the first, which warms up, only where it is the only one."""
    times: list[float] = []
    end = time.monotonic() + _LONGEST
    while len(times) < rounds and (not times or time.monotonic() < end):
        begin = time.perf_counter()
        answer = await client.get(address, follow_redirects=True)
        times.append((time.perf_counter() - begin) * 1000)
        if answer.status_code != 200:
            raise Spoiled(f"{address} was answered {answer.status_code}")
    return times[1:] or times


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_ask_all(int(sys.argv[1])))))
