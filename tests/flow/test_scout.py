"""From an event with ids to a decided one: the scout over real sockets and a real store, with the test's own clock."""

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog import load_texts
from bridge.core.errors import ConfigInvalid, StoreUnavailable
from bridge.core.inquiry import Denied, Found, Later, Lost
from bridge.outbox.desk import Desk
from bridge.outbox.store import open_store
from tests.support.systems import SECRET, SHOP, System, asking, looking, shop
from tests.support.targets import answer, refusing_port

PAID = {"topic": "paid", "id": "1", "order": "1001"}
ANNA = {"email": "anna@example.com", "number": 2**60 + 1}
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


async def test_what_is_found_is_mapped_and_stored(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.tells("/orders/1001", ANNA)
        event = await scene.receive(PAID)
        row = await scene.until(event, "done")
        assert (row["results"], row["attempts"]) == ({"": ANNA}, 1)
        assert await scene.bodies() == [{"email": "anna@example.com", "order": "1001"}]
        assert scene.decided == [scene.time[0]]
        [asked] = scene.asked
        assert isinstance(asked.finding, Found)
    [seen] = system.seen
    assert seen.line == "GET /orders/1001 HTTP/1.1"
    assert seen.headers["x-auth-token"] == SECRET
    assert {"accept", "host", "user-agent"} <= seen.headers.keys()
    assert not {"content-type", "content-length", "idempotency-key"} & seen.headers.keys()


async def test_only_what_the_lookup_takes_is_looked_up(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        seen = await scene.receive({"topic": "seen", "id": "1", "email": "ben@example.com"})
        other = await scene.receive({"topic": "else", "id": "2"})
        assert [await scene.lookup(each) for each in (seen, other)] == [None, None]
        assert await scene.decisions(other) == [("unmatched", "no mapping takes the topic else")]
        nothing = await scene.receive({"topic": "paid", "id": "3", "email": "anna@example.com"})
        assert (await scene.until(nothing, "done"))["results"] == {}
        assert await scene.bodies() == [{"email": "ben@example.com"}, {"email": "anna@example.com"}]
    assert system.paths == []


async def test_further_requests_see_the_answers_before_them(tmp_path: Path) -> None:
    then = """\
  then:
    - {get: "looked_up().customer && concat(['/customers/', looked_up().customer])", as: customer}
    - {get: "looked_up('customer').card && concat(['/cards/', looked_up('customer').card])", as: card}
  headers:"""
    text = SHOP.replace("  headers:", then).replace("looked_up().email", "looked_up('customer').email")
    async with asking(System()) as system, looking(tmp_path, shop(system.base, text)) as scene:
        system.tells("/orders/1001", {"customer": "c 7/ü"})
        system.tells("/customers/c%207/%C3%BC", ANNA)
        event = await scene.receive(PAID)
        row = await scene.until(event, "done")
        assert row["results"] == {"": {"customer": "c 7/ü"}, "customer": ANNA}
        assert await scene.bodies() == [{"email": "anna@example.com", "order": "1001"}]
    assert system.paths == ["/orders/1001", "/customers/c%207/%C3%BC"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(404, b'{"message": "no order"}'), "the lookup failed: it answered 404 (no order)"),
        (answer(410, b""), "the lookup failed: it answered 410"),
        (answer(422, b"what?"), "the lookup failed: it answered 422 (what?)"),
        (answer(200, b'"' + b"x" * 2**20 + b'"'), "the lookup failed: the answer is larger than 1024 KiB"),
    ],
)
async def test_what_will_never_be_answered_fails_every_mapping(tmp_path: Path, said: bytes, reason: str) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", said)
        event = await scene.receive(PAID)
        row = await scene.until(event, "failed")
        assert (row["reason"], row["results"]) == (reason, None)
        assert await scene.decisions(event) == [("failed", reason)]
        assert isinstance(scene.asked[0].finding, Lost)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("../../v1/keys", "lookup.get holds . or .. as a part, which leads elsewhere"),
        ("%2e%2e/keys", "lookup.get holds . or .. as a part, which leads elsewhere"),
        ("1\\2", "lookup.get holds characters that a path cannot"),
        ("1\r\nHost: evil.example", "lookup.get holds characters that a path cannot"),
        ("9" * 2000, "lookup.get is longer than 2000 characters"),
    ],
)
async def test_a_payload_cannot_lead_the_secret_elsewhere(tmp_path: Path, order: str, reason: str) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        event = await scene.receive(PAID | {"order": order})
        assert (await scene.until(event, "failed"))["reason"] == f"the lookup failed: {reason}"
    assert system.paths == []


