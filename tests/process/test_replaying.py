"""Replays of the real program: killed in the middle, stopped and resumed, interrupted, undone; nothing made twice."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.app.clock import new_id, now
from bridge.core.model import Entry, Event, Intake, Plan, Proposal
from bridge.core.outcome import Dead
from bridge.outbox.jobs import Job
from bridge.outbox.store import SqliteStore, open_store
from bridge.outbox.terms import Filter
from tests.support.books import settled
from tests.support.processes import Installation, Process, Serving, eventually, installed, receipt
from tests.support.recorder import recording

MANY = 5_000


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Installation]:
    with recording() as target, installed(tmp_path) as bridge:
        bridge.write_all(target.url)
        bridge.store_secrets()
        yield bridge


@contextmanager
def store_of(bridge: Installation) -> Iterator[SqliteStore]:
    store = open_store(bridge.data / "bridge.db", create=False)
    try:
        yield store
    finally:
        store.close()


def past(number: int) -> Intake:
    """Give an event of the till about an order, with the delivery that was made of it."""
    event = Event(
        id=new_id("evt"),
        source="till",
        topic="closed",
        source_event_id=f"id-{number}",
        tenant="",
        headers={"content-type": "application/json"},
        query="",
        body=receipt(str(number)),
        received_at=now(),
        dedupe_until=now() + 1_000_000,
    )
    body = {"email": f"{number}@example.com", "orderId": str(number)}
    plan = Plan(new_id("dlv"), "steady", body, None, str(number), "once")
    return Intake((Entry(event, (Proposal("steady", 0, plan),)),))


def dead(bridge: Installation, count: int) -> set[str]:
    """Let so many deliveries be dead; gives their ids."""
    with store_of(bridge) as store:
        for first in range(0, count, 500):
            store.outbox.accept([past(number) for number in range(first, min(first + 500, count))])
            claimed = store.outbox.claim(now=now(), lease_until=now() + 60_000, free={"steady": 500}, caps={})
            store.outbox.settle([settled(each, Dead("no"), at=now()) for each in claimed.deliveries], now=now())
        return {row["id"] for row in store.ledger.deliveries(Filter(states=("dead",)), limit=count)}


def job_of(store: SqliteStore) -> Job:
    [job] = store.replays.jobs(limit=2)
    return job


def until(store: SqliteStore, reached: Any, what: str) -> Job:
    """Wait until the one replay is as described."""
    return eventually(lambda: job if reached(job := job_of(store)) else None, what)


def origins(store: SqliteStore) -> list[str]:
    """Give of what the deliveries of replays were made."""
    rows = store.ledger.deliveries(Filter(replay=job_of(store).id), limit=2 * MANY)
    return [row["replay_of"] for row in rows]


def test_a_bridge_killed_within_a_replay_goes_on_and_makes_each_delivery_once(bridge: Installation) -> None:
    old = dead(bridge, MANY)
    serving = bridge.serve()
    bridge.command("replay", "--state", "dead", "--detach", "--wait", "1h", "--yes")
    with store_of(bridge) as store:
        until(store, lambda job: job.taken >= 1_000, "a part is made")
        serving.kill()
        half = job_of(store)
        assert (half.state, len(origins(store))) == ("running", half.made)
        assert 1_000 <= half.taken < MANY
        again = bridge.serve()
        taken_over = again.wait_line("replay.taken-over")
        assert (taken_over["taken"], taken_over["found"]) == (half.taken, MANY)
        whole = until(store, lambda job: job.state == "done", "the rest is made")
        assert (whole.taken, whole.made, whole.others) == (MANY, MANY, {})
        made = origins(store)
        assert len(made) == MANY
        assert set(made) == old
        assert store.ledger.audit() == []
        undone = bridge.command("replays", "undo", whole.id)
        assert undone == f"Undone {whole.id}: cancelled {MANY} deliveries.\n"
        assert store.ledger.counters()["deliveries.pending"] == 0
        assert store.ledger.audit() == []
    assert again.terminate() == 0


def test_a_replay_stops_while_it_is_paused_and_then_goes_on(bridge: Installation) -> None:
    old = dead(bridge, 120)
    serving = bridge.serve()
    bridge.command("replay", "--state", "dead", "--detach", "--rate", "40/s", "--yes")
    with store_of(bridge) as store:
        job = until(store, lambda job: job.taken > 0, "a part is made")
        bridge.command("replays", "pause", job.id)
        stopped = job_of(store)
        assert stopped.state == "paused"
        assert serving.post(receipt("live")).status == 200
        bridge.until_state("live", "delivered")
        assert job_of(store) == stopped
        bridge.command("replays", "resume", job.id)
        until(store, lambda job: job.state == "done", "the rest is made")
        assert sorted(origins(store)) == sorted(old)
        delivered = {"delivered": len(old)}
        eventually(lambda: store.replays.states(job.id) == delivered, "what was made is sent")
    assert serving.terminate() == 0


def test_an_interrupted_command_pauses_its_replay_and_the_bridge_can_go_on(bridge: Installation) -> None:
    old = dead(bridge, 60)
    words = [sys.executable, "-m", "bridge", "replay", "--state", "dead", "--rate", "20/s", "--yes"]
    command = Process(words, bridge.environment)
    bridge.started.append(command)
    with store_of(bridge) as store:
        eventually(lambda: store.replays.jobs(limit=1), "the replay is on record")
        until(store, lambda job: job.taken > 0, "a part is made")
        command.signal(signal.SIGINT)
        assert command.wait() == 130
        job = job_of(store)
        assert job.state == "paused"
        assert f"Replay {job.id} is paused." in command.said
        serving: Serving = bridge.serve()
        bridge.command("replays", "resume", job.id)
        until(store, lambda job: job.state == "done", "the rest is made")
        assert sorted(origins(store)) == sorted(old)
    assert serving.terminate() == 0
