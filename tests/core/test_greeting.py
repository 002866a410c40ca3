"""Handshakes: every known exchange is recognised and answered exactly; what is none, or hostile, is left alone."""

import hashlib
import hmac
import time
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.greeting import LARGEST_BODY, Greeting, address_to_open, greet, recognise, shows_token
from bridge.core.manners import Handshake
from bridge.core.model import Inbound
from bridge.core.presets.conduct import manners_of
from bridge.core.presets.handshakes import HANDSHAKES

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NOSNIFF = (("X-Content-Type-Options", "nosniff"),)


def asked(method: str = "POST", query: str = "", body: bytes = b"", *, kind: str = JSON, **headers: str) -> Inbound:
    fields = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound("shop", method, "https://hooks.example.com/hooks/shop" + query, fields, body)


def found(name: str, inbound: Inbound) -> Handshake | None:
    handshakes = HANDSHAKES[name]
    return recognise(handshakes, inbound, proven=False) or recognise(handshakes, inbound, proven=True)


def answer(name: str, inbound: Inbound, secret: str = "") -> Greeting:
    handshake = found(name, inbound)
    assert handshake is not None
    return greet(handshake, inbound, secret)


# -- exchanges ------------------------------------------------------------------------------------------------


def test_slack_hears_its_challenge() -> None:
    inbound = asked(body=b'{"token":"t","challenge":"3eZbrw1a","type":"url_verification"}')
    assert answer("slack", inbound) == Greeting(200, b"3eZbrw1a", "text/plain", NOSNIFF)
    assert recognise(HANDSHAKES["slack"], inbound, proven=False) is None


def test_zoom_hears_its_token_and_the_hmac_of_it() -> None:
    inbound = asked(body=b'{"payload":{"plainToken":"qgg8vlvZ"},"event":"endpoint.url_validation"}')
    signature = hmac.new(b"hush", b"qgg8vlvZ", hashlib.sha256).hexdigest().encode()
    body = b'{"plainToken":"qgg8vlvZ","encryptedToken":"' + signature + b'"}'
    assert answer("zoom", inbound, "hush") == Greeting(200, body, JSON)


def test_meta_hears_its_challenge_if_it_shows_the_token() -> None:
    inbound = asked("GET", "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-token")
    handshake = found("meta", inbound)
    assert handshake is not None
    assert (handshake.proof, handshake.refusal) == ("token", 403)
    assert greet(handshake, inbound) == Greeting(200, b"1158201444", "text/plain", NOSNIFF)
    assert shows_token(handshake, inbound, ["another", "verify-token"])
    for secrets in (["verify-toke"], ["verify-token "], [], [""]):
        assert not shows_token(handshake, inbound, secrets)
    bare = asked("GET", "?hub.mode=subscribe&hub.challenge=1158201444")
    assert not shows_token(handshake, bare, ["", "verify-token"])


@pytest.mark.parametrize(
    ("name", "inbound", "said"),
    [
        (
            "microsoft-graph",
            asked(query="?validationToken=Validation%3A+Testing%20%3Cb%3E"),
            Greeting(200, b"Validation: Testing <b>", "text/plain", NOSNIFF),
        ),
        ("xero", asked(body=b'{"events":[],"firstEventSequence":0,"entropy":"S0m3"}'), Greeting(200)),
        ("mailchimp", asked("GET"), Greeting(200)),
        ("mailchimp", asked("HEAD"), Greeting(200)),
        ("mailchimp", asked(), Greeting(200)),
        ("mandrill", asked("HEAD"), Greeting(200)),
        ("mandrill", asked(body=b"mandrill_events=%5B%5D", kind=FORM), Greeting(200)),
        ("woocommerce", asked(body=b"webhook_id=12", kind=FORM), Greeting(200)),
        ("adobe-io-events", asked("GET", "?challenge=8ec8"), Greeting(200, b'{"challenge":"8ec8"}', JSON)),
        (
            "okta",
            asked("GET", x_okta_verification_challenge="abc123"),
            Greeting(200, b'{"verification":"abc123"}', JSON),
        ),
        ("dropbox", asked("GET", "?challenge=abc123"), Greeting(200, b"abc123", "text/plain", NOSNIFF)),
        ("asana", asked(x_hook_secret="b537"), Greeting(200, headers=(("X-Hook-Secret", "b537"),))),
        ("intercom", asked(body=b'{"topic":"ping","data":{}}'), Greeting(200)),
        (
            "aws-sns",
            asked(
                body=b'{"SubscribeURL":"https://sns.eu-central-1.amazonaws.com/?Token=1"}',
                kind="text/plain; charset=UTF-8",
                x_amz_sns_message_type="SubscriptionConfirmation",
            ),
            Greeting(200),
        ),
        (
            "azure-event-grid",
            asked("OPTIONS", webhook_request_origin="eventgrid.azure.net"),
            Greeting(200, headers=(("WebHook-Allowed-Origin", "eventgrid.azure.net"),)),
        ),
        (
            "azure-event-grid",
            asked(body=b'[{"data":{"validationCode":"512d"}}]', aeg_event_type="SubscriptionValidation"),
            Greeting(200, b'{"validationResponse":"512d"}', JSON),
        ),
    ],
)
def test_each_system_hears_what_it_waits_for(name: str, inbound: Inbound, said: Greeting) -> None:
    assert answer(name, inbound) == said


