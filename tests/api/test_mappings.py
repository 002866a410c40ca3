"""Mapping files over the API: listed, checked, tried, planned, applied, restored."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.support.console import FILES, Console
from tests.support.office import browsing

CHANGED = FILES["till.yaml"].replace("orderId: order", "orderId: id")
BROKEN = FILES["till.yaml"].replace("orderId: order", "orderId: odrer(id)")
NO_NAMES = ["../evil.yaml", "/etc/passwd", "a/b.yaml", ".hidden.yaml", "UPPER.yaml", "x.yml", "x\n.yaml"]
EXAMPLE = {
    "examples/till/visit.json": '{"type": "closed", "id": "1", "order": "1001", "guest": "a@example.com"}',
    "examples/till/visit.expect.yaml": 'topic: closed\nmappings:\n  visit: {email: a@example.com, orderId: "1001"}\n',
}


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose folder is in force, with its secrets."""
    console.keep_secrets()
    assert console.run("apply").status == 0
    return console


async def an_edit(client: httpx.AsyncClient, text: str, name: str = "till.yaml") -> dict[str, str]:
    """Give a file with another text, as one sends it who has just opened it."""
    opened = (await client.get(f"/api/mappings/files/{name}")).json()["opened"]
    return {"name": name, "text": text, "opened": opened}


