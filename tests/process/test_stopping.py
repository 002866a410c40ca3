"""SIGTERM: what is on its way is finished, nothing stays claimed, and the bridge ends in time with status 0."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.load import posting
from tests.support.processes import Process, eventually, installed, receipt
from tests.support.reckoning import read_books, reckon
from tests.support.recorder import Answer, recording

LONGEST = 25.0  # seconds from the signal to the end


def ends_in(process: Process, stop: Callable[[], object]) -> float:
    """Stop it, see that its exit status is 0, and give the seconds it took."""
    begun = time.monotonic()
    stop()
    assert process.wait() == 0, process.said
    return time.monotonic() - begun


def test_sigterm_under_load_finishes_what_is_on_its_way_and_loses_nothing(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        bridge.write_all(target.url, eager=True)
        bridge.store_secrets()
        target.answers = lambda _token, _key: Answer(delay=0.1)
        with posting(7, pause=0.05) as source:
            first = bridge.serve()
            source.address = first.hooks
            target.wait_for(100)
            assert ends_in(first, lambda: first.signal(signal.SIGTERM)) < LONGEST
            source.address = None
            books = read_books(bridge.data / "bridge.db")
            assert "sending" not in {row["state"] for row in books.deliveries.values()}
            outcomes = {row["outcome"] for rows in books.attempts.values() for row in rows}
            assert outcomes == {"answered"}, "an attempt that was on its way did not get its answer"
            assert sum(map(len, books.attempts.values())) == len(target.arrived)
            target.answers = lambda _token, _key: Answer()
            second = bridge.serve()
            source.address = second.hooks
        eventually(lambda: set(bridge.states().values()) == {"delivered"}, "everything is delivered")
        assert second.terminate() == 0
        books = read_books(bridge.data / "bridge.db")
        sent = list(source.sent.values())
        reckoning = reckon(sent, target.arrived, books, mappings=2, held={"steady": True, "eager": True})
    assert source.wrong == []
    assert reckoning.wrong == []
    assert reckoning.figures["acknowledged"] == len(sent)


def test_more_signals_while_it_ends_do_no_harm(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        bridge.write_all(target.url)
        bridge.store_secrets()
        target.answers = lambda _token, _key: Answer(delay=1.0)
        serving = bridge.serve()
        assert serving.post(receipt("o1")).status == 200
        target.wait_for(1)

        def again_and_again() -> None:
            while serving.is_alive:
                serving.signal(signal.SIGTERM)
                time.sleep(0.002)

        assert ends_in(serving, again_and_again) < LONGEST
        assert bridge.states() == {"o1": "delivered"}


def test_sigterm_does_not_wait_for_a_target_that_hangs(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path, BRIDGE_DRAIN="1s") as bridge:
        bridge.write_all(target.url, timeout="60s", eager=True)
        bridge.store_secrets()
        target.answers = lambda _token, _key: Answer(delay=60)
        serving = bridge.serve()
        for number in range(20):
            assert serving.post(receipt(f"o{number}")).status == 200
        target.wait_for(16)
        assert ends_in(serving, lambda: serving.signal(signal.SIGTERM)) < 6
        assert len(target.arrived) == 16, "something was begun after the signal"
        books = read_books(bridge.data / "bridge.db")
        found = sorted((row["touchpoint"], row["state"]) for row in books.deliveries.values())
        assert found == sorted([("steady", "held")] * 8 + [("steady", "pending")] * 12 + [("eager", "pending")] * 20)
        [attempt, *_] = [row for rows in books.attempts.values() for row in rows]
        assert attempt["outcome"] == "unknown"
        assert bridge.run("audit").returncode == 0
