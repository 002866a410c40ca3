"""A backup taken from a running bridge under load, restored into an empty folder beside its key."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.load import posting
from tests.support.processes import Installation, eventually, installed, receipt
from tests.support.reckoning import read_books
from tests.support.recorder import Answer, Recorder, recording


@pytest.fixture
def target() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def bridge(tmp_path: Path, target: Recorder) -> Iterator[Installation]:
    with installed(tmp_path / "old") as installation:
        installation.write_all(target.url, timeout="20s", eager=True)
        installation.store_secrets()
        yield installation


def restored(bridge: Installation, backup: Path, folder: Path) -> Installation:
    """Do what docs/operations.md says: the file and the key in place, nothing beside them."""
    again = Installation(folder)
    again.data.mkdir(parents=True, mode=0o700)
    shutil.copy(backup, again.data / "bridge.db")
    shutil.copy(bridge.data / "bridge.key", again.data / "bridge.key")
    shutil.copytree(bridge.mappings, again.mappings)
    return again


def test_what_was_acknowledged_before_the_backup_is_there_after_the_restore(
    bridge: Installation, target: Recorder, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    with posting(7, pause=0.01) as source:
        serving = bridge.serve()
        source.address = serving.hooks
        eventually(lambda: len(source.acknowledged) >= 50, "fifty webhooks are acknowledged")
        before = {event_id for sent in source.acknowledged for event_id, _ in sent.acks}
        shown = json.loads(bridge.command("backup", str(backup), "--json"))
        eventually(lambda: len(source.acknowledged) > len(before) + 20, "the bridge goes on taking in")
    assert serving.kill() != 0
    assert shown["events"] >= len(before)
    again = restored(bridge, backup, tmp_path / "new")
    stored = read_books(again.data / "bridge.db").events.keys()
    assert before <= stored
    try:
        serving = again.serve()
        assert again.command("audit").startswith("Balanced: ")
        assert serving.post(receipt("after")).json["duplicate"] is False
        again.until_state("after", "delivered")
        assert serving.terminate() == 0
        assert again.run("audit").returncode == 0
    finally:
        again.end()


def test_what_was_on_its_way_during_the_backup_is_held_or_sent_again_as_its_touchpoint_says(
    bridge: Installation, target: Recorder, tmp_path: Path
) -> None:
    target.answers = lambda _token, _key: Answer(delay=15.0)
    serving = bridge.serve()
    assert serving.post(receipt("o1")).status == 200
    target.wait_for(2)  # to the steady touchpoint, which holds when in doubt, and the eager one, which does not
    backup = tmp_path / "backup.db"
    bridge.command("backup", str(backup))
    serving.kill()
    assert sorted(row["state"] for row in read_books(backup).deliveries.values()) == ["sending", "sending"]
    target.answers = lambda _token, _key: Answer()
    again = restored(bridge, backup, tmp_path / "new")
    try:
        again.serve()
        expected = {"steady": "held", "eager": "delivered"}
        eventually(lambda: by_touchpoint(again) == expected, "both deliveries have ended")
        assert target.orders("token-eager") == ["o1", "o1"]
        assert target.orders("token-steady") == ["o1"]
        assert again.run("audit").returncode == 0
    finally:
        again.end()


def by_touchpoint(installation: Installation) -> dict[str, str]:
    books = read_books(installation.data / "bridge.db")
    return {row["touchpoint"]: row["state"] for row in books.deliveries.values()}


def test_no_command_beside_a_running_bridge_empties_its_log(bridge: Installation) -> None:
    serving = bridge.serve()
    for number in range(20):
        assert serving.post(receipt(f"o{number}")).status == 200
    bridge.until_state("o19", "delivered")
    database = bridge.data / "bridge.db"
    before = database.read_bytes()
    for command in (["audit"], ["backup", str(bridge.folder / "copy.db")], ["prune", "--keep-payloads", "0ms"]):
        bridge.command(*command)
    assert database.read_bytes() == before  # all of it is in the log still
    assert os.stat(f"{database}-wal").st_size > 0  # noqa: PTH116 - the name is no path of its own
    assert serving.terminate() == 0
