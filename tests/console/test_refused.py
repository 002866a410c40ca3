"""The pages of refused requests: grouped by cause, looked at, taken in after all."""

import re
from typing import Any

import pytest

from bridge.app.clock import now
from tests.support.books import a_refusal
from tests.support.console import Console, receipt, signature
from tests.support.office import browsing
from tests.support.pages import words

HOUR = 3_600_000
WRONG = "the signature does not match any secret"


def keep(console: Console, order: str, *, signed: bool = True, **columns: Any) -> str:
    """Keep a refused request of the till, an hour old."""
    body = receipt(order)
    proof = {name.lower(): value for name, value in signature(body).items()} if signed else {}
    given: dict[str, Any] = {
        "source": "till",
        "url": "https://old.example/hooks/till",
        "headers": {"content-type": "application/json", **proof},
        "body": body,
        "received_at": now() - HOUR,
        "reason": f"{WRONG}; unverified: the request is {order} minutes old",
        "topic": "closed",
    }
    refused = a_refusal(0, id=console.new_id("ref"), **given | columns)
    with console.store() as store:
        store.outbox.refuse([refused])
    return refused.id


@pytest.fixture
def night(console: Console) -> Console:
    """Three requests were refused while the secret was wrong, and one that nobody signed; the secret is right now."""
    console.keep_secrets()
    for order in ("1", "2", "3"):
        keep(console, order)
    keep(console, "4", signed=False, reason="the header X-Till-Signature is missing")
    return console


async def test_nothing_refused_is_good_news(console: Console) -> None:
    with console.store():
        pass
    async with browsing(console) as client:
        page = await client.get("/refused")
    assert "Every request that came was proven and read." in words(page.text)


async def test_requests_are_grouped_by_source_and_cause(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/refused")
    assert "4 requests were refused, from 1 source" in words(page.text)
    assert f"till: 3 requests {WRONG} (401)" in words(page.text)
    assert "till: 1 request the header X-Till-Signature is missing (401)" in words(page.text)
    assert "None can be taken in now." in words(page.text)
    assert "Why not…" in words(page.text)


async def test_what_was_refused_for_a_wrong_secret_is_taken_in_in_three_steps(night: Console) -> None:
    async with browsing(night, "operator") as client:  # step 1 was to store the secret
        page = await client.get("/refused")  # step 2: the page, which has tried them
        assert "All of them can be proven and taken in now." in words(page.text)
        assert "Retry 3 with today's secret" in words(page.text)
        [action] = re.findall(r'method="post" action="(/refused/retry\?[^"]*)"', page.text)
        answer = await client.post(action.replace("&amp;", "&"), data={"expected": "3"})  # step 3: Retry 3
        page = await client.get(answer.headers["location"])
    assert answer.status_code == 303
    assert "3 requests were taken in" in page.text
    assert "1 request was refused, from 1 source" in words(page.text)
    assert 'Refused<span class="n need">1</span>' in page.text
    assert len(night.run("events", "list", "--json").json) == 3


async def test_a_preview_says_which_cannot_be_taken_in(night: Console) -> None:
    async with browsing(night) as client:
        asked = await client.get("/refused/retry?source=till")
        answer = await client.post("/refused/retry?source=till", data={"expected": "4"})
        page = await client.get(answer.headers["location"])
    assert "3 of 4 can be proven and read now; the others stay refused." in words(asked.text)
    assert "1: the header X-Till-Signature is missing" in words(asked.text)
    assert "3 requests were taken in; 1 not: the header X-Till-Signature is missing" in page.text


async def test_where_none_can_be_taken_in_the_way_to_mend_it_is_shown(night: Console) -> None:
    night.run("secrets", "set", "till", given=b"another")
    async with browsing(night) as client:
        page = await client.get("/refused/retry?source=till&open=true")
    assert "None of the 4 requests can be taken in now" in words(page.text)
    assert '<a class="btn first" href="/sources/till">' in page.text
    assert "<form class=" not in page.text.split("<main", 1)[1]


async def test_a_count_that_has_changed_is_shown_again(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/refused/retry?source=till", data={"expected": "9"})
        page = await client.get(answer.headers["location"])
    assert "Not tried: 4 match by now, not 9; look at them again before you retry them" in page.text
    assert night.run("events", "list", "--json").json == []


async def test_one_request_shows_what_came_and_leads_to_its_event(night: Console) -> None:
    one = keep(night, "5")
    async with browsing(night) as client:
        page = await client.get(f"/refused/{one}")
        assert f"Refused: {WRONG}; unverified: the request is 5 minutes old" in words(page.text)
        assert "&#34;order&#34;: &#34;5&#34;" in page.text
        answer = await client.post(f"/refused/retry?id={one}", data={"expected": "1"})
        assert re.fullmatch(r"/events/evt_[0-9a-z]{26}", answer.headers["location"])
        page = await client.get(f"/refused/{one}")
    assert "Refused at first, taken in after all" in words(page.text)


async def test_the_list_is_narrowed_by_its_address(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/refused", params={"source": "till", "cause": WRONG})
    assert f"3 refused requests from till: {WRONG}" in words(page.text)
    assert "X-Till-Signature is missing" not in page.text


async def test_what_came_cannot_run_as_script(night: Console) -> None:
    evil = "<img src=x onerror=alert(1)>"
    one = keep(night, "6", body=f"{evil}\0\x1b[31m".encode(), reason=evil, topic=evil, headers={"x": evil})
    async with browsing(night) as client:
        pages = [await client.get(path) for path in (f"/refused/{one}", "/refused", "/refused?open=true")]
    for page in pages:
        assert page.status_code == 200
        assert evil not in page.text
        assert "\x1b" not in page.text


async def test_viewers_look_and_do_not_retry(night: Console) -> None:
    async with browsing(night, "viewer") as client:
        page = await client.get("/refused")
        assert "/refused/retry" not in page.text
        assert (await client.get("/refused/retry?source=till")).status_code == 403
        assert (await client.post("/refused/retry?source=till", data={"expected": "4"})).status_code == 403
