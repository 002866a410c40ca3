"""The page of one delivery: how it stands, what happened, what is sent and by which line."""

import re
from typing import Any

from bridge.core.outcome import Answered, NotSent, RetryAt
from bridge.outbox.terms import Filter, Paused
from tests.support.books import settled
from tests.support.console import Console
from tests.support.office import browsing


async def page_of(console: Console, delivery: str, role: str = "operator") -> str:
    async with browsing(console, role) as client:  # type: ignore[arg-type] # a role
        answer = await client.get(f"/deliveries/{delivery}")
    assert answer.status_code == 200
    return answer.text


def only(console: Console) -> str:
    """Give the one delivery."""
    with console.store() as store:
        [row] = store.ledger.deliveries(Filter(), limit=2)
    return str(row["id"])


def try_often(console: Console, times: int) -> None:
    """Let the one delivery fail so often."""
    with console.store() as store:
        for number in range(times):
            at = store.ledger.deliveries(Filter(), limit=1)[0]["due_at"] + 1
            taken = store.outbox.claim(now=at, lease_until=at + 60_000, free={"steady": 1}, caps={}).deliveries
            outcome = Answered(503, "Maintenance") if number else NotSent("connection refused while connecting")
            ruling = RetryAt(at + 1_000, "the target answered 503: Maintenance")
            store.outbox.settle([settled(each, ruling, outcome=outcome, at=at) for each in taken], now=at)


async def test_one_whose_fate_is_unknown_asks_for_a_decision(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("held")
    page = await page_of(console, delivery)
    assert "Nobody knows whether this request was taken" in page
    assert "1001@example.com may have been asked about order 1001 already." in page
    assert f'<a class="btn first" href="/deliveries/release?id={delivery}" data-dialog>Send again…</a>' in page
    assert f'href="/deliveries/cancel?id={delivery}" data-dialog>Cancel, they were asked…</a>' in page
    assert "<strong>It may have been taken: it is held for a person.</strong>" in page


async def test_a_viewer_sees_the_decision_without_its_buttons(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("held")
    page = await page_of(console, delivery, "viewer")
    assert "Your decision:" in page
    assert "/deliveries/release" not in page
    assert "Preview the replay" not in page


async def test_one_that_waits_for_its_touchpoint_says_so_and_leads_there(console: Console) -> None:
    console.receive("1001")
    with console.store() as store:
        store.controls.pause(Paused("touchpoint", "steady", "the target answered 401: token refused", 1, "target"))
    page = await page_of(console, only(console))
    assert "touchpoint steady is paused: the target answered 401: token refused." in page
    assert '<a class="btn first" href="/touchpoints/steady">See touchpoint steady</a>' in page


async def test_a_touchpoint_without_its_secret_is_the_reason(console: Console) -> None:
    console.keep_secrets()
    console.receive("1001")
    with console.store() as store:
        store.strongbox.remove_secret("steady")
    page = await page_of(console, only(console))
    assert "touchpoint steady waits for its secret steady" in page


async def test_every_attempt_says_how_far_it_got_and_what_was_answered(console: Console) -> None:
    console.receive("1001")
    try_often(console, 2)
    page = await page_of(console, only(console))
    assert re.findall(r"<h3>(Attempt [^<]*)</h3>", page) == [
        "Attempt 2: answered 503 Service Unavailable",
        "Attempt 1: could not connect",
    ]
    assert re.findall(r'<li class="(?:ok|bad|huh)">.*?</svg>([^<]*)</li>', page) == [
        *("name found", "connected", "secured", "sent", "503"),
        *("name found", "not connected"),
    ]
    assert page.count("Surely not taken: it is tried again.") == 2
    assert "Connection refused while connecting." in page
    assert '<p class="quote"><bdi>Maintenance</bdi></p>' in page
    assert "30 ms" in page


async def test_of_many_attempts_the_first_three_and_the_last_twenty_are_shown(console: Console) -> None:
    console.receive("1001")
    try_often(console, 60)
    page = await page_of(console, only(console))
    numbers = [int(number) for number in re.findall(r"<h3>Attempt (\d+):", page)]
    assert numbers == [*range(60, 40, -1), 3, 2, 1]
    assert "37 attempts between are not shown" in page


async def test_what_is_sent_comes_with_the_lines_that_say_so_and_without_keys(console: Console) -> None:
    console.keep_secrets()
    console.receive("1001")
    page = await page_of(console, only(console))
    assert "POST https://api.pressnxpress.com/v2/channel/mail/•••/enqueue?apiKey=•••" in page
    assert '<a href="/mappings/till.yaml#L16" aria-label="till.yaml line 16">line 16</a>' in page
    assert "<strong>line 13 says yes</strong>" in page
    assert '<li class="hit is-delivered"><a class="no" href="/mappings/till.yaml#L13"' in page
    for secret in ("key-1", "token-1", "the till signs with this"):
        assert secret not in page


async def test_the_lines_of_the_version_that_decided_are_shown(console: Console) -> None:
    console.receive("1001")
    with console.store() as store:
        catalog = {name: (console.folder / "mappings" / name).read_text() for name in ("till.yaml", "touchpoints.yaml")}
        [row] = store.ledger.deliveries(Filter(), limit=1)
        store.strongbox.keep_configuration(row["config"], catalog, now=1)
    console.change("till.yaml", "consent != `false`", "consent == `true`")
    page = await page_of(console, only(console))
    assert "till.yaml, an earlier version" in page
    assert "consent != `false`" in page


async def test_the_payload_has_what_the_mapping_uses_marked(console: Console) -> None:
    console.receive("1001")
    page = await page_of(console, only(console))
    assert '<span class="k">guest</span>: <mark><bdi class="s">"1001@example.com"</bdi></mark>' in page
    assert '<span class="k">shop</span>: <bdi class="s">"vie"</bdi>' in page


async def test_what_people_sent_stays_text(console: Console) -> None:
    hostile = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    payload: dict[str, Any] = {hostile: {hostile: [hostile]}}
    console.receive(hostile, guest="x@example.com", **payload)
    page = await page_of(console, only(console))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_without_body_and_event_it_says_what_is_not_kept(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("delivered")
    with console.store() as store:
        store.controls.prune(now=1 << 45, payloads_before=1 << 45, history_before=0, limit=100)
    page = await page_of(console, delivery)
    assert "the body is not kept any more" in page
    assert "Its payload is not kept any more." in page


async def test_an_unknown_one_is_not_found(console: Console) -> None:
    async with browsing(console) as client:
        answer = await client.get("/deliveries/dlv_0")
    assert answer.status_code == 404
    assert "there is no delivery dlv_0" in answer.text
