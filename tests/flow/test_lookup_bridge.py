"""The whole bridge with a source that looks things up: hooks, scout, courier, secrets, over real sockets."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.app.bridge import Bridge
from bridge.app.clock import now
from bridge.app.prepare import open_vault, prepare
from bridge.outbox.store import open_store
from bridge.settings import Settings, read_settings
from bridge.web.hooks import hooks_app
from tests.support.folders import write_folder
from tests.support.servers import Running, serving
from tests.support.systems import SHOP, TOUCHPOINTS, System, asking
from tests.support.targets import Target, answer, answering

PAID = json.dumps({"topic": "paid", "id": "1", "order": "1001"}).encode()
ANNA = {"email": "anna@example.com"}


@dataclass
class Scene:
    bridge: Bridge
    hooks: Running
    target: Target
    settings: Settings

    def store_secret(self, name: str, text: str) -> None:
        """Do what `bridge secrets set` does, beside the running bridge."""
        store = open_store(self.settings.database_path, create=False)
        open_vault(store, self.settings).put(name, text, now=now())
        store.close()

    async def post(self) -> Any:
        return await self.hooks.post("/hooks/shop", PAID, headers={"Content-Type": "application/json"})

    async def arrived(self) -> Any:
        """Wait until the target gets a request; gives its body."""
        async with asyncio.timeout(8):
            await self.target.arrival.wait()
        return json.loads(self.target.seen[0].body)

    async def queue(self) -> Any:
        return (await self.bridge.desk.read(lambda store: store.ledger.lookup_queues())).get("shop")


@asynccontextmanager
async def scene(tmp_path: Path, system: System, **secrets: str) -> AsyncIterator[Scene]:
    async with Target(answering(answer())) as target:
        touchpoints = TOUCHPOINTS + f"    base_url: http://127.0.0.1:{target.port}/v2\n"
        folder = {"touchpoints.yaml": touchpoints, "shop.yaml": SHOP.replace("BASE", system.base)}
        write_folder(tmp_path / "mappings", folder)
        environment = {
            "BRIDGE_DATA": str(tmp_path / "data"),
            "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
            "BRIDGE_ALLOW_PRIVATE_TARGETS": "on",
            "BRIDGE_DRAIN": "1s",
        }
        settings = read_settings(environment, {})
        prepare(settings, environment)
        made = Scene(None, None, target, settings)  # type: ignore[arg-type]  # filled in below, for store_secret
        for name, text in {"key": "k", "thanks": "t", **secrets}.items():
            made.store_secret(name, text)
        async with (
            Bridge(settings, environment, prepare(settings, environment)) as bridge,
            serving(hooks_app(bridge.reception(), [])) as hooks,
        ):
            made.bridge, made.hooks = bridge, hooks
            yield made


async def test_the_sender_never_waits_for_an_api_that_hangs(tmp_path: Path) -> None:
    async with asking(System(hangs=True)) as system, scene(tmp_path, system, **{"shop-api": "s"}) as made:
        system.tells("/orders/1001", ANNA)
        before = time.perf_counter()
        said = await made.post()
        assert (said.status, said.json["duplicate"]) == (200, False)
        assert time.perf_counter() - before < 2
        await system.target.arrival.wait()  # type: ignore[union-attr]  # asking() has set it
        assert (await made.post()).json == said.json | {"duplicate": True}
        await made.bridge._look()
        text = made.bridge._metrics.render()[0].decode()
        assert "bridge_events_waiting 1.0" in text
        assert (await made.queue())["waiting"] == 1
        system.target.release.set()  # type: ignore[union-attr]  # asking() has set it
        assert await made.arrived() == {"email": "anna@example.com", "order": "1001"}
        assert await made.queue() is None
        assert 'bridge_lookups_total{finding="found",source="shop"} 1.0' in made.bridge._metrics.render()[0].decode()


async def test_a_refused_secret_is_mended_by_storing_another(tmp_path: Path) -> None:
    async with asking(System()) as system, scene(tmp_path, system, **{"shop-api": "wrong"}) as made:
        system.says("/orders/1001", answer(401, b""), answer(200, json.dumps(ANNA).encode()))
        assert (await made.post()).status == 200
        async with asyncio.timeout(5):
            while not (await made.queue() or {}).get("reason"):  # noqa: ASYNC110 - the store gives no notice to readers
                await asyncio.sleep(0.01)
        made.store_secret("shop-api", "right")
        assert (await made.arrived())["email"] == "anna@example.com"
    assert [seen.headers["x-auth-token"] for seen in system.seen] == ["wrong", "right"]


async def test_an_event_that_waits_for_its_secret_goes_on_when_that_is_stored(tmp_path: Path) -> None:
    async with asking(System()) as system, scene(tmp_path, system) as made:
        system.tells("/orders/1001", ANNA)
        assert (await made.post()).status == 200
        made.store_secret("shop-api", "right")
        assert (await made.arrived())["email"] == "anna@example.com"


async def test_a_stop_in_the_middle_of_a_lookup_is_made_up_at_the_next_start(tmp_path: Path) -> None:
    async with asking(System(hangs=True)) as system:
        async with scene(tmp_path, system, **{"shop-api": "s"}) as made:
            await made.post()
            await system.target.arrival.wait()  # type: ignore[union-attr]  # asking() has set it
        assert made.target.seen == []
        system.hangs = False
        system.tells("/orders/1001", ANNA)
        async with scene(tmp_path, system, **{"shop-api": "s"}) as again:
            assert (await again.arrived())["email"] == "anna@example.com"
            assert await again.bridge.desk.read(lambda store: store.ledger.audit()) == []
