"""The books, coverage, attributes, health and the journal by the API: what the commands' `--json` gives."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bridge.api.proofs import Proof, Proofs, Scope
from bridge.core.errors import StoreUnavailable
from bridge.outbox.books import Balance
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action
from tests.support.console import Console
from tests.support.office import browsing, office

BALANCED = Balance((), (), {})


async def test_the_audit_is_that_of_the_command(console: Console) -> None:
    console.keep_secrets()
    console.receive("o1", "o2", "o3")
    console.send("delivered", "dead")
    async with browsing(console, "viewer") as client:
        whole = (await client.get("/api/audit")).json()
        part = (await client.get("/api/audit", params={"source": "till", "since": "1d"})).json()
        nothing = (await client.get("/api/audit", params={"source": "another"})).json()
    assert whole == console.run("audit", "--json").json
    assert part == console.run("audit", "--source", "till", "--since", "1d", "--json").json
    assert (whole["balanced"], whole["counters"]["events.accepted"], len(whole["days"])) == (True, 3, 1)
    assert nothing["days"] == []


async def test_what_does_not_balance_is_named_with_its_rows(console: Console) -> None:
    [event] = console.receive("o1")
    with console.store() as store, store.database.write() as transaction:
        transaction.run("DELETE FROM decisions")
    async with browsing(console) as client:
        audit = (await client.get("/api/audit")).json()
    assert audit["balanced"] is False
    [without] = [each for each in audit["imbalances"] if each["equation"].startswith("events without a decision")]
    assert (without["left"], without["right"], without["rows"], without["more"]) == (1, 0, [event], 0)


async def test_coverage_is_that_of_the_command(console: Console) -> None:
    console.receive("o1", "o2")
    console.receive("o3", type="opened")
    async with browsing(console, "viewer") as client:
        found = (await client.get("/api/coverage", params={"last": 50})).json()
        too_many = await client.get("/api/coverage", params={"last": 10_001})
    assert found == console.run("coverage", "--json").json
    assert found["unmatched"] == [{"source": "till", "topic": "opened", "events": 1}]
    assert too_many.status_code == 422


async def test_attributes_are_those_that_targets_accepted(console: Console) -> None:
    console.keep_secrets()
    console.receive("o1")
    console.send("delivered")
    async with browsing(console, "viewer") as client:
        found = (await client.get("/api/attributes", params={"touchpoint": "steady"})).json()
        elsewhere = (await client.get("/api/attributes", params={"touchpoint": "eager"})).json()
    assert [(each["name"], each["type"]) for each in found["items"]] == [("email", "text"), ("orderId", "text")]
    assert elsewhere["items"] == []


async def test_health_and_counters_say_how_the_bridge_is(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, "viewer") as client:
        health = (await client.get("/api/health")).json()
        counters = (await client.get("/api/counters")).json()
    assert {**health, "configuration": ""} == {
        "ready": True,
        "message": "ready",
        "configuration": "",
        "config": "current",
        "store": "ok",
        "disk": "ok",
    }
    assert counters["deliveries.pending"] == 1


@pytest.fixture
def journal(console: Console) -> Console:
    console.receive("o1")
    with console.store() as store:
        for number in range(1, 6):
            who, verb = ("anna", "pause") if number % 2 else ("key:ci", "resume")
            store.controls.note(Action(number * 1_000_000_000_000, who, verb, f"touchpoint t{number}", "because"))
    return console


async def test_the_journal_pages_and_is_filtered(journal: Console) -> None:
    async def abouts(**query: Any) -> tuple[list[str], str | None]:
        page = (await client.get("/api/actions", params=query)).json()
        return [each["about"][-2:] for each in page["items"]], page["next"]

    async with browsing(journal, "viewer") as client:
        first = await abouts(limit=2)
        second = await abouts(limit=2, before=first[1])
        last = await abouts(limit=2, before=second[1])
        anna = await abouts(who="anna")
        resumed = await abouts(verb="resume")
        later = await abouts(since=4_000_000_000_000)
        [one] = (await client.get("/api/actions", params={"limit": 1})).json()["items"]
    assert [first, second, last] == [(["t5", "t4"], "4"), (["t3", "t2"], "2"), (["t1"], None)]
    assert anna == (["t5", "t3", "t1"], None)
    assert resumed == (["t4", "t2"], None)
    assert later == (["t5", "t4"], None)
    assert one == {
        "number": 5,
        "at": 5_000_000_000_000,
        "who": "anna",
        "verb": "pause",
        "about": "touchpoint t5",
        "detail": "because",
    }


# -- one at a time ----------------------------------------------------------------------------------------------------


class Studying:
    """Reads the books when it is told to; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = asyncio.Event()

    async def __call__(self, _: Callable[[Store], Any], /) -> Any:
        self.asked += 1
        await self.go_on.wait()
        return BALANCED


