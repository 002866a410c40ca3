"""`check`, `try`, `apply` and `send`: from mapping files and payloads to answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.app.bridge import Bridge
from bridge.app.prepare import prepare
from bridge.settings import read_settings
from bridge.web.health import health_routes
from bridge.web.hooks import hooks_app
from tests.support.console import Console, receipt, signature
from tests.support.servers import Running, serving

# -- check ----------------------------------------------------------------------------------------------------


def test_a_clean_folder_is_said_to_be_fine(console: Console) -> None:
    said = console.run("check")
    assert (said.status, said.out, said.err) == (0, "mappings is fine: 1 sources, 2 touchpoints.\n", "")
    assert console.run("check", "--json").json == {"ok": True, "problems": []}
    assert not (console.folder / "data").exists()


def test_a_problem_is_shown_at_its_place_with_a_caret(console: Console) -> None:
    console.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    console.change("touchpoints.yaml", "channel: mail  # as well", "channel: male")
    said = console.run("check", "mappings")
    assert said.status == 1
    assert said.out == (
        "mappings/till.yaml:14:17: the touchpoint 'stedy' is not in touchpoints.yaml (did you mean 'steady'?)\n"
        "        touchpoint: stedy\n"
        "                    ^\n"
        "mappings/touchpoints.yaml:7:14: channel must be mail, sms or http, not 'male' (did you mean 'mail'?)\n"
        "        channel: male\n"
        "                 ^\n"
        "2 problems in mappings; nothing of it is in force.\n"
    )


def test_problems_are_told_as_json(console: Console) -> None:
    console.change("till.yaml", "orderId: order", "orderId: upper(")
    console.change("till.yaml", "key: order", "kye: order")
    said = console.run("check", "--json")
    assert said.status == 1
    assert said.json["ok"] is False
    assert {(each["file"], each["severity"]) for each in said.json["problems"]} == {("mappings/till.yaml", "error")}


def test_an_example_that_comes_out_differently_is_a_problem(console: Console) -> None:
    console.write("examples/till/visit.json", receipt("1001").decode())
    console.write(
        "examples/till/visit.expect.yaml",
        'topic: closed\nmappings:\n  visit: {email: 1001@example.com, orderId: "1002"}\n',
    )
    said = console.run("check")
    assert said.status == 1
    assert said.out.startswith("mappings/examples/till/visit.expect.yaml:3:")
    assert said.lines[-1] == "1 problem in mappings; nothing of it is in force."


def test_a_warning_is_no_problem(console: Console) -> None:
    console.write("examples/till/visit.json", receipt("1001").decode())
    said = console.run("check")
    assert said.status == 0
    assert "warning: nothing says what this must become (write visit.expect.yaml)" in said.out


def test_a_folder_that_is_not_there_is_a_problem(console: Console) -> None:
    said = console.run("check", "nowhere")
    assert said.status == 1
    assert "nowhere" in said.out


# -- try ------------------------------------------------------------------------------------------------------


def test_trying_shows_what_a_payload_would_become(console: Console) -> None:
    said = console.run("try", "till", "-", given=receipt("1001"))
    assert said.status == 0
    assert said.out == (
        "topic closed, id id-1001, tenant vie\n"
        "  visit  planned: to be sent at once\n    email: 1001@example.com\n    orderId: 1001\n"
    )
    assert not (console.folder / "data").exists()


def test_trying_shows_when_a_request_would_be_sent(console: Console) -> None:
    send = "send: {after: 3d, from: at, between: '09:00-19:00', zone: Europe/Vienna, expires: 7d}"
    console.change("till.yaml", "touchpoint: steady", f"touchpoint: steady\n    {send}")
    said = console.run("try", "till", "-", given=receipt("1001", at="2031-03-28T21:15:00+01:00"))
    assert said.lines[1] == (
        "visit planned: to be sent on Tue 1 Apr 2031 09:00 Europe/Vienna, not after Tue 8 Apr 2031 09:00 Europe/Vienna"
    )
    said = console.run("try", "till", "-", "--json", given=receipt("1001", at="2031-03-28T08:00:00Z"))
    [decision] = said.json["events"][0]["decisions"]
    assert (decision["due_at"], decision["expires_at"]) == (1932706800000, 1933311600000)
    said = console.run("try", "till", "-", given=receipt("1001", at="yesterday"))
    assert (said.status, said.lines[1]) == (
        1,
        "visit failed: send.from: it is no time; ISO 8601 text, a date or a number of seconds since 1970 is one",
    )


def test_what_waits_for_its_time_is_stored_with_it(console: Console) -> None:
    send = "send: {after: 3d, from: at, between: '09:00-19:00', zone: Europe/Vienna, expires: 7d}"
    console.change("till.yaml", "touchpoint: steady", f"touchpoint: steady\n    {send}")
    console.receive("1001", at="2031-03-28T21:15:00+01:00")
    [row] = console.run("deliveries", "list", "--json").json
    shown = console.run("deliveries", "show", row["id"], "--json").json
    assert (shown["state"], shown["due_at"], shown["expires_at"]) == ("pending", 1932793200000, 1933398000000)
    assert shown["hours"] == {"zone": "Europe/Vienna", "begins": 540, "ends": 1140, "days": [0, 1, 2, 3, 4, 5, 6]}
    console.send()  # nothing is due


def test_trying_shows_what_would_be_skipped_and_what_no_mapping_takes(console: Console) -> None:
    skipped = console.run("try", "till", "-", given=receipt("1001", consent=False))
    assert (skipped.status, skipped.lines[1]) == (0, "visit skipped: when is false")
    unmatched = console.run("try", "till", "-", given=receipt("1001", type="opened"))
    assert (unmatched.status, unmatched.lines[1]) == (0, "(no mapping) unmatched: no mapping takes the topic opened")


def test_trying_what_would_fail_is_answered_with_1(console: Console) -> None:
    said = console.run("try", "till", "-", "--json", given=receipt("1001", guest="anna at home"))
    assert said.status == 1
    [event] = said.json["events"]
    [decision] = event["decisions"]
    assert decision == {
        "mapping": "visit",
        "element": 0,
        "verdict": "failed",
        "reason": decision["reason"],
        "touchpoint": None,
        "key": None,
        "body": None,
        "due_at": None,
        "expires_at": None,
        "sending": None,
    }
    assert decision["reason"].startswith("email")
    assert "anna" not in said.out


def test_trying_takes_the_topic_and_headers_that_a_request_would_have(console: Console) -> None:
    console.change("till.yaml", "topic: type", "topic: header('x-topic')")
    console.change("till.yaml", "orderId: order", "orderId: header('x-order')")
    (console.folder / "payload.json").write_bytes(receipt("1001"))
    said = console.run("try", "till", "payload.json", "--topic", "closed", "--header", "X-Order=A=7")
    assert said.status == 0
    assert said.lines[-1] == "orderId: A=7"


def test_trying_what_cannot_be_read_is_a_wrong_call(console: Console) -> None:
    said = console.run("try", "till", "-", given=b"{")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("bridge: ")
    console.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    said = console.run("try", "till", "-", given=receipt("1001"))
    assert (said.status, said.out) == (2, "")
    assert (
        said.err
        == "mappings/till.yaml:14:17: the touchpoint 'stedy' is not in touchpoints.yaml (did you mean 'steady'?)\n"
    )


# -- apply ----------------------------------------------------------------------------------------------------


def test_applying_puts_the_folder_in_force(console: Console) -> None:
    console.set("BRIDGE_APPLY", "manual")
    first = console.run("apply", "--json").json["configuration"]
    console.change("till.yaml", "source: till", "# changed\nsource: till")
    console.change("touchpoints.yaml", "  eager:", "  avid:")
    assert [row["touchpoint"] for row in console.run("touchpoints", "--json").json] == ["eager", "steady"]
    said = console.run("apply")
    assert said.status == 0
    assert said.out.startswith("In force: ")
    assert first not in said.out
    assert [row["touchpoint"] for row in console.run("touchpoints", "--json").json] == ["avid", "steady"]


def test_a_broken_folder_is_not_applied(console: Console) -> None:
    console.run("apply")
    console.change("touchpoints.yaml", "  eager:", "  avid:")
    console.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    said = console.run("apply")
    assert (said.status, said.out) == (2, "")
    assert (
        said.err
        == "mappings/till.yaml:14:17: the touchpoint 'stedy' is not in touchpoints.yaml (did you mean 'steady'?)\n"
    )
    listed = console.run("touchpoints", "--json")
    assert [row["touchpoint"] for row in listed.json] == ["eager", "steady"]
    assert listed.err == said.err


# -- send -----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """A bridge in this process on what the environment says, listening on a free port."""
    settings = read_settings({})
    async with (
        Bridge(settings, {}, prepare(settings, {})) as bridge,
        serving(hooks_app(bridge.reception(), health_routes(bridge.health()))) as server,
    ):
        yield server


async def test_sending_signs_and_posts_what_the_bridge_accepts(console: Console) -> None:
    console.keep_secrets()
    async with running() as server:
        payload = console.folder / "payload.json"
        payload.write_bytes(receipt("1001"))
        first = await asyncio.to_thread(console.run, "send", "till", str(payload), "--port", str(server.port))
        again = await asyncio.to_thread(console.run, "send", "till", str(payload), "--url", server.url, "--json")
        direct = await server.post("/hooks/till", receipt("1001"), headers=signature(receipt("1001")))
    [event] = console.run("events", "list", "--json").json
    assert (first.status, first.out) == (0, f'200 {{"event":"{event["id"]}","duplicate":false}}\n')
    assert again.status == 0
    assert again.json == {"status": 200, "answer": f'{{"event":"{event["id"]}","duplicate":true}}'}
    assert direct.json == {"event": event["id"], "duplicate": True}


async def test_what_the_bridge_refuses_is_answered_with_1(console: Console) -> None:
    console.keep_secrets()
    async with running() as server:
        said = await asyncio.to_thread(console.run, "send", "till", "-", "--url", server.url, given=b"{")
        ready = await asyncio.to_thread(console.run, "ready", "--port", str(server.port))
        ready_json = await asyncio.to_thread(console.run, "ready", "--json", "--port", str(server.port))
    assert said.status == 1
    assert said.out.startswith('400 {"message":')
    assert ready.status == 0
    assert ready_json.json["config"] == "current"


def test_sending_needs_the_secret_and_a_bridge(console: Console) -> None:
    with console.store():
        pass
    said = console.run("send", "till", "-", given=b"{}")
    assert (said.status, said.out) == (2, "")
    assert said.err == "no secret of the source till is stored (store it with `bridge secrets set`)\n"
    console.keep_secrets()
    said = console.run("send", "till", "-", "--url", "http://127.0.0.1:1", given=b"{}")
    assert said.status == 2
    assert said.err == "nothing answers at http://127.0.0.1:1: Connection refused (is the bridge running there?)\n"
    assert console.run("ready", "--port", "1").status == 1


@pytest.mark.parametrize("command", ["sources", "touchpoints"])
def test_a_folder_can_be_looked_at_before_there_is_a_database(console: Console, command: str) -> None:
    said = console.run(command, "--json")
    assert said.status == 0
    assert {row["state"] for row in said.json} == {"waiting"}
    assert not (console.folder / "data").exists()
