"""The watcher over real files: what editors and deployments do to a folder, and what is read of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.app.watch import changes
from bridge.catalog import load_catalog, look, read_texts
from tests.support.folders import SHOPIFY, TILL, files, write_folder

PATIENCE = 20.0


@dataclass
class Watched:
    """A watched folder, and the files as they were read at each tick."""

    folder: Path
    read: list[dict[str, str]] = field(default_factory=list)
    ticked: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """Wait until a reading is what is wanted, and give it."""
        async with asyncio.timeout(PATIENCE):
            while not self.read or not wanted(self.read[-1]):
                self.ticked.clear()
                await self.ticked.wait()
        return self.read[-1]

    async def until_marked(self, mark: str) -> None:
        """Change a mapping file, and wait until that is read: what came before has been seen by then, too."""
        replace(self.folder / "till.yaml", f"{TILL}# {mark}\n")
        await self.until(lambda texts: texts.get("till.yaml", "").endswith(f"# {mark}\n"))


@asynccontextmanager
async def watched(folder: Path, *, look_every: int = 60_000) -> AsyncIterator[Watched]:
    async def read() -> None:
        async with aclosing(changes(folder, look_every=look_every)) as ticks:
            async for _ in ticks:
                try:
                    watching.read.append(dict(load_catalog(folder, {}).files))
                except Exception as error:  # noqa: BLE001 - what is wrong is what the tests look at
                    watching.read.append({"problem": str(error)})
                watching.ticked.set()

    watching = Watched(folder)
    task = asyncio.create_task(read())
    try:
        await watching.until(bool)
        yield watching
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    return write_folder(tmp_path / "mappings", files(till=TILL, shopify=SHOPIFY))


def replace(path: Path, text: str) -> None:
    """Write a file as deployments do: beside it, then renamed."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


async def test_the_folder_is_read_at_the_beginning_and_after_a_change(folder: Path) -> None:
    async with watched(folder) as seen:
        assert seen.read == [files(till=TILL, shopify=SHOPIFY)]
        replace(folder / "till.yaml", f"{TILL}# new\n")
        assert (await seen.until(lambda _: len(seen.read) > 1))["till.yaml"] == f"{TILL}# new\n"


async def test_what_editors_leave_beside_the_files_is_no_change(folder: Path) -> None:
    async with watched(folder) as seen:
        for name in (".till.yaml.swp", "till.yaml~", "4913", "#till.yaml#", "till.yaml.tmp", "till.yaml___jb_tmp___"):
            (folder / name).write_text("half of a fi", encoding="utf-8")
        (folder / ".#till.yaml").symlink_to("anna@host.4711:1")
        (folder / "examples").mkdir()
        await seen.until_marked("end")
        assert len(seen.read) == 2
        assert sorted(seen.read[1]) == ["shopify.yaml", "till.yaml", "touchpoints.yaml"]


async def test_saving_as_vim_does_is_one_change(folder: Path) -> None:
    async with watched(folder) as seen:
        (folder / "till.yaml").rename(folder / "till.yaml~")
        (folder / "till.yaml").write_text(f"{TILL}# vim\n", encoding="utf-8")
        (folder / "till.yaml~").unlink()
        await seen.until(lambda texts: texts["till.yaml"].endswith("# vim\n"))
        assert len(seen.read) == 2


async def test_a_file_that_is_written_in_pieces_is_read_as_a_whole(folder: Path) -> None:
    """Each piece would check clean, with fewer mappings: they must not be in force for a moment."""
    async with watched(folder) as seen:
        more = "".join(
            SHOPIFY[SHOPIFY.index("  - name") :].replace("name: post", f"name: p{n}-post") for n in range(20)
        )
        with (folder / "shopify.yaml").open("w", encoding="utf-8") as file:
            for piece in (SHOPIFY, *more.splitlines(keepends=True)):
                file.write(piece)
                file.flush()
                await asyncio.sleep(0)
        await seen.until(lambda texts: texts["shopify.yaml"] == SHOPIFY + more)
        assert len(seen.read) == 2


async def test_twenty_changes_in_a_second_end_in_the_last_one(folder: Path) -> None:
    async with watched(folder) as seen:
        for number in range(20):
            replace(folder / "till.yaml", f"{TILL}# {number}\n")
            replace(folder / "shopify.yaml", f"{SHOPIFY}# {number}\n")
            await asyncio.sleep(0.04)
        await seen.until(lambda texts: texts["till.yaml"].endswith("# 19\n"))
        assert len(seen.read) <= 3
        for texts in seen.read[1:]:
            assert texts["till.yaml"].rpartition("#")[2] == texts["shopify.yaml"].rpartition("#")[2]


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def swap(link: Path, place: Path) -> None:
    link.rename(place)


def config_map(folder: Path, version: str, texts: dict[str, str]) -> None:
    """Fill a folder as Kubernetes does: files are links into `..data`, which is swapped as a whole."""
    data = folder / f"..{version}"
    data.mkdir(parents=True)
    write_folder(data, texts)
    (folder / "..data_tmp").symlink_to(data.name)
    (folder / "..data_tmp").rename(folder / "..data")
    for name in texts:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