async def test_who_asks_for_the_same_books_shares_the_answer() -> None:
    studying = Studying()
    proofs = Proofs(studying, now=lambda: 7)
    asking = [asyncio.create_task(proofs.prove(Scope())) for _ in range(5)]
    assert await proofs.latest(Scope(), patience=0) is None
    assert proofs.is_making(Scope())
    studying.go_on.set()
    assert await asyncio.gather(*asking) == [Proof(BALANCED, 7)] * 5
    assert (studying.asked, proofs.is_making(Scope())) == (1, False)


async def test_a_proof_is_shown_again_for_half_a_minute_and_then_until_the_next_is_made() -> None:
    studying, time = Studying(), [1_000]
    proofs = Proofs(studying, now=lambda: time[0])
    studying.go_on.set()
    assert await proofs.latest(Scope(), patience=9) == Proof(BALANCED, 1_000)
    time[0] = 30_999
    assert await proofs.latest(Scope(), patience=9) == Proof(BALANCED, 1_000)
    studying.go_on.clear()
    time[0] = 31_000
    assert await proofs.latest(Scope(), patience=0) == Proof(BALANCED, 1_000)
    studying.go_on.set()
    assert await proofs.latest(Scope(), patience=9) == Proof(BALANCED, 31_000)
    assert studying.asked == 2


async def test_who_gives_up_waiting_does_not_end_the_proof() -> None:
    studying = Studying()
    proofs = Proofs(studying, now=lambda: 7)
    impatient = asyncio.create_task(proofs.prove(Scope("till")))
    patient = asyncio.create_task(proofs.prove(Scope("till")))
    await asyncio.sleep(0)
    impatient.cancel()
    studying.go_on.set()
    assert await patient == Proof(BALANCED, 7)


async def test_a_store_that_cannot_be_read_is_said_to_each_and_tried_again() -> None:
    async def failing(work: Callable[[Store], Any], /) -> Any:
        raise StoreUnavailable("the disk is away")

    proofs = Proofs(failing, now=lambda: 7)
    for ask in (proofs.prove(Scope()), proofs.latest(Scope(), patience=9)):
        with pytest.raises(StoreUnavailable, match="the disk is away"):
            await ask
    assert not proofs.is_making(Scope())


async def test_long_work_is_done_one_at_a_time_and_leaves_a_reader(console: Console) -> None:
    console.receive("o1")
    async with office(console) as opened:
        loop = asyncio.get_running_loop()
        begun, go_on = asyncio.Event(), asyncio.Event()

        def long(_: Store) -> int:
            loop.call_soon_threadsafe(begun.set)
            return asyncio.run_coroutine_threadsafe(_until(go_on), loop).result(20)

        long_ones = [asyncio.create_task(opened.study(long)) for _ in range(3)]
        await begun.wait()
        counters = await asyncio.wait_for(opened.read(lambda store: store.ledger.counters()), 10)
        go_on.set()
        assert counters["events.accepted"] == 1
        assert await asyncio.gather(*long_ones) == [1, 1, 1]


async def _until(event: asyncio.Event) -> int:
    await event.wait()
    return 1
