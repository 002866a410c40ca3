"""Handshakes and replies through a real server: what systems hear when they ask, and when their events were taken."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.app.inforce import live_source
from bridge.catalog import load_texts
from bridge.core.errors import ConfigInvalid
from bridge.core.presets.conduct import manners_of
from bridge.core.verification.schemes import SCHEMES
from bridge.core.verification.signing import sign
from bridge.intake import Rules, context_of
from bridge.web.hooks import hooks_app
from bridge.web.reception import UsableSecret
from tests.support.receptions import NOW, PUBLIC_URL, SECRET, Shop, live, source
from tests.support.servers import Answer, Running, serving

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "handshakes.json"
NAMES = {"mailchimp_transactional": "mandrill"}
SIGNED_BY = {"slack": "slack", "zoom": "zoom", "xero": "xero", "intercom": "intercom"}
SYSTEMS = (
    *("slack", "zoom", "meta", "microsoft-graph", "xero", "mailchimp", "mandrill", "woocommerce", "adobe-io-events"),
    *("okta", "dropbox", "asana", "intercom", "aws-sns", "azure-event-grid"),
)


def exchanges() -> list[Any]:
    if not FILE.exists():
        return []
    found = json.loads(FILE.read_text(encoding="utf-8"))["handshakes"]
    return [pytest.param(each, id=f"{each['provider']} {each['name']}") for each in found]


def scheme_of(name: str) -> str:
    return SIGNED_BY.get(name, "shopify")


@pytest.fixture
def shop() -> Shop:
    sources = {}
    for name in SYSTEMS:
        configured = source(name, SCHEMES[scheme_of(name)], manners=manners_of(name))
        sources[name] = live(configured, *(["zoom-secret-token"] if name == "zoom" else []))
    sources["meta"] = replace(sources["meta"], verify_token=UsableSecret("meta-verify", "verify-token"))
    for name in ("bigcommerce", "adobe-commerce", "adyen-item", "twilio", "shopify", "quickbooks"):
        sources[name] = live(source(name, manners=manners_of(name)))
    for name in ("mandrill", "slack"):
        waiting = source(f"waiting-{name}", manners=manners_of(name))
        sources[f"waiting-{name}"] = live(waiting, waiting="waits for its secret")
    return Shop(sources)


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(shop.reception())) as running:
        yield running


def signature(name: str, body: bytes, headers: Mapping[str, str], secret: str = SECRET) -> dict[str, str]:
    url = f"{PUBLIC_URL}/hooks/{name}"
    return sign(SCHEMES[scheme_of(name)], secret, method="POST", url=url, headers=headers, body=body, now=NOW)


async def asked(server: Running, exchange: dict[str, Any], name: str, secret: str) -> Answer:
    request = exchange["request"]
    body = request.get("body", "").encode()
    headers = dict(request.get("headers", {}))
    if "content_type" in request:
        headers["Content-Type"] = request["content_type"]
    if exchange["signed"]:
        headers |= signature(name, body, headers, secret)
    query = request.get("url", "").partition("?")[2]
    path = f"/hooks/{name}" + ("?" + query if query else "")
    return await server.send(request["method"], path, body, headers=headers)


# -- the published exchanges -----------------------------------------------------------------------------------


@pytest.mark.skipif(not FILE.exists(), reason="the collection of exchanges is not beside the project")
@pytest.mark.parametrize("exchange", exchanges())
async def test_every_exchange_is_answered_exactly_and_stores_nothing(
    exchange: dict[str, Any], server: Running, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    name = NAMES.get(exchange["provider"], exchange["provider"].replace("_", "-"))
    answer = await asked(server, exchange, name, exchange.get("secret", SECRET))
    wanted = exchange["response"]
    assert answer.status == wanted["status"]
    if "json" in wanted:
        assert answer.json == wanted["json"]
    else:
        assert answer.body == wanted.get("body", "").encode()
    assert answer.headers.get("content-type") == wanted.get("content_type")
    assert "set-cookie" not in answer.headers
    for field, value in wanted.get("headers", {}).items():
        assert answer.headers[field.lower()] == value
    assert (shop.inbound, shop.accepted, shop.refused) == ([], [], [])
    [line] = [record.__dict__["keys"] for record in caplog.records if record.message == "handshake.answered"]
    assert line["source"] == name


@pytest.mark.skipif(not FILE.exists(), reason="the collection of exchanges is not beside the project")
@pytest.mark.parametrize("exchange", [each for each in exchanges() if each.values[0]["signed"]])
async def test_a_signed_handshake_with_a_wrong_signature_is_refused(
    exchange: dict[str, Any], server: Running, shop: Shop
) -> None:
    name = exchange["provider"].replace("_", "-")
    answer = await asked(server, exchange, name, "another secret")
    assert answer.status == 401
    assert answer.body == (b"" if name == "xero" else b'{"message":"the signature was not accepted"}')
    assert (shop.accepted, len(shop.refused)) == ([], 1)


# -- our own ---------------------------------------------------------------------------------------------------


async def test_xero_hears_nothing_whether_it_is_right_or_wrong(server: Running, shop: Shop) -> None:
    body = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    headers = {"Content-Type": "application/json"}
    good = await server.post("/hooks/xero", body, headers=headers | signature("xero", body, {}))
    bad = await server.post("/hooks/xero", body, headers=headers | signature("xero", body, {}, "another"))
    assert (good.status, good.body, bad.status, bad.body) == (200, b"", 401, b"")
    assert "content-type" not in {**good.headers, **bad.headers}
    event = b'{"events":[{"resourceId":"r"}]}'
    taken = await server.post("/hooks/xero", event, headers=headers | signature("xero", event, {}))
    assert (taken.status, taken.body, len(shop.accepted)) == (200, b"", 1)


async def test_meta_must_show_its_token(server: Running, shop: Shop) -> None:
    path = "/hooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert (await server.get(path + "verify-token")).body == b"1158201444"
    for wrong in ("", "verify-toke", SECRET):
        answer = await server.get(path + wrong)
        assert (answer.status, answer.json) == (403, {"message": "the token was not accepted"})
    assert shop.refused[0].reason == "the token of hub.challenge is wrong"
    assert shop.refused[0].url.endswith("hub.verify_token=***")
    assert "verify-toke" not in str(shop.refused)


async def test_a_reflected_challenge_is_plain_text_that_no_browser_guesses_about(server: Running) -> None:
    answer = await server.get("/hooks/dropbox?challenge=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aa")
    assert (answer.status, answer.body) == (200, b"<script>alert(1)</script>\r\na")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_source_that_waits_for_its_secret_answers_what_proves_nothing(server: Running) -> None:
    assert (await server.send("HEAD", "/hooks/waiting-mandrill")).status == 200
    body = b'{"challenge":"x","type":"url_verification"}'
    assert (await server.post("/hooks/waiting-slack", body)).status == 503


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_without_a_handshake_an_address_answers_as_an_unknown_one(method: str, server: Running) -> None:
    answers = []
    for name in ("shopify", "nobody"):
        line = await server.connect()
        request = f"{method} /hooks/{name}?challenge=abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        await line.write(request.encode())
        answers.append([field for field in (await line.rest()).split(b"\r\n") if not field.startswith(b"date")])
    assert answers[0] == answers[1]
    assert answers[0][0] == b"HTTP/1.1 405 Method Not Allowed"


async def test_a_handshake_of_another_system_is_no_handshake(server: Running, shop: Shop) -> None:
    body = b'{"challenge":"x","type":"url_verification"}'
    assert (await server.post("/hooks/shopify", body)).status == 401
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await server.post("/hooks/shopify", b"webhook_id=12", headers=form)).status == 401
    assert len(shop.refused) == 2


# -- replies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bigcommerce", (200, None, b"")),
        ("adobe-commerce", (200, "application/json", b'{"op":"success"}')),
        ("adyen-item", (202, "text/plain", b"[accepted]")),
        ("twilio", (204, None, b"")),
        ("shopify", (200, "application/json", b'{"event":"evt_1","duplicate":false}')),
    ],
)
async def test_each_system_hears_what_it_wants_of_its_events(
    name: str, said: tuple[int, str | None, bytes], server: Running, shop: Shop
) -> None:
    event = b'{"id": 1}'
    headers = {"Content-Type": "application/json"} | signature(name, event, {})
    line = await server.connect()
    fields = "".join(f"{field}: {value}\r\n" for field, value in headers.items())
    head = f"POST /hooks/{name} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {len(event)}\r\n\r\n"
    for _ in range(2):  # the connection stays usable, whatever was answered
        await line.write(head.encode() + event)
        answer = await line.answer()
        body = answer.body.replace(b"true", b"false")
        assert (answer.status, answer.headers.get("content-type"), body) == said
    assert len(shop.accepted) == 2


@pytest.mark.parametrize(("name", "status"), [("adyen-item", 202), ("quickbooks", 200), ("shopify", 400)])
async def test_a_body_that_nobody_can_read_is_taken_where_it_would_hold_up_the_others(
    name: str, status: int, server: Running, shop: Shop
) -> None:
    headers = {"Content-Type": "application/json"} | signature(name, b"{", {})
    assert (await server.post(f"/hooks/{name}", b"{", headers=headers)).status == status
    if status == 400:
        assert (len(shop.accepted), len(shop.refused)) == (0, 1)
        return
    [intake] = shop.accepted
    [entry] = intake.entries
    assert (entry.event.body, shop.refused) == (b"{", [])
    [proposal] = entry.proposals
    assert "nothing was made of it, since it cannot be read: the body is not valid JSON" in str(proposal.outcome)


async def test_the_secret_that_proved_an_event_is_named_with_it(server: Running, shop: Shop) -> None:
    shop.sources["shopify"] = live(source("shopify"), "old", "new")
    for secret, name in (("new", "secret-2"), ("old", "secret-1")):
        headers = {"Content-Type": "application/json"} | signature("shopify", b"{}", {}, secret)
        await server.post("/hooks/shopify", b"{}", headers=headers)
        assert shop.accepted[-1].entries[0].event.headers[":proven-by"] == name


async def test_no_request_can_name_the_secret_itself(server: Running, shop: Shop) -> None:
    line = await server.connect()
    await line.write(b"POST /hooks/shopify HTTP/1.1\r\nHost: a\r\n:proven-by: me\r\nContent-Length: 2\r\n\r\n{}")
    assert (await line.answer()).status == 400


SOAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D</OrganizationId>
<SessionId>00D!s3cret</SessionId><Notification><Id>04l1</Id>
<sObject xmlns:sf="urn:sobject.enterprise.soap.sforce.com"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="sf:Opportunity">
<sf:Id>006</sf:Id><sf:Email__c>anna@example.com</sf:Email__c></sObject></Notification>
<Notification><Id>04l2</Id></Notification></notifications></soapenv:Body></soapenv:Envelope>"""


