"""Pausing everything, a touchpoint, a source or a mapping beside a running bridge, over real sockets."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.app.bridge import Bridge
from bridge.app.clock import now
from bridge.app.prepare import prepare
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter, Paused, PauseScope
from bridge.settings import Settings, read_settings
from bridge.web.hooks import hooks_app
from tests.support.folders import write_folder
from tests.support.servers import Running, serving
from tests.support.targets import Conversation, Target, answer

SOURCE = """\
source: NAME
verify: {kind: none}
event: {topic: topic, id: id}
mappings:
  - {name: visit, on: [closed], touchpoint: TOUCHPOINT, body: {order: order}}
"""
SCOPES: list[tuple[PauseScope, str]] = [
    ("all", ""),
    ("touchpoint", "steady"),
    ("source", "till"),
    ("mapping", "till/visit"),
]


@dataclass
class Scene:
    bridge: Bridge
    hooks: Running
    target: Target
    settings: Settings

    async def post(self, order: str, *, source: str = "till") -> None:
        body = json.dumps({"topic": "closed", "id": order, "order": order}).encode()
        said = await self.hooks.post(f"/hooks/{source}", body, headers={"Content-Type": "application/json"})
        assert said.status == 200

    def orders(self) -> list[str]:
        return [json.loads(seen.body)["order"] for seen in self.target.seen]

    async def arrived(self, *orders: str) -> None:
        """Wait until the target has got these orders, and nothing else."""
        async with asyncio.timeout(5):
            while len(self.target.seen) < len(orders):
                self.target.arrival.clear()
                await self.target.arrival.wait()
        assert sorted(self.orders()) == sorted(orders)

    async def states(self) -> Counter[str]:
        rows = await self.bridge.desk.read(lambda store: store.ledger.deliveries(Filter(), limit=99))
        return Counter(row["state"] for row in rows)

    async def until(self, **states: int) -> None:
        async with asyncio.timeout(5):
            while await self.states() != states:
                await self.bridge.desk.write(lambda _: None)

    async def courier_has_looked(self) -> None:
        """Let the courier claim whatever it may: what it asks goes through the same writer, in order."""
        self.bridge.wake()
        for _ in range(20):
            await self.bridge.desk.write(lambda _: None)

    def beside(self, *, scope: PauseScope, name: str, paused: bool) -> None:
        """Do what `bridge pause` and `bridge resume` do, in a program of their own."""
        store = open_store(self.settings.database_path, create=False)
        if paused:
            assert store.controls.pause(Paused(scope, name, "new texts", now(), "operator"))
        else:
            assert store.controls.resume(scope, name, now=now())
        store.close()


async def answering_when_released(conversation: Conversation) -> None:
    while await conversation.request():
        await conversation.target.release.wait()
        await conversation.send(answer())


@asynccontextmanager
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Target(answering_when_released) as target:
        steady, eager = (f"  {name}: {{channel: http, url: 'http://127.0.0.1:{target.port}/'}}\n" for name in NAMES)
        files = {"touchpoints.yaml": f"touchpoints:\n{steady}{eager}"}
        for source, touchpoint in (("till", "steady"), ("shop", "eager")):
            files[f"{source}.yaml"] = SOURCE.replace("NAME", source).replace("TOUCHPOINT", touchpoint)
        write_folder(tmp_path / "mappings", files)
        environment = {
            "BRIDGE_DATA": str(tmp_path / "data"),
            "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
            "BRIDGE_ALLOW_PRIVATE_TARGETS": "on",
            "BRIDGE_DRAIN": "1s",
        }
        settings = read_settings(environment, {})
        async with (
            Bridge(settings, environment, prepare(settings, environment)) as bridge,
            serving(hooks_app(bridge.reception(), [])) as hooks,
        ):
            yield Scene(bridge, hooks, target, settings)


NAMES = ("steady", "eager")


@pytest.mark.parametrize(("scope", "name"), SCOPES, ids=[scope for scope, _ in SCOPES])
async def test_receiving_goes_on_what_waits_stays_what_is_on_its_way_finishes_and_resuming_goes_on(
    tmp_path: Path, scope: PauseScope, name: str
) -> None:
    async with scene(tmp_path) as made:
        await made.post("1")
        await made.arrived("1")
        made.beside(scope=scope, name=name, paused=True)
        await made.post("2")
        await made.post("3", source="shop")
        others = [] if scope == "all" else ["3"]
        await made.courier_has_looked()
        await made.arrived("1", *others)
        made.target.release.set()
        await made.until(delivered=1 + len(others), pending=2 - len(others))
        await made.courier_has_looked()
        assert sorted(made.orders()) == ["1", *others]
        made.beside(scope=scope, name=name, paused=False)
        await made.arrived("1", "2", "3")
        await made.until(delivered=3)
        assert await made.bridge.desk.read(lambda store: store.ledger.audit()) == []
