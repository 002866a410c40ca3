"""Changed mapping files over the API: planned over events, applied in both ways, contested, restored."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_mappings import BROKEN, CHANGED, EXAMPLE, an_edit, folder, posted
from tests.support.console import FILES, Console
from tests.support.office import browsing


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose folder is in force, with its secrets."""
    console.keep_secrets()
    assert console.run("apply").status == 0
    return console


def latest_action(console: Console) -> tuple[str, str, str, str]:
    with console.store() as store:
        action = store.ledger.actions(limit=1)[0]
    return action.who, action.verb, action.about, action.detail


async def in_force(client: httpx.AsyncClient) -> tuple[str, str]:
    said = (await client.get("/api/mappings")).json()
    return said["configuration"], said["standing"]


# -- plan -----------------------------------------------------------------------------------------------------------


async def test_a_plan_compares_with_what_is_in_force_over_stored_events(ready: Console) -> None:
    ready.receive("1001", "1002")
    async with browsing(ready, "operator") as client:
        status, begun = await posted(client, "/plan", {"files": [await an_edit(client, CHANGED)]})
        said = (await client.get(f"/api/mappings/plans/{begun['configuration']}")).json()
    assert (status, said["events"], said["is_whole"], said["last"]) == (202, 2, True, 1_000)
    assert said["in_force"] == said["found"]["in_force"]
    assert said["found"]["files"] == ["till.yaml"]
    assert {kind: count for kind, count in said["found"]["decisions"].items() if count} == {"changed": 2}
    assert [(each["field"], each["count"]) for each in said["found"]["groups"]] == [("orderId", 2)]
    assert folder(ready) == FILES


async def test_a_plan_may_be_of_some_events_or_of_all_since_a_time(ready: Console) -> None:
    ready.receive("1001", "1002", "1003")
    async with browsing(ready) as client:
        _, newest = await posted(client, "/plan", {"last": 2})
        _, none = await posted(client, "/plan", {"since": "2099-01-01"})
        status, _ = await posted(client, "/plan", {"last": 2, "since": "1d"})
    assert (newest["events"], none["events"], status) == (2, 0, 422)


async def test_files_with_errors_are_not_planned(ready: Console) -> None:
    async with browsing(ready) as client:
        status, said = await posted(client, "/plan", {"files": [await an_edit(client, BROKEN)]})
    assert status == 422
    assert said["message"].startswith("errors stand in the way: till.yaml:16:35: body.orderId: there is no function")


async def test_a_plan_that_nobody_made_is_not_found(ready: Console) -> None:
    async with browsing(ready) as client:
        answer = await client.get("/api/mappings/plans/0123456789ab")
    assert answer.status_code == 404


# -- apply ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["auto", "manual"])
async def test_applied_files_are_in_the_folder_and_in_force_at_once(ready: Console, way: str) -> None:
    mode = (ready.folder / "mappings/till.yaml").stat().st_mode
    async with browsing(ready, "operator", apply=way) as client:
        before, _ = await in_force(client)
        status, said = await posted(client, "/apply", {"files": [await an_edit(client, CHANGED)]})
        after = await in_force(client)
        history = (await client.get("/api/mappings/versions")).json()["items"]
    assert (status, said["before"], said["wrote"]) == (200, before, ["till.yaml"])
    assert after == (said["configuration"], "in force")
    assert folder(ready) == FILES | {"till.yaml": CHANGED}
    assert (ready.folder / "mappings/till.yaml").stat().st_mode == mode
    assert [(each["configuration"], each["how"], each["changed"]) for each in history] == [
        (said["configuration"], "apply", ["till.yaml"]),
        (before, "apply", ["till.yaml", "touchpoints.yaml"]),
    ]
    assert latest_action(ready) == ("operator", "apply", f"mappings {said['configuration']}", "till.yaml")
    assert [path.name for path in (ready.folder / "mappings").iterdir() if path.name.startswith(".")] == []


async def test_a_folder_that_waits_is_applied_as_it_is(ready: Console) -> None:
    ready.write("till.yaml", CHANGED)
    async with browsing(ready, apply="manual") as client:
        assert (await in_force(client))[1] == "not applied"
        status, said = await posted(client, "/apply", {})
        assert (status, said["wrote"]) == (200, [])
        assert await in_force(client) == (said["configuration"], "in force")


async def test_a_new_file_comes_into_force_with_the_others(ready: Console) -> None:
    vienna = FILES["till.yaml"].replace("source: till", "source: vienna")
    async with browsing(ready) as client:
        given = {"files": [{"name": "vienna.yaml", "text": vienna, "opened": ""}]}
        status, _ = await posted(client, "/apply", given)
        assert (status, (await in_force(client))[1]) == (200, "in force")
        again, said = await posted(client, "/apply", {"files": [given["files"][0] | {"text": vienna + "# more\n"}]})
    assert folder(ready) == FILES | {"vienna.yaml": vienna}
    assert (again, said["message"]) == (
        409,
        "vienna.yaml changed in the folder since you opened it; look at what changed, then write yours again",
    )


async def test_what_somebody_else_wrote_meanwhile_is_not_written_over(ready: Console) -> None:
    async with browsing(ready) as client:
        edit = await an_edit(client, CHANGED)
        theirs = FILES["till.yaml"] + "# theirs\n"
        ready.write("till.yaml", theirs)
        for path in ("/plan", "/apply"):
            status, said = await posted(client, path, {"files": [edit]})
            assert (status, said["message"].split(" since")[0]) == (409, "till.yaml changed in the folder")
    assert folder(ready)["till.yaml"] == theirs


