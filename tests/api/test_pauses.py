"""Pausing and resuming by the API: all four scopes, on record, and never what a misspelling names."""

from typing import Any

import pytest

from tests.support.console import Console
from tests.support.office import browsing


@pytest.mark.parametrize(
    ("scope", "name"), [("all", ""), ("touchpoint", "steady"), ("source", "till"), ("mapping", "till/visit")]
)
async def test_what_is_paused_is_listed_and_on_record_until_it_is_resumed(
    console: Console, scope: str, name: str
) -> None:
    console.receive("o1")
    what = {"scope": scope, "name": name}
    async with browsing(console, "operator") as client:
        paused = await client.post("/api/pause", json={**what, "reason": "new texts"})
        again = await client.post("/api/pause", json={**what, "reason": "another"})
        listed = (await client.get("/api/pauses")).json()
        resumed = await client.post("/api/resume", json=what)
        no_more = await client.post("/api/resume", json=what)
        left = (await client.get("/api/pauses")).json()
        actions = (await client.get("/api/actions")).json()["items"]
    assert [each.json() for each in (paused, again, resumed, no_more)] == [
        {"changed": True},
        {"changed": False},
        {"changed": True},
        {"changed": False},
    ]
    [shown] = listed["items"]
    assert {**shown, "since": 0} == {**what, "reason": "new texts", "since": 0, "by": "operator"}
    assert left == {"items": [], "next": None}
    about = f"{scope} {name}".strip()
    assert [(each["who"], each["verb"], each["about"], each["detail"]) for each in actions] == [
        ("operator", "resume", about, ""),
        ("operator", "pause", about, "new texts"),
    ]


@pytest.mark.parametrize(
    ("what", "status", "message"),
    [
        (
            {"scope": "touchpoint", "name": "staedy"},
            404,
            "No touchpoint in force has the name staedy, so this stops nothing now: did you mean steady?",
        ),
        (
            {"scope": "all", "name": "steady"},
            422,
            "Write `all`, or a scope with a name: touchpoint NAME, source NAME, mapping SOURCE/NAME.",
        ),
        (
            {"scope": "source"},
            422,
            "Write `all`, or a scope with a name: touchpoint NAME, source NAME, mapping SOURCE/NAME.",
        ),
        ({"scope": "mapping", "name": "visit"}, 422, "A mapping is named SOURCE/NAME, such as shopify/post-purchase."),
    ],
)
async def test_what_cannot_be_meant_is_not_paused(
    console: Console, what: dict[str, Any], status: int, message: str
) -> None:
    console.receive("o1")
    async with browsing(console) as client:
        answer = await client.post("/api/pause", json=what)
        listed = (await client.get("/api/pauses")).json()["items"]
        actions = (await client.get("/api/actions")).json()["items"]
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert listed == actions == []


async def test_viewers_look_and_do_not_pause(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, "viewer") as client:
        answer = await client.post("/api/pause", json={"scope": "all"})
        listed = await client.get("/api/pauses")
    assert (answer.status_code, answer.json()) == (403, {"message": "this needs the role operator; viewer is viewer"})
    assert listed.json() == {"items": [], "next": None}


async def test_what_is_not_in_force_any_more_can_be_resumed(console: Console) -> None:
    console.receive("o1")
    assert console.run("pause", "touchpoint", "gone").status == 0
    async with browsing(console) as client:
        answer = await client.post("/api/resume", json={"scope": "touchpoint", "name": "gone"})
    assert answer.json() == {"changed": True}
