"""What the hooks answer and what they pass on, through a real server and real sockets."""

import json
from collections.abc import AsyncIterator

import pytest

from bridge.core.errors import StoreBroken, StoreUnavailable
from bridge.core.verification.schemes import SCHEMES
from bridge.web.hooks import hooks_app
from tests.support.receptions import NOW, SECRET, Shop, live, signed, source, token_scheme
from tests.support.servers import Running, serving

BODY = b'{"id": 1001, "email": "anna@example.com"}'
REFUSED = {"message": "the signature was not accepted"}


@pytest.fixture
def shop() -> Shop:
    batch = source("batch", each=["@"])
    token = source("token", token_scheme())
    query = source("query", token_scheme("query", "pass"))
    timed = source("timed", SCHEMES["stripe"])
    waiting = source("waiting")
    return Shop(
        {
            "shop": live(source()),
            "batch": live(batch),
            "token": live(token, "open-sesame"),
            "query": live(query, "open-sesame"),
            "timed": live(timed),
            "waiting": live(waiting, waiting="waits for its secret: waiting"),
        }
    )


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(shop.reception())) as running:
        yield running


# -- accepted -------------------------------------------------------------------------------------------------


async def test_a_signed_webhook_is_accepted(server: Running, shop: Shop) -> None:
    answer = await server.post("/hooks/shop", BODY, headers=signed(BODY))
    assert (answer.status, answer.json) == (200, {"event": "evt_1", "duplicate": False})
    assert answer.headers["content-type"] == "application/json"
    assert shop.payloads == [{"id": 1001, "email": "anna@example.com"}]
    assert (shop.answers, shop.counted, shop.refused) == ([("shop", 200)], [("shop", 1, 0)], [])


async def test_the_same_event_again_is_a_duplicate_with_the_first_ones_id(server: Running, shop: Shop) -> None:
    headers = {**signed(BODY), "X-Event-Id": "e-1"}
    await server.post("/hooks/shop", BODY, headers=headers)
    answer = await server.post("/hooks/shop", BODY, headers=headers)
    assert (answer.status, answer.json) == (200, {"event": "evt_1", "duplicate": True})
    assert shop.counted == [("shop", 1, 0), ("shop", 0, 1)]


async def test_a_batch_is_answered_event_by_event(server: Running, shop: Shop) -> None:
    body = b'[{"a": 1}, {"a": 2}]'
    answer = await server.post("/hooks/batch", body, headers=signed(body))
    assert answer.json == {"events": [{"event": "evt_1", "duplicate": False}, {"event": "evt_2", "duplicate": False}]}
    assert shop.payloads == [{"a": 1}, {"a": 2}]


async def test_a_batch_of_one_is_still_answered_as_a_batch(server: Running) -> None:
    answer = await server.post("/hooks/batch", b'[{"a": 1}]', headers=signed(b'[{"a": 1}]'))
    assert answer.json == {"events": [{"event": "evt_1", "duplicate": False}]}


async def test_the_signature_is_over_the_bytes_as_they_came(server: Running, shop: Shop) -> None:
    body = b'{ "a":\t1.10 }\r\n'
    assert (await server.post("/hooks/shop", body, headers=signed(body))).status == 200
    assert shop.inbound[0].body == body


async def test_a_chunked_body_is_read_whole(server: Running, shop: Shop) -> None:
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    line = await server.connect()
    await line.write(f"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n{fields}\r\n".encode())
    for byte in BODY:
        await line.write(b"1\r\n%c\r\n" % byte)
    await line.write(b"0\r\n\r\n")
    assert (await line.answer()).status == 200
    assert shop.inbound[0].body == BODY


