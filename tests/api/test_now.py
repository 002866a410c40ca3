"""`GET /api/now`: the verdict, the issues with what helps, the hours, what waits, the books."""

from bridge.app.clock import now
from bridge.outbox.figures import HOUR
from tests.support.console import Console
from tests.support.office import browsing


async def test_now_says_what_the_page_says(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3")
    console.send("held", "delivered")
    async with browsing(console, "viewer") as client:
        answer = await client.get("/api/now")
    assert answer.status_code == 200
    said = answer.json()
    assert said["verdict"] == "Balanced; 2 touchpoints open; 1 issue needs you."
    [issue] = said["issues"]
    assert (issue["kind"], issue["about"], issue["number"], issue["exact"]) == ("held", "steady", 1, True)
    assert issue["title"] == "1 delivery to steady may or may not have been taken."
    assert issue["remedies"] == [
        {"label": "Decide 1", "address": "/deliveries?state=held&touchpoint=steady", "posts": False}
    ]
    assert said["due"]["now"] == {"number": 1, "exact": True}
    assert (said["oldest"]["key"], said["oldest"]["because"]) == ("3", "It is sent in its turn.")
    assert [(each["touchpoint"], each["state"], each["waiting"]) for each in said["touchpoints"]] == [
        ("eager", "open", 0),
        ("steady", "open", 1),
    ]
    assert said["books"]["balanced"] is True
    assert said["books"]["counters"]["events.accepted"] == 3


async def test_the_hours_are_those_of_a_day_and_null_where_nothing_is_known(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.controls.keep_hour(now=now())
    console.receive("1")
    async with browsing(console) as client:
        hours = (await client.get("/api/now")).json()["hours"]
    assert len(hours) == 24
    assert [hour["received"] for hour in hours] == [None] * 23 + [1]
    assert hours[-1]["begins"] == now() // HOUR * HOUR
    assert (hours[-1]["waiting"], hours[0]["waiting"]) == (1, None)


async def test_nobody_who_is_not_signed_in_sees_it(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, None) as client:
        assert (await client.get("/api/now")).status_code == 401
