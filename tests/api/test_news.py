"""The news: what happened between two looks, told to however many listen, and to nobody who does not."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from bridge.api.news import MOST_LISTENERS, News, Told
from bridge.api.office import Office
from bridge.app.clock import now
from bridge.core.errors import StoreUnavailable
from bridge.core.outcome import Delivered, Hold
from bridge.outbox.protocol import Store
from tests.support.books import settled
from tests.support.console import Console
from tests.support.office import office


@dataclass
class Desk:
    """A bridge whose news looks when it is told to."""

    office: Office
    console: Console
    stopping: bool = False
    faults: list[Exception] = field(default_factory=list)
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    reads: int = 0

    def news(self) -> News:
        return News(self.read, stopping=lambda: self.stopping, rest=self.rest)

    async def read(self, work: Callable[[Store], Any], /) -> Any:
        self.reads += 1
        if self.faults:
            raise self.faults.pop()
        return await self.office.read(work)

    async def rest(self) -> None:
        await self.turn.wait()
        self.turn.clear()

    def send(self, news: News, *rulings: Any) -> list[str]:
        """Settle the deliveries that are due, and tell of it as a running bridge does."""
        with self.console.store() as store:
            free = {"steady": len(rulings)}
            taken = store.outbox.claim(now=now(), lease_until=now() + 60_000, free=free, caps={}).deliveries
            ordered = sorted(taken, key=lambda each: each.id)
            results = [settled(each, ruling, at=now()) for each, ruling in zip(ordered, rulings, strict=True)]
            for each in results:
                news.note(each)
            store.outbox.settle(results, now=now())
        return [each.id for each in ordered]


@asynccontextmanager
async def desk(console: Console) -> AsyncIterator[Desk]:
    console.receive("o0")
    async with office(console) as opened:
        yield Desk(opened, console)


async def told(stream: AsyncGenerator[Told | None, None]) -> dict[str, Any]:
    """Give the next news, without what is empty."""
    async with asyncio.timeout(10):
        news = await anext(stream)
    assert news is not None
    read: dict[str, Any] = msgspec.json.decode(news.data)
    return {name: value for name, value in read.items() if value} | {"id": news.id}


async def test_the_first_news_has_all_counters_and_the_next_what_happened(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        stream = news.listen(patience=9)
        first = await told(stream)
        assert (first["anew"], first["counters"]["events.accepted"]) == (True, 1)
        assert "events" not in first
        [event] = console.receive("o1")
        here.turn.set()
        second = await told(stream)
        assert second["counters"]["events.accepted"] == 2
        assert "refused" not in second["counters"]
        assert [(each["id"], each["source"], each["topic"]) for each in second["events"]] == [(event, "till", "closed")]
        [delivery] = second["deliveries"]
        shown = {name: delivery[name] for name in ("event_id", "touchpoint", "mapping", "state")}
        assert shown == {"event_id": event, "touchpoint": "steady", "mapping": "visit", "state": "pending"}
        await stream.aclose()


async def test_attempts_are_told_with_where_their_deliveries_are_now(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        stream = news.listen(patience=9)
        await told(stream)
        console.receive("o1")
        ids = here.send(news, Delivered("enqueued"), Hold("no answer was seen"))
        here.turn.set()
        happened = await told(stream)
        assert {each["id"]: each["state"] for each in happened["deliveries"]} == {ids[0]: "delivered", ids[1]: "held"}
        attempts = [(each["delivery_id"], each["number"], each["ruling"]) for each in happened["attempts"]]
        assert attempts == [(ids[0], 1, "delivered"), (ids[1], 1, "hold")]
        await stream.aclose()


async def test_what_is_old_is_told_of_when_it_is_attempted(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        console.receive(*(f"n{number}" for number in range(60)))  # the first delivery is not among the newest
        stream = news.listen(patience=9)
        await told(stream)
        [oldest] = here.send(news, Delivered("enqueued"))
        here.turn.set()
        happened = await told(stream)
        assert [(each["id"], each["state"]) for each in happened["deliveries"]] == [(oldest, "delivered")]
        await stream.aclose()


async def test_more_than_can_be_named_is_said_to_be_more(console: Console) -> None:
    async with desk(console) as here:
        stream = here.news().listen(patience=9)
        await told(stream)
        console.receive(*(f"n{number}" for number in range(60)))
        here.turn.set()
        happened = await told(stream)
        assert (len(happened["events"]), len(happened["deliveries"]), happened["more"]) == (50, 50, True)
        await stream.aclose()


async def test_rows_that_come_into_view_as_newer_ones_go_are_no_news(console: Console) -> None:
    async with desk(console) as here:
        console.receive(*(f"n{number}" for number in range(60)))
        stream = here.news().listen(patience=9)
        await told(stream)
        with console.store() as store, store.database.write() as transaction:
            transaction.run("DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id DESC LIMIT 5)")
            transaction.run("UPDATE counters SET value = value + 5 WHERE name = 'pruned.events'")
        [event] = console.receive("last")
        here.turn.set()
        happened = await told(stream)
        assert [each["id"] for each in happened["events"]] == [event]
        await stream.aclose()


async def test_many_listeners_cost_one_look(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        streams = [news.listen(patience=9) for _ in range(5)]
        for stream in streams:
            await told(stream)
        begun = here.reads
        console.receive("o1")
        here.turn.set()
        happened = [await told(stream) for stream in streams]
        assert len({each["id"] for each in happened}) == 1
        assert here.reads == begun + 1
        for stream in streams:
            await stream.aclose()


async def test_nothing_is_told_when_nothing_happened_and_nobody_looks_when_nobody_listens(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        stream = news.listen(patience=0.01)
        await told(stream)
        here.turn.set()
        assert [await anext(stream) for _ in range(3)] == [None, None, None]
        await stream.aclose()
        looked = here.reads
        here.turn.set()
        await asyncio.sleep(0)
        assert here.reads == looked
        news.note(settled_nobody())
        assert not news.is_full


def settled_nobody() -> Any:
    """Give something that must not be kept."""
    return object()


async def test_who_comes_back_hears_what_they_missed(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        stays, leaves = news.listen(patience=9), news.listen(patience=9)
        await told(stays)
        last = (await told(leaves))["id"]
        await leaves.aclose()
        for order in ("o1", "o2"):
            console.receive(order)
            here.turn.set()
            await told(stays)
        back = news.listen(last, patience=9)
        assert [(await told(back))["counters"]["events.accepted"] for _ in range(2)] == [2, 3]
        for stream in (stays, back):
            await stream.aclose()


async def test_who_comes_back_too_late_begins_anew(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        stream = news.listen(patience=9)
        last = (await told(stream))["id"]
        await stream.aclose()
        for after in (last, "junk", "junk-1", f"{last.partition('-')[0]}-9", "x" * 9_999, "-"):
            stream = news.listen(after, patience=9)
            assert (await told(stream))["anew"]
            await stream.aclose()


async def test_the_news_end_when_the_bridge_stops(console: Console) -> None:
    async with desk(console) as here:
        stream = here.news().listen(patience=9)
        await told(stream)
        here.stopping = True
        here.turn.set()
        async with asyncio.timeout(10):
            assert [each async for each in stream] == []


async def test_only_so_many_may_listen(console: Console) -> None:
    async with desk(console) as here:
        news = here.news()
        streams = [news.listen(patience=9) for _ in range(MOST_LISTENERS)]
        for stream in streams:
            assert not news.is_full
            await told(stream)
        assert news.is_full
        for stream in streams:
            await stream.aclose()
        assert not news.is_full


async def test_a_store_that_cannot_be_read_for_a_while_delays_the_news(console: Console) -> None:
    async with desk(console) as here:
        stream = here.news().listen(patience=9)
        await told(stream)
        here.faults.append(StoreUnavailable("the disk is away"))
        [event] = console.receive("o1")
        here.turn.set()
        while here.faults:
            await here.office.read(lambda store: store.ledger.counters())
        here.turn.set()
        assert [each["id"] for each in (await told(stream))["events"]] == [event]
        await stream.aclose()


async def test_a_mistake_ends_the_streams_is_logged_and_the_next_listener_begins_anew(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(console) as here:
        news = here.news()
        stream = news.listen(patience=9)
        await told(stream)
        here.faults.append(KeyError("anna@example.com"))
        here.turn.set()
        async with asyncio.timeout(10):
            assert [each async for each in stream] == []
        [record] = caplog.records
        assert (record.getMessage(), record.__dict__["keys"]["kind"]) == ("news.failed", "KeyError")
        assert "anna" not in str(record.__dict__["keys"])
        again = news.listen(patience=9)
        assert (await told(again))["anew"]
        await again.aclose()
