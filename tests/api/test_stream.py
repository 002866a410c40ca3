"""The stream over a real socket: what browsers are told and how, who may listen, and how it ends."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from bridge.api.access import StoredAccess
from bridge.api.news import MOST_LISTENERS, Told
from bridge.api.office import Office
from bridge.api.operations.stream import HEARTBEAT, lines
from bridge.app.servers import Listener, address, listen
from bridge.console import console_app
from tests.support.console import Console
from tests.support.office import an_api_key, office

PATIENCE = 20  # seconds until a test that waits for something fails


@dataclass
class Port:
    """An admin port on a socket, and a client with a viewer's key."""

    office: Office
    listener: Listener
    client: httpx.AsyncClient


@asynccontextmanager
async def port(console: Console) -> AsyncIterator[Port]:
    console.receive("o0")
    socket = listen("127.0.0.1", 0, "a test")
    async with office(console) as opened:
        key = await opened.write(lambda store: an_api_key(store, "viewer"))
        listener = Listener(console_app(opened, StoredAccess(opened)), socket, "auto")
        listener.start()
        bearer = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=address(socket), headers=bearer, timeout=PATIENCE) as client:
            yield Port(opened, listener, client)
        await listener.stop()
    socket.close()


async def event(stream: AsyncIterator[str]) -> dict[str, str]:
    """Read up to the next blank line: the fields of one event."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE):
        async for line in stream:
            if not line:
                return fields
            name, _, value = line.partition(": ")
            fields[name] = value
    return fields


async def test_a_stream_says_when_to_come_back_how_things_stand_and_what_happens(console: Console) -> None:
    async with port(console) as here, here.client.stream("GET", "/api/stream") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        stream = answer.aiter_lines()
        assert await event(stream) == {"retry": "2000"}
        first = await event(stream)
        assert (first["event"], json.loads(first["data"])["anew"]) == ("news", True)
        [received] = console.receive("o1")
        second = await event(stream)
        assert [each["id"] for each in json.loads(second["data"])["events"]] == [received]
        assert second["id"].partition("-")[0] == first["id"].partition("-")[0]


async def test_who_comes_back_says_what_they_heard_last(console: Console) -> None:
    async with port(console) as here, here.client.stream("GET", "/api/stream") as stays:
        kept = stays.aiter_lines()
        last = [await event(kept) for _ in range(2)][1]["id"]
        [received] = console.receive("o1")
        await event(kept)
        async with here.client.stream("GET", "/api/stream", headers={"last-event-id": last}) as answer:
            stream = answer.aiter_lines()
            missed = [await event(stream) for _ in range(2)][1]
    assert [each["id"] for each in json.loads(missed["data"])["events"]] == [received]


async def test_nobody_listens_without_a_key(console: Console) -> None:
    async with port(console) as here:
        answer = await here.client.get("/api/stream", headers={"authorization": ""})
    assert (answer.status_code, list(answer.json())) == (401, ["message"])


async def test_no_more_listen_than_there_is_room_for(console: Console) -> None:
    async with port(console) as here:
        listening = [here.office.news.listen(patience=9) for _ in range(MOST_LISTENERS)]
        for each in listening:
            await anext(each)
        answer = await here.client.get("/api/stream")
        for each in listening:
            await each.aclose()
    message = "too many streams are open; close some tabs, then try again"
    assert (answer.status_code, answer.json()) == (503, {"message": message})


async def test_who_closes_the_tab_is_forgotten(console: Console) -> None:
    async with port(console) as here:
        async with here.client.stream("GET", "/api/stream") as answer:
            await event(answer.aiter_lines())
            assert here.office.news.listeners == 1
        async with asyncio.timeout(PATIENCE):
            while here.office.news.listeners:
                await here.client.get("/api/health")


async def test_an_open_stream_does_not_keep_the_server(console: Console) -> None:
    async with port(console) as here, here.client.stream("GET", "/api/stream") as answer:
        stream = answer.aiter_lines()
        await event(stream)
        here.office.health = replace(here.office.health, stopping=lambda: True)
        begun = asyncio.get_running_loop().time()
        await here.listener.stop()
        assert asyncio.get_running_loop().time() - begun < 2.5  # it would be cut off after 3


class Clock:
    """Gives the times in turn."""

    def __init__(self, *times: int) -> None:
        self._times: Iterator[int] = iter(times)

    def __call__(self) -> int:
        return next(self._times)


async def quiet() -> AsyncGenerator[Told | None, None]:
    for _ in range(10):
        yield None


async def test_who_may_not_listen_any_more_hears_nothing_after_the_next_heartbeat() -> None:
    async def not_any_more() -> bool:
        return False

    beat = int(HEARTBEAT * 1000)
    clock = Clock(0, beat - 1, beat - 1, beat)
    said = [each async for each in lines(quiet(), still_allowed=not_any_more, clock=clock)]
    assert said == [b"retry: 2000\n\n", b": still here\n\n", b": still here\n\n"]


async def test_who_may_still_listen_hears_on() -> None:
    asked = []

    async def still() -> bool:
        asked.append(True)
        return True

    beat = int(HEARTBEAT * 1000)
    clock = Clock(0, *(time for number in range(1, 11) for time in (number * beat, number * beat)))
    said = [each async for each in lines(quiet(), still_allowed=still, clock=clock)]
    assert said.count(b": still here\n\n") == len(asked) == 10
