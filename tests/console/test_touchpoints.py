"""The touchpoints' pages: how they stand in a sentence, and one step to what mends it."""

import re

import pytest

from bridge.app.clock import now
from bridge.console.forms import Notice
from bridge.core.outcome import Answered, Pause
from bridge.outbox.terms import Circuit
from tests.support.books import settled
from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import told, words


def refuse_token(console: Console, *, status: int = 401, message: str = "Invalid API key") -> None:
    """Have Press'nXPress refuse what is due at steady."""
    with console.store() as store:
        free = {"steady": 1}
        [taken] = store.outbox.claim(now=now(), lease_until=now() + 60_000, free=free, caps={}).deliveries
        outcome = Answered(status, message)
        store.outbox.settle([settled(taken, Pause("refused"), outcome=outcome, at=now())], now=now())


async def test_the_title_says_how_many_are_in_which_state(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    refuse_token(console)
    async with browsing(console) as client:
        text = words((await client.get("/touchpoints")).text)
    assert "1 touchpoint open, 1 paused" in text
    assert "steady mail paused 1 0 0 0 401 Invalid API key" in text
    assert "New token…" in text


async def test_every_count_leads_to_its_deliveries(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3", "4")
    console.send("delivered", "dead", "held")
    async with browsing(console) as client:
        page = (await client.get("/touchpoints")).text
    for address in ("state=pending&amp;state=sending", "state=held", "state=delivered", "state=dead"):
        assert f'<a href="/deliveries?touchpoint=steady&amp;{address}">1</a>' in page


async def test_a_touchpoint_is_paused_in_one_step_and_the_notice_takes_it_back(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        answer = await client.post("/touchpoints/steady/pause", data={"to": "/touchpoints"})
        notice = told(answer)
        page = (await client.get("/touchpoints")).text
        assert notice.undo is not None
        undone = await client.post(notice.undo.action, data=dict(notice.undo.fields))
        after = words((await client.get("/touchpoints")).text)
    assert (answer.status_code, answer.headers["location"]) == (303, "/touchpoints")
    assert notice.text == "Touchpoint steady is paused. Nothing is lost: what is due waits."
    assert '<form method="post" action="/touchpoints/steady/resume"><input type="hidden" name="to"' in page
    assert told(undone).text == "Touchpoint steady goes on."
    assert "2 touchpoints open" in after
    with console.store() as store:
        actions = [(each.verb, each.about) for each in store.ledger.actions(limit=5)]
    assert actions == [("resume", "touchpoint steady"), ("pause", "touchpoint steady")]


async def test_a_campaign_is_stopped_in_one_step_and_taken_back(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    async with browsing(console, "operator") as client:
        before = (await client.get("/touchpoints/steady")).text
        answer = await client.post("/mappings/till/visit/pause", data={"to": "/touchpoints/steady"})
        after = words((await client.get("/touchpoints/steady")).text)
        undo = told(answer).undo
        assert undo is not None
        await client.post(undo.action, data=dict(undo.fields))
        again = words((await client.get("/touchpoints/steady")).text)
    assert '<form method="post" action="/mappings/till/visit/pause">' in before
    assert "till / visit closed paused" in after
    assert "till / visit closed open" in again


async def test_all_sending_is_paused_and_goes_on(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        paused = await client.post("/pause-all", data={"reason": "fire in the warehouse"})
        text = words((await client.get("/touchpoints")).text)
        resumed = await client.post("/resume-all")
        after = words((await client.get("/touchpoints")).text)
    assert paused.headers["location"] == "/touchpoints"
    assert "2 touchpoints paused" in text
    assert re.search(r"All sending is paused for \d+ s: fire in the warehouse\. Webhooks are received as usual\.", text)
    assert "Resume all sending" in text
    undo = told(resumed).undo
    assert (told(resumed).text, undo and undo.fields["reason"]) == ("All sending goes on.", "fire in the warehouse")
    assert "Pause all sending" in after


async def test_pausing_what_is_paused_changes_nothing_and_says_so(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        await client.post("/sources/till/pause")
        again = await client.post("/sources/till/pause")
        resumed = await client.post("/touchpoints/eager/resume")
    assert told(again) == Notice("Source till was paused already.")
    assert told(resumed) == Notice("Touchpoint eager was not paused.")
    assert again.headers["location"] == "/sources/till"


async def test_a_refused_token_is_mended_on_the_page_that_says_so(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2")
    refuse_token(console)
    async with browsing(console, "operator") as client:
        page = (await client.get("/touchpoints/steady")).text
        answer = await client.post(
            "/secrets", data={"name": "pxp-api-key", "value": " key-2\n", "to": "/touchpoints/steady"}
        )
        after = words((await client.get("/touchpoints/steady")).text)
    text = words(page)
    assert "steady is paused" in text
    assert "Press'nXPress refused the token at" in text
    assert "It answered 401 “Invalid API key”. 2 deliveries wait and none is lost." in text
    assert "New value for the secret pxp-api-key Store and resume Stored encrypted and never shown again." in text
    assert "Also used by: touchpoint eager." in text
    assert "By up to 8 requests at once. If it is refused again, the touchpoint pauses again" in text
    assert told(answer).text == "pxp-api-key is stored. steady goes on with it."
    assert "steady is open" in after
    assert "2, 2 of them due now" in after


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        (404, "Press'nXPress knows no such touchpoint at"),
        (302, "Press'nXPress sends elsewhere at"),
        (418, "Press'nXPress answered 418, which pauses it at"),
    ],
)
async def test_other_refusals_say_what_they_are(console: Console, status: int, finding: str) -> None:
    console.keep_secrets()
    console.receive("1")
    refuse_token(console, status=status, message="")
    async with browsing(console) as client:
        page = (await client.get("/touchpoints/steady")).text
    assert finding in words(page)
    assert ("Store and resume" in page) is (status == 404)
    if status == 404:
        assert page.index('for="secret-steady"') < page.index('for="secret-pxp-api-key"'), "the token is wrong there"


async def test_the_first_success_with_a_new_token_stands_beside_it(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        await client.post("/secrets", data={"name": "steady", "value": "token-9"})
        before = words((await client.get("/touchpoints/steady")).text)
        console.receive("1")
        [delivery] = console.send("delivered")
        after = (await client.get("/touchpoints/steady")).text
    assert "steady set now by operator First success with it: not yet" in before
    assert f'<a href="/deliveries/{delivery}">taken</a>' in after


async def test_a_missing_secret_is_asked_for_where_it_is_missed(console: Console) -> None:
    console.keep_secrets()
    console.run("secrets", "remove", "eager")
    async with browsing(console, "operator") as client:
        listed = words((await client.get("/touchpoints")).text)
        text = words((await client.get("/touchpoints/eager")).text)
        await client.post("/secrets", data={"name": "eager", "value": "token-3", "to": "/touchpoints/eager"})
        after = words((await client.get("/touchpoints/eager")).text)
    assert "1 touchpoint open, 1 waits for its secret" in listed
    assert "eager waits for its secret" in text
    assert "A secret is missing. Nothing is sent until it is stored. No delivery waits." in text
    assert "Value of the secret eager Store and go on" in text
    assert "eager is open" in after


async def test_a_failing_touchpoint_is_tried_now(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.outbox.note_circuit("steady", Circuit("steady", "it answered 503", now() - 9_000, now() + 90_500))
    async with browsing(console, "operator") as client:
        listed = words((await client.get("/touchpoints")).text)
        shown = words((await client.get("/touchpoints/steady")).text)
        answer = await client.post("/touchpoints/steady/try")
        after = words((await client.get("/touchpoints/steady")).text)
    assert "steady mail failing next try in 1 min" in listed
    assert "Try now" in listed
    assert ": it answered 503. One request tries in 1 min. No delivery waits." in shown
    assert told(answer).text == "One request tries steady now."
    assert "One request tries now." in after


async def test_many_touchpoints_are_found_by_their_name(console: Console) -> None:
    rows = "".join(
        f"  shop-{number:02}: {{channel: mail, api_key: '${{secret:pxp-api-key}}', token: '${{secret:steady}}'}}\n"
        for number in range(30)
    )
    console.write("touchpoints.yaml", f"touchpoints:\n{rows}")
    console.change("till.yaml", "touchpoint: steady", "touchpoint: shop-00")
    console.keep_secrets()
    async with browsing(console) as client:
        every = words((await client.get("/touchpoints")).text)
        some = words((await client.get("/touchpoints?name=Shop-2")).text)
        none = words((await client.get("/touchpoints?name=till")).text)
    assert "30 touchpoints open" in every
    assert "Name Filter" in every
    assert ("shop-29" in some, "shop-19" in some, "30 touchpoints open" in some) == (True, False, True)
    assert "No touchpoint has “till” in its name There are 30. Show all" in none


async def test_a_viewer_sees_everything_and_changes_nothing(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    refuse_token(console)
    async with browsing(console, "viewer") as client:
        pages = [(await client.get(path)).text for path in ("/touchpoints", "/touchpoints/steady", "/sources/till")]
        answers = [
            await client.post(path)
            for path in ("/touchpoints/steady/resume", "/touchpoints/steady/try", "/pause-all", "/secrets")
        ]
    assert [re.findall(r'method="post" action="([^"]+)"', page.partition("<main")[2]) for page in pages] == [[]] * 3
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]


async def test_what_targets_and_people_wrote_is_text_and_never_script(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    refuse_token(console, message="<script>alert(1)</script>")
    async with browsing(console, "operator") as client:
        await client.post("/touchpoints/eager/pause", data={"reason": '"><img src=x onerror=alert(1)>'})
        pages = [
            (await client.get(path)).text for path in ("/touchpoints", "/touchpoints/steady", "/touchpoints/eager")
        ]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[1]


async def test_going_on_leads_to_no_other_site(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        answers = [
            await client.post("/touchpoints/steady/pause", data={"to": "//evil.example"}),
            await client.post("/touchpoints/steady/resume", data={"to": "https://evil.example"}),
            await client.post("/secrets", data={"name": "steady", "value": "x", "to": "/\\evil.example"}),
        ]
    assert [answer.headers["location"] for answer in answers] == ["/", "/", "/"]


async def test_what_is_not_there_is_said_and_not_paused(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        page = await client.get("/touchpoints/nowhere")
        paused = await client.post("/mappings/till/visits/pause")
    assert (page.status_code, "there is no touchpoint nowhere" in page.text) == (404, True)
    assert paused.status_code == 404
    assert "did you mean till/visit?" in paused.text
