"""Refused requests over the API: grouped by cause, previewed, retried."""

from typing import Any

import pytest

from bridge.app.refusals import by_cause, cause_of
from tests.console.test_refused import keep
from tests.support.console import Console
from tests.support.office import browsing


@pytest.fixture
def night(console: Console) -> Console:
    """Two requests were refused while the secret was wrong, and one that nobody signed; the secret is right now."""
    console.keep_secrets()
    keep(console, "1")
    keep(console, "2")
    keep(console, "3", signed=False, reason="the header X-Till-Signature is missing")
    return console


async def posted(console: Console, path: str, body: Any, role: Any = "operator") -> tuple[int, Any]:
    """Post to the API; gives status and answer."""
    async with browsing(console, role) as client:
        answer = await client.post(f"/api/refused/{path}", json=body)
    return answer.status_code, answer.json()


def test_a_cause_is_a_reason_without_what_varies() -> None:
    assert cause_of("the request is 312 s old, 300 s are allowed; unverified: its topic was x") == (
        "the request is … s old, … s are allowed"
    )
    assert by_cause([]) == []


async def test_causes_say_how_many_are_open_since_when_and_what_they_claim_to_be(night: Console) -> None:
    async with browsing(night, "viewer") as client:
        causes = (await client.get("/api/refused/causes")).json()["causes"]
    assert [(each["source"], each["status"], each["cause"], each["number"], each["open"]) for each in causes] == [
        ("till", 401, "the signature does not match any secret", 2, 2),
        ("till", 401, "the header X-Till-Signature is missing", 1, 1),
    ]
    assert causes[0]["topics"] == ["closed"]


async def test_a_preview_says_how_many_can_be_taken_in_and_stores_nothing(night: Console) -> None:
    assert await posted(night, "preview", {"filter": {"source": "till"}}) == (
        200,
        {"found": 3, "possible": 2, "others": {"the header X-Till-Signature is missing": 1}},
    )
    assert night.run("events", "list", "--json").json == []


async def test_retrying_takes_in_what_can_be_proven_and_is_on_record(night: Console) -> None:
    status, said = await posted(night, "retry", {"filter": {"source": "till", "open": True}, "expected": 3})
    assert status == 200
    assert [(each["taken"], len(each["events"]), each["reason"]) for each in said["refused"]] == [
        (True, 1, ""),
        (True, 1, ""),
        (False, 0, "the header X-Till-Signature is missing"),
    ]
    with night.store() as store:
        [action] = store.ledger.actions(limit=10)
        assert store.ledger.audit() == []
    assert (action.verb, action.about, action.detail) == ("retry", "refused requests of till", "3 refused requests")
    async with browsing(night) as client:
        rows = (await client.get("/api/refused?open=true")).json()["items"]
    assert [row["reason"] for row in rows] == ["the header X-Till-Signature is missing"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"filter": {}},
            422,
            "say which to retry: ids, or a filter such as `source` or `cause`; nothing would mean all",
        ),
        ({"filter": {"source": "other"}}, 409, "nothing matches, so nothing was tried"),
        (
            {"filter": {"source": "till"}, "expected": 7},
            409,
            "3 match by now, not 7; look at them again before you retry them",
        ),
    ],
)
async def test_what_cannot_be_meant_is_declined(night: Console, body: Any, status: int, message: str) -> None:
    assert await posted(night, "retry", body) == (status, {"message": message})


async def test_one_request_is_shown_without_credentials(night: Console) -> None:
    one = keep(night, "4")
    async with browsing(night, "viewer") as client:
        shown = (await client.get(f"/api/refused/{one}")).json()
        missing = await client.get("/api/refused/ref_0")
    assert (shown["source"], shown["status"], shown["method"], shown["event_id"]) == ("till", 401, "POST", "")
    assert '"order": "4"' in shown["body"]
    assert missing.json() == {"message": "there is no refused request ref_0; the newest 1,000 are kept"}


async def test_refused_requests_are_listed_by_page(night: Console) -> None:
    async with browsing(night, "viewer") as client:
        first = (await client.get("/api/refused?limit=2")).json()
        second = (await client.get(f"/api/refused?limit=2&before={first['next']}")).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