# -- what is none -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "inbound"),
    [
        ("slack", asked(body=b'{"challenge":"x","type":"event_callback"}')),
        ("slack", asked(body=b'{"type":"url_verification"}')),
        ("slack", asked(body=b'{"type":"url_verification","challenge":5}')),
        ("slack", asked("GET", body=b'{"challenge":"x","type":"url_verification"}')),
        ("zoom", asked(body=b'{"event":"endpoint.url_validation","payload":[]}')),
        ("xero", asked(body=b'{"events":[{}]}')),
        ("xero", asked(body=b"{}")),
        ("mailchimp", asked(body=b"type=subscribe", kind=FORM)),
        ("mandrill", asked(body=b"mandrill_events=%5B%7B%7D%5D", kind=FORM)),
        ("woocommerce", asked(body=b'{"webhook_id":"12"}')),
        ("woocommerce", asked(body=b"id=12", kind=FORM)),
        ("adobe-io-events", asked("GET", "?challenge=")),
        ("adobe-io-events", asked("POST", "?challenge=abc")),
        ("okta", asked("GET")),
        ("dropbox", asked("GET", "?challenge=%ff")),
        ("dropbox", asked("GET", "?challenge=" + "a" * 2049)),
        ("dropbox", asked("GET", "?" + "&".join(["a=1"] * 200) + "&challenge=abc")),
        ("asana", asked(x_hook_secret="a\x85b")),
        ("asana", asked(x_hook_secret="a\r\nSet-Cookie: a=b")),
        ("azure-event-grid", asked("OPTIONS", webhook_request_origin="a b")),
        ("slack", asked(body=b'{"challenge":"x","type":"url_verification","more":"' + b"a" * LARGEST_BODY + b'"}')),
    ],
)
def test_what_only_resembles_a_handshake_is_none(name: str, inbound: Inbound) -> None:
    assert found(name, inbound) is None


def test_an_event_that_repeats_a_parameter_is_read_by_the_first() -> None:
    inbound = asked("GET", "?challenge=first&challenge=second")
    assert answer("dropbox", inbound).body == b"first"


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("https://sns.eu-central-1.amazonaws.com/?Token=1", True),
        ("http://sns.eu-central-1.amazonaws.com/", False),
        ("https://sns.amazonaws.com.example.com/", False),
        ("https://amazonaws.com@example.com/", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_an_address_of_the_system_itself_is_given_to_open(address: str, *, opened: bool) -> None:
    inbound = asked(body=b'{"SubscribeURL":"%s"}' % address.encode(), x_amz_sns_message_type="SubscriptionConfirmation")
    assert address_to_open(HANDSHAKES["aws-sns"][0], inbound) == (address if opened else None)


def test_a_preset_has_its_handshakes_and_a_file_may_name_others() -> None:
    assert [each.name for each in manners_of("slack").handshakes] == ["url_verification"]
    assert manners_of("shopify").handshakes == manners_of(None).handshakes == ()
    assert [each.name for each in manners_of(None, handshake="okta").handshakes] == ["verification challenge"]
    assert manners_of("shopify", handshake="okta").privacy == manners_of("shopify").privacy


# -- hostile ------------------------------------------------------------------------------------------------------

texts = st.text(max_size=40)
EVERY = [handshake for handshakes in HANDSHAKES.values() for handshake in handshakes]


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT"]),
    query=texts | st.sampled_from(["?challenge=%00%0a", "?validationToken=<script>", "?hub.mode=subscribe&%"]),
    body=st.binary(max_size=60) | st.sampled_from([b'{"type":"url_verification","challenge":"\\ud800"}', b"[[[[[["]),
    kind=st.sampled_from([JSON, FORM, "text/xml", "text/plain; charset=utf-16"]) | texts,
    header=texts,
)
def test_whatever_arrives_is_answered_or_left_alone(
    method: str, query: str, body: bytes, kind: str, header: str
) -> None:
    names = ("x_hook_secret", "webhook_request_origin", "x_okta_verification_challenge")
    headers: dict[str, Any] = dict.fromkeys(names, header)
    inbound = asked(method, "?" + query, body, kind=kind, **headers)
    for proven in (False, True):
        handshake = recognise(EVERY, inbound, proven=proven)
        if handshake is not None:
            said = greet(handshake, inbound, "hush")
            assert said.content_type in {"", "text/plain", JSON}
            assert all(value.isascii() and value.isprintable() for _, value in said.headers)
            assert len(said.body) < 20_000


def test_a_large_body_costs_nothing() -> None:
    inbound = asked(body=b"[" * 1_000_000)
    began = time.perf_counter()
    for _ in range(100):
        assert recognise(EVERY, inbound, proven=True) is None
    assert time.perf_counter() - began < 1
