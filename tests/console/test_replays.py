"""The pages of replays: what is previewed, asked, made, watched, stopped and undone."""

import re

import httpx
import pytest

from tests.support.console import Console
from tests.support.office import browsing


@pytest.fixture
def night(console: Console) -> Console:
    """A delivered, two dead and a held delivery."""
    console.keep_secrets()
    console.receive("1", "2", "3", "4")
    console.send("delivered", "dead", "dead", "held")
    return console


def said(page: httpx.Response) -> str:
    """Give the text of the main part of a page, each run of blanks as one."""
    main = page.text.split("<main", 1)[1].split("</main>", 1)[0].split(">", 1)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


async def test_a_console_without_replays_says_how_to_make_one(console: Console) -> None:
    with console.store():
        pass
    async with browsing(console) as client:
        page = await client.get("/replays")
    assert "Nothing is being sent again now" in said(page)
    assert "Nothing was replayed here" in said(page)
    assert 'href="/replays/new"' in page.text


async def test_a_replay_begins_with_a_question_that_says_how_many_to_whom_and_how_fast(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=dead&rate=10/s")
    assert "Replay 2 deliveries?" in said(page)
    assert "Up to 2 new requests to steady, with the same bodies, at most 10 per second: done in about 1 s" in said(
        page
    )
    assert "Of these, 2 would be made now." in said(page)
    assert '<button class="btn first">Replay 2</button>' in page.text
    assert 'name="reason"' not in page.text


async def test_last_nights_failures_are_replayed_in_two_steps(night: Console) -> None:
    async with browsing(night, "operator") as client:
        page = await client.get("/replays/new?since=12h&state=dead")  # step 1: the button of the list of deliveries
        [action] = re.findall(r'method="post" action="(/replays\?[^"]*)"', page.text)
        answer = await client.post(action.replace("&amp;", "&"), data={"expected": "2"})  # step 2: Replay 2
        watched = await client.get(answer.headers["location"])
    assert answer.status_code == 303
    assert re.fullmatch(r"/replays/rpl_[0-9a-z]{26}", answer.headers["location"])
    assert "Replaying 2; what still waits can be taken back" in watched.text
    assert "0 of 2 made" in said(watched)
    assert f'action="{answer.headers["location"]}/undo"' in watched.text


async def test_whoever_may_have_been_asked_is_counted_and_a_reason_is_asked_for(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=held&state=delivered&include_delivered=true")
        assert "2 of them were delivered already, or may have been: up to 2 people may be asked a second time." in said(
            page
        )
        assert '<input name="reason" required' in page.text
        refused = await client.post("/replays?state=held", data={"expected": "1"})
    assert refused.status_code == 422
    assert "reason: say why, since 1 of them may have reached their person already" in said(refused)


async def test_a_count_that_has_changed_is_shown_again(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/replays?state=dead", data={"expected": "57"})
        page = await client.get(answer.headers["location"])
    assert answer.headers["location"] == "/replays/new?state=dead"
    assert "Not begun: 2 match by now, not 57; look at them again before you replay them" in page.text
    assert "Replay 2 deliveries?" in said(page)


async def test_more_than_a_hundred_want_their_number_typed(console: Console) -> None:
    console.keep_secrets()
    console.receive(*(str(number) for number in range(101)))
    console.send(*["dead"] * 101)
    async with browsing(console) as client:
        page = await client.get("/replays/new?state=dead")
        assert "Type the number 101 to go on" in said(page)
        hasty = await client.post("/replays?state=dead", data={"expected": "101"})
        sure = await client.post("/replays?state=dead", data={"expected": "101", "typed": "101"})
    assert hasty.status_code == 422
    assert "type the number 101 to go on; nothing was replayed" in said(hasty)
    assert sure.status_code == 303


async def test_an_empty_filter_is_not_taken_for_everything(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new")
        answer = await client.post("/replays", data={"expected": "2"})
    assert "An empty filter would mean everything, so it is refused." in said(page)
    assert answer.status_code == 422


async def test_a_filter_that_finds_nothing_says_what_is_taken(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?touchpoint=eager")
    assert "Nothing matches that can be replayed" in said(page)
    assert "What is held or was cancelled is taken only when its state is chosen" in said(page)


async def test_a_rate_that_is_none_is_said_on_the_page_and_the_filter_stays(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=dead&rate=fast")
    assert "rate: write a rate such as 10/s, 100/m or 5/10s" in said(page)
    assert '<input type="hidden" name="state" value="dead">' in page.text


async def test_a_replay_is_paused_resumed_and_stopped_with_the_way_back_in_the_notice(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/replays?state=dead", data={"expected": "2"})
        page = answer.headers["location"]
        paused = await client.post(f"{page}/pause")
        shown = await client.get(paused.headers["location"])
        assert "The replay is paused; what it made already is sent" in shown.text
        assert f'action="{page}/resume"' in shown.text
        assert "Paused: 0 of 2 made" in said(shown)
        await client.post(f"{page}/resume")
        asked = await client.get(f"{page}/cancel")
        assert "Stop this replay for good?" in said(asked)
        await client.post(f"{page}/cancel")
        shown = await client.get(page)
        listed = await client.get("/replays")
    assert "Stopped: 0 of 2 made" in said(shown)
    assert "Nothing is being sent again now" in said(listed)


async def test_undoing_says_what_was_cancelled_and_what_was_sent(night: Console) -> None:
    replay = night.run("replay", "--state", "dead", "--yes", "--json").json["replay"]
    night.send("delivered")
    async with browsing(night) as client:
        asked = await client.get(f"/replays/{replay}/undo")
        assert "Undo this replay and cancel 1 request that waits?" in said(asked)
        assert "What was sent cannot be called back: 1 request was delivered already." in said(asked)
        answer = await client.post(f"/replays/{replay}/undo")
        page = await client.get(answer.headers["location"])
    assert "Undone: 1 request that waited cancelled; 1 was sent already or on the way" in page.text
    assert f'href="/deliveries?replay={replay}&amp;state=cancelled"' in page.text


async def test_only_a_replay_at_work_is_read_again(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/replays?state=dead", data={"expected": "2"})
        page = answer.headers["location"]
        at_work = await client.get(page)
        await client.post(f"{page}/cancel")
        over = await client.get(page)
    assert "data-working" in at_work.text
    assert "data-working" not in over.text


async def test_viewers_watch_and_do_not_replay(night: Console) -> None:
    async with browsing(night, "viewer") as client:
        assert (await client.get("/replays")).status_code == 200
        assert (await client.get("/replays/new?state=dead")).status_code == 403
        assert (await client.post("/replays?state=dead", data={"expected": "2"})).status_code == 403


async def test_a_reason_cannot_run_as_script(night: Console) -> None:
    async with browsing(night) as client:
        reason = "<script>alert(1)</script>"
        answer = await client.post("/replays?state=dead", data={"expected": "2", "reason": reason})
        pages = [await client.get(path) for path in (answer.headers["location"], "/replays")]
    for page in pages:
        assert reason not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
