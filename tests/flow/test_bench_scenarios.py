"""The benchmarks' scenarios, tiny: each counts what happened, and gives no figures where something did not."""

from pathlib import Path

import pytest

from bridge.outbox.store import open_store
from tests.bench.drain import backlog_rates
from tests.bench.growth import with_past
from tests.bench.mapping import mapped
from tests.bench.memory import remembered
from tests.bench.overload import expect_stored, overloaded
from tests.bench.pages import browsed
from tests.bench.past import behind
from tests.bench.programs import Spoiled, command
from tests.bench.scenarios import Extent, delivered_rate
from tests.bench.starting import started

PAST = 1_000  # deliveries


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


def test_a_tiny_backlog_is_sent_to_the_last_delivery(tmp_path: Path) -> None:
    ours, alone = backlog_rates(tmp_path / "slow", 40, delay=0.001, concurrency=8)
    assert min(ours, alone) > 0
    assert "Balanced: 10 events, 40 deliveries planned" in command(tmp_path / "slow", "audit")


def test_a_tiny_run_of_mapping_compares_what_finds_the_same(tmp_path: Path) -> None:
    figures = mapped(tmp_path, Extent(0.01))
    assert figures["ratio"] == pytest.approx(figures["jmespath_us_per_order"] / figures["us_per_order"])


def test_nothing_of_the_past_waits_behind_the_present(shared: Path) -> None:
    store = open_store(behind(shared, PAST) / "data" / "bridge.db", create=False, reads_only=True)
    try:
        counters = store.ledger.counters()
    finally:
        store.close()
    assert counters["deliveries.planned"] == PAST
    assert [counters.get(f"deliveries.{state}", 0) for state in ("pending", "held")] == [0, 0]


def test_with_a_past_only_what_is_new_is_sent(tmp_path: Path, shared: Path) -> None:
    """What the target takes and what the books say is compared within."""
    folder = with_past(tmp_path / "old", Extent(10.0, count=PAST, shared=shared))
    assert delivered_rate(folder, Extent(10.0, most=20, warm_up=0.0)) > 0


def test_a_tiny_run_of_the_pages_asks_for_each(tmp_path: Path, shared: Path) -> None:
    figures = browsed(tmp_path, Extent(1.0, most=1, count=PAST, shared=shared))
    assert figures["pages"] > 40
    assert figures["slowest_page_p95_ms"] >= figures["far_page_p50_ms"] > 0


def test_a_tiny_run_of_memory_weighs_before_and_after(tmp_path: Path) -> None:
    figures = remembered(tmp_path, Extent(0.1, count=20))
    assert figures["events"] <= 20
    assert figures["ratio"] == pytest.approx(figures["idle_mb"] / figures["bare_mb"])


def test_one_start_of_each_is_timed_to_its_end(tmp_path: Path) -> None:
    figures = started(tmp_path, Extent(1.0, most=1))
    assert figures["help_s"] > figures["python_s"] > 0
    assert figures["serve_s"] > figures["handler_s"] > 0


def test_a_tiny_overload_loses_nothing_and_would_be_found_out_if_it_did(tmp_path: Path) -> None:
    figures = overloaded(tmp_path, Extent(10.0, most=20, warm_up=0.0))
    assert (figures["lost"], figures["refused_share"]) == (0.0, 0.0)
    assert figures["accepted_per_s"] > 0
    expect_stored(tmp_path, list(range(60)))
    with pytest.raises(Spoiled, match="1 accepted orders are not stored, 0 others are"):
        expect_stored(tmp_path, list(range(61)))
    with pytest.raises(Spoiled, match="0 accepted orders are not stored, 1 others are"):
        expect_stored(tmp_path, list(range(59)))
