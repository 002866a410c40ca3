"""A stand-in for a system's API on a real socket, and a scout that asks it, over a real store."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bridge.catalog import load_texts
from bridge.core.configuration import Catalog
from bridge.core.inquiry import Asked
from bridge.core.model import Intake
from bridge.intake import Rules, take_in
from bridge.outbox.desk import Desk, desk_on
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from bridge.scout import Scout
from bridge.touchpoint import Sender
from tests.support.deliveries import TLS
from tests.support.events import INDEX_KEY, NOW, an_inbound, counting_ids
from tests.support.targets import Conversation, Seen, Target, answer

PATIENCE = 5.0
T = TypeVar("T")
SECRET = "the-api-token-of-the-shop"

TOUCHPOINTS = """\
touchpoints:
  thanks:
    channel: mail
    api_key: ${secret:key}
    token: ${secret:thanks}
"""
SHOP = """\
source: shop
verify: {kind: none}
event: {topic: topic, id: id}
lookup:
  on: [paid]
  base_url: BASE
  get: order && concat(['/orders/', order])
  headers: {X-Auth-Token: "${secret:shop-api}"}
  retry: {first: 5s, factor: 2, longest: 1m, give_up_after: 1h}
mappings:
  - name: ask
    on: [paid, seen]
    touchpoint: thanks
    body: {email: looked_up().email || email, order: order}
"""


@dataclass
class System:
    """What the API answers by path: bytes in turn, of which the last stays; a path without any is not found."""

    answers: dict[str, list[bytes]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    hangs: bool = False
    target: Target | None = None

    def says(self, path: str, *data: bytes) -> None:
        self.answers[path] = list(data)

    def tells(self, path: str, value: Any) -> None:
        self.says(path, answer(200, json.dumps(value).encode(), "Content-Type: application/json"))

    @property
    def base(self) -> str:
        assert self.target is not None
        return f"http://127.0.0.1:{self.target.port}"

    @property
    def paths(self) -> list[str]:
        return [seen.line.split(" ")[1] for seen in self.seen]

    async def talk(self, conversation: Conversation) -> None:
        while seen := await conversation.request():
            self.seen.append(seen)
            if self.hangs:
                await conversation.target.release.wait()
            left = self.answers.get(seen.line.split(" ")[1], [answer(404, b'{"message": "no such thing"}')])
            await conversation.send(left.pop(0) if len(left) > 1 else left[0])


@dataclass
class InForce:
    catalog: Catalog
    secrets: dict[str, str]


@dataclass
class Looking:
    """A running scout with everything around it; `time` is its clock in ms."""

    scout: Scout
    desk: "WatchedDesk"
    live: InForce
    time: list[int]
    asked: list[Asked]
    decided: list[int]
    new_id: Callable[[Any], str]

    async def receive(self, payload: Mapping[str, Any], source: str = "shop", **inbound: Any) -> str:
        """Take in one webhook as the bridge would; gives the event's id."""
        made = an_inbound(payload, source=source, received_at=self.time[0], **inbound)
        rules = Rules(INDEX_KEY)
        intake: Intake = take_in(made, self.live.catalog.sources[source], new_id=self.new_id, rules=rules)
        accepted = await self.desk.desk.accept(intake)
        if accepted.waiting:
            self.scout.wake()
        return accepted.receipts[0].event_id

    async def lookup(self, event_id: str) -> Any:
        return await self.desk.desk.read(lambda store: store.ledger.lookup(event_id))

    async def decisions(self, event_id: str) -> list[tuple[str, str]]:
        rows = await self.desk.desk.read(lambda store: store.ledger.decisions(event_id))
        return [(row["verdict"], row["reason"]) for row in rows]

    async def bodies(self) -> list[Any]:
        def work(store: Any) -> list[Any]:
            rows = store.ledger.deliveries(Filter(), limit=99)
            return [json.loads(store.ledger.delivery(row["id"])["body"]) for row in reversed(rows)]

        return await self.desk.desk.read(work)

    async def until(self, event_id: str, *states: str, attempts: int = 0) -> Any:
        """Wait until the lookup is in one of the states, after so many attempts; looks after each write."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.desk.wrote.clear()
                row = await self.lookup(event_id)
                if row and row["state"] in states and row["attempts"] >= attempts:
                    return row
                await self.desk.wrote.wait()

    def pass_time(self, milliseconds: int) -> None:
        self.time[0] += milliseconds
        self.scout.wake()

    async def quiet(self) -> None:
        """Let the scout do whatever there is to do at this time; it must not be waiting for an answer."""
        rest = 0
        async with asyncio.timeout(PATIENCE):
            while rest < 20:  # turns of the loop in which nothing is under way
                await asyncio.sleep(0)
                rest = 0 if self.desk.under_way or self.scout._asking else rest + 1


class WatchedDesk:
    """The real desk; `wrote` is set after every write of the scout."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wrote = asyncio.Event()
        self.under_way = 0

    async def write(self, work: Callable[[Any], T], /) -> T:
        self.under_way += 1
        try:
            return await self.desk.write(work)
        finally:
            self.under_way -= 1
            self.wrote.set()


@asynccontextmanager
async def asking(system: System) -> AsyncIterator[System]:
    async with Target(system.talk) as target:
        system.target = target
        yield system


@asynccontextmanager
async def looking(
    folder: Path, files: Mapping[str, str], secrets: Mapping[str, str] | None = None
) -> AsyncIterator[Looking]:
    """Run a scout on the mapping files, over the database of the folder, until the block ends."""
    path = folder / "bridge.db"
    open_store(path, create=True).close()
    live = InForce(load_texts(files, {}).catalog, {"shop-api": SECRET, **(secrets or {})})
    time, asked, decided, new_id = [NOW], list[Asked](), list[int](), counting_ids()
    desk = desk_on(path, create=False, on_broken=lambda _: None)
    async with desk, Sender(allow_private=True, tls=TLS) as sender:
        watched = WatchedDesk(desk)
        scout = Scout(
            watched,
            sender,
            live=lambda: live,
            rules=lambda: Rules(INDEX_KEY),
            clock=lambda: time[0],
            jitter=lambda: 1.0,
            new_id=new_id,
            on_decided=lambda: decided.append(time[0]),
            observe=asked.append,
        )
        task = asyncio.create_task(scout.run())
        try:
            yield Looking(scout, watched, live, time, asked, decided, new_id)
        finally:
            await scout.drain(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await desk.read(lambda store: store.ledger.audit()) == []


def shop(base: str, text: str = SHOP) -> dict[str, str]:
    """Give the mapping files of a shop whose API is at `base`."""
    return {"touchpoints.yaml": TOUCHPOINTS, "shop.yaml": text.replace("BASE", base)}
