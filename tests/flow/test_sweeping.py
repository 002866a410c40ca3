"""The retention in chunks: how large they are, and that the walk ends."""

from pathlib import Path

import pytest

from bridge.app.clock import now
from bridge.app.sweeping import Sweep, bounds, fitting
from bridge.outbox.store import open_store
from bridge.outbox.terms import Filter
from bridge.settings import read_settings
from tests.support.books import DAY, an_event, an_intake, planned


@pytest.mark.parametrize(
    ("limit", "took", "following"),
    [
        (64, 0, 81),  # a quarter more
        (64, 9, 81),
        (64, 10, 64),
        (64, 20, 64),
        (64, 21, 30),  # so many as would have taken half the time
        (1_000, 200, 50),
        (10, 500, 8),  # never fewer
        (900, 1, 1_000),  # never more
    ],
)
def test_the_next_chunk_is_as_large_as_fits_into_the_time(limit: int, took: int, following: int) -> None:
    assert fitting(limit, took) == following


def test_a_sweep_goes_through_everything_that_is_old(tmp_path: Path) -> None:
    store = open_store(tmp_path / "bridge.db", create=True)
    long_ago = now() - 500 * DAY
    store.outbox.accept([an_intake(an_event(number, at=long_ago + number)) for number in range(200)])
    store.outbox.accept([planned(number, at=long_ago + number) for number in range(200, 210)])
    settings = read_settings({})
    assert store.controls.prunable(**bounds(settings, now()))["events"] == 200
    sweep = Sweep(settings)
    chunks = 1
    while sweep.step(store):
        chunks += 1
    assert chunks > 3
    assert sweep.counts == {"payloads": 200, "events": 200, "ids": 210}
    assert sweep.rows == 610
    assert len(store.ledger.events(Filter(), limit=999)) == 10
    assert store.ledger.audit() == []
    store.close()
