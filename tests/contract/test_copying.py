"""Copies of a database that is being written to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.errors import StoreUnavailable
from bridge.outbox.copying import back_up
from bridge.outbox.store import open_store
from tests.support.books import a_refusal, an_id, planned


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Any]:
    """A store of some 12 MiB, which is copied in several steps."""
    opened = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    opened.outbox.accept([planned(1)])
    opened.outbox.refuse([a_refusal(number, body=b"x" * 3_000_000) for number in range(4)])
    yield opened
    opened.close()


def test_a_copy_has_one_moment_and_whoever_writes_does_not_wait(large: Any, tmp_path: Path) -> None:
    told = []

    def meanwhile(done: int, total: int) -> None:
        told.append((done, total))
        assert len(told) < 50, "it begins again with every write"
        large.outbox.accept([planned(1 + len(told))])

    reader = open_store(tmp_path / "bridge.db", create=False)
    copy = back_up(reader.database, tmp_path / "copy.db", on_progress=meanwhile)
    reader.close()
    assert len(told) > 2
    assert told[-1][0] == told[-1][1]
    assert (copy.path, copy.events) == (tmp_path / "copy.db", 1)
    assert copy.size == told[-1][1] * 4096 == copy.path.stat().st_size
    restored = open_store(tmp_path / "copy.db", create=False)
    assert restored.ledger.audit() == []
    assert restored.ledger.event(an_id("evt", 2)) is None
    restored.close()
    assert large.ledger.counters()["events.accepted"] == 1 + len(told)


def test_a_copy_that_is_broken_off_leaves_nothing_and_the_earlier_one_stays(large: Any, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "copies").mkdir()
    earlier = tmp_path / "copies" / "copy.db"
    earlier.write_bytes(b"earlier")
    with pytest.raises(KeyboardInterrupt):
        back_up(large.database, earlier, on_progress=stop)
    assert [path.name for path in earlier.parent.iterdir()] == ["copy.db"]
    assert earlier.read_bytes() == b"earlier"
    assert large.outbox.accept([planned(2)])[0].planned == 1


def test_a_folder_that_cannot_be_written_to_is_said_to_be_so(large: Any, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be used now"):
        back_up(large.database, tmp_path / "nowhere" / "copy.db", on_progress=print)