async def test_a_swapped_link_of_a_config_map_is_one_change_of_all_files(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    config_map(folder, "2026_1", files(till=TILL, shopify=SHOPIFY))
    async with watched(folder) as seen:
        assert seen.read == [files(till=TILL, shopify=SHOPIFY)]
        after = files(till=f"{TILL}# new\n", shopify=f"{SHOPIFY}# new\n")
        config_map(folder, "2026_2", after)
        remove(folder / "..2026_1")
        await seen.until(lambda texts: texts == after)
        assert len(seen.read) == 2


async def test_a_folder_that_is_itself_a_swapped_link_is_noticed(tmp_path: Path) -> None:
    for name, text in (("one", TILL), ("two", f"{TILL}# two\n")):
        (tmp_path / name).mkdir()
        write_folder(tmp_path / name, files(till=text))
    (tmp_path / "mappings").symlink_to("one")
    async with watched(tmp_path / "mappings", look_every=100) as seen:
        (tmp_path / "next").symlink_to("two")
        swap(tmp_path / "next", tmp_path / "mappings")
        await seen.until(lambda texts: texts["till.yaml"].endswith("# two\n"))
        await seen.until_marked("three")  # and the new folder is watched from then on


async def test_a_folder_that_goes_and_comes_back_is_noticed_both_times(folder: Path) -> None:
    async with watched(folder, look_every=100) as seen:
        swap(folder, folder.with_name("away"))
        assert "is not there" in (await seen.until(lambda texts: "problem" in texts))["problem"]
        swap(folder.with_name("away"), folder)
        await seen.until(lambda texts: "till.yaml" in texts)
        await seen.until_marked("again")


async def test_a_file_that_becomes_readable_or_goes_is_a_change(folder: Path) -> None:
    async with watched(folder) as seen:
        (folder / "shopify.yaml").unlink()
        await seen.until(lambda texts: "shopify.yaml" not in texts)
        (folder / "till.yaml").chmod(0o600)
        await seen.until(lambda _: len(seen.read) == 3)


# -- looking ----------------------------------------------------------------------------------------------------


def test_a_look_tells_any_change_of_a_mapping_file_and_nothing_else(folder: Path) -> None:
    first = look(folder)
    assert look(folder) == first
    (folder / "notes.txt").write_text("x")
    (folder / ".till.yaml.swp").write_text("x")
    (folder / "examples").mkdir()
    assert look(folder) == first
    status = (folder / "till.yaml").stat()
    (folder / "till.yaml").write_text(TILL.upper())  # of the same size, and with its old time
    os.utime(folder / "till.yaml", ns=(status.st_atime_ns, status.st_mtime_ns))
    second = look(folder)
    assert second != first
    replace(folder / "till.yaml", TILL)
    assert look(folder) not in (first, second)
    assert look(folder / "nowhere") is None


def test_a_link_to_nowhere_can_be_looked_at(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    assert look(folder) == look(folder)
    _, problems = read_texts(folder)
    assert [problem.file for problem in problems] == [str(folder / "gone.yaml")]


def test_files_that_change_while_they_are_read_are_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of two files falls between the reading of the first and of the second."""
    after = {"shopify.yaml": f"{SHOPIFY}# new\n", "till.yaml": f"{TILL}# new\n"}
    opened = Path.open
    waiting = dict(after)

    def open_late(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "till.yaml" and path.parent == folder and waiting:
            for name in list(waiting):
                (folder / f".{name}").write_bytes(waiting[name].encode())
                (folder / f".{name}").rename(folder / name)
                del waiting[name]
        return opened(path, *arguments, **more)  # type: ignore[call-overload]  # handed on as it came

    monkeypatch.setattr(Path, "open", open_late)
    texts, problems = read_texts(folder)
    assert problems == []
    assert {name: texts[name] for name in after} == after


def test_files_that_never_come_to_rest_are_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def open_and_change(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "till.yaml":
            with opened(folder / "touchpoints.yaml", "a") as file:
                file.write("\n")
        return opened(path, *arguments, **more)  # type: ignore[call-overload]  # handed on as it came

    monkeypatch.setattr(Path, "open", open_and_change)
    _, problems = read_texts(folder)
    assert [problem.message for problem in problems] == ["the files keep changing"]


async def test_changed_examples_are_noticed_as_well(folder: Path) -> None:
    """A folder that has just come is watched a moment later; what is written into it meanwhile is found by looking."""
    async with watched(folder, look_every=200) as seen:
        write_folder(folder, {"examples/till/a.json": "{}"})
        await seen.until(lambda _: len(seen.read) == 2)
        replace(folder / "examples/till/a.json", '{"id": 1}')
        await seen.until(lambda _: len(seen.read) == 3)
        (folder / "examples/till/.a.json.swp").write_text("half", encoding="utf-8")
        (folder / "examples/till/notes.txt").write_text("no example", encoding="utf-8")
        await seen.until_marked("end")
        assert len(seen.read) == 4


async def test_examples_that_are_written_in_pieces_are_one_change(folder: Path) -> None:
    async with watched(folder, look_every=200) as seen:
        (folder / "examples/till").mkdir(parents=True)
        for number in range(20):
            with (folder / f"examples/till/{number}.expect.yaml").open("w", encoding="utf-8") as file:
                for piece in ("topic: closed\n", "mappings:\n", "  visit: skipped\n"):
                    file.write(piece)
                    file.flush()
                    await asyncio.sleep(0)
        await seen.until_marked("end")
        assert len(seen.read) in (2, 3)
        assert len(look(folder) or ()) == 23
