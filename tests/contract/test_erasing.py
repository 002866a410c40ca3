"""Erasing a person's data: what goes, what stays, and that the books balance and the file holds nothing of it."""

from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Mark, Skipped
from bridge.core.outcome import Answered, Dead
from bridge.core.traces import traces_of
from bridge.intake import PRIVACY
from bridge.outbox.erasures import Search
from bridge.outbox.sqlite import Database
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter, Suppression
from tests.support.books import (
    ANNA,
    BEN,
    NOW,
    a_plan,
    a_refusal,
    an_event,
    an_id,
    an_intake,
    claim_all,
    planned,
    proposing,
    settled,
    waiting,
)

ADDRESS = "anna@example.com"
SEARCH = Search(ANNA, traces_of(ADDRESS))
HERS: dict[str, Any] = {"marks": (Mark("contact", ANNA),), "body": b'{"who": "anna@example.com"}', "query": "a=1"}


def erase(store: Any, search: Search = SEARCH, *, limit: int = 100, **more: Any) -> dict[str, set[str]]:
    """Erase chunk after chunk; gives the ids by kind, and those in flight."""
    found: dict[str, set[str]] = {}
    place = None
    while True:
        erased = store.erasures.erase(search, now=NOW, limit=limit, place=place, **more)
        for kind, row_id in (*erased.rows, *(("in flight", each) for each in erased.in_flight)):
            found.setdefault(kind, set()).add(row_id)
        place = erased.place
        if place is None:
            return found


def plan_for(number: int, contact: bytes, *, email: str = ADDRESS, **more: Any) -> Any:
    return a_plan(number, contact=contact, body={"email": email}, **more)


@pytest.mark.parametrize("limit", [1, 100])
def test_events_and_deliveries_are_emptied_and_what_waits_is_cancelled(store: Any, limit: int) -> None:
    store.outbox.accept(
        [
            planned(1, event=HERS, contact=ANNA, key="k1", repeat="once"),
            planned(2, event=HERS, contact=ANNA, key="k2", repeat="once"),
            planned(3, contact=BEN, key="k3"),
        ]
    )
    [first] = claim_all(store, free=1)
    answer = Answered(200, "thanks, anna@example.com")
    store.outbox.settle([settled(first, outcome=answer)], now=NOW)
    found = erase(store, limit=limit)
    assert found == {
        "events": {an_id("evt", 1), an_id("evt", 2)},
        "deliveries": {an_id("dlv", 1), an_id("dlv", 2)},
    }
    for number, state in ((1, "delivered"), (2, "cancelled")):
        row = store.ledger.delivery(an_id("dlv", number))
        kept = {name: row[name] for name in ("state", "body", "message", "contact", "key")}
        assert kept == {"state": state, "body": None, "message": "", "contact": None, "key": None}
        event = store.ledger.event(an_id("evt", number))
        assert (event["body"], event["headers"], event["query"], event["topic"]) == (
            None,
            None,
            None,
            "orders/fulfilled",
        )
    assert store.ledger.delivery(an_id("dlv", 2))["reason"] == "erased"
    assert [row["message"] for row in store.ledger.attempts(an_id("dlv", 1))] == [""]
    assert store.ledger.find(ANNA, limit=9) == store.ledger.deliveries(Filter(contact=ANNA), limit=9) == []
    assert store.ledger.delivery(an_id("dlv", 3))["contact"] == BEN.hex()
    assert store.ledger.entry(an_id("evt", 3)) is not None
    assert erase(store) == {}


def test_a_key_that_was_sent_blocks_still_and_one_that_was_not_does_not(store: Any) -> None:
    store.outbox.accept([planned(n, event=HERS, contact=ANNA, key=f"k{n}", repeat="once") for n in (1, 2)])
    [first] = claim_all(store, free=1)
    store.outbox.settle([settled(first)], now=NOW)
    erase(store)
    accepted = store.outbox.accept([planned(n, key=f"k{n - 2}", repeat="once") for n in (3, 4)])
    assert [each.planned for each in accepted] == [0, 1]


def test_what_is_being_sent_is_told_and_erased_when_it_is_settled(store: Any) -> None:
    store.outbox.accept([planned(1, event=HERS, contact=ANNA)])
    [sending] = claim_all(store)
    assert erase(store) == {"in flight": {sending.id}}
    assert store.ledger.entry(sending.event_id) is not None
    store.outbox.settle([settled(sending, Dead("no such anna@example.com"))], now=NOW)
    assert erase(store) == {"events": {sending.event_id}, "deliveries": {sending.id}}
    assert store.ledger.delivery(sending.id)["reason"] == "erased"


def test_whatever_holds_the_address_as_text_is_emptied_but_others_keep_their_requests(store: Any) -> None:
    batch = an_event(1, body=b'[{"to": "ANNA%40example.com"}, {"to": "ben@example.com"}]')
    plans = [
        proposing(plan_for(1, ANNA), element=0),
        proposing(plan_for(2, BEN, email="ben@example.com"), element=1),
    ]
    store.outbox.accept([an_intake(batch, *plans), an_intake(an_event(2), proposing(Skipped("no")))])
    store.outbox.refuse(
        [a_refusal(1, body=rb'{"a": "anna\u0040example.com"}'), a_refusal(2, body=b"hanna@example.com")]
    )
    found = erase(store)
    assert found == {"events": {batch.id}, "deliveries": {an_id("dlv", 1)}, "refused": {an_id("ref", 1)}}
    others = store.ledger.delivery(an_id("dlv", 2))
    assert (others["state"], others["contact"], others["body"]) == ("pending", BEN.hex(), '{"email":"ben@example.com"}')
    assert store.ledger.entry(an_id("evt", 2)) is not None
    assert [row["id"] for row in store.ledger.refused(Filter(), limit=9)] == [an_id("ref", 2)]
    assert store.ledger.counters()["pruned.refused"] == 1