async def test_nothing_is_applied_while_an_error_stands(ready: Console) -> None:
    for name, text in {"e.json": "{}", "e.expect.yaml": "mappings:\n  visit: skipped\n"}.items():
        ready.write(f"examples/till/{name}", text)
    async with browsing(ready) as client:
        broken, _ = await posted(client, "/apply", {"files": [await an_edit(client, BROKEN)]})
        status, said = await posted(client, "/apply", {"files": [await an_edit(client, CHANGED)]})
    assert (broken, status) == (422, 422)
    assert "examples/till/e.expect.yaml" in said["message"]  # an example that differs is an error, too
    assert folder(ready) == FILES


async def test_what_examples_become_is_written_down_where_that_is_accepted(ready: Console) -> None:
    for name, text in EXAMPLE.items():
        ready.write(name, text)
    expect = ready.folder / "mappings/examples/till/visit.expect.yaml"
    async with browsing(ready, "operator") as client:
        edit = await an_edit(client, CHANGED)
        _, found = await posted(client, "/check", {"files": [edit]})
        refused, _ = await posted(client, "/plan", {"files": [edit]})
        planned, _ = await posted(client, "/plan", {"files": [edit], "accept": True})
        assert "1001" in expect.read_text()
        status, said = await posted(client, "/apply", {"files": [edit], "accept": True})
        assert await in_force(client) == (said["configuration"], "in force")
        assert (await client.get("/api/mappings")).json()["problems"] == []
        restored, back = await posted(client, f"/versions/{said['before']}/restore", {})
        assert await in_force(client) == (back["configuration"], "in force")  # although the example says otherwise now
    assert (found["restates"], refused, planned) == (["examples/till/visit.expect.yaml"], 422, 202)
    assert (status, said["wrote"]) == (200, ["examples/till/visit.expect.yaml", "till.yaml"])
    assert expect.read_text() == 'topic: closed\nmappings:\n  visit: {email: a@example.com, orderId: "1"}\n'
    assert (restored, back["configuration"]) == (200, said["before"])


async def test_only_what_was_planned_is_applied_where_the_plan_is_named(ready: Console) -> None:
    async with browsing(ready) as client:
        edit = await an_edit(client, CHANGED)
        _, plan = await posted(client, "/plan", {"files": [edit]})
        order = {"files": [edit | {"text": CHANGED + "# later\n"}], "plan": plan["configuration"]}
        status, said = await posted(client, "/apply", order)
    assert (status, said) == (409, {"message": "the files changed since this plan; plan again"})
    assert folder(ready) == FILES


async def test_a_folder_that_is_filled_from_elsewhere_is_left_alone(ready: Console, tmp_path: Path) -> None:
    path = ready.folder / "mappings/till.yaml"
    hidden = ready.folder / "mappings/..data"
    hidden.mkdir()
    path.rename(hidden / "till.yaml")
    path.symlink_to(hidden / "till.yaml")
    async with browsing(ready) as client:
        said = (await client.get("/api/mappings")).json()
        status, declined = await posted(client, "/apply", {"files": [await an_edit(client, CHANGED)]})
    assert said["read_only"] == "mappings/till.yaml is a link: the folder is filled from elsewhere"
    assert (status, declined["message"]) == (409, f"{said['read_only']}; commit the change where its files come from")
    assert path.readlink() == hidden / "till.yaml"
    assert folder(ready) == FILES


async def test_a_viewer_may_look_and_check_but_neither_plan_nor_apply(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        edit = await an_edit(client, CHANGED)
        statuses = [(await posted(client, path, {"files": [edit]}))[0] for path in ("/check", "/plan", "/apply")]
        restored = await client.post("/api/mappings/versions/abc/restore", json={})
    assert (statuses, restored.status_code) == ([200, 403, 403], 403)


# -- versions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["auto", "manual"])
async def test_an_earlier_version_is_put_back_and_in_force(ready: Console, way: str) -> None:
    async with browsing(ready, "operator", apply=way) as client:
        _, applied = await posted(client, "/apply", {"files": [await an_edit(client, CHANGED)]})
        status, said = await posted(client, f"/versions/{applied['before'][:6]}/restore", {})
        assert (status, said["wrote"], said["kept"]) == (200, ["till.yaml"], [])
        assert await in_force(client) == (applied["before"], "in force")
    assert folder(ready) == FILES
    about = f"mappings {applied['before']}"
    assert latest_action(ready) == ("operator", "restore", about, f"version {applied['before']}")


async def test_versions_are_shown_and_compared(ready: Console) -> None:
    async with browsing(ready) as client:
        _, applied = await posted(client, "/apply", {"files": [await an_edit(client, CHANGED)]})
        files = (await client.get(f"/api/mappings/versions/{applied['before']}")).json()
        found: Any = (await client.get(f"/api/mappings/diff?old={applied['before']}&new=")).json()
        ambiguous = await client.get("/api/mappings/versions/%20")
    assert files == {"configuration": applied["before"], "files": FILES}
    assert [(each["file"], each["change"]) for each in found["files"]] == [("till.yaml", "changed")]
    lines = found["files"][0]["diff"].splitlines()
    assert lines[:2] == [f"--- {applied['before']}/till.yaml", f"+++ {applied['configuration']}/till.yaml"]
    assert lines[-2:] == ["-    body: {email: guest, orderId: order}", "+    body: {email: guest, orderId: id}"]
    assert ambiguous.status_code == 404