@pytest.mark.parametrize("get", ["order", "concat(['//', order])", "concat(['.evil.example/', order])"])
async def test_what_the_file_gives_must_be_a_path(tmp_path: Path, get: str) -> None:
    text = SHOP.replace("order && concat(['/orders/', order])", f'"{get}"')
    async with asking(System()) as system, looking(tmp_path, shop(system.base, text)) as scene:
        event = await scene.receive(PAID)
        row = await scene.until(event, "failed")
        assert row["reason"] == "the lookup failed: lookup.get does not begin with one /; the host stands in base_url"
    assert system.paths == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(503, b'{"message": "later"}'), "it answered 503 (later)"),
        (answer(408, b""), "it answered 408"),
        (answer(200, b"<html>back soon</html>"), "the answer cannot be used: it is not valid JSON"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "the answer was cut short"),
        (b"", "sent in full at "),
    ],
)
async def test_what_may_pass_is_asked_again_with_growing_waits(tmp_path: Path, said: bytes, reason: str) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:

        async def once(conversation: Any) -> None:
            if seen := await conversation.request():
                system.seen.append(seen)
                await conversation.send(said)

        assert system.target is not None
        system.target._script = once
        start = scene.time[0]
        event = await scene.receive(PAID)
        row = await scene.until(event, "waiting", attempts=1)
        assert (row["due_at"] - start, row["reason"][: len(reason)]) == (5 * SECOND, reason)
        scene.pass_time(5 * SECOND)
        row = await scene.until(event, "waiting", attempts=2)
        assert row["due_at"] - scene.time[0] == 10 * SECOND
        system.target._script = system.talk
        system.tells("/orders/1001", ANNA)
        scene.pass_time(10 * SECOND)
        await scene.until(event, "done")
        assert [type(each.finding) for each in scene.asked] == [Later, Later, Found]


async def test_retry_after_is_obeyed_by_the_whole_source(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(429, b"", "Retry-After: 30"), answer(200, json.dumps(ANNA).encode()))
        system.tells("/orders/1002", ANNA)
        start = scene.time[0]
        event = await scene.receive(PAID)
        row = await scene.until(event, "waiting", attempts=1)
        assert (row["due_at"] - start, row["reason"]) == (30 * SECOND, "it answered 429")
        other = await scene.receive(PAID | {"id": "2", "order": "1002"})
        await scene.quiet()
        scene.pass_time(29 * SECOND)
        await scene.quiet()
        assert (await scene.lookup(other))["state"] == "waiting"
        scene.pass_time(SECOND)
        await scene.until(event, "done")
        await scene.until(other, "done")
        begun = [each.started_at - start for each in scene.asked if each.inquiry.event.id == other]
        assert begun == [30 * SECOND]
    assert system.paths[0] == "/orders/1001"
    assert sorted(system.paths) == ["/orders/1001", "/orders/1001", "/orders/1002"]


async def test_a_timeout_is_one_more_failure_that_may_pass(tmp_path: Path) -> None:
    text = SHOP.replace("  headers:", "  timeout: 100ms\n  headers:")
    async with asking(System(hangs=True)) as system, looking(tmp_path, shop(system.base, text)) as scene:
        event = await scene.receive(PAID)
        row = await scene.until(event, "waiting", attempts=1)
        assert row["reason"].startswith("sent in full at ")
        assert row["reason"].endswith(" UTC, timed out after 0.1 s without an answer")


async def test_nobody_there_is_one_more_failure_that_may_pass(tmp_path: Path) -> None:
    async with looking(tmp_path, shop(f"http://127.0.0.1:{refusing_port()}")) as scene:
        event = await scene.receive(PAID)
        assert (await scene.until(event, "waiting", attempts=1))["reason"] == "connection refused while connecting"


async def test_patience_ends_after_give_up_after(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(503, b""))
        event = await scene.receive(PAID)
        await scene.until(event, "waiting", attempts=1)
        scene.pass_time(HOUR)
        row = await scene.until(event, "failed")
        assert row["reason"] == (
            "the lookup failed: given up, as give_up_after of the lookup says; last: it answered 503"
        )


# -- the secret ---------------------------------------------------------------------------------------------


async def test_without_its_secret_an_event_waits_and_loses_no_patience(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(503, b""), answer(200, json.dumps(ANNA).encode()))
        del scene.live.secrets["shop-api"]
        event = await scene.receive(PAID)
        scene.pass_time(24 * HOUR)
        await scene.quiet()
        assert (await scene.lookup(event))["attempts"] == 0
        scene.live.secrets["shop-api"] = SECRET
        scene.scout.wake()
        row = await scene.until(event, "waiting", attempts=1)
        assert row["age_from"] == scene.time[0]
        scene.pass_time(5 * SECOND)
        await scene.until(event, "done")


