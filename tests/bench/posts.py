"""How many small POSTs a second of processor time sends: the bridge's own transport beside the default one of httpx.

Each client is a process of its own, `python -m tests.bench.posts CLIENT TARGET SECONDS`, which sends the same request
over 64 connections to a target in another process and prints how many were answered 200, and in which processor time.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import msgspec
import uvloop

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Answered
from bridge.core.template import parse_template
from bridge.touchpoint import Sender
from tests.bench.gauge import Gauge
from tests.bench.machine import PROJECT
from tests.bench.programs import Spoiled, program
from tests.bench.scenarios import CONNECTIONS, Extent, Figures

_WARM_UP = 0.2  # of the time, before it counts
_SECRETS = {"token": "a-token-of-nobody", "key": "a-key-of-nobody"}
_BODY = (
    '{"email":"anna.example@example.com","firstname":"Anna","lastname":"Example","company":"Example Ltd",'
    '"identifier":"706405506930370084","orderId":"#1001","amount":"199.95","currency":"EUR","city":"Berlin"}'
)
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    "Idempotency-Key": "dlv_00000000000000000000000000",
}

Post = Callable[[], Awaitable[int]]


class Posted(msgspec.Struct, frozen=True):
    """What a client did: requests answered 200 in all, those that count, and the processor seconds they took."""

    answered: int
    counted: int
    seconds: float


async def _count(post: Post, seconds: float) -> Posted:
    """Post over all connections until so much processor time was used."""
    answered = counted = 0
    begin = time.process_time()
    counts_from, ends = begin + _WARM_UP * seconds, begin + seconds

    async def keep_posting() -> None:
        nonlocal answered, counted
        while (now := time.process_time()) < ends:
            if await post() != 200:
                raise Spoiled("a request was not answered 200")
            answered += 1
            counted += now >= counts_from

    await asyncio.gather(*(keep_posting() for _ in range(CONNECTIONS)))
    return Posted(answered, counted, time.process_time() - counts_from)


async def _default(target: str, seconds: float) -> Posted:
    url = f"{target}/v2/channel/mail/{_SECRETS['token']}/enqueue?apiKey={_SECRETS['key']}"
    async with httpx.AsyncClient() as client:

        async def post() -> int:
            return (await client.post(url, content=_BODY, headers=_HEADERS)).status_code

        return await _count(post, seconds)


async def _bridge(target: str, seconds: float) -> Posted:
    token, key = (parse_template(f"${{secret:{name}}}", {}) for name in _SECRETS)
    touchpoint = Touchpoint("bench", "mail", base_url=f"{target}/v2", token=token, api_key=key)
    delivery = Delivery(_HEADERS["Idempotency-Key"], "evt_0", "shopify", "", "", _BODY, 0, 0, 0, 0)
    async with Sender(allow_private=True) as sender:

        async def post() -> int:
            outcome = await sender.send(delivery, touchpoint, _SECRETS)
            return outcome.status if isinstance(outcome, Answered) else 0

        return await _count(post, seconds)


CLIENTS = {"default": _default, "bridge": _bridge}


def posted(folder: Path, extent: Extent) -> Figures:
    """Let each client send for so many seconds of its processor time. Raises Spoiled if a request went astray."""
    gauge = folder / "posts.gauge"
    done = {}
    with program("target", str(gauge)) as target:
        for client in CLIENTS:
            before = Gauge(gauge).read()
            done[client] = _run(client, target.address, extent.seconds)
            if (taken := Gauge(gauge).read() - before) != done[client].answered:
                raise Spoiled(f"the target took {taken} requests, {done[client].answered} were answered")
    rates = {client: each.counted / each.seconds for client, each in done.items()}
    return {
        "ratio": rates["bridge"] / rates["default"],
        "posts_per_cpu_s": rates["bridge"],
        "default_posts_per_cpu_s": rates["default"],
        "cpu_us_per_post": 1e6 / rates["bridge"],
    }


def _run(client: str, target: str, seconds: float) -> Posted:
    command = [sys.executable, "-m", "tests.bench.posts", client, target, str(seconds)]
    done = subprocess.run(command, check=False, cwd=PROJECT, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise Spoiled(f"the client {client} ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Posted)


if __name__ == "__main__":
    _result = uvloop.run(CLIENTS[sys.argv[1]](sys.argv[2], float(sys.argv[3])))
    sys.stdout.buffer.write(msgspec.json.encode(_result))
