import asyncio
import threading
from typing import Any

import pytest

from bridge.core.errors import ConfigInvalid, NotStorable, StoreBroken, StoreUnavailable
from bridge.core.outcome import Delivered
from bridge.outbox.desk import MOST_PER_COMMIT, Desk, desk_on
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import NOW, an_id, claim_all, planned, settled
from tests.support.memory_books import memory_store


@pytest.fixture
def path(tmp_path: Any) -> Any:
    return tmp_path / "bridge.db"


def unexpected(error: Any) -> None:
    raise AssertionError(error)


@pytest.fixture
async def desk(path: Any) -> Any:
    async with desk_on(path, create=True, on_broken=unexpected) as opened:
        yield opened


class Gate:
    """A piece of work that keeps the writer busy until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.released = threading.Event()

    def __call__(self, _store: Any) -> Any:
        self.entered.set()
        assert self.released.wait(10)
        return "done"


async def waiting(desk: Any, number: Any) -> None:
    while desk.figures.waiting < number:  # noqa: ASYNC110 - each turn of the loop starts one of them
        await asyncio.sleep(0)


async def behind_a_gate(desk: Any, *coroutines: Any) -> Any:
    """Start these while the writer is busy, let it go, and give all their results."""
    gate = Gate()
    busy = asyncio.create_task(desk.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    tasks = [asyncio.create_task(each) for each in coroutines]
    await waiting(desk, len(tasks))
    gate.released.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert await busy == "done"
    return results


async def test_an_accepted_request_is_on_disk_before_the_answer(desk: Any, path: Any) -> None:
    accepted = await desk.accept(planned(1))
    assert (accepted.planned, accepted.receipts[0].event_id) == (1, an_id("evt", 1))
    other = open_store(path, create=False, reads_only=True)
    assert [row["id"] for row in other.ledger.events(Filter(), limit=9)] == [an_id("evt", 1)]
    other.close()


async def test_requests_that_arrive_during_a_commit_share_the_next_one(desk: Any) -> None:
    results = await behind_a_gate(desk, *(desk.accept(planned(number)) for number in range(1, 41)))
    assert [each.receipts[0].event_id for each in results] == [an_id("evt", number) for number in range(1, 41)]
    figures = desk.figures
    assert (figures.commits, figures.requests, figures.events, figures.largest_commit) == (1, 40, 40, 40)
    assert figures.waiting == 0


async def test_a_commit_takes_no_more_than_its_bound(desk: Any) -> None:
    await behind_a_gate(desk, *(desk.accept(planned(number)) for number in range(1, MOST_PER_COMMIT + 2)))
    assert (desk.figures.commits, desk.figures.largest_commit) == (2, MOST_PER_COMMIT)


async def test_work_is_done_in_the_order_it_was_asked_for(desk: Any) -> None:
    seen = []
    await behind_a_gate(
        desk,
        desk.accept(planned(1)),
        desk.write(lambda store: seen.append(len(claim_all(store)))),
        desk.accept(planned(2)),
        desk.accept(planned(3)),
        desk.write(lambda store: seen.append(len(claim_all(store)))),
    )
    assert seen == [1, 2]
    assert desk.figures.commits == 2


async def test_only_the_request_at_fault_fails(desk: Any) -> None:
    bad = planned(2, key="\ud800")
    first, failed, third = await behind_a_gate(desk, desk.accept(planned(1)), desk.accept(bad), desk.accept(planned(3)))
    assert (first.planned, third.planned) == (1, 1)
    assert type(failed) is NotStorable
    assert await desk.read(lambda store: store.ledger.audit()) == []


async def test_a_full_disk_fails_everything_that_shared_the_commit_and_then_goes_on(desk: Any) -> None:
    def bound(store: Any) -> None:
        pages = store.database.connection.execute("PRAGMA page_count").fetchone()[0]
        store.database.connection.execute(f"PRAGMA max_page_count = {pages}")

    await desk.write(bound)
    large = [planned(number, event={"body": b"x" * 9000}) for number in (1, 2, 3)]
    failed = await behind_a_gate(desk, *(desk.accept(intake) for intake in large))
    assert [type(each) for each in failed] == [StoreUnavailable] * 3
    assert len({id(each) for each in failed}) == 3
    await desk.write(lambda store: store.database.connection.execute("PRAGMA max_page_count = 100000"))
    assert (await desk.accept(large[0])).planned == 1


async def test_a_broken_store_is_reported_once() -> None:
    broken: list[StoreBroken] = []

    class Breaking:
        def accept(self, _intakes: Any) -> None:
            raise StoreBroken("the disk reported an error")

    store = memory_store()
    object.__setattr__(store, "outbox", Breaking())
    async with Desk(lambda: store, memory_store, on_broken=broken.append) as desk:
        for _ in range(2):
            with pytest.raises(StoreBroken):
                await desk.accept(planned(1))
    assert [str(error) for error in broken] == ["the disk reported an error"]


async def test_an_error_of_ones_own_work_comes_back_to_the_one_who_asked(desk: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        await desk.write(lambda _store: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await desk.read(lambda _store: 1 // 0)
    assert (await desk.accept(planned(1))).planned == 1


async def test_reading_goes_on_while_the_writer_is_busy(desk: Any) -> None:
    await desk.accept(planned(1))
    gate = Gate()
    busy = asyncio.create_task(desk.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    rows = await desk.read(lambda store: store.ledger.events(Filter(), limit=9))
    assert [row["id"] for row in rows] == [an_id("evt", 1)]
    gate.released.set()
    await busy


async def test_readers_cannot_write(desk: Any) -> None:
    with pytest.raises(StoreUnavailable):
        await desk.read(lambda store: store.outbox.accept([planned(1)]))


async def test_an_answer_that_nobody_waits_for_is_dropped_but_the_request_is_kept(desk: Any) -> None:
    gate = Gate()
    busy = asyncio.create_task(desk.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    abandoned = asyncio.create_task(desk.accept(planned(1)))
    await waiting(desk, 1)
    abandoned.cancel()
    gate.released.set()
    await busy
    assert len(await desk.write(lambda store: store.ledger.events(Filter(), limit=9))) == 1


async def test_closing_finishes_what_was_taken_and_takes_no_more(path: Any) -> None:
    desk = desk_on(path, create=True, on_broken=unexpected)
    await desk.open()
    gate = Gate()
    busy = asyncio.create_task(desk.write(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    accepting = asyncio.create_task(desk.accept(planned(1)))
    await waiting(desk, 1)
    closing = asyncio.create_task(desk.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="closing"):
        await desk.accept(planned(2))
    gate.released.set()
    await closing
    assert (await accepting).planned == 1
    assert await busy == "done"
    store = open_store(path, create=False)
    assert len(store.ledger.events(Filter(), limit=9)) == 1
    store.close()


async def test_opening_what_is_not_there_says_so_and_leaves_no_thread(path: Any) -> None:
    with pytest.raises(ConfigInvalid):
        await desk_on(path, create=False, on_broken=unexpected).open()
    assert [thread for thread in threading.enumerate() if thread.name == "outbox"] == []


async def test_what_another_program_writes_is_noticed(desk: Any, path: Any) -> None:
    await desk.accept(planned(1))
    assert await desk.changed() is False
    command = open_store(path, create=False)
    command.controls.cancel(Filter(), reason="operator", now=NOW)
    command.close()
    assert await desk.changed() is True
    assert await desk.changed() is False


async def test_a_delivery_goes_through_the_desk_from_request_to_delivered(desk: Any) -> None:
    await desk.accept(planned(1))
    [delivery] = await desk.write(claim_all)
    assert await desk.write(lambda store: store.outbox.settle([settled(delivery, Delivered())], now=NOW)) == [True]
    row = await desk.read(lambda store: store.ledger.delivery(delivery.id))
    assert row["state"] == "delivered"
    assert await desk.read(lambda store: store.ledger.audit()) == []
