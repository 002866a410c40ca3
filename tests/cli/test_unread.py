"""Events that nobody could read, of systems whose queue must not stop; and requests about a person's data."""

from typing import Any

import pytest

from bridge.app.clock import now
from bridge.app.prepare import open_vault
from bridge.catalog import load_catalog
from bridge.core.model import Inbound
from bridge.intake import Rules, take_in
from tests.support.console import Console

SOURCES = {
    "books.yaml": """\
source: books
verify: {preset: quickbooks, secrets: ["${secret:till}"]}
mappings:
  - {name: ask, touchpoint: steady, body: {email: guest}}
""",
    "shop.yaml": """\
source: shop
verify: {preset: shopify, secrets: ["${secret:till}"]}
mappings:
  - {name: ask, on: [orders/paid], touchpoint: steady, body: {email: email}}
""",
}


@pytest.fixture
def console_with_sources(console: Console) -> Console:
    for name, text in SOURCES.items():
        console.write(name, text)
    console.keep_secrets()
    return console


def receive(console: Console, source: str, body: bytes, **headers: str) -> str:
    catalog = load_catalog(console.folder / "mappings", {}).catalog
    names = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    with console.store() as store:
        rules = Rules(open_vault(store, console.settings).index_key(now=now()))
        inbound = Inbound(source, "POST", "", names, body, now())
        intake = take_in(inbound, catalog.sources[source], new_id=console.new_id, rules=rules)
        [accepted] = store.outbox.accept([intake])
        return accepted.receipts[0].event_id


def decision(console: Console, event: str) -> Any:
    [made] = console.run("events", "show", event, "--json").json["decisions"]
    return made


def test_an_event_that_nobody_can_read_is_kept_with_a_failed_decision(console_with_sources: Console) -> None:
    event = receive(console_with_sources, "books", b"[{")
    made = decision(console_with_sources, event)
    assert (made["mapping"], made["verdict"], made["delivery_id"]) == ("", "failed", None)
    assert made["reason"].startswith("nothing was made of it, since it cannot be read: the body is not valid JSON")
    assert console_with_sources.run("events", "show", event, "--json").json["body"] == "[{"
    said = console_with_sources.run("replay", event, "--json").json
    assert (said["found"], said["made"]) == (1, 0)
    assert next(iter(said["others"])).startswith("failed: the body is not valid JSON")
    assert console_with_sources.run("audit").status == 0


def test_what_can_be_read_later_is_mapped_by_a_replay_once(console_with_sources: Console) -> None:
    body = b'[{"id": "1", "guest": "anna@example.com"}]'
    event = receive(console_with_sources, "books", body, content_type="application/x-unknown")
    assert decision(console_with_sources, event)["verdict"] == "failed"
    with console_with_sources.store() as store, store.database.write() as transaction:
        known = '{"content-type": "application/json"}'  # as if this version read the type by now
        transaction.run("UPDATE events SET headers = :headers", {"headers": known})
        transaction.run("UPDATE events SET body = :body", {"body": b'{"id": "1", "guest": "anna@example.com"}'})
    assert console_with_sources.run("replay", event, "--json").json["made"] == 1
    assert console_with_sources.run("replay", event, "--json").json["made"] == 0
    assert console_with_sources.run("audit").status == 0
    [delivery] = console_with_sources.run("deliveries", "list", "--json").json
    assert (delivery["mapping"], delivery["event_id"]) == ("ask", event)


@pytest.mark.parametrize(
    ("topic", "follows"),
    [
        ("customers/redact", "; waits for the running bridge, which erases"),
        ("customers/data_request", ""),
        ("shop/redact", ""),
    ],
)
def test_a_request_about_a_persons_data_is_kept_and_named(
    topic: str, follows: str, console_with_sources: Console
) -> None:
    body = b'{"shop_id": 1, "customer": {"id": 9, "email": "anna@example.com"}}'
    headers = {"x_shopify_topic": topic, "x_shopify_shop_domain": "nordlicht.example"}
    event = receive(console_with_sources, "shop", body, **headers)
    made = decision(console_with_sources, event)
    said = f"a request about a person's data ({topic}); what is kept of them is yours to erase or to hand out"
    assert (made["verdict"], made["reason"]) == ("unmatched", said)
    marks = console_with_sources.run("events", "show", event, "--json").json["marks"]
    assert sorted(mark["kind"] for mark in marks) == ["contact", "customer", "privacy"]
    found = console_with_sources.run("events", "list", "--contact", "anna@example.com", "--json").json
    assert [row["id"] for row in found] == [event]
    lines = console_with_sources.run("doctor").lines
    [line] = [line for line in lines if line.startswith("privacy request")]
    assert line.startswith(f"privacy request ok {topic} of nordlicht.example, 20")
    assert line.endswith(f": {event}{follows}")


def test_other_topics_are_no_such_requests(console_with_sources: Console) -> None:
    event = receive(console_with_sources, "shop", b"{}", x_shopify_topic="customers/update")
    assert decision(console_with_sources, event)["reason"] == "no mapping takes the topic customers/update"
    assert "privacy request" not in console_with_sources.run("doctor").out
