"""The stand-in for the target: both addresses, both content types, what it checks, and how it fails on request."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.sandbox import Fault, Sandbox, SandboxProtocol, sandbox_app
from tests.support.servers import Answer, Running, serving

MAIL = "/v2/channel/mail/t-mail/enqueue?apiKey=key"
SMS = "/api/v2/channel/sms/t-sms/enqueue?apiKey=key"
ANNA = {"email": "anna@example.com", "orderId": "1001"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(api_keys={"key"}, touchpoints={"t-mail": "mail", "t-sms": "sms"}, keep=3)


@pytest.fixture
async def server(sandbox: Sandbox) -> AsyncIterator[Running]:
    async with serving(sandbox_app(sandbox), http=SandboxProtocol) as running:
        yield running


async def enqueue(server: Running, path: str, content: Any) -> Answer:
    return await server.post(path, json.dumps(content).encode(), headers={"Content-Type": "application/json"})


async def test_a_mail_is_enqueued(server: Running, sandbox: Sandbox) -> None:
    answer = await enqueue(server, MAIL, ANNA)
    assert (answer.status, answer.json) == (200, {"message": "enqueued"})
    one = sandbox.received[0]
    assert (one.number, one.channel, one.touchpoint, one.format, one.status) == (1, "mail", "t-mail", "json", 200)
    assert one.body == ANNA


async def test_an_sms_is_enqueued_at_the_other_address_as_a_form(server: Running, sandbox: Sandbox) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await server.post(SMS, b"phone=%2B61400000000&orderId=1001", headers=form)
    assert (answer.status, answer.json) == (200, {"message": "enqueued"})
    assert sandbox.received[0].body == {"phone": "+61400000000", "orderId": "1001"}
    assert sandbox.received[0].format == "form"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v2/channel/mail/t-mail/enqueue", 401, "the API key is missing or wrong"),
        ("/v2/channel/mail/t-mail/enqueue?apiKey=other", 401, "the API key is missing or wrong"),
        ("/v2/channel/mail/nobody/enqueue?apiKey=key", 404, "there is no mail touchpoint with this token"),
        ("/v2/channel/sms/t-mail/enqueue?apiKey=key", 404, "there is no sms touchpoint with this token"),
        ("/v2/channel/email/t-mail/enqueue?apiKey=key", 404, "the channel is mail or sms"),
        ("/v3/channel/mail/t-mail/enqueue?apiKey=key", 404, "not found"),
    ],
)
async def test_wrong_tokens_and_addresses_are_refused(path: str, status: int, message: str, server: Running) -> None:
    answer = await enqueue(server, path, ANNA)
    assert (answer.status, answer.json) == (status, {"message": message})


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        (MAIL, {"Email": "anna@example.com"}, "email is missing or not valid"),
        (MAIL, {"email": "anna"}, "email is missing or not valid"),
        (MAIL, {"email": ["anna@example.com"]}, "the value of email must not be a list or an object"),
        (MAIL, {**ANNA, "address": {"city": "Bonn"}}, "the value of address must not be a list or an object"),
        (MAIL, [], "the body must be a flat object of at most 200 keys"),
        (SMS, {"phone": "0400 000 000"}, "phone is missing or not valid"),
    ],
)
async def test_bodies_that_the_target_would_not_take_are_refused(
    path: str, content: Any, message: str, server: Running, sandbox: Sandbox
) -> None:
    answer = await enqueue(server, path, content)
    assert (answer.status, answer.json) == (400, {"message": message})
    assert sandbox.total == 0


async def test_unreadable_bodies_and_other_types_are_refused(server: Running) -> None:
    unreadable = await server.post(MAIL, b"{", headers={"Content-Type": "application/json"})
    assert (unreadable.status, list(unreadable.json)) == (400, ["message"])
    other = await server.post(MAIL, b"<x/>", headers={"Content-Type": "text/xml"})
    assert (other.status, list(other.json)) == (415, ["message"])
    large = await server.post(MAIL, b" " * 70_000, headers={"Content-Type": "application/json"})
    assert (large.status, list(large.json)) == (413, ["message"])


async def test_other_methods_are_refused(server: Running) -> None:
    answer = await server.get(MAIL)
    assert (answer.status, answer.json) == (405, {"message": "method not allowed"})


async def test_tokens_are_learned_where_none_are_configured() -> None:
    async with serving(sandbox_app()) as server:
        assert (await enqueue(server, MAIL, ANNA)).status == 200
        again = await enqueue(server, "/v2/channel/sms/t-mail/enqueue?apiKey=any", {"phone": "+61400000000"})
        assert (again.status, again.json) == (404, {"message": "there is no sms touchpoint with this token"})
        assert (await enqueue(server, "/v2/channel/mail/t-mail/enqueue", ANNA)).status == 401


async def test_the_newest_requests_are_listed(server: Running) -> None:
    for number in range(5):
        await enqueue(server, MAIL, {**ANNA, "n": number})
    listed = (await server.get("/_sandbox/received")).json
    assert listed["total"] == 5
    assert [(one["number"], one["body"]["n"]) for one in listed["received"]] == [(3, 2), (4, 3), (5, 4)]


async def test_spellings_of_attributes_are_remembered_and_compared(server: Running) -> None:
    await enqueue(server, MAIL, {**ANNA, "orderID": "1", "order_id": "2", "Zip": "3"})
    await enqueue(server, MAIL, ANNA)
    assert (await server.get("/_sandbox/attributes")).json == {
        "touchpoints": {
            "t-mail": {
                "keys": ["Zip", "email", "orderID", "orderId", "order_id"],
                "alike": [["orderID", "orderId", "order_id"]],
            }
        }
    }


async def test_it_fails_as_often_as_asked(server: Running, sandbox: Sandbox) -> None:
    wish = {"touchpoint": "t-mail", "status": 503, "times": 2, "retry_after": 7}
    assert (await enqueue(server, "/_sandbox/fail", wish)).status == 200
    sms = await enqueue(server, SMS, {"phone": "+61400000000"})
    answers = [await enqueue(server, MAIL, ANNA) for _ in range(3)]
    assert (sms.status, [answer.status for answer in answers]) == (200, [503, 503, 200])
    assert answers[0].headers["retry-after"] == "7"
    assert answers[0].json == {"message": "this is a failure that was asked for"}
    assert [one.status for one in sandbox.received] == [503, 503, 200]


async def test_it_closes_the_connection_without_an_answer(server: Running, sandbox: Sandbox) -> None:
    assert (await enqueue(server, "/_sandbox/fail", {"close": True})).status == 200
    assert (await enqueue(server, MAIL, ANNA)).status == 0
    assert sandbox.received[0].status is None
    assert (await enqueue(server, MAIL, ANNA)).status == 200


async def test_it_says_when_the_server_cannot_close() -> None:
    async with serving(sandbox_app()) as server:
        assert (await enqueue(server, "/_sandbox/fail", {"close": True})).status == 501


async def test_a_slow_answer_is_still_an_answer(server: Running, sandbox: Sandbox) -> None:
    sandbox.fail(Fault(delay=0.01))
    assert (await enqueue(server, MAIL, ANNA)).json == {"message": "enqueued"}


@pytest.mark.parametrize("wish", [{"status": 99}, {"times": 0}, {"delay": 61}, {"statsu": 500}, [], {"close": "yes"}])
async def test_a_failure_that_makes_no_sense_is_refused(wish: Any, server: Running) -> None:
    answer = await enqueue(server, "/_sandbox/fail", wish)
    assert answer.status == 400
    assert answer.json["message"].startswith("this is no failure to ask for: ")


async def test_reset_forgets_everything(server: Running, sandbox: Sandbox) -> None:
    await enqueue(server, MAIL, ANNA)
    sandbox.fail(Fault(status=500))
    assert (await server.post("/_sandbox/reset", b"")).status == 200
    assert (await enqueue(server, MAIL, ANNA)).status == 200
    assert (sandbox.total, len(sandbox.received)) == (1, 1)


async def test_a_test_can_wait_for_requests(server: Running, sandbox: Sandbox) -> None:
    await enqueue(server, MAIL, ANNA)
    await sandbox.arrived(1)
    assert sandbox.received[0].body["orderId"] == "1001"
