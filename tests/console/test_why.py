"""The page Why: one sentence, the story with its proof, what can be done, and what is said where nothing is found."""

import re

import pytest

from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import words

LATER = """
  - name: later
    on: [planned]
    touchpoint: steady
    key: order
    send: {after: 7d}
    cancel_on:
      - {on: [refunded], key: order}
    body: {email: guest, orderId: order}
"""
ANNA = "anna@example.com"


@pytest.fixture
def shop(console: Console) -> Console:
    """A till whose refunds cancel what waits."""
    console.keep_secrets()
    console.change(
        "till.yaml", "    body: {email: guest, orderId: order}\n", "    body: {email: guest, orderId: order}" + LATER
    )
    return console


async def page_of(console: Console, text: str, role: str = "operator", **others: str) -> str:
    """Ask why; gives the page."""
    async with browsing(console, role) as client:  # type: ignore[arg-type] # a literal of the tests
        answer = await client.get("/why", params={"q": text, **others})
    assert answer.status_code == 200
    return answer.text


async def test_the_answer_is_read_in_one_step_with_the_line_that_decided(shop: Console) -> None:
    shop.receive("1001", type="planned", guest=ANNA)
    shop.receive("1001", type="refunded", guest=ANNA, id="id-R7")
    page = await page_of(shop, ANNA)
    story = words(page)
    assert f"{ANNA} was not asked: the request was cancelled by refunded (evt_" in story
    assert "refunded cancelled the waiting request" in story
    assert "cancel_on: {on: [refunded], key: order}" in story
    assert "The request to steady would have gone out here Nothing was sent: it had been cancelled before." in story
    assert '<a href="/mappings/till.yaml#L17">till.yaml line 17</a>' in page
    assert '<li class="ghost">' in page


async def test_the_sentence_is_that_of_the_command(shop: Console) -> None:
    shop.receive("1", guest=ANNA)
    shop.send("delivered")
    sentence = shop.run("why", ANNA, "--json").json["sentence"]
    assert sentence.replace("`", "") in words(await page_of(shop, ANNA))


async def test_a_delivered_request_can_be_made_once_more_and_a_dead_one_anyway(shop: Console) -> None:
    shop.receive("1", "2", guest=ANNA)
    asked, lost = shop.send("delivered", "dead")
    assert f'href="/replays/new?id={asked}&amp;include_delivered=true">Ask once more…' in await page_of(shop, "1")
    assert f'href="/replays/new?id={lost}">Ask anyway…' in await page_of(shop, "2")


async def test_what_waits_can_be_cancelled_and_what_is_held_leads_to_its_page(shop: Console) -> None:
    shop.receive("1", "2")
    [held] = shop.send("held")
    page = await page_of(shop, held)
    assert "may have been asked, nobody knows: the request is held" in words(page)
    assert f'href="/deliveries/{held}">Send again or cancel…' in page
    page = await page_of(shop, "2")
    assert "Cancel the request…" in page
    assert "About 2, the person is about to be asked: the request is due." in words(page)


async def test_the_newest_entry_comes_first_and_the_list_can_be_turned(shop: Console) -> None:
    shop.receive("1", "2", guest=ANNA)
    shop.send("delivered", "dead")
    newest, oldest = await page_of(shop, ANNA), await page_of(shop, ANNA, first="oldest")
    assert newest.index("given up") < newest.rindex("till said closed")
    assert oldest.index("till said closed") < oldest.index("did not take it, given up")
    assert 'href="/why?q=anna%40example.com&amp;first=oldest">Oldest first' in newest


async def test_a_long_story_is_told_by_the_hundred(shop: Console) -> None:
    shop.receive(*(str(number) for number in range(60)), guest=ANNA)
    shop.send(*["delivered"] * 50)
    first = await page_of(shop, ANNA)
    assert "110 entries from 1 source, newest first" in words(first)
    assert first.count("<li><div") == 100
    assert 'href="/why?q=anna%40example.com&amp;after=100" rel="next">Older entries' in first
    assert (await page_of(shop, ANNA, after="100")).count("<li><div") == 10


async def test_where_several_things_have_one_name_one_of_them_is_chosen(shop: Console) -> None:
    shop.receive("77", shop="graz", guest="a@example.com")
    shop.receive("77", shop="linz", guest="b@example.com", id="id-b")
    page = await page_of(shop, "77")
    assert "Several things are called 77. Show only till · linz (1 event) or till · graz (1 event)." in words(page)
    only = words(await page_of(shop, "77", source="till", tenant="graz"))
    assert "1 entry from 1 source, newest first" in only


async def test_others_are_masked_in_the_story_of_one(shop: Console) -> None:
    shop.run("suppress", "add", ANNA, "--reason", "asked with ben@example.com")
    story = words(await page_of(shop, ANNA))
    assert "asked with b…@example.com" in story
    assert "ben@example.com" not in story
    assert "Allow asking again…" in story


async def test_where_nothing_is_found_it_is_said_where_and_what_is_spelled_alike(shop: Console) -> None:
    shop.receive("1", guest=ANNA)
    page = await page_of(shop, "anna@exmaple.com")
    assert "No trace of anna@exmaple.com" in words(page)
    assert "Did you mean anna@example.com" in words(page)
    assert "Requests that were refused were never read: they are listed apart, and found by their id only." in words(
        page
    )
    assert "Nothing is known under a spelling one slip away either" in words(await page_of(shop, "nobody@elsewhere.at"))


async def test_a_refused_request_is_found_by_its_id(shop: Console) -> None:
    [refused] = shop.refuse("the signature is wrong")
    page = await page_of(shop, refused)
    assert "This request was refused with 401: the signature is wrong." in words(page)
    assert f'href="/refused/retry?id={refused}">' in page


async def test_what_is_searched_for_is_written_nowhere(
    shop: Console, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await page_of(shop, "somebody@example.com")
    with shop.store() as store:
        assert store.ledger.actions(limit=10) == []
    assert "somebody" not in capsys.readouterr().out + capsys.readouterr().err + caplog.text


async def test_neither_a_search_nor_a_key_can_run_as_script(shop: Console) -> None:
    evil = "<script>alert(1)</script>"
    shop.receive(evil, guest=ANNA)
    for text in (evil, ANNA, "<img src=x onerror=alert(1)>"):
        page = await page_of(shop, text)
        assert evil not in page
        assert "<img" not in page


async def test_viewers_read_and_change_nothing(shop: Console) -> None:
    shop.receive("1", guest=ANNA)
    page = await page_of(shop, ANNA, "viewer")
    assert "A viewer sees everything and changes nothing." in words(page)
    assert "Never ask again" not in page
    assert "Erase this person…" in await page_of(shop, ANNA, "admin")
    assert "Erase this person…" not in await page_of(shop, ANNA)


async def test_without_a_question_the_page_asks_for_one(shop: Console) -> None:
    with shop.store():
        pass
    page = await page_of(shop, "")
    assert "Why did somebody get something, or nothing?" in words(page)
    assert re.search(r'<input name="q" type="search" required', page)
