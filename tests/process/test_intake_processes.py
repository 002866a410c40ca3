"""Receiving in processes of their own: what the sender sees, and what is lost when one of them dies: nothing."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.load import Source, posting
from tests.support.processes import TILL, Installation, Serving, eventually, installed, receipt, request
from tests.support.recorder import Answer, Recorder, recording


@pytest.fixture
def target() -> Iterator[Recorder]:
    with recording() as running:
        yield running


@pytest.fixture
def bridge(tmp_path: Path, target: Recorder) -> Iterator[Installation]:
    with installed(tmp_path, BRIDGE_INTAKE_PROCESSES="2") as installation:
        installation.write_all(target.url)
        installation.store_secrets()
        yield installation


def children(serving: Serving) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{serving.pid}/task/{serving.pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    """Say whether no process has this number, or what has it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def metric(serving: Serving, line: str) -> float:
    text = request("GET", f"{serving.admin}/metrics").body.decode()
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def has_answers(source: Source, number: int) -> bool:
    return len(source.acknowledged) > number


def test_what_two_processes_receive_is_sent_and_counted_by_the_main_one(bridge: Installation, target: Recorder) -> None:
    serving = bridge.serve()
    assert len(children(serving)) == 2
    for number in range(6):
        assert serving.post(receipt(f"o{number}")).status == 200
    assert serving.post(receipt("o0")).json["duplicate"] is True
    assert serving.post(receipt("o7"), secret="another").status == 401
    assert metric(serving, 'bridge_requests_total{source="till",status="200"}') == 7
    assert metric(serving, 'bridge_requests_total{source="till",status="401"}') == 1
    assert metric(serving, 'bridge_events_total{result="accepted",source="till"}') == 6
    assert metric(serving, 'bridge_events_total{result="duplicate",source="till"}') == 1
    assert metric(serving, "bridge_committed_requests_total") == 7
    target.wait_for(6)
    assert sorted(target.orders("token-steady")) == [f"o{number}" for number in range(6)]
    eventually(lambda: '"status": 401' in bridge.command("refused", "list", "--json"), "the refused request is kept")


def test_zero_processes_receive_in_the_main_one(bridge: Installation) -> None:
    bridge.settings["BRIDGE_INTAKE_PROCESSES"] = "0"
    serving = bridge.serve()
    assert children(serving) == []
    assert serving.post(receipt("o1")).status == 200


def test_a_limit_is_that_of_the_bridge_however_many_processes_receive(bridge: Installation) -> None:
    bridge.write("till.yaml", TILL.replace("source: till\n", "source: till\nlimit: 3/h\n"))
    serving = bridge.serve()
    statuses = [serving.post(receipt(f"o{number}")).status for number in range(8)]
    assert statuses == [200] * 3 + [429] * 5


def test_a_process_that_dies_is_started_again_and_meanwhile_nobody_is_refused(bridge: Installation) -> None:
    bridge.settings["BRIDGE_INTAKE_PROCESSES"] = "1"
    serving = bridge.serve()
    first = children(serving)
    os.kill(first[0], signal.SIGKILL)
    serving.wait_line("intake.died", process=first[0], status=-9)
    assert serving.post(receipt("o1")).status == 200  # the connection waits in the main process's socket
    assert children(serving) != first
    assert metric(serving, "bridge_committed_requests_total") == 1


def test_killing_processes_under_load_loses_nothing_that_was_answered(bridge: Installation) -> None:
    serving = bridge.serve()
    with posting(1, pause=0.01) as source:
        source.address = serving.hooks
        for number in range(6):
            known = len(source.acknowledged)
            eventually(partial(has_answers, source, known + 10), "some are answered")
            if number == 3:
                source.address = None
                serving.kill()
                serving = bridge.serve()
                source.address = serving.hooks
            else:
                os.kill(eventually(partial(children, serving), "one runs")[0], signal.SIGKILL)
    eventually(lambda: set(bridge.states().values()) <= {"delivered", "held"}, "all is sent, or its fate unknown")
    assert source.wrong == []
    assert {sent.order for sent in source.acknowledged} <= set(bridge.states())
    assert bridge.run("audit").returncode == 0


def test_when_the_main_process_is_killed_the_others_end_and_the_address_is_free(bridge: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        bridge.settings["BRIDGE_PORT"] = str(free.getsockname()[1])
    serving = bridge.serve()
    others = children(serving)
    serving.kill()
    eventually(lambda: all(map(is_gone, others)), "they are gone")
    assert bridge.serve().post(receipt("o1")).status == 200


def test_the_main_process_takes_the_others_with_it_when_it_is_told_to_stop(bridge: Installation) -> None:
    serving = bridge.serve()
    others = children(serving)
    for pid in others:
        os.kill(pid, signal.SIGTERM)  # as a service manager tells all of them; the main one says what is to be done
    assert serving.post(receipt("o1")).status == 200
    assert serving.terminate() == 0
    assert all(map(is_gone, others))
    assert serving.find("intake.died") == []
    assert serving.find("intake.killed") == []


def test_while_it_drains_connections_are_refused_and_do_not_wait(bridge: Installation, target: Recorder) -> None:
    target.answers = lambda _token, _key: Answer(delay=3.0)
    serving = bridge.serve()
    assert serving.post(receipt("o1")).status == 200
    target.wait_for(1)
    serving.signal(signal.SIGTERM)
    serving.wait_line("bridge.stopping")
    eventually(lambda: is_refused(serving), "nobody is at the door")
    assert serving.is_alive
    assert serving.wait() == 0
    assert bridge.states() == {"o1": "delivered"}


def is_refused(serving: Serving) -> bool:
    try:
        serving.readiness()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def test_files_and_secrets_are_in_force_in_all_processes_when_the_log_says_so(bridge: Installation) -> None:
    serving = bridge.serve()
    bridge.write("till.yaml", TILL.replace("[closed]", "[opened]"))
    line = serving.wait_line("configuration.in-force")
    assert {serving.readiness().json["configuration"] for _ in range(8)} == {line["configuration"]}
    bridge.command("secrets", "set", "till", given="the next one")
    serving.wait_line("configuration.in-force", after=serving.lines.index(line) + 1)
    assert {serving.post(receipt("o1"), secret="the next one").status for _ in range(8)} == {200}
    assert {serving.post(receipt("o1")).status for _ in range(8)} == {401}


def test_a_source_stays_refused_in_all_processes_while_there_is_no_room(bridge: Installation) -> None:
    bridge.command("pause", "all")
    bridge.settings["BRIDGE_MAX_WAITING"] = "1"
    serving = bridge.serve()
    assert serving.post(receipt("o1")).status == 200
    eventually(lambda: "BRIDGE_MAX_WAITING" in serving.readiness().json["disk"], "it is noticed")
    assert serving.post(receipt("o2")).status == 503
