"""The pages of replays: what is previewed, asked, made, watched, stopped and undone."""

import re

import pytest

from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import words


@pytest.fixture
def night(console: Console) -> Console:
    """A delivered, two dead and a held delivery."""
    console.keep_secrets()
    console.receive("1", "2", "3", "4")
    console.send("delivered", "dead", "dead", "held")
    return console


async def test_a_console_without_replays_says_how_to_make_one(console: Console) -> None:
    with console.store():
        pass
    async with browsing(console) as client:
        page = await client.get("/replays")
    assert "Nothing is being sent again now" in words(page.text)
    assert "Nothing was replayed here" in words(page.text)
    assert 'href="/replays/new"' in page.text


async def test_a_replay_begins_with_a_question_that_says_how_many_to_whom_and_how_fast(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=dead&rate=10/s")
    assert "Replay 2 deliveries?" in words(page.text)
    assert "Up to 2 new requests to steady, with the same bodies, at most 10 per second: done in about 1 s" in words(
        page.text
    )
    assert "Of these, 2 would be made now." in words(page.text)
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
    assert "0 of 2 made" in words(watched.text)
    assert f'action="{answer.headers["location"]}/undo"' in watched.text


async def test_whoever_may_have_been_asked_is_counted_and_a_reason_is_asked_for(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=held&state=delivered&include_delivered=true")
        assert (
            "2 of them were delivered already, or may have been: up to 2 people may be asked a second time."
            in words(page.text)
        )
        assert '<input name="reason" required' in page.text
        refused = await client.post("/replays?state=held", data={"expected": "1"})
    assert refused.status_code == 422
    assert "reason: say why, since 1 of what it takes was delivered or is held" in words(refused.text)


async def test_a_count_that_has_changed_is_shown_again(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/replays?state=dead", data={"expected": "57"})
        page = await client.get(answer.headers["location"])
    assert answer.headers["location"] == "/replays/new?state=dead"
    assert "Not begun: 2 match by now, not 57; look at them again before you replay them" in page.text
    assert "Replay 2 deliveries?" in words(page.text)


async def test_more_than_a_hundred_want_their_number_typed(console: Console) -> None:
    console.keep_secrets()
    console.receive(*(str(number) for number in range(101)))
    console.send(*["dead"] * 101)
    async with browsing(console) as client:
        page = await client.get("/replays/new?state=dead")
        assert "Type the number 101 to go on" in words(page.text)
        hasty = await client.post("/replays?state=dead", data={"expected": "101"})
        sure = await client.post("/replays?state=dead", data={"expected": "101", "typed": "101"})
    assert hasty.status_code == 422
    assert "type the number 101 to go on; nothing was replayed" in words(hasty.text)
    assert sure.status_code == 303


async def test_an_empty_filter_is_not_taken_for_everything(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new")
        answer = await client.post("/replays", data={"expected": "2"})
    assert "An empty filter would mean everything, so it is refused." in words(page.text)
    assert answer.status_code == 422


async def test_a_filter_that_finds_nothing_says_what_is_taken(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?touchpoint=eager")
    assert "Nothing matches that can be replayed" in words(page.text)
    assert "What is held or was cancelled is taken only when its state is chosen" in words(page.text)


async def test_a_rate_that_is_none_is_said_on_the_page_and_the_filter_stays(night: Console) -> None:
    async with browsing(night) as client:
        page = await client.get("/replays/new?state=dead&rate=fast")
    assert "rate: write a rate such as 10/s, 100/m or 5/10s" in words(page.text)
    assert '<input type="hidden" name="state" value="dead">' in page.text


async def test_a_replay_is_paused_resumed_and_stopped_with_the_way_back_in_the_notice(night: Console) -> None:
    async with browsing(night) as client:
        answer = await client.post("/replays?state=dead", data={"expected": "2"})
        page = answer.headers["location"]
        paused = await client.post(f"{page}/pause")
        shown = await client.get(paused.headers["location"])
        assert "The replay is paused; what it made already is sent" in shown.text
        assert f'action="{page}/resume"' in shown.text
        assert "Paused: 0 of 2 made" in words(shown.text)
        await client.post(f"{page}/resume")
        asked = await client.get(f"{page}/cancel")
        assert "Stop this replay for good?" in words(asked.text)
        await client.post(f"{page}/cancel")
        shown = await client.get(page)
        listed = await client.get("/replays")
    assert "Stopped: 0 of 2 made" in words(shown.text)
    assert "Nothing is being sent again now" in words(listed.text)


async def test_undoing_says_what_was_cancelled_and_what_was_sent(night: Console) -> None:
    replay = night.run("replay", "--state", "dead", "--yes", "--json").json["replay"]
    night.send("delivered")
    async with browsing(night) as client:
        asked = await client.get(f"/replays/{replay}/undo")
        assert "Undo this replay and cancel 1 request that waits?" in words(asked.text)
        assert "What was sent cannot be called back: 1 request was delivered already." in words(asked.text)
        answer = await client.post(f"/replays/{replay}/undo")
        page = await client.get(answer.headers["location"])
    assert "Undone: 1 waiting request cancelled; 1 was sent already or on the way" in page.text
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


async def test_a_new_mapping_is_let_loose_on_past_events(night: Console) -> None:
    text = "  - name: later\n    touchpoint: eager\n    key: order\n    body: {email: guest, orderId: order}\n"
    night.change(
        "till.yaml", "    body: {email: guest, orderId: order}\n", f"    body: {{email: guest, orderId: order}}\n{text}"
    )
    async with browsing(night) as client:
        page = await client.get("/replays/new?mapping=till/later&backfill=true")
        assert "Take 4 past events through till/later?" in words(page.text)
        assert "Up to 4 new requests, through the new mapping" in words(page.text)
        answer = await client.post("/replays?mapping=till/later&backfill=true", data={"expected": "4"})
        watched = await client.get(answer.headers["location"])
    assert "the stored events through today's mapping, for a new mapping" in words(watched.text)


async def test_what_is_replayed_is_told_in_the_story(night: Console) -> None:
    replay = night.run("replay", "--state", "dead", "--contact", "2@example.com", "--yes", "--json").json["replay"]
    async with browsing(night) as client:
        page = await client.get("/why", params={"q": "2@example.com"})
    assert "Replayed: a new request to steady" in words(page.text)
    assert f'href="/replays/{replay}"' in page.text


async def test_where_nothing_would_be_made_nothing_is_asked(night: Console) -> None:
    night.run("suppress", "add", "2@example.com", "--reason", "by phone")
    async with browsing(night) as client:
        page = await client.get("/replays/new?contact=2@example.com")
    assert "Nothing would be made of 1 delivery" in words(page.text)
    assert "1: suppressed: not to be asked" in words(page.text)
    assert 'method="post" action="/replays' not in page.text