async def posted(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
    answer = await client.post(f"/api/mappings{path}", json=body)
    return answer.status_code, answer.json()


def folder(console: Console) -> dict[str, str]:
    return {path.name: path.read_text() for path in (console.folder / "mappings").glob("*.yaml")}


# -- looking --------------------------------------------------------------------------------------------------------


async def test_files_are_listed_with_what_is_wrong_and_how_they_stand(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        ready.write("till.yaml", BROKEN)
        said = (await client.get("/api/mappings")).json()
    assert (said["standing"], said["apply"], said["read_only"], said["how"]) == ("stale", "auto", "", "apply")
    assert said["files"] == [
        {
            "name": "till.yaml",
            "opened": said["files"][0]["opened"],
            "lines": 16,
            "in_folder": True,
            "in_force": True,
            "differs": True,
            "mappings": 1,
            "waits": "",
            "errors": 1,
            "warnings": 0,
        },
        said["files"][1],
    ]
    assert said["problems"] == [
        {
            "file": "till.yaml",
            "line": 16,
            "column": 35,
            "message": "body.orderId: there is no function odrer",
            "suggestion": "did you mean lower?",
            "severity": "error",
        }
    ]


async def test_a_folder_that_is_not_applied_says_so(ready: Console) -> None:
    ready.write("till.yaml", CHANGED)
    async with browsing(ready, apply="manual") as client:
        said = (await client.get("/api/mappings")).json()
    assert said["standing"] == "not applied"
    assert [(each["name"], each["differs"]) for each in said["files"]] == [
        ("till.yaml", True),
        ("touchpoints.yaml", False),
    ]


async def test_a_literal_secret_in_a_file_is_not_shown(ready: Console) -> None:
    ready.change("touchpoints.yaml", "token: ${secret:eager}", "token: pxp-live-0815")
    async with browsing(ready) as client:
        said = (await client.get("/api/mappings/files/touchpoints.yaml")).json()
        difference = await client.get("/api/mappings/diff")
    assert said["hides"] is True
    assert "    token: ***\n" in said["text"]
    assert "    token: ${secret:steady}\n" in said["text"]  # as it is in force
    assert "0815" not in difference.text


async def test_a_file_that_is_not_there_is_not_found(ready: Console) -> None:
    async with browsing(ready) as client:
        answers = [await client.get(f"/api/mappings/files/{name}") for name in ("vienna.yaml", "..%2Fbridge.db")]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_functions_are_those_of_the_language(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        rows = {each["name"]: each for each in (await client.get("/api/mappings/functions")).json()["items"]}
    assert rows["e164"]["is_own"] is True
    assert rows["length"]["is_own"] is False
    assert (rows["if"]["least"], rows["if"]["most"], rows["concat"]["least"]) == (3, 3, 1)


# -- checking -------------------------------------------------------------------------------------------------------


async def test_a_text_is_checked_in_place_of_the_folders_with_its_examples(ready: Console) -> None:
    for name, text in EXAMPLE.items():
        ready.write(name, text)
    async with browsing(ready, "viewer") as client:
        status, said = await posted(client, "/check", {"files": [await an_edit(client, CHANGED)]})
    assert (status, said["ok"], said["examples"]) == (200, False, 1)
    assert [(each["file"], each["message"]) for each in said["problems"]] == [
        ("examples/till/visit.expect.yaml", 'visit.orderId: expected "1001", got "1"')
    ]
    assert folder(ready) == FILES


@pytest.mark.parametrize("name", NO_NAMES)
async def test_a_name_that_is_none_of_a_mapping_file_is_declined(ready: Console, name: str) -> None:
    async with browsing(ready) as client:
        given = {"files": [{"name": name, "text": "source: x\n", "opened": ""}]}
        answers = [(await posted(client, path, given))[0] for path in ("/check", "/plan", "/apply")]
    assert answers == [422, 422, 422]
    assert folder(ready) == FILES


async def test_a_file_made_of_references_to_itself_is_refused_at_once(ready: Console) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(200))
    async with browsing(ready) as client:
        status, said = await posted(client, "/check", {"files": [await an_edit(client, bomb)]})
        too_large, _ = await posted(client, "/check", {"files": [await an_edit(client, "#" * 300_000)]})
    assert (status, said["ok"], too_large) == (200, False, 422)


# -- trying ---------------------------------------------------------------------------------------------------------


async def test_a_stored_event_is_tried_by_edited_files_and_nothing_is_stored(ready: Console) -> None:
    [event] = ready.receive("1001")
    async with browsing(ready, "viewer") as client:
        given = {"source": "till", "event": event, "files": [await an_edit(client, CHANGED)]}
        status, said = await posted(client, "/try", given)
    assert (status, said["problems"], said["unreadable"]) == (200, [], "")
    assert said["paths"] == dict.fromkeys(("type", "id", "order", "guest", "shop"), True)
    [became] = said["events"]
    assert (became["topic"], became["event_id"], became["tenant"]) == ("closed", "id-1001", "vie")
    assert became["decisions"] == [
        {
            "mapping": "visit",
            "element": 0,
            "verdict": "planned",
            "reason": "",
            "touchpoint": "steady",
            "key": "1001",
            "body": {"email": "1001@example.com", "orderId": "id-1001"},
            "due_at": became["decisions"][0]["due_at"],
            "expires_at": None,
            "sending": "at once",
            "used": {"consent": None, "order": "1001", "guest": "1001@example.com", "id": "id-1001"},
        }
    ]
    assert len(ready.run("events", "list", "--json").json) == 1


async def test_a_payload_is_tried_with_its_topic_and_headers(ready: Console) -> None:
    text = FILES["till.yaml"].replace("orderId: order", "orderId: header('X-Table')")
    async with browsing(ready) as client:
        given = {
            "source": "till",
            "files": [await an_edit(client, text)],
            "payload": '{"type": "closed", "order": "7", "guest": "b@example.com"}',
            "headers": {"X-Table": "12", "Authorization": "Bearer nobody-sees-this"},
        }
        _, said = await posted(client, "/try", given)
    assert said["events"][0]["decisions"][0]["body"] == {"email": "b@example.com", "orderId": "12"}
    assert "nobody-sees-this" not in str(said)


async def test_an_edited_payload_stands_for_that_of_its_event(ready: Console) -> None:
    [event] = ready.receive("1001")
    async with browsing(ready) as client:
        given = {"source": "till", "event": event, "payload": '{"type": "closed", "order": "8", "guest": "no address"}'}
        _, said = await posted(client, "/try", given)
    [decision] = said["events"][0]["decisions"]
    assert (decision["verdict"], decision["body"]) == ("failed", None)
    assert decision["reason"] == "email is not a valid email address"


async def test_what_cannot_be_tried_says_why(ready: Console) -> None:
    async with browsing(ready) as client:
        _, unreadable = await posted(client, "/try", {"source": "till", "payload": "{"})
        _, broken = await posted(
            client, "/try", {"source": "till", "payload": "{}", "files": [await an_edit(client, BROKEN)]}
        )
        missing = await posted(client, "/try", {"source": "vienna", "payload": "{}"})
        no_event = await posted(client, "/try", {"source": "till", "event": "evt_none"})
    assert unreadable["unreadable"].startswith("the body is not valid JSON")
    assert (broken["events"], broken["problems"][0]["line"]) == ([], 16)
    assert missing == (404, {"message": "there is no source vienna; it has no mapping file"})
    assert no_event[0] == 404


async def test_an_expression_that_costs_too_much_fails_its_decision_alone(ready: Console) -> None:
    text = FILES["till.yaml"].replace(
        "orderId: order", 'orderId: "text(length(rows[].sort_by(@, &a)[].sort_by(@, &a)[]))"'
    )
    rows = [[{"a": n % 7} for n in range(100)] for _ in range(100)]
    async with browsing(ready) as client:
        given = {
            "source": "till",
            "files": [await an_edit(client, text)],
            "payload": json.dumps({"type": "closed", "order": "1", "guest": "a@example.com", "rows": rows}),
        }
        _, said = await posted(client, "/try", given)
    assert said["events"][0]["decisions"][0]["verdict"] == "failed"


# -- examples -------------------------------------------------------------------------------------------------------


async def test_an_event_becomes_a_masked_example_that_is_run_by_every_check(ready: Console) -> None:
    [event] = ready.receive("1001")
    async with browsing(ready, "operator") as client:
        status, said = await posted(client, "/examples", {"event": event, "name": "a-visit"})
        again = await posted(client, "/examples", {"event": event, "name": "a-visit"})
        checked = (await client.get("/api/mappings")).json()
    assert (status, said["expect"], said["read_only"]) == (200, "mappings/examples/till/a-visit.expect.yaml", "")
    assert again == (422, {"message": "an example a-visit is there already (choose another name)"})
    assert (checked["examples"], checked["problems"]) == (1, [])
    assert "1001@example.com" not in (ready.folder / said["payload"]).read_text()
    with ready.store() as store:
        action = store.ledger.actions(limit=5)[0]
    assert (action.who, action.verb, action.about) == ("operator", "example", event)
