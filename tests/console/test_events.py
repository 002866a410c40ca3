"""The list of events and the page of one: what was decided, by which line, and the payload as text."""

import re
from typing import Any

from bridge.console.pages.payload import FOLDED, ON_DEMAND
from tests.support.console import Console
from tests.support.office import browsing

HOSTILE = "</details></script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


async def get(console: Console, path: str) -> str:
    async with browsing(console, "operator") as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.text


def heading(page: str) -> str:
    found: Any = re.search(r"<h1>(.*?)</h1>", page)
    return str(found[1])


async def test_the_title_says_how_it_stands(console: Console) -> None:
    with console.store():
        pass
    assert heading(await get(console, "/events")) == "No event yet"
    console.receive("1001", "1002")
    assert heading(await get(console, "/events")) == "2 events, every one decided"
    console.receive("1003", consent=False)
    assert heading(await get(console, "/events?verdict=skipped")) == "1 skipped event"
    console.receive("1004", guest="nobody")
    assert heading(await get(console, "/events")) == "1 decision failed among 4 events"


async def test_a_row_says_what_was_decided_and_what_became_of_it(console: Console) -> None:
    [event] = console.receive("1001")
    console.send("delivered")
    page = await get(console, "/events")
    assert f'<a class="go clip" href="/events/{event}" title="closed"><bdi>closed</bdi></a>' in page
    assert 'class="chip is-planned"' in page
    assert 'class="chip is-delivered"' in page
    assert "<bdi>1001@example.com</bdi>" in page


async def test_a_source_that_never_sent_anything_says_so_and_how_it_is_connected(console: Console) -> None:
    console.write("shop.yaml", "source: shop\nverify: {kind: none}\nevent: {topic: type}\nmappings: []\n")
    console.receive("1001")
    page = await get(console, "/events?source=shop")
    assert "shop never sent anything" in page
    assert '<a class="btn" href="/sources/shop">Connect shop</a>' in page


async def test_nothing_found_names_the_nearest_filter_that_finds_something(console: Console) -> None:
    console.receive("1001")
    page = await get(console, "/events?source=till&topic=opened")
    assert "Events of source till, of topic opened: none. Without topic there is 1." in page
    assert '<a class="btn" href="/events?source=till">Show 1 event</a>' in page


async def test_a_reference_is_found_under_an_address_that_does_not_hold_it(console: Console) -> None:
    [event] = console.receive("A77")
    console.receive("B88")
    async with browsing(console, "viewer") as client:
        found = await client.post("/events/find", data={"text": "#A77", "filter": "source=till"})
        page = (await client.get(found.headers["location"])).text
    assert re.fullmatch(r"/events\?source=till&contact=[0-9a-f]{32}", found.headers["location"])
    assert re.findall(r'class="go clip" href="/events/([^"]*)"', page) == [event]


async def test_each_decision_leads_to_the_line_that_made_it(console: Console) -> None:
    [skipped] = console.receive("1001", consent=False)
    [failed] = console.receive("1002", guest="nobody")
    no = await get(console, f"/events/{skipped}")
    wrong = await get(console, f"/events/{failed}")
    assert heading(no) == "Nothing is sent: skipped"
    assert '<a href="/mappings/till.yaml#L13" aria-label="till.yaml line 13">line 13</a>' in no
    assert heading(wrong) == "Nothing was sent: a mapping failed"
    assert '<a href="/mappings/till.yaml#L16" aria-label="till.yaml line 16">line 16</a>' in wrong


async def test_an_event_that_no_mapping_takes_says_so(console: Console) -> None:
    [event] = console.receive("1001", type="opened")
    page = await get(console, f"/events/{event}")
    assert heading(page) == "No mapping takes it"
    assert "till said opened" in page


async def test_what_people_sent_stays_text_keys_too(console: Console) -> None:
    payload = {HOSTILE: {HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}}
    [event] = console.receive("1001", query=f"utm={HOSTILE}", shop=HOSTILE, **payload)
    for path in (f"/events/{event}", f"/events/{event}/example", "/events"):
        page = await get(console, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;{{7*7}}" in await get(console, f"/events/{event}")


async def test_a_payload_is_open_folded_or_shown_on_demand_by_its_size(console: Console) -> None:
    [small] = console.receive("1001")
    [large] = console.receive("1002", lines=["x" * 1_000] * (FOLDED // 1_000 + 1))
    [huge] = console.receive("1003", lines=["x" * 1_000] * (ON_DEMAND // 1_000 + 1))
    assert '<div class="tree" data-tree><details open>' in await get(console, f"/events/{small}")
    assert '<div class="tree" data-tree><details><summary>' in await get(console, f"/events/{large}")
    page = await get(console, f"/events/{huge}")
    assert len(page) < 20_000
    assert f'<a class="btn" href="/events/{huge}?payload=all#h-pay">Show the payload</a>' in page
    assert '<div class="tree" data-tree><details><summary>' in await get(console, f"/events/{huge}?payload=all")


async def test_the_raw_payload_is_a_file_that_no_browser_takes_for_a_page(console: Console) -> None:
    [event] = console.receive("1001", note="<script>alert(1)</script>")
    async with browsing(console, "viewer") as client:
        answer = await client.get(f"/events/{event}/payload")
        missing = await client.get("/events/evt_0/payload")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{event}.json"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["note"] == "<script>alert(1)</script>"
    assert missing.status_code == 404


async def test_the_request_can_be_copied_as_curl(console: Console) -> None:
    [event] = console.receive("1001", query="shop=vie", note="it's")
    page = await get(console, f"/events/{event}")
    assert "curl -X POST &#39;http://127.0.0.1:8080/hooks/till?shop=vie&#39;" in page
    assert "-H &#39;content-type: application/json&#39;" in page


async def test_without_its_payload_it_says_what_is_still_known(console: Console) -> None:
    [event] = console.receive("1001")
    console.send("delivered")
    with console.store() as store:
        store.controls.prune(now=1 << 45, payloads_before=1 << 45, history_before=0, limit=100)
    page = await get(console, f"/events/{event}")
    assert "The payload is not kept any more. What was decided and sent is." in page
    assert heading(page) == "1 delivery came of it: delivered"
