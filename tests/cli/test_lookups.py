"""What commands say of events that wait for a lookup, and how a replay makes a lookup again."""

import json
from typing import Any

import pytest

from bridge.app.clock import now
from bridge.catalog import load_catalog
from bridge.core.inquiry import Finished, Inquiry, Postponed
from bridge.core.model import Failed, Proposal
from bridge.intake import Rules, propose_failure
from tests.support.console import Console

LOOKUP = """\
lookup:
  on: [closed]
  base_url: https://till.example.com
  get: order && concat(['/orders/', order])
  headers: {X-Api-Key: "${secret:till-api}"}
mappings:
"""


@pytest.fixture
def till(console: Console) -> Console:
    """A till whose guest is looked up."""
    console.change("till.yaml", "mappings:\n", LOOKUP)
    console.change("till.yaml", "{email: guest, orderId: order}", "{email: looked_up().guest, orderId: order}")
    return console


def claim(console: Console) -> Inquiry:
    with console.store() as store:
        [inquiry] = store.outbox.claim_lookups(now=now(), lease_until=now() + 60_000, free={"till": 9})
    return inquiry


def fail(console: Console) -> None:
    """Let the lookup of the one event that waits fail for good."""
    inquiry = claim(console)
    source = load_catalog(console.folder / "mappings", {}).catalog.sources["till"]
    reason = "the lookup failed: it answered 404"
    result = Finished(
        inquiry, inquiry.event, propose_failure(inquiry.event, source, reason, rules=Rules(bytes(32))), None, reason
    )
    with console.store() as store:
        assert store.outbox.finish_lookups([result], now=now()) == [True]


def source_row(console: Console) -> Any:
    return next(row for row in console.run("sources", "--json").json if row["source"] == "till")


def test_sources_say_how_their_lookups_stand(till: Console) -> None:
    assert source_row(till)["lookup"] == "waits for its secret: till-api"
    till.keep_secrets()
    till.receive("1", "2")
    assert source_row(till)["lookup"] == "waits for its secret: till-api; 2 events wait"
    assert any("lookup: waits for its secret: till-api; 2 events wait" in line for line in till.run("sources").lines)
    till.keep_secrets(**{"till-api": "k"})
    assert source_row(till)["lookup"] == "open; 2 events wait"
    with till.store() as store:
        first, *_ = store.outbox.claim_lookups(now=now(), lease_until=now() + 9, free={"till": 1})
        denied = Postponed(first, now(), "the system refuses the secret: it answered 401", now() + 60_000)
        store.outbox.postpone_lookups([denied], now=now())
    assert source_row(till)["lookup"] == ("refused: the system refuses the secret: it answered 401; 2 events wait")
    said = till.run("doctor", "--json")
    found = {row["what"]: row["state"] for row in said.json}
    assert (said.status, found["lookup of till"]) == (1, "PROBLEM")


def test_a_source_without_a_lookup_says_nothing_of_it(console: Console) -> None:
    assert source_row(console)["lookup"] == ""


def test_an_event_shows_its_lookup(till: Console) -> None:
    till.keep_secrets()
    [event] = till.receive("1")
    row = till.run("events", "show", event, "--json").json
    assert (row["lookup"]["state"], row["lookup"]["attempts"], row["decisions"]) == ("waiting", 0, [])
    said = till.run("events", "show", event)
    assert "lookup:" in said.lines
    assert "state waiting" in said.lines
    assert till.run("audit").out.startswith("Balanced: 1 events")


def test_try_says_what_is_asked_and_takes_the_answer(till: Console) -> None:
    payload = till.folder / "payload.json"
    payload.write_text(json.dumps({"type": "closed", "id": "1", "order": "77", "shop": "vie"}))
    said = till.run("try", "till", str(payload))
    assert said.status == 0
    assert said.lines[1:] == [
        "looks up https://till.example.com/orders/77",
        "waits for the answer: give it with --looked-up FILE",
    ]
    answer = till.folder / "answer.json"
    answer.write_text('{"guest": "anna@example.com"}')
    [event] = till.run("try", "till", str(payload), "--looked-up", str(answer), "--json").json["events"]
    assert event["lookup"] == {"asks": ["https://till.example.com/orders/77"], "waits": False}
    assert event["decisions"][0]["body"] == {"email": "anna@example.com", "orderId": "77"}


def test_try_says_when_a_lookup_would_fail(till: Console) -> None:
    payload = till.folder / "payload.json"
    payload.write_text(json.dumps({"type": "closed", "id": "1", "order": "../x", "shop": "vie"}))
    said = till.run("try", "till", str(payload), "--json")
    [event] = said.json["events"]
    assert said.status == 1
    assert event["decisions"][0]["reason"] == (
        "the lookup failed: lookup.get holds . or .. as a part, which leads elsewhere"
    )


def test_a_replay_of_a_failed_lookup_makes_it_again(till: Console) -> None:
    till.keep_secrets()
    [event] = till.receive("1")
    fail(till)
    said = till.run("replay", event)
    first, *others = said.out.splitlines()
    assert first.endswith(": made 0 of 1.")
    assert others == ["  1 not made: waiting: the running bridge makes its lookup first"]
    assert till.run("events", "show", event, "--json").json["lookup"]["state"] == "waiting"
    assert till.run("audit").status == 0
    assert claim(till).event.id == event


def test_a_replay_uses_the_answers_that_are_kept(till: Console) -> None:
    till.keep_secrets()
    [event] = till.receive("1")
    inquiry = claim(till)
    wrong = (Proposal("visit", 0, Failed("email is not a valid email address")),)
    with till.store() as store:
        store.outbox.finish_lookups(
            [Finished(inquiry, inquiry.event, wrong, {"": {"guest": "anna@example.com"}})], now=now()
        )
    assert till.run("replay", event).out.splitlines()[0].endswith(": made 1 of 1.")
    [delivery] = till.run("deliveries", "list", "--json").json
    body = till.run("deliveries", "show", delivery["id"], "--json").json["body"]
    assert json.loads(body) == {"email": "anna@example.com", "orderId": "1"}


def test_a_replay_after_the_lookup_was_removed_needs_none(till: Console) -> None:
    till.keep_secrets()
    [event] = till.receive("1")
    fail(till)
    till.change("till.yaml", LOOKUP, "mappings:\n")
    till.change("till.yaml", "looked_up().guest", "guest")
    assert till.run("replay", event).out.splitlines()[0].endswith(": made 1 of 1.")


def test_a_failed_decision_from_before_there_was_a_lookup_is_looked_up(console: Console) -> None:
    console.keep_secrets()
    [event] = console.receive("1", guest="nobody")
    console.change("till.yaml", "mappings:\n", LOOKUP)
    console.change("till.yaml", "{email: guest, orderId: order}", "{email: looked_up().guest, orderId: order}")
    assert console.run("replay", event).out.splitlines()[0].endswith(": made 0 of 1.")
    assert claim(console).event.id == event
    assert console.run("audit").status == 0
