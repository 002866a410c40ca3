"""A failing touchpoint that is tried at once, and a secret whose first success is seen, beside a running bridge."""

import asyncio
from pathlib import Path

from bridge.app.bridge import Bridge
from bridge.app.clock import now
from bridge.app.prepare import open_vault, prepare
from bridge.app.stored_secrets import secret_rows, store_secret
from bridge.outbox.store import open_store
from bridge.outbox.terms import Circuit
from bridge.settings import Settings, read_settings
from bridge.web.hooks import hooks_app
from tests.support.folders import write_folder
from tests.support.servers import Running, serving
from tests.support.targets import Conversation, Target, answer

SOURCE = """\
source: till
verify: {kind: none}
event: {topic: topic, id: id}
mappings:
  - {name: visit, on: [closed], touchpoint: steady, body: {order: order}}
"""
TOUCHPOINTS = """\
touchpoints:
  steady:
    {channel: http, url: 'http://127.0.0.1:PORT/', headers: {Authorization: '${secret:token}'}, ambiguous: retry}
"""


async def failing_until_released(conversation: Conversation) -> None:
    while await conversation.request():
        await conversation.send(answer(status=200 if conversation.target.release.is_set() else 503))


def settings_in(folder: Path, port: int) -> Settings:
    files = {"touchpoints.yaml": TOUCHPOINTS.replace("PORT", str(port)), "till.yaml": SOURCE}
    write_folder(folder / "mappings", files)
    (folder / "data").mkdir()
    environment = {"BRIDGE_DATA": str(folder / "data"), "BRIDGE_MAPPINGS": str(folder / "mappings")}
    return read_settings({**environment, "BRIDGE_ALLOW_PRIVATE_TARGETS": "on"})


async def post(hooks: Running, number: int) -> None:
    body = b'{"topic": "closed", "id": "%d", "order": "%d"}' % (number, number)
    said = await hooks.post("/hooks/till", body, headers={"Content-Type": "application/json"})
    assert said.status == 200


async def until_failing(bridge: Bridge) -> Circuit:
    async with asyncio.timeout(10):
        circuits: list[Circuit] = []
        while not circuits:
            circuits = await bridge.desk.write(lambda store: store.ledger.circuits())
    return circuits[0]


async def until_seen(target: Target, number: int) -> None:
    async with asyncio.timeout(5):
        while len(target.seen) < number:
            target.arrival.clear()
            await target.arrival.wait()


async def test_what_an_operator_wants_tried_is_tried_long_before_its_wait_ends(tmp_path: Path) -> None:
    async with Target(failing_until_released) as target:
        settings = settings_in(tmp_path, target.port)
        prepare(settings, {})
        store = open_store(settings.database_path, create=False)
        store_secret(store, settings, name="token", text="t-1", who="cli:anna", now=now())
        store.close()
        async with (
            Bridge(settings, {}, prepare(settings, {})) as bridge,
            serving(hooks_app(bridge.reception(), [])) as hooks,
        ):
            for number in range(12):
                await post(hooks, number)
            circuit = await until_failing(bridge)
            assert circuit.until > now() + 20_000
            attempts = len(target.seen)
            target.release.set()
            beside = open_store(settings.database_path, create=False)
            assert beside.controls.hasten("steady", now=now())
            await until_seen(target, attempts + 1)
            async with asyncio.timeout(5):
                while await bridge.desk.write(lambda store: store.ledger.circuits()):
                    pass
            [row] = [each for each in secret_rows(beside, bridge.in_force.catalog) if each["name"] == "token"]
            assert row["set_by"] == "cli:anna"
            assert row["first_success"]["by"] == "steady"
            assert row["first_success"]["at"] >= row["stored_at"]
            assert open_vault(beside, settings).open_all() == {"token": "t-1"}
            beside.close()