@pytest.mark.parametrize("status", [401, 403, 302])
async def test_a_refused_secret_stops_the_source_until_there_is_a_new_one(tmp_path: Path, status: int) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        said = json.dumps({"message": f"{SECRET} is wrong"}).encode()
        system.says(
            "/orders/1001", answer(status, said, "Location: /elsewhere"), answer(200, json.dumps(ANNA).encode())
        )
        event = await scene.receive(PAID)
        async with asyncio.timeout(5):
            while not (queue := (await scene.desk.desk.read(lambda store: store.ledger.lookup_queues()))["shop"])[
                "reason"
            ]:
                await scene.desk.wrote.wait()
                scene.desk.wrote.clear()
        what = "its address" if status == 302 else "the secret"
        assert queue["reason"] == f"the system refuses {what}: it answered {status} ([secret] is wrong)"
        assert (queue["waiting"], queue["until"]) == (1, scene.time[0] + 5 * MINUTE)
        assert isinstance(scene.asked[0].finding, Denied)
        await scene.quiet()
        scene.pass_time(4 * MINUTE)
        await scene.quiet()
        row = await scene.lookup(event)
        assert (row["state"], row["attempts"], len(system.seen)) == ("waiting", 0, 1)
        scene.live.secrets = {"shop-api": "another-token"}
        await scene.desk.write(lambda store: store.outbox.forgive_lookups("shop", now=scene.time[0]))
        scene.scout.wake()
        await scene.until(event, "done")
    assert [seen.headers["x-auth-token"] for seen in system.seen] == [SECRET, "another-token"]


async def test_a_refusal_of_a_secret_that_was_exchanged_meanwhile_is_none(tmp_path: Path) -> None:
    async with asking(System(hangs=True)) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(401, b""), answer(200, json.dumps(ANNA).encode()))
        event = await scene.receive(PAID)
        await system.target.arrival.wait()  # type: ignore[union-attr]  # asking() has set it
        scene.live.secrets = {"shop-api": "another-token"}
        system.target.release.set()  # type: ignore[union-attr]  # asking() has set it
        row = await scene.until(event, "waiting", attempts=1)
        assert row["reason"].endswith("it answered 401; its secret was exchanged meanwhile")
        scene.pass_time(100)
        await scene.until(event, "done")


async def test_a_refusal_is_tried_again_after_a_while(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(401, b""), answer(200, json.dumps(ANNA).encode()))
        event = await scene.receive(PAID)
        while not scene.asked:
            await scene.desk.wrote.wait()
            scene.desk.wrote.clear()
        await scene.until(event, "waiting")
        scene.pass_time(5 * MINUTE)
        await scene.until(event, "done")
        assert (await scene.desk.desk.read(lambda store: store.ledger.lookup_queues())) == {}


async def test_one_forbidden_thing_does_not_stop_a_source_whose_secret_works(tmp_path: Path) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.tells("/orders/1001", ANNA)
        system.says("/orders/1002", answer(403, b""))
        await scene.until(await scene.receive(PAID), "done")
        event = await scene.receive(PAID | {"id": "2", "order": "1002"})
        row = await scene.until(event, "waiting", attempts=1)
        assert row["reason"] == "it answered 403"
        assert (await scene.desk.desk.read(lambda store: store.ledger.lookup_queues()))["shop"]["reason"] is None


async def test_no_secret_and_no_answer_is_in_a_log_an_error_or_the_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        echo = answer(404, f'{{"message": "token {SECRET} sees nothing"}}'.encode())
        system.says("/orders/1001", echo)
        event = await scene.receive(PAID)
        row = await scene.until(event, "failed")
        assert row["reason"] == "the lookup failed: it answered 404 (token [secret] sees nothing)"
        system.tells("/orders/1002", ANNA)
        await scene.until(await scene.receive(PAID | {"id": "2", "order": "1002"}), "done")
        assert SECRET not in repr(scene.asked)
        assert "anna@example.com" not in repr(scene.asked)
    assert SECRET not in caplog.text
    assert "anna@example.com" not in caplog.text
    for file in tmp_path.glob("bridge.db*"):  # noqa: ASYNC240 - nothing else runs by now
        assert SECRET.encode() not in file.read_bytes()


# -- crashes, duplicates, changes -----------------------------------------------------------------------------


async def test_what_a_crash_cut_off_is_asked_again(tmp_path: Path) -> None:
    async with asking(System(hangs=True)) as system:
        async with looking(tmp_path, shop(system.base)) as scene:
            event = await scene.receive(PAID)
            await system.target.arrival.wait()  # type: ignore[union-attr]  # asking() has set it
            assert (await scene.lookup(event))["state"] == "calling"
        store = open_store(tmp_path / "bridge.db", create=False)
        assert store.ledger.lookup(event)["state"] == "calling"  # type: ignore[index]  # it is there
        store.close()
        system.hangs = False
        system.tells("/orders/1001", ANNA)
        async with looking(tmp_path, shop(system.base)) as scene:
            row = await scene.until(event, "done")
            assert row["attempts"] == 1
            assert await scene.bodies() == [{"email": "anna@example.com", "order": "1001"}]
    assert system.paths == ["/orders/1001", "/orders/1001"]