def test_an_event_that_waits_for_its_lookup_is_decided_instead(store: Any) -> None:
    store.outbox.accept([waiting(1, **HERS)])
    assert erase(store) == {"events": {an_id("evt", 1)}, "lookups": {an_id("evt", 1)}}
    [decision] = store.ledger.decisions(an_id("evt", 1))
    assert (decision["verdict"], decision["reason"]) == ("unmatched", "the data of the person it is about was erased")
    assert store.outbox.claim_lookups(now=NOW, lease_until=NOW + 1, free={"shopify": 9}) == []


def test_who_is_not_to_be_asked_stays_so_without_the_masked_address(store: Any) -> None:
    store.controls.suppress(Suppression(ANNA, "a***@example.com", "asked by phone", NOW, "cli"))
    assert erase(store) == {"suppressions": {""}}
    assert store.ledger.suppression(ANNA) == Suppression(ANNA, "erased", "asked by phone", NOW, "cli")


def test_a_trial_says_what_would_go_and_erases_nothing(store: Any) -> None:
    store.outbox.accept([planned(1, event=HERS, contact=ANNA)])
    store.outbox.refuse([a_refusal(1, url="https://b.example/?who=anna%40example.com")])
    expected = {"events": {an_id("evt", 1)}, "deliveries": {an_id("dlv", 1)}, "refused": {an_id("ref", 1)}}
    assert erase(store, trial=True) == expected
    assert store.ledger.entry(an_id("evt", 1)) is not None
    assert erase(store) == expected


def test_a_request_goes_last_and_is_carried_out_once(store: Any) -> None:
    request = an_event(1, topic="customers/redact", **HERS | {"marks": (Mark("contact", ANNA), PRIVACY)})
    store.outbox.accept([an_intake(request)])
    assert store.erasures.requests(PRIVACY, limit=9) == [request.id]
    assert erase(store, Search(ANNA, traces_of(ADDRESS), spare=request.id)) == {}
    number = store.erasures.record(event_id=request.id, who="", now=NOW, counts={"events": 2})
    assert store.ledger.entry(request.id) is None
    assert store.erasures.requests(PRIVACY, limit=9) == []
    assert [(each.number, each.counts) for each in store.erasures.open()] == [(number, {"events": 2})]
    store.erasures.done(upto=number, now=NOW + 5)
    assert store.erasures.open() == []
    assert [(each.state, each.ended_at) for each in store.erasures.erasures(limit=9)] == [("done", NOW + 5)]


# -- on disk ----------------------------------------------------------------------------------------------------

LEFT = [b"anna@example.com", b"anna%40example", b"secret-street"]


def test_no_byte_is_left_in_file_and_log_where_pages_were_split_and_freed(tmp_path: Path) -> None:
    store: Any = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    for number in range(1, 601):
        mine = number % 3 == 0
        body = b'{"email":"anna@example.com","at":"secret-street 1","x":"%s"}' % (b"y" * (number * 37 % 9000))
        event = {**HERS, "body": body} if mine else {}
        text = {"email": ADDRESS, "note": "secret-street 1" * (number % 50)} if mine else {"email": "b@example.com"}
        key = f"{number * 7919 % 1000:03}-{ADDRESS if mine else number}"  # in no order, so that pages are split
        contact = ANNA if mine else BEN
        store.outbox.accept([planned(number, event=event, contact=contact, body=text, key=key, repeat="once")])
    store.erasures.empty_log()
    assert all(each in (tmp_path / "bridge.db").read_bytes() for each in (LEFT[0], LEFT[2]))
    erase(store)
    store.erasures.rebuild()
    assert store.erasures.empty_log()
    assert store.ledger.audit() == []
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"bridge.db", "bridge.db-wal"} <= set(files)
    assert [(name, each) for name, data in files.items() for each in LEFT if each in data.lower()] == []
    assert files["bridge.db-wal"] == b""
    store.close()


def test_pages_that_were_split_keep_copies_until_the_file_is_rebuilt(tmp_path: Path) -> None:
    """Why erasing ends with a rebuild: overwriting what is deleted does not reach what balancing left behind."""
    database = Database(tmp_path / "pages.db", create=True, checkpoints=True)
    run = database.connection.execute
    run("CREATE TABLE rows (id TEXT PRIMARY KEY, key TEXT, body TEXT)")
    run("CREATE INDEX by_key ON rows (key)")
    for number in range(3000):
        who = ADDRESS if number % 3 == 0 else f"other-{number}"
        place = number * 7919 % 3001
        run("INSERT INTO rows VALUES (?, ?, ?)", (f"{place:05}", f"{place:05}-{who}", who * (number * 31 % 90)))
    run("UPDATE rows SET body = body || body WHERE key LIKE '%other%'")
    run("UPDATE rows SET key = NULL, body = NULL WHERE key LIKE '%anna%'")
    assert database.empty_log()
    assert LEFT[0] in database.path.read_bytes()
    database.rebuild()
    assert database.empty_log()
    assert LEFT[0] not in database.path.read_bytes()
    database.close()