async def test_an_outbound_message_is_read_and_acknowledged_in_soap(server: Running, shop: Shop) -> None:
    files = {
        "touchpoints.yaml": "touchpoints: {}",
        "crm.yaml": 'source: crm\nverify: {preset: salesforce, secrets: ["${secret:crm}"]}\nmappings: []\n',
    }
    configured = load_texts(files, {}).catalog.sources["crm"]
    shop.sources["crm"] = live_source(configured, {"crm": "hush"}, public_url="")
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    answer = await server.post("/hooks/crm?secret=hush", SOAP, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml")
    acknowledged = b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    assert acknowledged in answer.body
    [intake] = shop.accepted
    first, second = (entry.event for entry in intake.entries)
    assert (first.topic, first.tenant, first.source_event_id, second.source_event_id) == (
        *("Opportunity", "00D", "04l1"),
        "04l2",
    )
    payload = context_of(first, configured, rules=Rules(b"")).payload
    assert payload["sObject"] == {"@type": "sf:Opportunity", "Id": "006", "Email__c": "anna@example.com"}
    assert "s3cret" not in str(intake)
    assert (await server.post("/hooks/crm?secret=no", SOAP, headers=headers)).status == 401
    assert (b"04l1" in shop.refused[0].body, b"s3cret" in shop.refused[0].body) == (True, False)


def loaded(handshake: str, verify: str) -> Any:
    text = f"source: events\nverify: {verify}\n{handshake}\nmappings: []\n"
    return load_texts({"touchpoints.yaml": "touchpoints: {}", "events.yaml": text}, {}).catalog.sources["events"]


async def test_a_file_names_whose_handshake_it_answers_and_with_which_token(server: Running, shop: Shop) -> None:
    verify = '{preset: header-token, secrets: ["${secret:a}"], verify_token: "${secret:b}"}'
    configured = loaded("handshake: meta", verify)
    shop.sources["events"] = live_source(configured, {"a": "a-secret", "b": "b-secret"}, public_url="")
    path = "/hooks/events?hub.mode=subscribe&hub.challenge=5&hub.verify_token="
    assert [(await server.get(path + token)).status for token in ("a-secret", "b-secret")] == [403, 200]
    shop.sources["events"] = live_source(configured, {"b": "b-secret"}, public_url="")
    assert (await server.get(path + "b-secret")).status == 200
    either = loaded("handshake: meta", '{kind: token, token: {from: header, name: X-T}, secrets: ["${secret:a}"]}')
    shop.sources["events"] = live_source(either, {"a": "a-secret"}, public_url="")
    assert (await server.get(path + "a-secret")).status == 200
    shop.sources["events"] = live_source(either, {}, public_url="")
    assert (await server.get(path + "a-secret")).status == 503


@pytest.mark.parametrize(
    ("handshake", "verify", "said"),
    [
        ("handshake: ookta", '{preset: shopify, secrets: ["${secret:a}"]}', "okta"),
        ("", '{preset: shopify, secrets: ["${secret:a}"], verify_token: plain}', "verify_token"),
    ],
)
def test_a_mistyped_handshake_is_a_problem_of_its_file(handshake: str, verify: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        loaded(handshake, verify)