async def test_headers_are_lower_case_and_repeated_ones_joined(server: Running, shop: Shop) -> None:
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    line = await server.connect()
    fields += f"X-Twice: one\r\nx-twice:two  \r\nContent-Length: {len(BODY)}\r\n"
    await line.write(f"POST /hooks/shop HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode() + BODY)
    assert (await line.answer()).status == 200
    assert shop.inbound[0].headers["x-twice"] == "one, two"


async def test_the_url_is_the_public_one_with_path_and_query_as_received(server: Running, shop: Shop) -> None:
    headers = {**signed(BODY), "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    await server.post("/hooks/shop?a=%41&b=%2F+", BODY, headers=headers)
    assert shop.inbound[0].url == "https://hooks.example.com/hooks/shop?a=%41&b=%2F+"
    assert (shop.inbound[0].method, shop.inbound[0].received_at) == ("POST", NOW)


# -- refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X-Shopify-Hmac-Sha256": "AAAA"}, "the signature"),
        ({}, "header X-Shopify-Hmac-Sha256"),
        (signed(BODY, secret="another"), "the signature does not match"),
        (signed(BODY + b" "), "the signature does not match"),
    ],
)
async def test_a_wrong_signature_is_refused_and_kept_with_its_reason(
    headers: dict[str, str], reason: str, server: Running, shop: Shop
) -> None:
    answer = await server.post("/hooks/shop", BODY, headers=headers)
    assert (answer.status, answer.json) == (401, REFUSED)
    assert reason in shop.refused[0].reason
    assert (shop.refused[0].source, shop.refused[0].status, shop.refused[0].body) == ("shop", 401, BODY)
    assert (shop.refused[0].id, shop.refused[0].received_at) == ("ref_1", NOW)
    assert shop.inbound == []


async def test_a_request_that_is_too_old_says_so_to_the_operator_alone(server: Running, shop: Shop) -> None:
    old = signed(BODY, scheme="stripe", at=NOW - 540_000)
    answer = await server.post("/hooks/timed", BODY, headers=old)
    assert (answer.status, answer.json) == (401, REFUSED)
    assert shop.refused[0].reason == "the request is 9 minutes old; 5 are allowed"


async def test_an_unknown_source_answers_like_a_wrong_signature_and_is_only_counted(
    server: Running, shop: Shop
) -> None:
    wrong = await server.post("/hooks/shop", BODY, headers=signed(BODY, secret="another"))
    unknown = await server.post("/hooks/nobody", BODY, headers=signed(BODY))
    assert (unknown.status, unknown.headers, unknown.body) == (wrong.status, wrong.headers, wrong.body)
    assert shop.answers == [("shop", 401), ("", 401)]
    assert [refused.source for refused in shop.refused] == ["shop"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not valid JSON"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b"\xff\xfe\x00", "the body is not valid JSON"),
        (b"", "the body is not valid JSON"),
        (b'{"a": NaN}', "the body is not valid JSON"),
        (b'"text"', "neither an object nor a list"),
    ],
)
async def test_a_body_that_cannot_be_read_is_answered_400_and_kept(
    body: bytes, message: str, server: Running, shop: Shop
) -> None:
    answer = await server.post("/hooks/shop", body, headers=signed(body))
    assert answer.status == 400
    assert message in answer.json["message"]
    assert (shop.refused[0].status, shop.refused[0].body) == (400, body)
    assert shop.accepted == []


async def test_a_source_that_waits_for_its_secret_asks_for_another_try(server: Running, shop: Shop) -> None:
    answer = await server.post("/hooks/waiting", BODY, headers=signed(BODY))
    assert (answer.status, answer.headers["retry-after"]) == (503, "90")
    assert answer.json == {"message": "this source is not ready; send it again later"}
    reason = "the source is not ready: waits for its secret: waiting"
    assert (shop.refused[0].reason, shop.refused[0].body) == (reason, BODY)


# -- not now --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [StoreUnavailable("the disk is full"), StoreBroken("the disk failed")])
async def test_an_event_that_cannot_be_stored_is_answered_503(failure: Exception, server: Running, shop: Shop) -> None:
    shop.failure = failure
    answer = await server.post("/hooks/shop", BODY, headers=signed(BODY))
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert answer.json == {"message": "the event could not be stored; send it again later"}
    assert (shop.refused, shop.answers) == ([], [("shop", 503)])


