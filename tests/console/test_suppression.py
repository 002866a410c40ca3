"""The pages of who is never asked again, and of erasing a person."""

import re

import pytest

from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import told, words

ANNA = "anna@example.com"


@pytest.fixture
def shop(console: Console) -> Console:
    """Two requests to Anna wait, and one to Ben."""
    console.keep_secrets()
    console.receive("1", "2", guest=ANNA)
    console.receive("3", guest="ben@example.com")
    return console


async def test_an_empty_list_says_so(shop: Console) -> None:
    async with browsing(shop) as client:
        page = await client.get("/suppression")
    assert "Everybody may be asked" in words(page.text)
    assert "Nobody is on the list" in words(page.text)


async def test_whoever_is_added_is_listed_masked_and_what_waited_is_cancelled(shop: Console) -> None:
    async with browsing(shop, "operator") as client:
        answer = await client.post("/suppression/add", data={"contact": ANNA, "reason": "asked us to stop"})
        notice = told(answer)
        page = await client.get("/suppression")
    assert (answer.status_code, answer.headers["location"]) == (303, "/suppression")
    assert notice.text == "a…@example.com is not asked again; 2 waiting deliveries were cancelled"
    assert "1 person is never asked again" in words(page.text)
    assert "a…@example.com asked us to stop by operator" in words(page.text)
    assert "anna" not in page.text
    with shop.store() as store:
        [action] = store.ledger.actions(limit=10)
    assert (action.who, action.verb, action.about, action.detail) == (
        "operator",
        "suppress",
        "a…@example.com",
        "asked us to stop",
    )


async def test_the_notice_takes_it_back(shop: Console) -> None:
    async with browsing(shop) as client:
        undo = told(await client.post("/suppression/add", data={"contact": ANNA})).undo
        assert undo is not None
        assert (undo.label, undo.action) == ("Undo", "/suppression/remove")
        answer = await client.post(undo.action, data=dict(undo.fields))
        page = await client.get("/suppression")
    assert told(answer).text == "a…@example.com may be asked again, by events that come from now on"
    assert "Everybody may be asked" in words(page.text)


async def test_who_is_on_the_list_already_keeps_the_first_reason(shop: Console) -> None:
    async with browsing(shop) as client:
        await client.post("/suppression/add", data={"contact": ANNA, "reason": "first"})
        answer = await client.post("/suppression/add", data={"contact": ANNA, "reason": "second"})
        page = await client.get("/suppression")
    assert told(answer).text == "a…@example.com was not to be asked already; the first reason stays"
    assert "second" not in page.text


async def test_what_is_no_address_is_not_added(shop: Console) -> None:
    async with browsing(shop) as client:
        page = await client.post("/suppression/add", data={"contact": "anna"})
    assert page.status_code == 422
    assert "write an address, or a number in international form such as +43 1 5880 10" in words(page.text)


async def test_the_question_says_how_much_waits_and_keeps_the_person_out_of_addresses(shop: Console) -> None:
    async with browsing(shop) as client:
        asked = await client.post("/suppression/ask", data={"contact": ANNA})
    assert asked.status_code == 200
    assert f"Never ask {ANNA} again? 2 deliveries that wait for them are cancelled." in words(asked.text)
    assert not re.search(r'(href|action)="[^"]*anna', asked.text)


async def test_taking_somebody_off_asks_first(shop: Console) -> None:
    async with browsing(shop) as client:
        await client.post("/suppression/add", data={"contact": ANNA, "reason": "asked by phone"})
        page = await client.get("/suppression")
        [path] = re.findall(r'href="(/suppression/remove\?mark=[0-9a-f]{32})"', page.text)
        asked = await client.get(path)
        other = await client.post("/suppression/ask", data={"contact": ANNA, "allow": "true"})
    for question in (asked, other):
        assert "Allow asking a…@example.com again?" in words(question.text)
        assert "asked by phone" in words(question.text)


async def test_the_list_goes_on_by_cursor(shop: Console) -> None:
    async with browsing(shop) as client:
        for number in range(51):
            await client.post("/suppression/add", data={"contact": f"guest{number}@example.com"})
        first = await client.get("/suppression")
        [older] = re.findall(r'href="(/suppression\?before=[0-9a-f-]+)"', first.text)
        second = await client.get(older)
    assert (first.text.count("Allow again…"), second.text.count("Allow again…")) == (50, 1)


async def test_viewers_see_the_list_and_cannot_change_it(shop: Console) -> None:
    async with browsing(shop, "viewer") as client:
        page = await client.get("/suppression")
        refused = await client.post("/suppression/add", data={"contact": ANNA})
    assert "Never ask somebody again" not in page.text
    assert refused.status_code == 403


# -- erasing ---------------------------------------------------------------------------------------------------


async def test_a_person_is_erased_after_a_look_and_their_number_and_there_is_a_certificate(shop: Console) -> None:
    async with browsing(shop) as client:
        looked = await client.post("/suppression/erase/look", data={"contact": ANNA})
        assert "Erase 4 rows about a…@example.com?" in words(looked.text)
        assert "Type the number 4 to go on" in words(looked.text)
        hasty = await client.post("/suppression/erase", data={"contact": ANNA, "expected": "4"})
        assert hasty.status_code == 422
        assert "type the number 4 to go on; nothing was erased" in words(hasty.text)
        answer = await client.post("/suppression/erase", data={"contact": ANNA, "expected": "4", "typed": "4"})
        certificate = await client.get(answer.headers["location"])
        again = await client.post("/suppression/erase/look", data={"contact": ANNA})
        why = await client.get("/why", params={"q": ANNA})
    assert answer.headers["location"] == "/suppression/erasures/1"
    assert "Erasure number 1: the rows are empty, the file is being written anew" in words(certificate.text)
    assert "Emptied 2 deliveries, 2 events" in words(certificate.text)
    assert "By admin" in words(certificate.text)
    assert "Nothing is stored about a…@example.com" in words(again.text)
    assert f"No trace of {ANNA}" in words(why.text)
    with shop.store() as store:
        [action] = store.ledger.actions(limit=10)
        assert store.ledger.audit() == []
    assert (action.verb, action.about, action.detail) == ("erase", "erasure 1", "deliveries: 2, events: 2")


async def test_where_there_is_more_by_now_nothing_is_erased(shop: Console) -> None:
    async with browsing(shop) as client:
        answer = await client.post("/suppression/erase", data={"contact": ANNA, "expected": "3", "typed": "3"})
    assert told(answer).text == ("Not erased: there are 4 rows by now, not 3; look at them again before you erase them")


async def test_only_admins_erase(shop: Console) -> None:
    async with browsing(shop, "operator") as client:
        assert (await client.get("/suppression/erase")).status_code == 403
        assert (await client.post("/suppression/erase/look", data={"contact": ANNA})).status_code == 403
        answer = await client.post("/suppression/erase", data={"contact": ANNA, "expected": "4", "typed": "4"})
        assert answer.status_code == 403
        page = await client.get("/suppression")
    assert "Erase a person…" not in page.text


async def test_a_reason_cannot_run_as_script(shop: Console) -> None:
    evil = "<script>alert(1)</script>"
    async with browsing(shop) as client:
        await client.post("/suppression/add", data={"contact": ANNA, "reason": evil})
        page = await client.get("/suppression")
    assert evil not in page.text
