"""Who is never asked again, erasing a person, and why, over the API."""

from typing import Any

import pytest

from tests.support.console import Console
from tests.support.office import browsing

ANNA = "anna@example.com"


@pytest.fixture
def shop(console: Console) -> Console:
    """Two requests to Anna wait."""
    console.keep_secrets()
    console.receive("1", "2", guest=ANNA)
    return console


async def posted(console: Console, path: str, body: Any, role: Any = "admin") -> tuple[int, Any]:
    """Post to the API; gives status and answer."""
    async with browsing(console, role) as client:
        answer = await client.post(f"/api/{path}", json=body)
    return answer.status_code, answer.json()


async def test_adding_cancels_what_waits_and_removing_allows_what_comes(shop: Console) -> None:
    status, added = await posted(
        shop, "suppressions", {"contact": "Anna@Example.com", "reason": "by phone"}, "operator"
    )
    assert (status, added["contact"], added["added"], added["cancelled"]) == (200, "A…@Example.com", True, 2)
    _, again = await posted(shop, "suppressions", {"contact": ANNA})
    assert (again["added"], again["cancelled"]) == (False, 0)
    async with browsing(shop, "viewer") as client:
        [entry] = (await client.get("/api/suppressions")).json()["items"]
    assert (entry["contact"], entry["reason"], entry["added_by"]) == ("A…@Example.com", "by phone", "operator")
    assert (await posted(shop, "suppressions/remove", {"mark": entry["mark"]}))[0] == 200
    assert await posted(shop, "suppressions/remove", {"contact": ANNA}) == (
        404,
        {"message": "there is no such entry; they may be asked"},
    )
    with shop.store() as store:
        assert [each.verb for each in store.ledger.actions(limit=10)] == ["unsuppress", "suppress"]


@pytest.mark.parametrize("body", [{}, {"contact": ANNA, "mark": "0" * 32}])
async def test_either_a_contact_or_a_mark_is_removed(shop: Console, body: Any) -> None:
    assert await posted(shop, "suppressions/remove", body) == (422, {"message": "give either `contact` or `mark`"})


async def test_the_list_is_paged_by_its_cursor(shop: Console) -> None:
    for number in range(3):
        await posted(shop, "suppressions", {"contact": f"guest{number}@example.com"})
    async with browsing(shop, "viewer") as client:
        first = (await client.get("/api/suppressions?limit=2")).json()
        second = (await client.get(f"/api/suppressions?limit=2&before={first['next']}")).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    marks = {entry["mark"] for entry in first["items"] + second["items"]}
    assert len(marks) == 3


async def test_erasing_is_previewed_done_and_on_record_without_the_person(shop: Console) -> None:
    status, found = await posted(shop, "erasures/preview", {"contact": ANNA})
    assert (status, found) == (
        200,
        {"counts": {"deliveries": 2, "events": 2}, "rows": 4, "in_flight": [], "is_searched": True},
    )
    assert await posted(shop, "erasures", {"contact": ANNA, "expected": 9}) == (
        409,
        {"message": "there are 4 rows by now, not 9; look at them again before you erase them"},
    )
    status, done = await posted(shop, "erasures", {"contact": ANNA, "expected": 4})
    assert (status, done["number"], done["who"], done["rows"], done["in_flight"]) == (200, 1, "admin", 4, [])
    assert await posted(shop, "erasures", {"contact": ANNA}) == (
        409,
        {"message": "nothing is stored about this address or number, so nothing was erased"},
    )
    with shop.store() as store:
        assert [each.detail for each in store.ledger.actions(limit=10)] == ["deliveries: 2, events: 2"]


async def test_only_admins_look_whom_they_could_erase(shop: Console) -> None:
    assert (await posted(shop, "erasures/preview", {"contact": ANNA}, "operator"))[0] == 403


async def test_why_gives_the_story_and_the_sentence_of_the_command(shop: Console) -> None:
    shop.send("delivered")
    async with browsing(shop, "viewer") as client:
        story = (await client.get("/api/why", params={"q": ANNA})).json()
    command = shop.run("why", ANNA, "--json").json
    assert story == command
    assert story["alike"] == []
    assert len(story["moments"]) == 5


async def test_why_gives_other_spellings_where_there_is_no_trace(shop: Console) -> None:
    async with browsing(shop, "viewer") as client:
        story = (await client.get("/api/why", params={"q": "ana@example.com"})).json()
    assert (story["kind"], story["moments"], story["alike"]) == ("", [], [ANNA])
    assert story["sentence"].startswith("No trace of ana@example.com in 400 days")
