"""`bridge send` for every preset that can be signed: what it makes, a real server with that preset accepts."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from bridge.app.clock import now
from bridge.app.inforce import live_source
from bridge.app.post import Posted, post_webhook, request_headers
from bridge.catalog import load_texts
from bridge.core.errors import ConfigInvalid
from bridge.core.model import Inbound
from bridge.core.presets import PRESETS
from bridge.core.reading import as_sent
from bridge.core.verification.proving import prove
from bridge.core.verification.schemes import ALIASES, SCHEMES
from bridge.core.verification.verify import Verifier, parse_scheme
from bridge.web.hooks import hooks_app
from bridge.web.reception import LiveSource
from tests.support.receptions import PUBLIC_URL, Shop
from tests.support.servers import Running, serving

SOAP = b"<Envelope><Body><notifications><Notification><Id>1</Id></Notification></notifications></Body></Envelope>"
FORM = "application/x-www-form-urlencoded"
HEX = frozenset({"squarespace", "adyen-header", "adyen-item", "close"})
PRIVATE = {"rsa", "ecdsa", "ed25519", "jwt"}
NAMES = sorted({*PRESETS, *SCHEMES, *ALIASES})
EVENT: dict[str, Any] = {
    "id": 1,
    "type": "t",
    "topic": "t",
    "eventId": "e",
    "eventCreated": 5,
    "timestamp": "2023-11-14T22:13:20Z",
    "amount": {"value": 10, "currency": "EUR"},
}


def scheme_of(name: str) -> str:
    return PRESETS[name].scheme if name in PRESETS else ALIASES.get(name, name)


def is_signable(name: str) -> bool:
    return SCHEMES[scheme_of(name)].kind not in PRIVATE and name != "shopware-get"


def secret_of(name: str) -> str:
    scheme = scheme_of(name)
    return "cafe00" if scheme in HEX else "user:pass" if scheme == "basic" else "c2VjcmV0LXNlY3JldA=="


FORGED = {"cafe00": "cafe01", "user:pass": "user:word", "c2VjcmV0LXNlY3JldA==": "YW5vdGhlci1zZWNyZXQ="}


def payload_of(name: str) -> Any:
    """Give an event in the envelope of its system."""
    value: Any = EVENT
    paths = PRESETS[name].each if name in PRESETS else ()
    for number, path in reversed(list(enumerate(paths))):
        value = value if number else [value]
        for step in reversed([] if path == "@" else path.split(".")):
            value = {step: value}
    return value


def live_of(name: str) -> LiveSource:
    files = {
        "touchpoints.yaml": "touchpoints: {}",
        "shop.yaml": f'source: shop\nverify: {{preset: {name}, secrets: ["${{secret:shop}}"]}}\nmappings: []\n',
    }
    source = load_texts(files, {}).catalog.sources["shop"]
    return live_source(source, {"shop": secret_of(name)}, public_url=PUBLIC_URL)


@pytest.fixture
def shop() -> Shop:
    return Shop({}, now=now())


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(shop.reception())) as running:
        yield running


@pytest.mark.parametrize("name", [name for name in NAMES if is_signable(name)])
async def test_what_is_sent_like_a_system_is_accepted(name: str, server: Running, shop: Shop) -> None:
    live = live_of(name)
    assert live.waiting == ""
    shop.sources["shop"] = live
    body = SOAP if name == "salesforce" else json.dumps(payload_of(name)).encode()
    headers = request_headers(live.source, "a.topic", {})

    def send(secret: str) -> Posted:
        return post_webhook(live.source, secret, body, base=server.url, public_url=PUBLIC_URL, headers=headers)

    posted = await asyncio.to_thread(send, secret_of(name))
    assert (posted.status // 100, shop.refused) == (2, []), posted
    [intake] = shop.accepted
    event = intake.entries[0].event
    assert event.headers[":proven-by"] == "shop"
    assert secret_of(name) not in str((event.headers, event.query))
    forged = await asyncio.to_thread(send, FORGED[secret_of(name)])
    assert (forged.status, len(shop.accepted)) == (401, 1)


@pytest.mark.parametrize("name", [name for name in NAMES if not is_signable(name) and name != "shopware-get"])
def test_what_needs_a_private_key_says_so(name: str) -> None:
    scheme = SCHEMES[scheme_of(name)]
    with pytest.raises(ValueError, match="needs the sender's private key, so it cannot be signed here"):
        prove(scheme, "x", url="https://a.example/", headers={}, body=b"{}", now=0)


async def test_a_webhook_that_cannot_be_signed_is_not_posted(server: Running) -> None:
    live = live_of("adyen-item")
    with pytest.raises(ConfigInvalid, match="the body is not JSON, where the proof belongs into it"):
        post_webhook(live.source, "cafe00", b"x", base=server.url, public_url="", headers={})


# -- proofs beside the headers ---------------------------------------------------------------------------------


def accepted(knobs: dict[str, Any], secret: str, body: bytes, kind: str = "application/json") -> Inbound:
    """Prove the body, and give the request that the verifier accepted."""
    scheme = parse_scheme(knobs)
    proven = prove(scheme, secret, url="https://a.example/hooks/shop", headers={}, body=body, now=0)
    headers = {"content-type": kind} | {name.lower(): value for name, value in proven.headers.items()}
    inbound = Inbound("shop", "POST", f"https://a.example/hooks/shop?{proven.query}", headers, proven.body)
    assert Verifier(scheme, [secret]).check(inbound, 0) == 0
    return inbound


def token(place: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "token", "token": {"from": place, "path" if place == "json" else "name": name, **more}}


def test_a_token_stands_where_its_system_puts_it() -> None:
    assert accepted(token("query", "pass word"), "a+b&c=d/ü", b"{}").query == "pass%20word=a%2Bb%26c%3Dd%2F%C3%BC"
    assert accepted(token("query", "k", strip_prefix="v1:"), "hush", b"{}").query == "k=v1%3Ahush"
    assert accepted(token("form", "key"), "a b", b"x=1", FORM).body == b"x=1&key=a%20b"
    assert accepted(token("form", "key"), "a b", b"", FORM).body == b"key=a%20b"
    assert json.loads(accepted(token("json", "token"), "hush", b'{"a": 1}').body) == {"a": 1, "token": "hush"}
    with pytest.raises(ValueError, match="the body has no place for token"):
        accepted(token("json", "token"), "hush", b"[]")


def test_every_item_is_signed() -> None:
    items = [{"NotificationRequestItem": {"pspReference": str(number), "additionalData": {}}} for number in range(3)]
    body = json.dumps({"live": "true", "notificationItems": items}).encode()
    scheme = SCHEMES["adyen-item"]
    proven = prove(scheme, "cafe00", url="", headers={}, body=body, now=0)
    signed = [each["NotificationRequestItem"] for each in json.loads(proven.body)["notificationItems"]]
    assert len({each["additionalData"]["hmacSignature"] for each in signed}) == 3
    assert Verifier(scheme, ["cafe00"]).check(Inbound("a", "POST", "", {}, proven.body), 0) == 0
    with pytest.raises(ValueError, match="notificationItems of the body must be a list of 1 to 1000 items"):
        prove(scheme, "cafe00", url="", headers={}, body=b'{"notificationItems": []}', now=0)


def test_a_form_that_is_written_as_an_object_is_sent_as_a_form() -> None:
    body = b'{"a": "x y", "b": [1, 2], "c": {"d": 1}, "e": [{"f": 2}]}'
    sent = as_sent(body, FORM + "; charset=utf-8").decode()
    assert parse_qs(sent) == {"a": ["x y"], "b": ["1", "2"], "c": ['{"d":1}'], "e": ['[{"f":2}]']}
    for other in (b"a=1", b"{", b'["a"]'):
        assert as_sent(other, FORM) == other
    assert as_sent(body, "application/json") == body
