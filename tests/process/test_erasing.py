"""Erasing a person's data beside a running bridge, and within it when a shop asks: no byte stays in the data folder."""

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import SECRETS, Installation, Serving, eventually, installed, receipt, request
from tests.support.recorder import recording


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Installation]:
    with recording() as target, installed(tmp_path) as installation:
        installation.write_all(target.url)
        installation.store_secrets()
        yield installation


def left(bridge: Installation, *texts: bytes) -> list[tuple[str, bytes]]:
    """Give which files of the data folder hold which of the texts."""
    return [
        (path.name, text)
        for path in sorted(bridge.data.iterdir())
        for text in texts
        if path.is_file() and text in path.read_bytes().lower()
    ]


def fill(serving: Serving, bridge: Installation, *orders: str) -> None:
    for order in orders:
        assert serving.post(receipt(order)).status == 200
    for order in orders:
        bridge.until_state(order, "delivered")


def test_beside_a_running_bridge_nothing_of_the_person_stays_on_disk(bridge: Installation) -> None:
    serving = bridge.serve()
    fill(serving, bridge, "anna", "ben")
    serving.post(receipt("anna", note="x"), secret="not the one")
    address = json.loads(receipt("anna"))["guest"]
    eventually(lambda: json.loads(bridge.command("refused", "list", "--json")), "the refusal is kept")
    assert left(bridge, address.encode())
    said = bridge.command("erase", address.upper(), "--yes", "--json")
    counts = json.loads(said)["counts"]
    assert counts == {"deliveries": 1, "events": 1, "refused": 1}
    assert serving.wait_line("erase.rebuilt")["erasures"] == 1
    assert left(bridge, address.encode(), address.replace("@", "%40").encode()) == []
    assert left(bridge, json.loads(receipt("ben"))["guest"].encode())
    assert bridge.command("audit").startswith("Balanced: 2 events, 2 deliveries planned")
    again = bridge.run("erase", address, "--yes")
    assert (again.returncode, again.stdout) == (1, "Nothing was found.\n")
    fill(serving, bridge, "carl")


def test_without_a_bridge_the_command_does_all_itself(bridge: Installation) -> None:
    serving = bridge.serve()
    fill(serving, bridge, "anna", "ben")
    serving.terminate()
    address = json.loads(receipt("anna"))["guest"]
    assert bridge.run("erase", address).returncode == 2  # neither asked nor told to go on
    assert left(bridge, address.encode())
    assert bridge.command("erase", address, "--yes") == "Erased events: 1, deliveries: 1.\n"
    assert left(bridge, address.encode()) == []
    assert json.loads(bridge.command("events", "list", "--contact", address, "--json")) == []


SHOP = """\
source: shop
verify: {preset: shopify, secrets: ["${secret:till}"]}
event: {contact: guest || customer.email}
mappings:
  - name: steady
    on: [closed]
    touchpoint: steady
    key: order
    body: {email: guest, orderId: order}
"""
REQUEST = b'{"customer": {"email": "anna@example.com", "phone": null}}'


def told(serving: Serving, topic: str, body: bytes) -> None:
    """Post a signed webhook of the shop."""
    signature = base64.b64encode(hmac.digest(SECRETS["till"].encode(), body, "sha256")).decode()
    named = {
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": f"{topic}{hash(body)}",
    }
    headers = {"Content-Type": "application/json", **named}
    assert request("POST", f"{serving.hooks}/hooks/shop", body, headers=headers).status == 200


@pytest.mark.parametrize("redact", ["auto", "manual"])
def test_a_request_of_a_shop_is_carried_out_or_waits_for_a_person(bridge: Installation, redact: str) -> None:
    bridge.settings["BRIDGE_REDACT"] = redact
    bridge.write("shop.yaml", SHOP)
    serving = bridge.serve()
    for order in ("anna", "ben"):
        told(serving, "closed", receipt(order))
        bridge.until_state(order, "delivered")
    told(serving, "customers/redact", REQUEST)
    if redact == "manual":
        assert "customers/redact of shop" in bridge.run("doctor").stdout
        assert "waits for `bridge erase` by you" in bridge.run("doctor").stdout
        assert bridge.states()["anna"] == "delivered"
        return
    done = serving.wait_line("erase.done")
    assert (done["events"], done["deliveries"]) == (1, 1)
    serving.wait_line("erase.rebuilt")
    eventually(lambda: not left(bridge, b"anna@example.com"), "nothing is left")
    assert left(bridge, b"ben@example.com")
    assert bridge.command("audit").startswith("Balanced: 3 events, 2 deliveries planned")
    assert "customers/redact" in bridge.run("doctor").stdout
