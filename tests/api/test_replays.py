"""Replays over the API: previewed, made, stopped, undone."""

from typing import Any

import pytest

from tests.support.console import Console
from tests.support.office import browsing


@pytest.fixture
def night(console: Console) -> Console:
    """A delivered, a dead and a held delivery; three wait."""
    console.keep_secrets()
    console.receive("1", "2", "3")
    console.send("delivered", "dead", "held")
    return console


async def posted(console: Console, path: str, body: Any = None, role: Any = "operator") -> tuple[int, Any]:
    """Post to the API; gives status and answer."""
    async with browsing(console, role) as client:
        answer = await client.post(f"/api/replays{path}", json=body or {})
    return answer.status_code, answer.json()


async def test_a_preview_counts_what_would_be_taken_and_makes_nothing(night: Console) -> None:
    status, said = await posted(night, "/preview", {"filter": {"since": "12h"}})
    assert (status, said["found"], said["asked_before"]) == (200, 1, 0)
    assert said["by"] == [
        {
            "kind": "delivery",
            "source": "till",
            "mapping": "visit",
            "touchpoint": "steady",
            "state": "dead",
            "number": 1,
        }
    ]
    assert said["tried"] == {"rows": 1, "made": 1, "others": {}}
    assert night.run("replays", "list").lines == ["Nothing was replayed here."]


async def test_a_preview_says_how_long_it_takes_until_all_is_sent(night: Console) -> None:
    how = {"rate": "1/10s", "wait": "5m"}
    _, said = await posted(night, "/preview", {"filter": {"state": ["dead", "held"]}, "how": how})
    assert said["takes_ms"] == 300_000 + 20_000


async def test_what_may_have_reached_its_person_is_counted_apart_and_wants_a_reason(night: Console) -> None:
    wanted = {"filter": {"state": ["held", "delivered"]}, "how": {"include_delivered": True}}
    _, said = await posted(night, "/preview", wanted)
    assert (said["found"], said["asked_before"]) == (2, 2)
    assert await posted(night, "", wanted) == (
        422,
        {"message": "reason: say why, since 2 of what it takes was delivered or is held"},
    )


async def test_what_an_operator_holds_was_not_asked_and_yet_wants_a_reason(night: Console) -> None:
    night.receive("4")
    night.run("hold", "--contact", "4@example.com", "--reason", "wait")
    _, said = await posted(night, "/preview", {"filter": {"state": ["held"]}})
    assert (said["found"], said["asked_before"], said["wants_reason"]) == (2, 1, 2)


async def test_a_replay_is_begun_for_the_running_bridge_and_is_on_record(night: Console) -> None:
    how = {"rate": "10/s", "reason": "the target was down"}
    status, made = await posted(night, "", {"filter": {"state": ["dead"], "since": "12h"}, "how": how})
    assert status == 201
    assert (made["state"], made["found"], made["progress"], made["rate"]) == ("running", 1, "0 of 1 (0 %)", "10/1s")
    assert (made["who"], made["why"]) == ("operator", "the target was down")
    assert made["description"] == "--state dead --since 12h"
    assert made["driver"] == "nobody; a running bridge takes it over"
    with night.store() as store:
        [action] = store.ledger.actions(limit=10)
    assert (action.who, action.verb, action.about) == ("operator", "replay", made["id"])
    assert action.detail == "1 found; --state dead --since 12h; stored-body: the target was down"


async def test_nobody_is_named_in_the_record_of_what_was_chosen(night: Console) -> None:
    _, made = await posted(night, "", {"filter": {"contact": "2@example.com"}})
    assert made["description"] == "--contact ***"
    with night.store() as store:
        assert "example.com" not in store.ledger.actions(limit=1)[0].detail


async def test_a_replay_whose_count_has_changed_is_not_begun(night: Console) -> None:
    assert await posted(night, "", {"filter": {"state": ["dead"]}, "expected": 4}) == (
        409,
        {"message": "1 match by now, not 4; look at them again before you replay them"},
    )


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"filter": {}},
            422,
            "say what to replay: ids, or a filter such as `since` or `touchpoint`; nothing would mean all",
        ),
        ({"filter": {"touchpoint": "eager"}}, 409, "nothing matches that can be replayed, so nothing was begun"),
        (
            {"filter": {"id": ["ref_01"]}},
            422,
            "refused requests are not replayed but retried, apart from deliveries and events",
        ),
        (
            {"filter": {"state": ["dead"]}, "how": {"rate": "fast"}},
            422,
            "rate: write a rate such as 10/s, 100/m or 5/10s",
        ),
        (
            {"filter": {"mapping": "till/other"}, "how": {"backfill": True}},
            422,
            "mapping: say which mapping in force is new, as SOURCE/NAME; past events go through it",
        ),
    ],
)
async def test_what_cannot_be_meant_is_declined(night: Console, body: Any, status: int, message: str) -> None:
    assert await posted(night, "", body) == (status, {"message": message})


async def test_a_replay_is_paused_resumed_and_cancelled_each_on_record(night: Console) -> None:
    _, made = await posted(night, "", {"filter": {"state": ["dead"]}})
    assert (await posted(night, f"/{made['id']}/pause"))[1]["state"] == "paused"
    assert (await posted(night, f"/{made['id']}/resume"))[1]["state"] == "running"
    assert (await posted(night, f"/{made['id']}/cancel"))[1]["state"] == "cancelled"
    assert await posted(night, f"/{made['id']}/pause") == (
        409,
        {"message": f"it cannot be: pause {made['id']}, which is cancelled already"},
    )
    with night.store() as store:
        verbs = [action.verb for action in store.ledger.actions(limit=10)]
    assert verbs == ["cancel", "resume", "pause", "replay"]


async def test_an_undone_replay_cancels_what_waits(night: Console) -> None:
    said = night.run("replay", "--state", "dead", "--wait", "1h", "--yes", "--json")
    replay = said.json["replay"]
    assert await posted(night, f"/{replay}/undo", {"reason": "wrong texts"}) == (200, {"cancelled": 1})
    async with browsing(night, "viewer") as client:
        shown = (await client.get(f"/api/replays/{replay}")).json()
    assert (shown["state"], shown["deliveries"]) == ("done", {"cancelled": 1})


async def test_replays_are_listed_by_page(night: Console) -> None:
    for order in ("2", "3"):
        await posted(
            night,
            "",
            {"filter": {"contact": f"{order}@example.com", "state": ["dead", "held"]}, "how": {"reason": "x"}},
        )
    async with browsing(night, "viewer") as client:
        first = (await client.get("/api/replays?limit=1")).json()
        second = (await client.get(f"/api/replays?limit=1&before={first['next']}")).json()
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"][0]["id"] > second["items"][0]["id"]
    assert second["next"] is None


async def test_only_operators_replay(night: Console) -> None:
    assert await posted(night, "", {"filter": {"state": ["dead"]}}, "viewer") == (
        403,
        {"message": "this needs the role operator; viewer is viewer"},
    )


async def test_a_replay_that_is_not_kept_is_not_found(night: Console) -> None:
    message = "there is no replay rpl_0; the list of replays has those that are kept"
    assert await posted(night, "/rpl_0/undo") == (404, {"message": message})
