"""Disks that are full, locked, read-only or failing: 503 or the end with status 70, and never a false 2xx."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.outbox.driver import sqlite3
from tests.support.processes import TILL, Installation, Process, Reply, Serving, eventually, installed, receipt
from tests.support.reckoning import read_books
from tests.support.recorder import Answer, Recorder, recording

PADDING = "x" * 20_000
STORE_FAILED = 70


@pytest.fixture
def target() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def bridge(tmp_path: Path, target: Recorder) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        installation.write_all(target.url)
        installation.write("till.yaml", TILL.replace("touchpoint: steady", "touchpoint: eager"))
        yield installation


@pytest.fixture
def small_disk(bridge: Installation) -> Iterator[Path]:
    """A file system of 8 MiB as the data folder."""
    bridge.data.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(bridge.data)]
    if not shutil.which("mount") or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its tests mount a file system")
    try:
        yield bridge.data
    finally:
        bridge.end()
        subprocess.run(["umount", str(bridge.data)], check=True)


@contextmanager
def filled(disk: Path, *, leaving: int = 0) -> Iterator[None]:
    """Fill the disk up to so many free bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while (free := shutil.disk_usage(disk).free - leaving) > 0:
            os.write(file.fileno(), b"b" * min(free, 65536))
    try:
        yield
    finally:
        ballast.unlink()


class Acknowledged:
    """Posts orders and remembers which were answered 200; any answer but 200 and 503 fails the test."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.events: dict[str, str] = {}
        self._count = 0

    def post(self) -> Reply:
        self._count += 1
        order = f"o{self._count}"
        reply = self.serving.post(receipt(order, padding=PADDING))
        assert reply.status in {200, 503}
        if reply.status == 200:
            self.events[order] = reply.json["event"]
        else:
            assert int(reply.headers["retry-after"]) >= 1
        return reply

    def until(self, status: int) -> None:
        eventually(lambda: self.post().status == status, f"a webhook is answered {status}")

    def check(self, bridge: Installation) -> None:
        """See that all of them are stored and delivered, and the books balance."""
        for order in self.events:
            bridge.until_state(order, "delivered")
        assert set(self.events.values()) <= read_books(bridge.data / "bridge.db").events.keys()
        assert bridge.run("audit").returncode == 0


def test_a_full_disk_asks_sources_to_wait_and_is_well_again_when_there_is_space(
    bridge: Installation, small_disk: Path
) -> None:
    bridge.store_secrets()
    serving = bridge.serve()
    orders = Acknowledged(serving)
    orders.until(200)
    with filled(small_disk):
        orders.until(503)
        for _ in range(20):
            orders.post()
    orders.until(200)
    orders.check(bridge)
    assert serving.terminate() == 0


def test_before_the_disk_is_full_nothing_more_is_taken_but_what_waits_is_sent(
    bridge: Installation, small_disk: Path, target: Recorder
) -> None:
    bridge.store_secrets()
    bridge.settings["BRIDGE_MIN_FREE_DISK"] = "2MiB"
    target.answers = lambda _token, _key: Answer(503)
    serving = bridge.serve()
    orders = Acknowledged(serving)
    orders.until(200)
    with filled(small_disk, leaving=1 << 20):
        eventually(lambda: "bytes of disk are free" in serving.readiness().json["disk"], "the shortage is noticed")
        assert serving.readiness().status == 200
        refused = orders.post()
        assert refused.status == 503
        assert "no more events can be taken now" in refused.json["message"]
        target.answers = lambda _token, _key: Answer()
        bridge.until_state("o1", "delivered")
    orders.until(200)
    orders.check(bridge)


def test_a_read_only_disk_is_named_at_the_start(bridge: Installation, small_disk: Path) -> None:
    bridge.store_secrets()
    assert bridge.serve().terminate() == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    status, said = bridge.fails_to_start()
    assert status == 2
    assert f"the data folder {bridge.data} cannot be used: Read-only file system" in said
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert bridge.serve().readiness().status == 200


def test_a_locked_database_asks_sources_to_wait_and_is_well_again_when_it_is_free(bridge: Installation) -> None:
    bridge.store_secrets()
    orders = Acknowledged(bridge.serve())
    orders.until(200)
    other = sqlite3.connect(bridge.data / "bridge.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    assert orders.post().status == 503
    assert time.monotonic() - begun < 8.0, "a source does not wait that long for its answer"
    other.execute("ROLLBACK")
    other.close()
    orders.until(200)
    orders.check(bridge)


def test_a_disk_that_refuses_a_write_ends_the_process_and_a_new_one_goes_on(bridge: Installation) -> None:
    bridge.store_secrets()
    serving = bridge.serve()
    orders = Acknowledged(serving)
    orders.until(200)
    size = (bridge.data / "bridge.db-wal").stat().st_size + 100_000
    resource.prlimit(serving.pid, resource.RLIMIT_FSIZE, (size, size))
    ends_while_posting(serving, orders)
    orders.serving = bridge.serve()
    orders.until(200)
    orders.check(bridge)


def test_a_failed_sync_ends_the_process_and_a_new_one_goes_on(bridge: Installation, tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    bridge.store_secrets()
    serving = bridge.serve()
    orders = Acknowledged(serving)
    orders.until(200)
    calls = "fsync,fdatasync"
    inject = ["strace", "-f", "-o", str(tmp_path / "calls"), "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"]
    tracer = Process([*inject, "-p", str(serving.pid)], bridge.environment)
    bridge.started.append(tracer)
    attached = eventually(lambda: tracer.said, "strace says something")
    if "attached" not in attached:
        pytest.skip(f"strace cannot attach here: {attached}")
    ends_while_posting(serving, orders)
    assert "(INJECTED)" in (tmp_path / "calls").read_text()
    orders.serving = bridge.serve()
    orders.until(200)
    orders.check(bridge)


def ends_while_posting(serving: Serving, orders: Acknowledged) -> None:
    """Post until the process has ended with the status of a failed store, and has said why."""

    def post() -> bool:
        try:
            orders.post()
        except OSError:
            return True
        return False

    eventually(post, "the process ends")
    assert serving.wait() == STORE_FAILED
    [line] = serving.find("store.broken", level="error")
    assert "the disk reported an error" in line["reason"]