async def test_a_full_outbox_takes_no_more_but_still_refuses_wrong_signatures(server: Running, shop: Shop) -> None:
    shop.full = "1000000 deliveries wait"
    answer = await server.post("/hooks/shop", BODY, headers=signed(BODY))
    assert (answer.status, answer.headers["retry-after"]) == (503, "75")
    assert answer.json == {"message": "no more events can be taken now; send it again later"}
    assert (await server.post("/hooks/shop", BODY)).status == 401
    assert (shop.inbound, shop.accepted) == ([], [])


async def test_a_fault_of_ours_is_answered_503_and_logged_once_with_its_number(
    server: Running, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.failure = KeyError("anna@example.com")
    answer = await server.post("/hooks/shop", BODY, headers=signed(BODY))
    assert (answer.status, answer.headers["retry-after"]) == (503, "45")
    faults = [record for record in caplog.records if record.message == "request.fault"]
    keys = faults[0].__dict__["keys"]
    assert len(faults) == 1
    assert answer.json == {"message": f"the request could not be handled (error {keys['error']}); send it again"}
    assert keys["kind"] == "KeyError"
    assert "_accept" in keys["at"]
    assert "anna" not in caplog.text


async def test_an_event_that_changed_under_its_id_is_said(
    server: Running, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await server.post("/hooks/shop", b"[1]", headers={**signed(b"[1]"), "X-Event-Id": "e-1"})
    answer = await server.post("/hooks/shop", b"[2]", headers={**signed(b"[2]"), "X-Event-Id": "e-1"})
    assert answer.json == {"event": "evt_1", "duplicate": True}
    assert [record.__dict__["keys"] for record in caplog.records if record.message == "event.changed"] == [
        {"source": "shop", "event_id": "evt_1"}
    ]


# -- credentials ----------------------------------------------------------------------------------------------


async def test_credentials_are_removed_from_what_is_kept(server: Running, shop: Shop) -> None:
    secret = {"Authorization": "Bearer s3cret", "Cookie": "s3cret", "X-Api-Key": "s3cret", "X-Auth-Token": "s3cret"}
    await server.post("/hooks/shop?token=s3cret&x=1", BODY, headers={**secret, "X-Other": "kept"})
    kept = shop.refused[0]
    assert "s3cret" not in str((kept.url, kept.headers))
    assert kept.url == "https://hooks.example.com/hooks/shop?token=***&x=1"
    assert kept.headers["x-other"] == "kept"


async def test_a_token_in_a_header_of_any_name_is_neither_passed_on_nor_kept(server: Running, shop: Shop) -> None:
    assert (await server.post("/hooks/token", BODY, headers={"X-Shop-Pass": "open-sesame"})).status == 200
    assert (await server.post("/hooks/token", BODY, headers={"X-Shop-Pass": "open-sesam"})).status == 401
    assert "open-sesam" not in str((shop.inbound, shop.accepted, shop.refused))


async def test_a_token_in_the_query_is_neither_passed_on_nor_kept(server: Running, shop: Shop) -> None:
    assert (await server.post("/hooks/query?pass=open-sesame&a=1", BODY)).status == 200
    assert (await server.post("/hooks/query?a=1&%70ass=open-sesam", BODY)).status == 401
    assert shop.inbound[0].url == "https://hooks.example.com/hooks/query?pass=***&a=1"
    assert shop.refused[0].url == "https://hooks.example.com/hooks/query?a=1&%70ass=***"


async def test_no_answer_holds_the_secret_or_what_was_sent(server: Running) -> None:
    for path in ("/hooks/shop", "/hooks/nobody", "/hooks/waiting", "/elsewhere"):
        answer = await server.post(path, json.dumps({"x": "anna@example.com"}).encode())
        assert SECRET not in str(answer)
        assert "anna" not in str(answer)
