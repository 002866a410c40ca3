"""People and API keys over the API."""

from typing import Any

import pytest

from bridge.app.clock import now
from bridge.outbox.registry import Account
from tests.support.console import Console
from tests.support.office import browsing, office


async def call(console: Console, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Call the API as the admin `admin`; gives status and answer."""
    async with browsing(console) as client:
        answer = await client.request(method, f"/api{path}", json=body)
    return answer.status_code, answer.json()


def actions(console: Console) -> list[tuple[str, str, str, str]]:
    with console.store() as store:
        return [(each.who, each.verb, each.about, each.detail) for each in store.ledger.actions(limit=10)]


async def test_people_are_listed_without_their_passwords(console: Console) -> None:
    async with office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account("bert", "viewer", 5, "anna", "hash")))
    status, page = await call(console, "GET", "/users")
    [admin, bert] = page["items"]
    assert (status, page["next"]) == (200, None)
    assert admin["name"] == "admin"
    assert bert == {
        "name": "bert",
        "role": "viewer",
        "zone": "UTC",
        "created_at": 5,
        "created_by": "anna",
        "seen_at": None,
    }


async def test_somebody_is_invited_by_a_link(console: Console) -> None:
    status, invited = await call(console, "POST", "/users", {"role": "operator", "name": "Bert"})
    assert status == 201
    assert len(invited["path"]) == len("/join/") + 43
    assert actions(console) == [("admin", "invite user", "bert", "operator, valid 1d")]
    async with browsing(console, None) as client:
        page = await client.get(invited["path"])
    assert 'value="bert" readonly' in page.text


@pytest.mark.parametrize(
    ("asked", "body", "status", "message"),
    [
        ("POST /users", {"role": "viewer", "name": "ADMIN"}, 409, "the name admin is taken"),
        ("POST /users", {"role": "god"}, 422, "role: Invalid enum value 'god'"),
        ("POST /users", {"role": "viewer", "password": "x"}, 422, "Object contains unknown field `password`"),
        ("PATCH /users/carl", {"role": "admin"}, 404, "there is no person carl"),
        ("PATCH /users/admin", {"role": "viewer"}, 409, "the last admin is admin; make somebody else admin first"),
        ("DELETE /users/admin", None, 409, "the last admin is admin; make somebody else admin first"),
        ("DELETE /users/carl", None, 404, "there is no person carl"),
        ("DELETE /users/carl/sessions", None, 404, "there is no person carl"),
        ("POST /users/carl/password-link", None, 404, "there is no person carl"),
        ("DELETE /keys/ci", None, 404, "there is no key ci"),
        ("POST /keys", {"name": "ci", "role": "viewer", "expires_at": 1}, 422, "the key would have expired already"),
    ],
)
async def test_what_cannot_be_done_is_said(console: Console, asked: str, body: Any, status: int, message: str) -> None:
    method, path = asked.split()
    assert await call(console, method, path, body) == (status, {"message": message})
    assert actions(console) == []


async def test_roles_change_and_people_go(console: Console) -> None:
    async with office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account("bert", "viewer", 5, "anna", "hash")))
    status, changed = await call(console, "PATCH", "/users/bert", {"role": "admin"})
    assert (status, changed["role"]) == (200, "admin")
    assert (await call(console, "DELETE", "/users/bert/sessions")) == (200, {"ended": 0})
    assert (await call(console, "POST", "/users/bert/password-link"))[0] == 201
    assert await call(console, "DELETE", "/users/bert") == (200, {"name": "bert"})
    assert [each["name"] for each in (await call(console, "GET", "/users"))[1]["items"]] == ["admin"]
    assert [each[1:] for each in reversed(actions(console))] == [
        ("change role", "bert", "viewer to admin"),
        ("link for a new password", "bert", "admin, valid 1d"),
        ("remove user", "bert", "admin"),
    ]


async def test_a_key_is_shown_once_and_opens_the_api(console: Console) -> None:
    until = now() + 86_400_000
    status, made = await call(console, "POST", "/keys", {"name": "CI", "role": "viewer", "expires_at": until})
    assert (status, made["name"], made["key"][:4]) == (201, "ci", "brk_")
    assert (await call(console, "POST", "/keys", {"name": "ci", "role": "viewer"}))[0] == 409
    async with browsing(console, None) as client:
        headers = {"authorization": f"Bearer {made['key']}"}
        [key] = (await client.get("/api/keys", headers=headers)).json()["items"]
        assert (key["name"], key["expires_at"], "key" in key) == ("ci", until, False)
        assert (await call(console, "DELETE", "/keys/ci"))[0] == 200
        assert (await client.get("/api/keys", headers=headers)).status_code == 401
    assert [each[1:3] for each in actions(console)] == [("remove key", "ci"), ("add key", "ci")]
