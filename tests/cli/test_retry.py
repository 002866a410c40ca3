"""`bridge replay ref_…`: refused requests that are taken in after all, those that cannot be, and what is said of it."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from bridge.app.clock import now
from bridge.core.model import Refused
from tests.support.books import a_refusal
from tests.support.console import SECRETS, Console, receipt, signature

HOUR = 3_600_000
SHOP = """\
source: shop
verify: {preset: VERIFY, secrets: ["${secret:shop}"]}
mappings: []
"""


def keep(console: Console, **columns: Any) -> str:
    """Keep a refused request of the till, an hour old and well signed unless the columns say otherwise."""
    body = columns.pop("body", receipt("1001"))
    headers = {name.lower(): value for name, value in signature(body).items()}
    refused: Refused = a_refusal(
        0,
        id=console.new_id("ref"),
        **{
            "source": "till",
            "url": "https://old.example/hooks/till?branch=vie",
            "headers": {"content-type": "application/json"} | columns.pop("headers", headers),
            "body": body,
            "received_at": now() - HOUR,
        }
        | columns,
    )
    with console.store() as store:
        store.outbox.refuse([refused])
    return refused.id


@pytest.fixture
def mended(console: Console) -> Console:
    """A bridge whose secrets are stored by now."""
    console.keep_secrets()
    return console


def reason(console: Console, refused_id: str) -> str:
    said = console.run("replay", refused_id, "--json")
    assert said.status == 1
    [row] = said.json["refused"]
    assert (row["id"], row["taken"], row["events"]) == (refused_id, False, [])
    assert console.run("events", "list", "--json").json == []
    text: str = row["reason"]
    return text


def test_a_refused_request_is_taken_in_as_if_it_had_just_come(mended: Console) -> None:
    refused = keep(mended)
    began = now()
    said = mended.run("replay", refused)
    assert said.status == 0
    [event] = mended.run("events", "list", "--json").json
    assert said.out == f"{refused}: taken in as {event['id']}\n"
    assert (event["topic"], event["verdicts"]) == ("closed", {"planned": 1})
    assert event["received_at"] >= began
    shown = mended.run("events", "show", event["id"], "--json").json
    assert (shown["secret"], shown["query"]) == ("till", "branch=vie")
    assert ":proven-by" not in shown["headers"]
    assert "secret till" in " ".join(mended.run("events", "show", event["id"]).lines)
    row = mended.run("refused", "show", refused, "--json").json
    assert (row["event_id"], row["retried_at"] >= began) == (event["id"], True)
    assert mended.run("audit").status == 0


def test_what_was_taken_in_once_is_not_taken_in_again(mended: Console) -> None:
    refused = keep(mended)
    mended.run("replay", refused)
    [event] = mended.run("events", "list", "--json").json
    said = mended.run("replay", refused)
    assert (said.status, said.out) == (1, f"{refused}: not taken in: it was taken in already, as {event['id']}\n")


def test_what_came_again_meanwhile_is_a_duplicate(mended: Console) -> None:
    [event] = mended.receive("1001")
    refused = keep(mended)
    said = mended.run("replay", refused)
    assert (said.status, said.out) == (0, f"{refused}: taken in as {event} (it had come before)\n")
    assert len(mended.run("events", "list", "--json").json) == 1
    assert mended.run("refused", "show", refused, "--json").json["event_id"] == event


def test_a_dry_run_proves_and_stores_nothing(mended: Console) -> None:
    good, bad = keep(mended), keep(mended, headers={"x-till-signature": "00"})
    said = mended.run("replay", good, bad, "--dry-run")
    assert said.status == 1
    assert said.lines == [
        f"{good}: can be taken in",
        f"{bad}: not taken in: the signature does not match secret till",
    ]
    assert mended.run("events", "list", "--json").json == []
    assert mended.run("refused", "show", good, "--json").json["retried_at"] is None


def test_one_that_cannot_be_taken_in_does_not_keep_the_others_out(mended: Console) -> None:
    bad, good = keep(mended, headers={}), keep(mended)
    said = mended.run("replay", bad, good, "ref_0", "--json")
    assert said.status == 1
    rows = said.json["refused"]
    assert [row["taken"] for row in rows] == [False, True, False]
    assert [row["reason"] for row in rows] == [
        "the header X-Till-Signature is missing",
        "",
        "there is no such refused request any more",
    ]


def test_a_request_is_as_old_as_it_was_when_it_came(mended: Console) -> None:
    mended.write("shop.yaml", SHOP.replace("VERIFY", "stripe"))
    mended.keep_secrets(shop="whsec_x")
    came = now() - 48 * HOUR
    for age, status in ((200, 0), (400, 1)):
        stamp, body = str(came // 1000 - age), b'{"id": "evt_%d", "type": "t"}' % age
        digest = hmac.digest(b"whsec_x", stamp.encode() + b"." + body, hashlib.sha256).hex()
        headers = {"stripe-signature": f"t={stamp},v1={digest}"}
        refused = keep(mended, source="shop", body=body, headers=headers, received_at=came)
        assert mended.run("replay", refused).status == status


def test_a_wrong_public_address_can_be_mended(mended: Console) -> None:
    mended.write("shop.yaml", SHOP.replace("VERIFY", "square"))
    mended.keep_secrets(shop="hush")
    mended.set("BRIDGE_PUBLIC_URL", "https://new.example")
    body = b'{"type": "t", "event_id": "e"}'
    digest = hmac.digest(b"hush", b"https://new.example/hooks/shop?a=1" + body, hashlib.sha256)
    headers = {"x-square-hmacsha256-signature": base64.b64encode(digest).decode()}
    refused = keep(mended, source="shop", url="https://old.example/hooks/shop?a=1", body=body, headers=headers)
    assert mended.run("replay", refused).status == 0


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"status": 413, "body": b""}, "its body was not kept; let the source send it again"),
        ({"status": 403, "method": "GET"}, "it was a question whether the address is right, not an event"),
        ({"source": "gone"}, "there is no source gone any more"),
        ({"body": b"{", "headers": {}}, "the header X-Till-Signature is missing"),
    ],
)
def test_what_cannot_be_taken_in_says_why(columns: dict[str, Any], said: str, mended: Console) -> None:
    assert reason(mended, keep(mended, **columns)) == said


def test_a_body_that_cannot_be_read_stays_refused(mended: Console) -> None:
    assert "the body is not valid JSON" in reason(mended, keep(mended, status=400, body=b"{"))


def test_a_source_that_still_waits_says_so(console: Console) -> None:
    said = "the source waits for its secret; store it with `bridge secrets set till`"
    assert reason(console, keep(console, status=503)) == said


@pytest.mark.parametrize("preset", ["header-token", "query-token", "basic"])
def test_credentials_that_were_removed_cannot_be_checked_again(mended: Console, preset: str) -> None:
    mended.write("shop.yaml", SHOP.replace("VERIFY", preset))
    mended.keep_secrets(shop="user:password")
    url = "https://old.example/hooks/shop?secret=***"
    said = "what it proved itself with was removed before it was kept; let the source send it again"
    assert reason(mended, keep(mended, source="shop", url=url)) == said
    # What was answered 400 had proven itself: only its body could not be read then.
    assert mended.run("replay", keep(mended, source="shop", url=url, status=400)).status == 0


def test_an_address_whose_token_was_removed_cannot_be_proven(mended: Console) -> None:
    mended.write("shop.yaml", SHOP.replace("VERIFY", "square"))
    mended.keep_secrets(shop="hush")
    mended.set("BRIDGE_PUBLIC_URL", "https://new.example")
    said = "its signature covers the address, of which a token was removed; let the source send it again"
    assert reason(mended, keep(mended, source="shop", url="https://new.example/hooks/shop?token=***")) == said


def test_refused_requests_are_replayed_apart_from_others(mended: Console) -> None:
    said = mended.run("replay", keep(mended), "dlv_0")
    assert said.status == 2
    assert "Replay refused requests apart from deliveries and events." in said.err


def test_refused_requests_are_found_by_topic_and_status(console: Console) -> None:
    paid = keep(console, topic="orders/paid")
    large = keep(console, status=413)
    for words, found in {"--topic orders/paid": [paid], "--status 413": [large], "--status 400": []}.items():
        rows = console.run("refused", "list", *words.split(), "--json").json
        assert [row["id"] for row in rows] == found
    assert console.run("refused", "list").lines[0] == "id source status topic received event id reason"


def test_no_secret_is_said(mended: Console) -> None:
    said = mended.run("replay", keep(mended, headers={"x-till-signature": "00"}))
    assert SECRETS["till"] not in said.out + said.err
