"""Deliveries over the API: looked at, counted, changed, and what the journal says of it."""

from tests.support.console import Console
from tests.support.office import browsing


async def test_a_list_is_filtered_and_goes_on_after_its_cursor(console: Console) -> None:
    console.receive("1001", "1002", "1003")
    console.send("dead", "delivered", "dead")
    async with browsing(console, "viewer") as client:
        first = (await client.get("/api/deliveries", params={"state": "dead", "limit": 1})).json()
        second = (await client.get("/api/deliveries", params={"state": "dead", "before": first["next"]})).json()
    assert [(row["key"], row["state"]) for row in first["items"]] == [("1003", "dead")]
    assert [row["key"] for row in second["items"]] == ["1001"]
    assert second["next"] is None
    assert "body" not in first["items"][0]


async def test_a_contact_is_given_as_an_address_or_as_the_hash_that_rows_show(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "viewer") as client:
        plain = (await client.get("/api/deliveries", params={"contact": " 1001@Example.com"})).json()["items"]
        hashed = (await client.get("/api/deliveries", params={"contact": plain[0]["contact"]})).json()["items"]
        found = (await client.post("/api/find", json={"text": "1001@example.com"})).json()
    assert [row["key"] for row in plain] == ["1001"]
    assert hashed == plain
    assert found == {"contact": plain[0]["contact"], "events": [plain[0]["event_id"]]}


async def test_a_delivery_shows_its_body_its_attempts_and_its_replays(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("dead")
    async with browsing(console, "viewer") as client:
        shown = (await client.get(f"/api/deliveries/{delivery}")).json()
        attempts = (await client.get(f"/api/deliveries/{delivery}/attempts")).json()["items"]
    assert shown["body"] == '{"email":"1001@example.com","orderId":"1001"}'
    assert shown["reason"] == "the target answered 422: unknown attribute"
    assert [(row["number"], row["outcome"], row["ruling"]) for row in attempts] == [(1, "answered", "dead")]
    assert shown["attempts_made"] == attempts
    assert shown["replays"] == []


async def test_what_is_not_kept_is_said_to_be_missing(console: Console) -> None:
    console.receive("1001")
    async with browsing(console, "viewer") as client:
        for path in ("/api/deliveries/dlv_0", "/api/deliveries/dlv_0/attempts"):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert answer.json() == {
                "message": "there is no delivery dlv_0; the list of deliveries has those that are kept"
            }


async def test_a_dry_run_counts_and_changes_nothing(console: Console) -> None:
    console.receive("1001", "1002", "1003")
    console.send("held")
    wanted = {"touchpoint": "steady", "dry_run": True}
    async with browsing(console, "operator") as client:
        counted = (await client.post("/api/deliveries/cancel", json=wanted)).json()
        states = [row["state"] for row in (await client.get("/api/deliveries")).json()["items"]]
    assert counted == {
        "number": 3,
        "at": None,
        "by": [
            {"touchpoint": "steady", "state": "pending", "number": 2, "unknown": 0},
            {"touchpoint": "steady", "state": "held", "number": 1, "unknown": 1},
        ],
    }
    assert states == ["pending", "pending", "held"]


async def test_a_change_says_how_many_and_the_journal_who_and_why(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        wanted = {"touchpoint": "steady", "contact": "1001@example.com", "reason": "1001@example.com asked by phone"}
        done = (await client.post("/api/deliveries/cancel", json=wanted)).json()
        rows = (await client.get("/api/deliveries")).json()["items"]
    with console.store() as store:
        [action] = store.ledger.actions(limit=5)
    assert (done["number"], done["by"]) == (1, [])
    assert [(row["key"], row["state"]) for row in rows] == [("1002", "pending"), ("1001", "cancelled")]
    assert (action.at, action.who, action.verb) == (done["at"], "operator", "cancel")
    assert action.about == "--touchpoint steady --contact ***"
    assert action.detail == "1 changed: 1…@example.com asked by phone"


async def test_a_choice_of_everything_and_a_change_without_a_reason_are_refused(console: Console) -> None:
    console.receive("1001")
    async with browsing(console, "operator") as client:
        everything = await client.post("/api/deliveries/hold", json={"reason": "look"})
        silent = await client.post("/api/deliveries/hold", json={"source": "till", "reason": " "})
    assert (everything.status_code, silent.status_code) == (422, 422)
    assert "nothing would mean all" in everything.json()["message"]
    assert silent.json() == {"message": "reason: say why, for the record"}


async def test_where_the_number_is_another_by_now_nothing_is_changed(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        answer = await client.post("/api/deliveries/hold", json={"source": "till", "reason": "look", "expected": 1})
        rows = (await client.get("/api/deliveries")).json()["items"]
    with console.store() as store:
        assert store.ledger.actions(limit=5) == []
    assert answer.status_code == 409
    assert answer.json() == {"message": "2 match by now, not 1: look at them again; nothing was changed"}
    assert [row["state"] for row in rows] == ["pending", "pending"]


async def test_held_and_released_by_ids(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console, "operator") as client:
        ids = [row["id"] for row in (await client.get("/api/deliveries")).json()["items"]]
        held = await client.post("/api/deliveries/hold", json={"id": ids[:1], "reason": "look"})
        freed = await client.post("/api/deliveries/release", json={"id": ids, "reason": "looked"})
    with console.store() as store:
        verbs = [(each.verb, each.about, each.detail) for each in store.ledger.actions(limit=5)]
    assert (held.json()["number"], freed.json()["number"]) == (1, 1)
    assert verbs == [("release", " ".join(ids), "1 changed: looked"), ("hold", ids[0], "1 changed: look")]


async def test_a_viewer_changes_nothing(console: Console) -> None:
    console.receive("1001")
    async with browsing(console, "viewer") as client:
        answer = await client.post("/api/deliveries/cancel", json={"source": "till", "reason": "no"})
    assert answer.status_code == 403
