"""S5: S1 and S2 again, on a store with a long past and on an empty one, by turns."""

import shutil
from pathlib import Path

from tests.bench.past import behind
from tests.bench.scenarios import Extent, Figures, delivered_rate, stored_rate

_RATES = {"S1": stored_rate, "S2": delivered_rate}


def grown(folder: Path, extent: Extent) -> Figures:
    """Measure both with `extent.count` deliveries in the store before, against none."""
    figures: Figures = {}
    for name, rate in _RATES.items():
        new, old = folder / f"{name}-new", with_past(folder / f"{name}-old", extent)
        new.mkdir()
        figures |= {f"{name}_empty_per_s": rate(new, extent), f"{name}_grown_per_s": rate(old, extent)}
        shutil.rmtree(old)
    ratios = {f"{name}_ratio": figures[f"{name}_grown_per_s"] / figures[f"{name}_empty_per_s"] for name in _RATES}
    return {"ratio": min(ratios.values()), **ratios, **figures}


def with_past(folder: Path, extent: Extent) -> Path:
    """Make a folder with a store whose deliveries, `extent.count`, are all of the past; gives it."""
    past = behind(extent.shared or folder.parent, extent.count)
    folder.mkdir()
    shutil.copytree(past / "data", folder / "data")
    return folder
