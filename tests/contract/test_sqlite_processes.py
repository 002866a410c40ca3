"""Several processes and threads on one database file, and processes that end in the middle."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge.core.errors import ConfigInvalid
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from tests.support.books import NOW, an_id, planned

ROOT = Path(__file__).parents[2]

OPEN = """
import sys, pathlib
from bridge.outbox.store import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(pathlib.Path(sys.argv[1]), create=True).close()
"""

DIE = """
import os, sys, pathlib
from bridge.outbox import accepting
from bridge.outbox.store import open_store
from tests.support.books import planned
store = open_store(pathlib.Path(sys.argv[1]), create=True, checkpoints=True)
store.outbox.accept([planned(1)])
with store.database.write() as transaction:
    accepting.accept(transaction, [planned(2), planned(3)])
    os._exit(7)
"""


def test_three_processes_that_start_at_once_make_one_schema(tmp_path: Any) -> None:
    path = tmp_path / "bridge.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
    store = open_store(path, create=False)
    assert store.outbox.accept([planned(1)])[0].planned == 1
    store.close()


def test_a_process_that_dies_inside_a_transaction_leaves_nothing_of_it(tmp_path: Any) -> None:
    path = tmp_path / "bridge.db"
    died = subprocess.run(
        [sys.executable, "-c", DIE, str(path)], cwd=ROOT, capture_output=True, check=False, timeout=30
    )
    assert (died.returncode, died.stderr) == (7, b"")
    store = open_store(path, create=False)
    assert [row["id"] for row in store.ledger.events(Filter(), limit=9)] == [an_id("evt", 1)]
    assert store.ledger.audit() == []
    assert store.outbox.accept([planned(2)])[0].receipts[0].duplicate is False
    store.close()


def test_two_connections_never_claim_the_same_delivery(tmp_path: Any) -> None:
    path = tmp_path / "bridge.db"
    store = open_store(path, create=True)
    store.outbox.accept([planned(number) for number in range(1, 201)])
    store.close()
    claimed: list[list[str]] = [[], []]
    start = threading.Barrier(2)

    def work(mine: list[str]) -> None:
        own = open_store(path, create=False)
        start.wait()
        while got := own.outbox.claim(now=NOW, lease_until=NOW + 1, free={"post-purchase": 3}, caps={}).deliveries:
            mine.extend(each.id for each in got)
        own.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed[0] + claimed[1]) == [an_id("dlv", number) for number in range(1, 201)]


def test_an_old_schema_is_not_used_by_looking_and_a_newer_one_not_at_all(tmp_path: Any) -> None:
    path = tmp_path / "bridge.db"
    path.touch()
    with pytest.raises(ConfigInvalid, match="run `bridge migrate`"):
        open_store(path, create=False)
    store = open_store(path, create=True)
    store.database.connection.execute("UPDATE _sqlite_migrations SET name = name || '_future'")
    store.close()
    for create in (True, False):
        with pytest.raises(ConfigInvalid, match="newer version of the bridge"):
            open_store(path, create=create)
