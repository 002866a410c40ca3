"""Plans of a running bridge: page by page, one after the other, bounded, and honest about what went wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bridge.app.planner import Planner
from bridge.app.workshop import Workshop
from bridge.core.errors import StoreUnavailable
from bridge.outbox.protocol import Store
from tests.support.console import Console

Work = Callable[[Store], Any]


@pytest.fixture
def console(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    made = Console(tmp_path, monkeypatch, capsys)
    made.keep_secrets()
    assert made.run("apply").status == 0
    return made


class Reader:
    """Runs work on the console's store, each piece only when it is let through; counts the pieces."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.gate = asyncio.Event()
        self.pieces = 0

    async def __call__(self, work: Work) -> Any:
        await self.gate.wait()
        self.pieces += 1
        with self._console.store() as store:
            return work(store)


async def a_planner(console: Console, reader: Reader) -> tuple[Planner, Any, Any]:
    """Give a planner, and the folder as a draft and as it was loaded."""

    async def read(work: Work) -> Any:
        with console.store() as store:
            return work(store)

    workshop = Workshop(console.settings, {}, read=read, study=reader)
    made, checked = await workshop.folder()
    return workshop.planner, made, checked.loaded


async def test_events_are_compared_page_by_page_beside_everything_else(console: Console) -> None:
    console.receive(*map(str, range(450)))
    reader = Reader(console)
    planner, made, loaded = await a_planner(console, reader)
    plan = planner.begin(made, loaded, last=430, since=None, accepts={})
    assert (plan.ended, plan.found, plan.events) == (None, None, 0)
    reader.gate.set()
    await plan.over.wait()
    assert plan.found is not None
    assert (plan.events, plan.found["events"]["compared"], plan.found["decisions"]["unchanged"]) == (430, 430, 430)
    assert reader.pieces == 5  # what is in force, three pages, what waits


async def test_of_two_plans_of_the_same_files_the_later_one_counts(console: Console) -> None:
    reader = Reader(console)
    planner, made, loaded = await a_planner(console, reader)
    first = planner.begin(made, loaded, last=1, since=None, accepts={})
    second = planner.begin(made, loaded, last=2, since=None, accepts={})
    reader.gate.set()
    await asyncio.gather(first.over.wait(), second.over.wait())
    assert planner.find(made.mark) is second
    assert (first.found, second.found is None) == (None, False)


async def test_only_the_latest_plans_are_kept(console: Console) -> None:
    reader = Reader(console)
    planner, _, _ = await a_planner(console, reader)
    marks = []
    for number in range(22):
        console.write("till.yaml", (console.folder / "mappings/till.yaml").read_text() + f"# {number}\n")
        _, made, loaded = await a_planner(console, reader)
        marks.append(planner.begin(made, loaded, last=1, since=None, accepts={}).mark)
    assert [planner.find(mark) is not None for mark in marks] == [False] * 2 + [True] * 20
    reader.gate.set()


async def test_a_store_that_cannot_be_read_is_said_and_later_plans_go_on(console: Console) -> None:
    reader = Reader(console)
    planner, made, loaded = await a_planner(console, reader)

    async def broken(work: Work) -> Any:
        raise StoreUnavailable("the disk is full")

    failing = Planner(console.settings, {}, broken)
    plan = failing.begin(made, loaded, last=1, since=None, accepts={})
    await plan.over.wait()
    assert (plan.failed, plan.found) == ("the disk is full", None)
    reader.gate.set()
    good = planner.begin(made, loaded, last=1, since=None, accepts={})
    await good.over.wait()
    assert good.failed == ""
