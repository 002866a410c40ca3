"""Whether the process lives and can work, and its metrics, over a real server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette

from bridge.web.health import Health, health_routes, metrics_route
from tests.support.servers import Running, serving


@dataclass
class Condition:
    stale: str | None = None
    store: str | None = None
    disk: str | None = None
    stopping: bool = False
    unapplied: str | None = None


@pytest.fixture
def condition() -> Condition:
    return Condition()


async def metrics() -> tuple[bytes, str]:
    return b"bridge_store_up 1.0\n", "text/plain; version=0.0.4; charset=utf-8"


@pytest.fixture
async def server(condition: Condition) -> AsyncIterator[Running]:
    health = Health(
        fingerprint=lambda: "f00d",
        stale=lambda: condition.stale,
        store=lambda: condition.store,
        disk=lambda: condition.disk,
        stopping=lambda: condition.stopping,
        unapplied=lambda: condition.unapplied,
    )
    async with serving(Starlette(routes=[*health_routes(health), metrics_route(metrics)])) as running:
        yield running


async def test_a_living_process_says_so(server: Running) -> None:
    answer = await server.get("/livez")
    assert (answer.status, answer.json) == (200, {"message": "alive"})


async def test_a_ready_bridge_names_its_configuration(server: Running) -> None:
    answer = await server.get("/readyz")
    assert answer.status == 200
    assert answer.json == {
        "message": "ready",
        "configuration": "f00d",
        "config": "current",
        "store": "ok",
        "disk": "ok",
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_stale_files_and_a_full_disk_are_said_but_the_bridge_is_ready(
    server: Running, condition: Condition
) -> None:
    condition.stale, condition.disk = "shopify.yaml:3:5: unknown key", "20 MiB are free"
    answer = await server.get("/readyz")
    assert (answer.status, answer.json["config"]) == (200, "stale")
    assert (answer.json["stale"], answer.json["disk"]) == ("shopify.yaml:3:5: unknown key", "20 MiB are free")


async def test_a_folder_that_waits_to_be_applied_is_named_beside_a_current_configuration(
    server: Running, condition: Condition
) -> None:
    condition.unapplied = "not applied: 2 files differ"
    answer = await server.get("/readyz")
    assert (answer.status, answer.json["message"], answer.json["config"]) == (200, "ready", "current")
    assert answer.json["unapplied"] == "not applied: 2 files differ"


async def test_a_store_that_cannot_be_used_makes_the_bridge_not_ready(server: Running, condition: Condition) -> None:
    condition.store = "the file is read-only"
    answer = await server.get("/readyz")
    assert (answer.status, answer.json["message"]) == (503, "the file is read-only")
    assert (await server.get("/livez")).status == 200


async def test_a_bridge_that_shuts_down_is_not_ready(server: Running, condition: Condition) -> None:
    condition.stopping = True
    answer = await server.get("/readyz")
    assert (answer.status, answer.json["message"]) == (503, "the bridge is shutting down")


async def test_metrics_are_text(server: Running) -> None:
    answer = await server.get("/metrics")
    assert (answer.status, answer.body) == (200, b"bridge_store_up 1.0\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
