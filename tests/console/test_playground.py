"""The playground: one event through a mapping file as it is being written, with and without script."""

import html
import re

import pytest

from tests.console.test_mappings import HOSTILE, an_edit, heading, plain
from tests.support.console import FILES, Console
from tests.support.office import browsing

TEXT = FILES["till.yaml"]


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose folder is in force, with two events."""
    console.keep_secrets()
    assert console.run("apply").status == 0
    console.receive("1001", "1002")
    return console


def events(page: str) -> list[str]:
    return re.findall(r'<option value="(evt_[^"]+)"', page)


async def test_it_opens_with_the_latest_event_and_what_becomes_of_it(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        page = await client.get("/mappings/till.yaml/try")
    assert heading(page) == "Try till.yaml on one event"
    assert len(events(page.text)) == 2
    said = plain(page.text)
    assert "visit planned to steady : at once, about 1002" in said
    assert "email 1002@example.com orderId 1002 Values it read consent null" in said
    assert [part.split('"')[0] for part in page.text.split('data-insert="')[1:]][-5:] == [
        "guest",
        "id",
        "order",
        "shop",
        "type",
    ]


async def test_another_event_is_chosen_without_script(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        page = (await client.get("/mappings/till.yaml/try")).text
        newest, older = events(page)
        given = {**await an_edit(client, TEXT), "event": older, "holds": newest, "payload": "{}"}
        chosen = await client.post("/mappings/till.yaml/try", data=given)
    assert '"order": "1001"' in html.unescape(chosen.text)
    assert f'name="holds" value="{older}"' in chosen.text
    assert "about 1001" in plain(chosen.text)


async def test_what_is_typed_changes_the_outcome_alone_where_script_asks(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        page = (await client.get("/mappings/till.yaml/try")).text
        newest = events(page)[0]
        changed = TEXT.replace("orderId: order", "orderId: \"concat(['#', order])\"")
        payload = '{"type": "closed", "order": "9", "guest": "c@example.com"}'
        given = {**await an_edit(client, changed), "event": newest, "holds": newest, "payload": payload}
        part = await client.post("/mappings/till.yaml/try", data=given, headers={"hx-request": "true"})
        broken = {**given, "text": TEXT.replace("when:", "wen:")}
        wrong = await client.post("/mappings/till.yaml/try", data=broken, headers={"hx-request": "true"})
    assert part.text.startswith('<div id="outcome"')
    assert "email c@example.com orderId #9" in plain(part.text)
    assert "'wen' is not a key of a mapping (did you mean 'when'?) line 13" in plain(wrong.text)


async def test_a_pasted_payload_is_tried_with_its_headers(ready: Console) -> None:
    changed = TEXT.replace("orderId: order", "orderId: header('X-Table')")
    async with browsing(ready) as client:
        given = {
            **await an_edit(client, changed),
            "payload": f'{{"type": "closed", "order": "{HOSTILE}", "guest": "c@example.com"}}',
            "headers": "X-Table: 12\r\n",
        }
        page = await client.post("/mappings/till.yaml/try", data=given)
        wrong = await client.post("/mappings/till.yaml/try", data=given | {"headers": "nonsense"})
    assert "email c@example.com orderId 12" in plain(page.text)
    assert HOSTILE not in page.text
    assert "headers: write `Name: value`, one on each line, not 'nonsense'" in plain(wrong.text)


async def test_a_condition_that_says_no_shows_what_it_read(ready: Console) -> None:
    async with browsing(ready) as client:
        given = {
            **await an_edit(client, TEXT),
            "payload": '{"type": "closed", "order": "1", "guest": "c@example.com", "consent": false}',
        }
        page = await client.post("/mappings/till.yaml/try", data=given)
    said = plain(page.text)
    assert "visit skipped when is false Values it read consent false order 1 guest c@example.com" in said


async def test_secrets_are_never_put_in(ready: Console) -> None:
    changed = TEXT.replace("orderId: order", "orderId: \"'${secret:till}'\"")
    async with browsing(ready) as client:
        page = await client.post("/mappings/till.yaml/try", data=await an_edit(client, changed))
    assert "the till signs with this" not in page.text


async def test_an_event_is_kept_as_an_example_by_a_question_and_an_answer(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        newest = events((await client.get("/mappings/till.yaml/try")).text)[0]
        question = await client.get(f"/mappings/till.yaml/example?event={newest}")
        kept = await client.post("/mappings/till.yaml/example", data={"event": newest, "name": "closed-table"})
    assert heading(question) == "Keep this event as an example?"
    assert (kept.status_code, kept.headers["location"]) == (303, "/mappings/till.yaml")
    assert (ready.folder / "mappings/examples/till/closed-table.expect.yaml").exists()


async def test_the_file_of_touchpoints_has_nothing_to_try(ready: Console) -> None:
    async with browsing(ready) as client:
        page = await client.get("/mappings/touchpoints.yaml/try")
    assert page.status_code == 422
    assert "touchpoints.yaml has no mappings; choose the file of a source" in page.text
