"""A running bridge keeps how the counters stood, once an hour."""

from pathlib import Path

from bridge.app.bridge import Bridge
from bridge.app.clock import now
from bridge.app.prepare import prepare
from bridge.outbox.figures import HOUR
from bridge.settings import read_settings
from tests.support.folders import write_folder


async def test_a_bridge_that_runs_has_figures_of_the_hour(tmp_path: Path) -> None:
    touchpoints = "touchpoints:\n  steady: {channel: http, url: 'https://feedback.example/'}\n"
    write_folder(tmp_path / "mappings", {"touchpoints.yaml": touchpoints})
    environment = {"BRIDGE_DATA": str(tmp_path / "data"), "BRIDGE_MAPPINGS": str(tmp_path / "mappings")}
    settings = read_settings(environment, {})
    began = now()
    async with Bridge(settings, environment, prepare(settings, environment)) as bridge:
        kept = await bridge.desk.read(lambda store: store.ledger.hours(since=0, until=now()))
    assert len(kept) == 1
    assert kept[0].hour in {began // HOUR * HOUR, now() // HOUR * HOUR}
