"""The stores that every promise is tried on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.outbox.store import open_store
from tests.support.memory_books import memory_store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An empty store; after the test its books must balance."""
    if request.param == "memory":
        opened: Any = memory_store()
    else:
        opened = open_store(tmp_path / "bridge.db", create=True, checkpoints=True)
    yield opened
    assert opened.ledger.audit() == []
    opened.close()
