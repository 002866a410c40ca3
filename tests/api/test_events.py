"""Events over the API: listed, shown with what was decided of them, made into examples."""

import json

from tests.support.console import Console
from tests.support.office import browsing


async def test_a_list_has_the_numbers_of_decisions_and_deliveries(console: Console) -> None:
    [asked] = console.receive("1001")
    [skipped] = console.receive("1002", consent=False)
    async with browsing(console, "viewer") as client:
        rows = (await client.get("/api/events")).json()["items"]
        filtered = (await client.get("/api/events", params={"verdict": "skipped"})).json()["items"]
    assert [(row["id"], row["verdicts"], row["deliveries"]) for row in rows] == [
        (skipped, {"skipped": 1}, {}),
        (asked, {"planned": 1}, {"pending": 1}),
    ]
    assert [row["id"] for row in filtered] == [skipped]


async def test_a_list_goes_on_after_its_cursor(console: Console) -> None:
    first, second = console.receive("1001", "1002")
    async with browsing(console, "viewer") as client:
        page = (await client.get("/api/events", params={"limit": 1})).json()
        rest = (await client.get("/api/events", params={"limit": 1, "before": page["next"]})).json()
    assert [row["id"] for row in page["items"]] == [second]
    assert ([row["id"] for row in rest["items"]], rest["next"]) == ([first], None)


async def test_an_event_is_shown_with_everything_that_is_kept(console: Console) -> None:
    [event] = console.receive("1001")
    async with browsing(console, "viewer") as client:
        shown = (await client.get(f"/api/events/{event}")).json()
        decisions = (await client.get(f"/api/events/{event}/decisions")).json()["items"]
    assert json.loads(shown["body"])["guest"] == "1001@example.com"
    assert (shown["headers"], shown["query"], shown["lookup"]) == ({"content-type": "application/json"}, "", None)
    assert [each["kind"] for each in shown["marks"]] == ["contact", "key"]
    assert [(row["mapping"], row["verdict"], row["reason"]) for row in decisions] == [("visit", "planned", "")]
    assert shown["decisions"] == decisions
    assert [row["id"] for row in shown["deliveries"]] == [decisions[0]["delivery_id"]]


async def test_an_example_has_no_name_or_address_of_anybody(console: Console) -> None:
    [event] = console.receive("1001", guest="berta.klein@firma.test")
    async with browsing(console, "viewer") as client:
        example = (await client.get(f"/api/events/{event}/example")).json()
    assert "berta" not in json.dumps(example)
    assert set(json.loads(example["payload"])) == {"type", "id", "order", "guest", "shop"}
    assert "mappings:\n  visit:\n    email: " in example["expect"]
    assert example["otherwise"] == []


async def test_without_the_event_or_its_payload_there_is_no_example(console: Console) -> None:
    [event] = console.receive("1001")
    console.send("delivered")
    with console.store() as store:
        store.controls.prune(now=1 << 45, payloads_before=1 << 45, history_before=0, limit=100)
    async with browsing(console, "viewer") as client:
        gone = await client.get(f"/api/events/{event}/example")
        none = await client.get("/api/events/evt_0/example")
        shown = (await client.get(f"/api/events/{event}")).json()
    assert (gone.status_code, gone.json()) == (409, {"message": f"the payload of {event} is not kept any more"})
    assert none.json() == {"message": "there is no event evt_0; the list of events has those that are kept"}
    assert (shown["body"], shown["headers"], shown["query"]) == (None, None, None)


async def test_an_order_is_found_by_its_key_without_standing_in_an_address(console: Console) -> None:
    [event] = console.receive("A-77")
    async with browsing(console, "viewer") as client:
        found = (await client.post("/api/find", json={"text": "#a-77"})).json()
        listed = (await client.get("/api/events", params={"contact": found["contact"]})).json()["items"]
    assert found["events"] == [event]
    assert [row["id"] for row in listed] == [event]
