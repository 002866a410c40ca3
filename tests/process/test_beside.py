"""Commands beside a running bridge, each a process of its own: what they store takes effect without a restart."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import SECRETS, Installation, Serving, eventually, installed, receipt
from tests.support.reckoning import read_books
from tests.support.recorder import Answer, Recorder, recording

NOTICED = 5.0  # seconds until a change must have its effect; half of one is usual


@pytest.fixture
def target() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def bridge(tmp_path: Path, target: Recorder) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        installation.write_all(target.url)
        yield installation


@pytest.fixture
def serving(bridge: Installation) -> Serving:
    """A bridge with all its secrets."""
    bridge.store_secrets()
    return bridge.serve()


def test_a_source_without_its_secret_asks_to_wait_and_accepts_once_it_is_stored(bridge: Installation) -> None:
    serving = bridge.serve()
    early = serving.post(receipt("o1"))
    assert early.status == 503
    assert 60 <= int(early.headers["retry-after"]) <= 120
    bridge.command("secrets", "set", "till", given=SECRETS["till"] + "\n")
    eventually(lambda: serving.post(receipt("o1")).status == 200, "the source is open", patience=NOTICED)
    refused = eventually(lambda: json.loads(bridge.command("refused", "list", "--json")), "the refusal is kept")
    assert {row["status"] for row in refused} == {503}
    assert "`bridge secrets set till`" in bridge.command("refused", "show", refused[0]["id"])


def test_a_signing_secret_is_exchanged_without_a_restart(bridge: Installation, serving: Serving) -> None:
    assert serving.post(receipt("o1")).status == 200
    assert serving.post(receipt("o2"), secret="the next one").status == 401
    bridge.command("secrets", "set", "till", given="the next one")
    fresh = "the next one"
    eventually(lambda: serving.post(receipt("o2"), secret=fresh).status == 200, "the new secret", patience=NOTICED)
    assert serving.post(receipt("o3")).status == 401


def test_a_touchpoint_paused_by_a_401_goes_on_after_a_new_secret(
    bridge: Installation, serving: Serving, target: Recorder
) -> None:
    target.answers = lambda _token, key: Answer(200 if key == "key-2" else 401)
    assert serving.post(receipt("o1")).status == 200
    eventually(lambda: "steady" in paused(bridge), "the touchpoint is paused")
    assert serving.post(receipt("o2")).status == 200
    bridge.command("secrets", "set", "pxp-api-key", given="key-2")
    bridge.until_state("o1", "delivered")
    bridge.until_state("o2", "delivered")
    assert [one.key for one in target.arrived] == ["key-1", "key-2", "key-2"]
    assert paused(bridge) == {}
    assert delivered_attempts(bridge) == {"o1": ["pause", "delivered"], "o2": ["delivered"]}


def test_an_answer_to_the_old_secret_that_comes_after_the_new_one_pauses_nothing(
    bridge: Installation, serving: Serving, target: Recorder
) -> None:
    target.answers = lambda _token, key: Answer() if key == "key-2" else Answer(401, delay=3.0)
    assert serving.post(receipt("o1")).status == 200
    target.wait_for(1)
    bridge.command("secrets", "set", "pxp-api-key", given="key-2")
    bridge.until_state("o1", "delivered")
    assert [one.key for one in target.arrived] == ["key-1", "key-2"]


def test_a_refusal_between_storing_a_secret_and_noticing_it_does_not_last(
    bridge: Installation, serving: Serving, target: Recorder
) -> None:
    target.answers = lambda _token, key: Answer(200 if key == "key-2" else 401)
    bridge.store_secrets(**{"pxp-api-key": "key-2"})
    assert serving.post(receipt("o1")).status == 200
    bridge.until_state("o1", "delivered")


def test_a_secret_sealed_with_a_key_that_comes_later_is_used_when_the_key_is_there(
    bridge: Installation, serving: Serving
) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    bridge.settings["BRIDGE_KEY"] = key
    bridge.command("secrets", "set", "till", given="the next one")
    trouble = serving.wait_line("store.trouble")
    assert "the secret till was sealed with the master key" in trouble["reason"]
    assert serving.post(receipt("o1")).status == 200  # with the secret it knows
    with (bridge.data / "bridge.key").open("a") as file:
        file.write(key + "\n")
    fresh = "the next one"
    eventually(lambda: serving.post(receipt("o2"), secret=fresh).status == 200, "the new secret", patience=NOTICED)
    serving.wait_line("store.well")


def test_pause_and_resume_of_a_touchpoint(bridge: Installation, serving: Serving, target: Recorder) -> None:
    bridge.command("pause", "touchpoint", "steady")
    assert serving.post(receipt("o1")).status == 200
    assert bridge.states() == {"o1": "pending"}
    assert target.arrived == []
    bridge.command("resume", "touchpoint", "steady")
    bridge.until_state("o1", "delivered")


def test_hold_release_and_cancel_of_deliveries(bridge: Installation, serving: Serving, target: Recorder) -> None:
    bridge.command("pause", "all")
    for order in ("o1", "o2"):
        assert serving.post(receipt(order)).status == 200
    bridge.command("hold", "--touchpoint", "steady", "--reason", "the texts are wrong")
    bridge.command("resume", "all")
    bridge.command("cancel", identity(bridge, "o2"), "--reason", "asked by phone")
    assert serving.post(receipt("o3")).status == 200
    bridge.until_state("o3", "delivered")  # what came later was sent, so the held one had its chance
    assert bridge.states() == {"o1": "held", "o2": "cancelled", "o3": "delivered"}
    bridge.command("release", "--touchpoint", "steady")
    bridge.until_state("o1", "delivered")
    assert sorted(target.orders("token-steady")) == ["o1", "o3"]


def test_replay_of_what_died(bridge: Installation, serving: Serving, target: Recorder) -> None:
    target.answers = lambda _token, _key: Answer(422)
    assert serving.post(receipt("o1")).status == 200
    bridge.until_state("o1", "dead")
    target.answers = lambda _token, _key: Answer()
    assert "made 1 of 1" in bridge.command("replay", "--touchpoint", "steady", "--yes")
    bridge.until_state("o1", "delivered")
    assert target.orders("token-steady") == ["o1", "o1"]
    assert bridge.command("audit").startswith("Balanced: 1 events, 1 deliveries planned and 1 replayed, 1 delivered")


def paused(bridge: Installation) -> dict[str, str]:
    """Give the paused touchpoints with their reasons."""
    rows = json.loads(bridge.command("touchpoints", "--json"))
    return {row["touchpoint"]: row["why"] for row in rows if row["state"] == "paused"}


def identity(bridge: Installation, order: str) -> str:
    deliveries = read_books(bridge.data / "bridge.db").deliveries.values()
    return next(str(row["id"]) for row in deliveries if json.loads(row["body"])["orderId"] == order)


def delivered_attempts(bridge: Installation) -> dict[str, list[str]]:
    """Give the rulings on each order's attempts."""
    books = read_books(bridge.data / "bridge.db")
    return {
        json.loads(row["body"])["orderId"]: [attempt["ruling"] for attempt in books.attempts[key]]
        for key, row in books.deliveries.items()
    }
