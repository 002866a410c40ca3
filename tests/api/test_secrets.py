"""Secrets over the API: stored and used at once, never given back, on record with who did it."""

from typing import Any

import pytest

from bridge.app.clock import now
from bridge.outbox.terms import Paused
from tests.support.canaries import canary, leaks
from tests.support.console import SECRETS, Console
from tests.support.office import browsing, office


async def listed(console: Console) -> dict[str, Any]:
    async with browsing(console, "viewer") as client:
        answer = await client.get("/api/secrets")
    assert answer.status_code == 200
    return {row["name"]: row for row in answer.json()["items"]}


async def test_secrets_are_listed_with_what_needs_them_whether_stored_or_not(console: Console) -> None:
    console.keep_secrets(spare="nobody needs this")
    console.run("secrets", "remove", "eager")
    rows = await listed(console)
    assert {name: row["used_by"] for name, row in rows.items()} == {
        "eager": [{"kind": "touchpoint", "name": "eager"}],
        "pxp-api-key": [{"kind": "touchpoint", "name": "steady"}, {"kind": "touchpoint", "name": "eager"}],
        "spare": [],
        "steady": [{"kind": "touchpoint", "name": "steady"}],
        "till": [{"kind": "source", "name": "till"}],
    }
    assert (rows["eager"]["stored_at"], rows["eager"]["set_by"]) == (None, None)
    assert abs(rows["till"]["stored_at"] - now()) < 60_000


async def test_a_stored_secret_is_in_use_at_once_and_its_value_is_nowhere(console: Console) -> None:
    console.keep_secrets()
    console.run("secrets", "remove", "till")
    hidden = canary("stored over the api")
    async with browsing(console, "operator") as client:
        before = (await client.get("/api/sources/till")).json()
        answer = await client.put("/api/secrets/till", json={"value": hidden.text})
        after = (await client.get("/api/sources/till")).json()
        shown = await client.get("/api/secrets/till")
    assert (before["state"], after["state"]) == ("waiting", "open")
    assert (answer.status_code, answer.json()) == (200, {"name": "till", "resumed": []})
    assert shown.json()["set_by"] == "operator"
    with console.store() as store:
        [action, *_] = store.ledger.actions(limit=5)
    assert (action.who, action.verb, action.about, action.detail) == ("operator", "secret", "till", "stored")
    assert leaks([hidden], {"answer": answer.content, "shown": shown.content, "journal": repr(action).encode()}) == []


async def test_a_new_token_lets_what_the_target_refused_go_on(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.controls.pause(Paused("touchpoint", "steady", "the target answered 401", now() - 5_000, "target"))
        store.controls.pause(Paused("touchpoint", "eager", "new texts", now() - 5_000, "operator"))
    async with browsing(console, "operator") as client:
        answer = await client.put("/api/secrets/pxp-api-key", json={"value": "key-2"})
        rows = (await client.get("/api/touchpoints")).json()["items"]
    assert answer.json() == {"name": "pxp-api-key", "resumed": ["steady"]}
    assert {row["touchpoint"]: row["state"] for row in rows} == {"steady": "open", "eager": "paused"}


async def test_the_first_success_with_a_new_token_is_said(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        await client.put("/api/secrets/steady", json={"value": "token-9"})
        before = (await client.get("/api/secrets/steady")).json()["first_success"]
        console.receive("1", "2")
        dead, delivered = console.send("dead", "delivered")
        after = (await client.get("/api/secrets/steady")).json()["first_success"]
        other = (await client.get("/api/secrets/eager")).json()["first_success"]
    assert before is None
    assert (after["kind"], after["id"], after["by"]) == ("delivery", delivered, "steady")
    assert other is None
    assert dead != delivered


@pytest.mark.parametrize(
    ("name", "value", "status", "message"),
    [
        ("Till", "x", 422, "this is not a name for a secret"),
        ("till", "", 422, "value: Expected `str` of length >= 1"),
        ("till", "x" * 65_537, 422, "value: Expected `str` of length <= 65536"),
        ("till", "ä" * 40_000, 422, "the secret till is empty or longer than 65536 bytes"),
    ],
)
async def test_what_cannot_be_a_secret_is_declined_and_not_repeated(
    console: Console, name: str, value: str, status: int, message: str
) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        answer = await client.put(f"/api/secrets/{name}", json={"value": value})
    assert answer.status_code == status
    assert message in answer.json()["message"]


async def test_a_field_too_many_is_declined_without_the_value(console: Console) -> None:
    console.keep_secrets()
    hidden = canary("with a field too many")
    async with browsing(console, "operator") as client:
        answers = [
            await client.put("/api/secrets/till", json={"value": hidden.text, "note": hidden.text}),
            await client.put("/api/secrets/till", json={"value": [hidden.text]}),
            await client.put("/api/secrets/till", content=f'{{"value": "{hidden.text}'.encode()),
            await client.put("/api/secrets/till", data={"value": hidden.text}),
        ]
    assert [answer.status_code for answer in answers] == [422, 422, 415, 415]
    assert leaks([hidden], {str(number): each.content for number, each in enumerate(answers)}) == []


async def test_a_removed_secret_is_missed_by_what_needs_it(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        removed = await client.delete("/api/secrets/eager")
        again = await client.delete("/api/secrets/eager")
        touchpoint = (await client.get("/api/touchpoints/eager")).json()
    assert (removed.status_code, removed.json()) == (200, {"name": "eager"})
    assert again.status_code == 404
    assert (touchpoint["state"], touchpoint["why"]) == ("waiting", "waits for its secret: eager")


async def test_the_bridges_own_key_is_neither_listed_nor_removed(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    assert set(await listed(console)) == set(SECRETS)
    async with browsing(console, "admin") as client:
        assert (await client.delete("/api/secrets/.index-key")).status_code == 404
        assert (await client.put("/api/secrets/.index-key", json={"value": "x"})).status_code == 422


async def test_a_viewer_stores_nothing(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "viewer") as client:
        assert (await client.put("/api/secrets/till", json={"value": "x"})).status_code == 403
        assert (await client.delete("/api/secrets/till")).status_code == 403
    async with office(console) as opened:
        assert opened.in_force.secrets["till"] == SECRETS["till"]
