"""What goes over the wire: address, headers and body, as the target documents them; and what cannot be sent."""

import json
from types import MappingProxyType

import pytest

from bridge import __version__
from bridge.core.configuration import Touchpoint
from bridge.core.outcome import Answered, NotSent
from bridge.core.template import Secret, Template
from bridge.touchpoint import Sender, ready
from bridge.touchpoint.request import form
from tests.support.deliveries import SECRETS, delivery, touchpoint
from tests.support.targets import Seen, Target, answer, answering


async def seen_by_target(sender: Sender, made: Touchpoint, body: str, secrets: dict[str, str] = SECRETS) -> Seen:
    async with Target(answering(answer())) as target:
        url = f"http://127.0.0.1:{target.port}"
        aimed = Touchpoint(
            made.name, made.channel, made.format, url + "/v2", made.token, made.api_key,
            Template((url + "/in?a=1",)), made.method, made.request_headers,
        )  # fmt: skip
        assert await sender.send(delivery(body), aimed, secrets) == Answered(200, "enqueued")
        return target.seen[0]


async def test_a_mail_delivery_is_the_documented_request(sender: Sender) -> None:
    body = '{"email":"anna@example.com","orderId":"1001","amount":19.10,"big":12345678901234567890123}'
    seen = await seen_by_target(sender, touchpoint(), body)
    assert seen.line == "POST /v2/channel/mail/t-1/enqueue?apiKey=k-1 HTTP/1.1"
    assert seen.body == body.encode()
    port = seen.headers.pop("host").removeprefix("127.0.0.1:")
    assert port.isdigit()
    assert seen.headers == {
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": f"pressnxpress-bridge/{__version__}",
        "content-type": "application/json",
        "idempotency-key": "dlv_1",
        "content-length": str(len(body)),
    }


async def test_an_sms_delivery_goes_to_the_sms_channel_as_a_form(sender: Sender) -> None:
    body = '{"phone":"+61400000000","vip":true,"gone":false,"n":12345678901234567890123,"x":19.10,"name":"Zoë & Co"}'
    seen = await seen_by_target(sender, touchpoint(channel="sms", format="form"), body)
    assert seen.line == "POST /v2/channel/sms/t-1/enqueue?apiKey=k-1 HTTP/1.1"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.body == (
        b"phone=%2B61400000000&vip=true&gone=false&n=12345678901234567890123&x=19.10&name=Zo%C3%AB+%26+Co"
    )


async def test_token_and_key_are_percent_encoded(sender: Sender) -> None:
    seen = await seen_by_target(sender, touchpoint(), "{}", {"token": "a/b?c", "key": "k&x=1#é"})
    assert seen.line == "POST /v2/channel/mail/a%2Fb%3Fc/enqueue?apiKey=k%26x%3D1%23%C3%A9 HTTP/1.1"


async def test_an_http_touchpoint_has_its_own_address_method_and_headers(sender: Sender) -> None:
    headers = {"Authorization": Template(("Bearer ", Secret("key"))), "content-type": Template(("application/x+json",))}
    made = touchpoint(channel="http", method="PUT", request_headers=MappingProxyType(headers), token=None, api_key=None)
    seen = await seen_by_target(sender, made, '{"a":1}')
    assert seen.line == "PUT /in?a=1 HTTP/1.1"
    assert seen.headers["authorization"] == "Bearer k-1"
    assert seen.headers["content-type"] == "application/x+json"


async def test_an_empty_form_is_a_full_request(sender: Sender) -> None:
    seen = await seen_by_target(sender, touchpoint(format="form"), "{}")
    assert seen.body == b""
    assert seen.headers["content-length"] == "0"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a":1.0,"b":1e400,"c":-0}', b"a=1.0&b=1e400&c=0"),
        ('{"a":"","b c":"d+e%"}', b"a=&b+c=d%2Be%25"),
    ],
)
def test_a_form_keeps_numbers_as_their_json_text(body: str, expected: bytes) -> None:
    assert form(body) == expected


def test_a_touchpoint_with_its_secrets_is_ready() -> None:
    assert ready(touchpoint(), SECRETS) is None


def test_a_missing_secret_is_named() -> None:
    assert ready(touchpoint(), {"token": "t"}) == "waiting for its secret: store it with `bridge secrets set key`"
    assert ready(touchpoint(), {"token": "t", "key": ""}) is not None


@pytest.mark.parametrize(
    ("base_url", "problem"),
    [
        ("http://api.example.com/v2", "not https"),
        ("ftp://api.example.com/v2", "not https"),
        ("api.example.com/v2", "not https"),
        ("https://anna:pw@api.example.com/v2", "user name"),
        ("https://anna@api.example.com/v2", "user name"),
        ("https:///v2", "names no host"),
        ("https://api.example.com/v2?x=1", "has a query"),
        ("https://api.example.com/ v2", "spaces"),
        ("https://api.example.com/\r\nX: 1", "spaces or control"),
        ("https://api.example.com:99999/v2", "possible port"),
        ("https://[::1/v2", "not a web address"),
    ],
)
def test_an_address_that_will_not_do_is_explained_without_showing_it(base_url: str, problem: str) -> None:
    told = ready(touchpoint(base_url), SECRETS)
    assert told is not None
    assert problem in told
    assert "example.com" not in told


def test_plain_http_is_allowed_where_private_targets_are() -> None:
    assert ready(touchpoint("http://127.0.0.1:9"), SECRETS, allow_private=True) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-B: 1"),
        ("X-A", "é"),
        ("X A", "a"),
        ("Host", "example.com"),
        ("content-length", "1"),
        ("Cookie", "a"),
    ],
)
def test_headers_that_would_break_the_request_are_refused(name: str, value: str) -> None:
    headers = MappingProxyType({name: Template((Secret("key"),))})
    made = touchpoint(channel="http", url=Template(("https://example.com/",)), request_headers=headers)
    told = ready(made, {"key": value, "token": "t"})
    assert told is not None
    assert repr(name) in told
    assert value == "a" or value not in told


async def test_what_is_not_ready_is_not_sent(sender: Sender) -> None:
    assert await sender.send(delivery(), touchpoint(), {"token": "t"}) == NotSent(
        "waiting for its secret: store it with `bridge secrets set key`", tried=False
    )


@pytest.mark.parametrize("body", ["[1]", "{", "\ud800", '{"a":' * 5_000])
async def test_a_body_that_cannot_be_written_is_not_sent(sender: Sender, body: str) -> None:
    made = touchpoint("http://127.0.0.1:1", format="form")
    assert await sender.send(delivery(body), made, SECRETS) == NotSent(
        "the stored body cannot be written as form: replay its event", tried=False
    )


async def test_a_changed_secret_is_used_at_once(sender: Sender) -> None:
    async with Target(answering(answer())) as target:
        made = touchpoint(f"http://127.0.0.1:{target.port}")
        secrets = dict(SECRETS)
        await sender.send(delivery(), made, secrets)
        secrets["key"] = "new"
        await sender.send(delivery(), made, secrets)
        assert [seen.line.split("=")[1] for seen in target.seen] == ["k-1 HTTP/1.1", "new HTTP/1.1"]


def test_a_form_is_read_back_as_what_it_was() -> None:
    assert form(json.dumps({"name": "Ünï"})) == b"name=%C3%9Cn%C3%AF"
