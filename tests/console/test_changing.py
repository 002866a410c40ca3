"""Changing deliveries from the console: asked first with the count, done once, on record, taken back."""

import re
from typing import Any

from bridge.outbox.terms import Filter
from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import told


def fields_of(page: str) -> dict[str, Any]:
    """Give the hidden fields of the question."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def states(console: Console) -> list[str]:
    with console.store() as store:
        return [row["state"] for row in store.ledger.deliveries(Filter(), limit=500)][::-1]


async def test_the_question_says_how_many_to_where_and_what_it_means(console: Console) -> None:
    console.receive("1001", "1002", "1003")
    console.send("held")
    async with browsing(console, "operator") as client:
        page = (await client.get("/deliveries/cancel?touchpoint=steady&back=touchpoint%3Dsteady")).text
    assert '<h1 id="confirm-h">Cancel 3 waiting or held deliveries?</h1>' in page
    assert "For touchpoint steady. They are not sent, unless somebody replays them later." in page
    assert "Of 1 the fate is unknown: 1 person may have been asked already" in page
    assert fields_of(page) == {"touchpoint": "steady", "expected": "3", "back": "touchpoint=steady"}
    assert '<a class="btn" href="/deliveries?touchpoint=steady" data-close>Leave them as they are</a>' in page


async def test_it_is_done_put_on_record_and_the_filter_is_kept(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        asked = {"source": "till", "expected": "2", "back": "source=till&state=pending", "reason": "wrong texts"}
        answer = await client.post("/deliveries/cancel", data=asked)
        page = (await client.get(answer.headers["location"])).text
    with console.store() as store:
        [action] = store.ledger.actions(limit=5)
    assert (answer.status_code, answer.headers["location"]) == (303, "/deliveries?source=till&state=pending")
    assert "2 deliveries cancelled." in page
    assert states(console) == ["cancelled", "cancelled"]
    assert (action.who, action.verb, action.about) == ("operator", "cancel", "--source till")
    assert action.detail == "2 changed: wrong texts"


async def test_where_the_number_changed_meanwhile_it_is_asked_again(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        asked = {"source": "till", "expected": "1", "reason": "wrong texts"}
        answer = await client.post("/deliveries/hold", data=asked)
    assert answer.status_code == 409
    assert "The number changed while you read this, so nothing was done." in answer.text
    assert "Hold 2 waiting deliveries?" in answer.text
    assert states(console) == ["pending", "pending"]


async def test_more_than_a_hundred_need_their_number_typed(console: Console) -> None:
    console.receive(*(f"{number}" for number in range(1000, 1101)))
    async with browsing(console, "operator") as client:
        page = (await client.get("/deliveries/hold?source=till")).text
        asked = {"source": "till", "expected": "101", "reason": "look"}
        silent = await client.post("/deliveries/hold", data=asked)
        typed = await client.post("/deliveries/hold", data={**asked, "typed": " 101 "})
    assert "Type the number 101 to go on" in page
    assert silent.status_code == 422
    assert "type the number 101 to say that you mean all of them; nothing was changed" in silent.text
    assert typed.status_code == 303
    assert set(states(console)) == {"held"}


async def test_a_hold_is_taken_back_and_everything_is_due_when_it_was(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        asked = {"source": "till", "expected": "2", "reason": "look", "back": "source=till"}
        undo = told(await client.post("/deliveries/hold", data=asked)).undo
        assert undo is not None
        assert states(console) == ["held", "held"]
        answer = await client.post(undo.action, data=undo.fields)
    with console.store() as store:
        verbs = [(each.verb, each.about, each.detail) for each in store.ledger.actions(limit=5)]
    assert undo.label == "Undo"
    assert answer.headers["location"] == "/deliveries?source=till"
    assert told(answer).text == "2 deliveries wait again as before."
    assert states(console) == ["pending", "pending"]
    assert verbs[0] == ("undo", "hold", "2 let wait as before; held because: look")


async def test_sending_what_may_have_been_taken_warns_of_asking_twice(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("held")
    async with browsing(console, "operator") as client:
        page = (await client.get(f"/deliveries/release?id={delivery}")).text
        asked = {"id": delivery, "expected": "1", "reason": "there is no request there"}
        answer = await client.post("/deliveries/release", data=asked)
    assert "Send 1 held delivery?" in page
    assert "Nobody knows whether it was taken: the person may be asked a second time." in page
    assert answer.headers["location"] == f"/deliveries/{delivery}"
    assert states(console) == ["pending"]


async def test_of_ticked_rows_those_that_cannot_be_changed_are_left_and_said(console: Console) -> None:
    console.receive("1001", "1002")
    [sent] = console.send("delivered")
    with console.store() as store:
        [waiting] = [row["id"] for row in store.ledger.deliveries(Filter(states=("pending",)), limit=5)]
    async with browsing(console, "operator") as client:
        page = (await client.get(f"/deliveries/cancel?id={sent}&id={waiting}")).text
        none = (await client.get(f"/deliveries/cancel?id={sent}")).text
    assert "Of 2 ticked, only 1 can be cancelled." in page
    assert "None of these can be cancelled" in none
    assert "what was sent cannot be called back" in none


async def test_a_choice_of_everything_is_refused(console: Console) -> None:
    console.receive("1001")
    async with browsing(console, "operator") as client:
        asked = await client.get("/deliveries/cancel")
        posted = await client.post("/deliveries/cancel", data={"expected": "1", "reason": "all of it"})
    assert (asked.status_code, posted.status_code) == (422, 422)
    assert "nothing would mean all" in posted.text
    assert states(console) == ["pending"]


async def test_a_viewer_is_not_asked(console: Console) -> None:
    async with browsing(console, "viewer") as client:
        asked = await client.get("/deliveries/cancel?source=till")
        posted = await client.post("/deliveries/cancel", data={"source": "till", "expected": "1", "reason": "x"})
    assert (asked.status_code, posted.status_code) == (403, 403)
