"""Touchpoints and sources over the API: how they stand, in the words of the commands."""

from typing import Any

from bridge.app.clock import now
from bridge.core.outcome import Answered, Pause
from bridge.outbox.terms import Circuit
from tests.support.books import settled
from tests.support.console import Console
from tests.support.office import browsing


def refuse_token(console: Console) -> None:
    """Have the target refuse what is due at steady."""
    with console.store() as store:
        lease = now() + 60_000
        [taken] = store.outbox.claim(now=now(), lease_until=lease, free={"steady": 1}, caps={}).deliveries
        outcome = Answered(401, "Invalid API key")
        store.outbox.settle([settled(taken, Pause("the target answered 401"), outcome=outcome, at=now())], now=now())


async def got(console: Console, path: str) -> Any:
    async with browsing(console, "viewer") as client:
        answer = await client.get(f"/api{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_touchpoints_are_listed_as_the_command_lists_them(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3")
    console.send("delivered", "dead")
    rows = (await got(console, "/touchpoints"))["items"]
    last = [row.pop("last_answer") for row in rows]
    assert rows == console.run("touchpoints", "--json").json
    assert (last[0], last[1]["ruling"]) == (None, "dead")


async def test_a_touchpoint_is_shown_with_its_settings_queue_and_answers(console: Console) -> None:
    console.change("touchpoints.yaml", "  eager:", "    rate: 10/s\n    contact: {at_most: 1, per: 30d}\n  eager:")
    console.keep_secrets()
    console.receive("1", "2", "3")
    [delivered] = console.send("delivered")
    row = await got(console, "/touchpoints/steady")
    assert (row["sends_to"], row["rate"], row["concurrency"]) == (
        "api.pressnxpress.com",
        {"count": 10, "period": 1_000},
        8,
    )
    assert row["contact"] == {"at_most": 1, "per": 2_592_000_000, "across": "touchpoint"}
    assert row["retry"] == {"first": 5_000, "factor": 2.0, "longest": 21_600_000, "give_up_after": 259_200_000}
    assert (row["due"], row["pending"], row["day"]) == (2, 2, {"delivered": 1, "dead": 0, "exact": True})
    assert row["earliest_due_at"] <= now()
    assert [answer["delivery_id"] for answer in row["answers"]] == [delivered]
    assert {secret["name"] for secret in row["secrets"]} == {"pxp-api-key", "steady"}
    assert [(each["name"], each["type"]) for each in row["attributes"]] == [("email", "text"), ("orderId", "text")]
    assert [(each["source"], each["name"], each["paused"]) for each in row["mappings"]] == [("till", "visit", False)]


async def test_a_refused_token_says_who_paused_and_what_was_answered(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    refuse_token(console)
    row = await got(console, "/touchpoints/steady")
    assert (row["state"], row["by"]) == ("paused", "target")
    assert row["why"].startswith("the target answered 401 (by target, since 20")
    assert (row["last_answer"]["status"], row["last_answer"]["message"]) == (401, "Invalid API key")


async def test_an_address_out_of_the_environment_or_a_secret_is_not_told(console: Console) -> None:
    console.set("WAREHOUSE", "https://key-in-the-name.example.com")
    console.write(
        "touchpoints.yaml",
        "touchpoints:\n"
        "  steady: {channel: mail, api_key: '${secret:pxp-api-key}', token: '${secret:steady}'}\n"
        "  open: {channel: http, url: 'https://in.example.com/hook/${secret:eager}'}\n"
        "  hidden: {channel: http, url: '${env:WAREHOUSE}/in'}\n",
    )
    console.keep_secrets()
    assert (await got(console, "/touchpoints/open"))["sends_to"] == "in.example.com"
    assert (await got(console, "/touchpoints/hidden"))["sends_to"] == ""


async def test_a_failing_touchpoint_is_tried_at_once_and_that_is_on_record(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.outbox.note_circuit("steady", Circuit("steady", "it answered 503", now() - 9_000, now() + 90_000))
    async with browsing(console, "operator") as client:
        answer = await client.post("/api/touchpoints/steady/try")
        other = await client.post("/api/touchpoints/eager/try")
        none = await client.post("/api/touchpoints/nowhere/try")
    assert (answer.status_code, answer.json()) == (200, {"changed": True})
    assert (other.status_code, other.json()["message"]) == (
        409,
        "touchpoint eager is not failing, so that nothing waits for a next try",
    )
    assert none.status_code == 404
    with console.store() as store:
        assert store.ledger.circuits()[0].until == 0
        assert [(each.verb, each.about) for each in store.ledger.actions(limit=5)] == [("try", "touchpoint steady")]


async def test_sources_are_listed_with_what_came_and_what_was_refused(console: Console) -> None:
    console.set("BRIDGE_PUBLIC_URL", "https://hooks.example.com/")
    console.keep_secrets()
    console.receive("1", "2")
    console.refuse("the signature does not match", "the body is not JSON", "the signature does not match")
    [row] = (await got(console, "/sources"))["items"]
    counts = {name: row.pop(name) for name in ("events_24h", "events_24h_exact", "refused_24h", "last_event_at")}
    assert row.pop("address") == "https://hooks.example.com/hooks/till"
    assert [row] == console.run("sources", "--json").json
    assert (counts["events_24h"], counts["events_24h_exact"], counts["refused_24h"]) == (2, True, 3)
    whole = await got(console, "/sources/till")
    assert [(each["status"], each["reason"], each["count"]) for each in whole["refused"]] == [
        (401, "the signature does not match", 2),
        (401, "the body is not JSON", 1),
    ]
    assert [each["name"] for each in whole["secrets"]] == ["till"]


async def test_a_source_without_a_public_address_says_only_its_path(console: Console) -> None:
    console.keep_secrets()
    row = await got(console, "/sources/till")
    assert (row["path"], row["address"], row["last_event_at"]) == ("/hooks/till", "", None)


async def test_what_is_not_there_is_not_found(console: Console) -> None:
    async with browsing(console, "viewer") as client:
        for path, message in {
            "/touchpoints/nowhere": "there is no touchpoint nowhere; see the list of touchpoints",
            "/sources/nowhere": "there is no source nowhere; see the list of sources",
            "/secrets/nowhere": "there is no secret of that name; see the list of secrets",
        }.items():
            answer = await client.get(f"/api{path}")
            assert (answer.status_code, answer.json()) == (404, {"message": message})