async def test_a_duplicate_while_the_first_waits_is_looked_up_once(tmp_path: Path) -> None:
    async with asking(System(hangs=True)) as system, looking(tmp_path, shop(system.base)) as scene:
        system.tells("/orders/1001", ANNA)
        first = await scene.receive(PAID)
        await system.target.arrival.wait()  # type: ignore[union-attr]  # asking() has set it
        assert await scene.receive(PAID) == first
        system.target.release.set()  # type: ignore[union-attr]  # asking() has set it
        await scene.until(first, "done")
        assert await scene.receive(PAID) == first
        assert len(await scene.bodies()) == 1
    assert system.paths == ["/orders/1001"]


async def test_a_mended_file_mends_an_event_that_waits(tmp_path: Path) -> None:
    wrong = SHOP.replace("/orders/", "/order/")
    async with asking(System()) as system, looking(tmp_path, shop(system.base, wrong)) as scene:
        system.says("/order/1001", answer(503, b""))
        system.tells("/orders/1001", ANNA)
        event = await scene.receive(PAID)
        await scene.until(event, "waiting", attempts=1)
        scene.live.catalog = load_texts(shop(system.base), {}).catalog
        scene.pass_time(5 * SECOND)
        await scene.until(event, "done")
        assert await scene.bodies() == [{"email": "anna@example.com", "order": "1001"}]


async def test_an_event_whose_lookup_was_removed_is_decided_without(tmp_path: Path) -> None:
    without = re.sub(r"lookup:\n(  .*\n)+", "", SHOP).replace("looked_up().email || ", "")
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.says("/orders/1001", answer(503, b""))
        event = await scene.receive(PAID)
        await scene.until(event, "waiting", attempts=1)
        scene.live.catalog = load_texts(shop(system.base, without), {}).catalog
        scene.pass_time(5 * SECOND)
        assert (await scene.until(event, "done"))["results"] == {}
        assert await scene.decisions(event) == [("failed", "email is required, but is missing, null or empty")]


# -- how much at a time ---------------------------------------------------------------------------------------


async def test_a_source_asks_four_at_a_time_and_a_hanging_one_does_not_stop_another(tmp_path: Path) -> None:
    other = SHOP.replace("source: shop", "source: other")
    async with asking(System(hangs=True)) as slow, asking(System()) as quick:
        files = shop(slow.base) | {"other.yaml": other.replace("BASE", quick.base)}
        quick.tells("/orders/1001", ANNA)
        async with looking(tmp_path, files) as scene:
            for number in range(9):
                await scene.receive(PAID | {"id": f"{number}"})
            event = await scene.receive(PAID, source="other")
            await scene.until(event, "done")
            assert len(slow.seen) == 4


async def test_a_rate_counts_every_request_that_a_lookup_can_make(tmp_path: Path) -> None:
    then = "  rate: 4/s\n  then: {get: \"'/more'\", as: more}\n  headers:"
    text = SHOP.replace("  headers:", then)
    async with asking(System()) as system, looking(tmp_path, shop(system.base, text)) as scene:
        system.tells("/orders/1001", ANNA)
        system.tells("/more", {})
        start = scene.time[0]
        events = [await scene.receive(PAID | {"id": f"{number}"}) for number in range(3)]
        await scene.until(events[0], "done")
        await scene.quiet()
        scene.pass_time(499)
        await scene.quiet()
        assert [(await scene.lookup(each))["state"] for each in events] == ["done", "waiting", "waiting"]
        scene.pass_time(1)
        await scene.until(events[1], "done")
        assert [each.started_at - start for each in scene.asked] == [0, 500]
        assert len(system.seen) == 4


async def test_a_store_that_cannot_be_used_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(System()) as system, looking(tmp_path, shop(system.base)) as scene:
        system.tells("/orders/1001", ANNA)
        real, faults = scene.desk.desk.write, [StoreUnavailable("locked"), StoreUnavailable("locked")]

        async def sometimes(work: Any) -> Any:
            if faults and scene.asked:
                raise faults.pop()
            return await real(work)

        monkeypatch.setattr(Desk, "write", lambda _, work: sometimes(work))
        event = await scene.receive(PAID)
        await scene.until(event, "done")
        assert faults == []


def test_a_lookup_to_a_public_host_needs_https() -> None:
    with pytest.raises(ConfigInvalid, match="base_url must begin with https://"):
        load_texts(shop("http://api.example.com"), {})
