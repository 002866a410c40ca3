"""What is measured: the scenarios, how much of each, and how often, in a quarter of an hour or a quick look."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.drain import drained
from tests.bench.growth import grown
from tests.bench.mapping import mapped
from tests.bench.memory import remembered
from tests.bench.overload import overloaded
from tests.bench.pages import browsed
from tests.bench.posts import posted
from tests.bench.scenarios import Extent, Figures, delivered, durable
from tests.bench.starting import started


@dataclass(frozen=True, slots=True)
class Scenario:
    """One measurement: its program, how much of it in each run, how often; `quick` is for a look."""

    run: Callable[[Path, Extent], Figures]
    extent: Extent
    quick: Extent
    runs: int


SCENARIOS = {
    "S1": Scenario(durable, Extent(4.0), Extent(1.5, warm_up=0.5), 5),
    "S2": Scenario(delivered, Extent(8.0, warm_up=2.0), Extent(3.0, warm_up=2.0), 5),
    "S3": Scenario(drained, Extent(1.0, count=100_000), Extent(1.0, count=8_000), 2),
    "S4": Scenario(mapped, Extent(2.0), Extent(1.0), 5),
    "S5": Scenario(grown, Extent(4.0, warm_up=2.0, count=1_000_000), Extent(2.0, warm_up=2.0, count=20_000), 2),
    "S6": Scenario(browsed, Extent(1.0, count=1_000_000), Extent(1.0, most=5, count=20_000), 3),
    "S7": Scenario(remembered, Extent(120.0, count=100_000), Extent(10.0, count=5_000), 1),
    "S8": Scenario(started, Extent(1.0), Extent(1.0, most=3), 3),
    "overload": Scenario(overloaded, Extent(6.0), Extent(3.0, warm_up=0.5), 3),
    "posts": Scenario(posted, Extent(2.0), Extent(0.5), 3),
}


def chosen(
    names: list[str], *, quick: bool, runs: int | None, seconds: float | None, count: int | None
) -> dict[str, Scenario]:
    """Give the scenarios of these names (all, if there are none) with what was said otherwise."""
    return {
        name: _changed(scenario, quick=quick, runs=runs, seconds=seconds, count=count)
        for name, scenario in SCENARIOS.items()
        if name in (names or SCENARIOS)
    }


def _changed(
    scenario: Scenario, *, quick: bool, runs: int | None, seconds: float | None, count: int | None
) -> Scenario:
    extent = scenario.quick if quick else scenario.extent
    if seconds is not None:
        extent = replace(extent, seconds=seconds)
    if count is not None and extent.count:
        extent = replace(extent, count=count)
    return replace(scenario, extent=extent, runs=runs or (1 if quick else scenario.runs))
