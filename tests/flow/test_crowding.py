"""More requests than can be stored: refused early and told when to come again, by how long one more would wait."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.bridge import Bridge
from bridge.app.prepare import prepare
from bridge.outbox.desk import Desk, desk_on
from bridge.outbox.pace import Pace
from bridge.settings import read_settings
from bridge.web.hooks import hooks_app
from tests.flow.test_desk import Gate, unexpected, waiting
from tests.support.books import planned
from tests.support.folders import write_folder
from tests.support.receptions import Shop, live, signed, source
from tests.support.servers import Running, serving

BODY = b'{"id": 1}'
CROWD = 340  # times 0.3 ms, as a desk expects at first, is more than 100 ms


@pytest.mark.parametrize(
    ("per_request", "waiting", "lag", "too_much"),
    [
        (0.0003, 333, 0.0, False),
        (0.0003, 334, 0.0, True),
        (0.0020, 64, 0.0, True),
        (0.0020, 63, 0.0, False),  # so many may wait in any case
        (0.0600, 63, 9.0, False),
        (0.0003, 300, 0.004, False),
        (0.0003, 300, 0.006, True),  # the loop lags before and after
        (0.0001, 990, 0.0, False),
    ],
)
def test_one_more_is_too_much_where_it_would_wait_longer_than_the_bound(
    per_request: float, waiting: int, lag: float, *, too_much: bool
) -> None:
    assert Pace(per_request).is_too_much(waiting, lag) is too_much


def test_the_wait_is_that_of_the_requests_before_it_and_twice_the_loops() -> None:
    assert Pace(0.0005).wait(100, 0.01) == pytest.approx(0.07)


def test_a_commit_of_many_requests_tells_the_pace_as_far_as_it_is_many() -> None:
    assert Pace(0.001).after(256, 0.512).per_request == pytest.approx(0.001256)
    assert Pace(0.001).after(1_000, 2.0).per_request == pytest.approx(0.002)


def test_a_small_commit_tells_nothing_since_all_it_does_is_wait_for_the_disk() -> None:
    assert Pace(0.001).after(31, 0.31) == Pace(0.001)


def test_the_pace_follows_a_disk_that_has_become_slow_and_forgets_it_when_all_is_quiet() -> None:
    pace = Pace()
    for _ in range(20):
        pace = pace.after(256, 2.56)
    assert pace.per_request == pytest.approx(0.01, rel=0.01)
    for _ in range(50):
        pace = pace.calmed()
    assert pace.per_request == pytest.approx(0.0003, rel=0.2)


# -- the desk ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(tmp_path / "bridge.db", create=True, on_broken=unexpected) as opened:
        yield opened


@pytest.mark.parametrize(("requests", "crowded"), [(200, False), (CROWD, True)])
async def test_a_desk_is_crowded_while_more_wait_than_it_can_commit_in_time(
    requests: int, desk: Desk, *, crowded: bool
) -> None:
    gate = Gate()
    busy = asyncio.create_task(desk.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    tasks = [asyncio.create_task(desk.accept(planned(number))) for number in range(1, requests + 1)]
    await waiting(desk, requests)
    assert desk.is_crowded() is crowded
    assert desk.figures.wait >= requests * 0.0003
    gate.released.set()
    await asyncio.gather(busy, *tasks)
    assert not desk.is_crowded()
    assert desk.figures.requests == requests


# -- the hooks --------------------------------------------------------------------------------------------------


@pytest.fixture
def shop() -> Shop:
    return Shop({"shop": live(source())})


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(replace(shop.reception(), crowded=lambda: True))) as running:
        yield running


@pytest.mark.parametrize(("path", "name"), [("/hooks/shop", "shop"), ("/hooks/nobody", "")])
@pytest.mark.parametrize("headers", [signed(BODY), {}])
async def test_in_a_crowd_nobody_is_looked_at_and_all_are_told_when_to_come_again(
    path: str, name: str, headers: Mapping[str, str], server: Running, shop: Shop
) -> None:
    answer = await server.post(path, BODY, headers=headers)
    assert (answer.status, answer.headers["retry-after"]) == (503, "18")
    assert answer.json == {"message": "too many requests come at this moment; send it again later"}
    assert shop.answers == [(name, 503)]
    assert (shop.inbound, shop.accepted, shop.refused) == ([], [], [])


async def test_a_body_that_is_not_read_in_a_crowd_leaves_the_connection_usable(server: Running, shop: Shop) -> None:
    line = await server.connect()
    for _ in range(2):
        await line.write(b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert (await line.answer()).status == 503
    assert shop.answers == [("shop", 503)] * 2


# -- together ---------------------------------------------------------------------------------------------------

TILL = """\
source: till
verify: {kind: none}
event: {topic: topic, id: id}
mappings:
  - {name: visit, on: [closed], touchpoint: steady, body: {order: order}}
"""
TOUCHPOINTS = "touchpoints:\n  steady: {channel: http, url: 'https://feedback.example/'}\n"


async def test_a_running_bridge_turns_away_while_a_crowd_waits_and_takes_all_of_it_and_more_afterwards(
    tmp_path: Path,
) -> None:
    write_folder(tmp_path / "mappings", {"touchpoints.yaml": TOUCHPOINTS, "till.yaml": TILL})
    environment = {"BRIDGE_DATA": str(tmp_path / "data"), "BRIDGE_MAPPINGS": str(tmp_path / "mappings")}
    settings, gate = read_settings(environment, {}), Gate()
    async with (
        Bridge(settings, environment, prepare(settings, environment)) as bridge,
        serving(hooks_app(bridge.reception())) as server,
    ):
        busy = asyncio.create_task(bridge.desk.write(gate))
        await asyncio.to_thread(gate.entered.wait, 10)
        crowd = [asyncio.create_task(bridge.desk.accept(planned(number))) for number in range(1, CROWD + 1)]
        await waiting(bridge.desk, CROWD)
        assert (await server.post("/hooks/till", b'{"topic": "open", "id": "1"}')).status == 503
        gate.released.set()
        await asyncio.gather(busy, *crowd)
        assert (await server.post("/hooks/till", b'{"topic": "open", "id": "1"}')).status == 200
        counters = await bridge.desk.read(lambda store: store.ledger.counters())
    assert counters["events.accepted"] == CROWD + 1
