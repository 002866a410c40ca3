"""A running bridge notices attributes that drift from what its targets accepted, and says so once, or refuses them."""

import json
from pathlib import Path

from tests.support.processes import TILL, Installation, Serving, eventually, installed, receipt, request
from tests.support.recorder import Recorder, recording

RENAMED = TILL.replace("orderId: order}", "order_id: order}")
MESSAGE = "the attribute 'order_id' is spelled 'orderId' so far: steady takes it since "


def prepared(bridge: Installation, target: Recorder) -> None:
    """Let the target accept `email` and `orderId`, then rename `orderId`."""
    bridge.write_all(target.url)
    bridge.write("till.yaml", TILL)
    bridge.store_secrets()
    serving = bridge.serve()
    assert serving.post(receipt("o1")).status == 200
    eventually(lambda: delivered(bridge) == 1, "o1 is delivered")
    assert serving.terminate() == 0
    bridge.write("till.yaml", RENAMED)


def delivered(bridge: Installation) -> int:
    return len(json.loads(bridge.command("deliveries", "list", "--state", "delivered", "--json")))


def drifts_counted(serving: Serving) -> str:
    text = request("GET", f"{serving.admin}/metrics").body.decode()
    return next((line for line in text.splitlines() if line.startswith("bridge_attribute_drift_total")), "")


def test_drift_is_logged_once_and_counted_each_time(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target)
        bridge.command("pause", "all")
        serving = bridge.serve()
        for order in ("o2", "o3"):
            assert serving.post(receipt(order)).status == 200
        [line] = serving.find("attribute.drift", level="warning")
        assert line["problem"].startswith(MESSAGE)
        assert (line["touchpoint"], line["mapping"], line["hint"]) == ("steady", "till/steady", "write orderId")
        assert drifts_counted(serving) == 'bridge_attribute_drift_total{touchpoint="steady"} 2.0'


def test_drift_fails_the_decision_where_that_is_set(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target)
        bridge.settings["BRIDGE_DRIFT"] = "fail"
        serving = bridge.serve()
        assert serving.post(receipt("o2")).status == 200
        [event, _] = json.loads(bridge.command("events", "list", "--json"))
        [decision] = json.loads(bridge.command("events", "show", event["id"], "--json"))["decisions"]
        assert decision["verdict"] == "failed"
        assert decision["reason"].startswith(MESSAGE)
        assert decision["reason"].endswith("; write orderId")
        before = len(serving.lines)
        bridge.write("till.yaml", TILL)
        serving.wait_line("configuration.in-force", after=before)
        assert serving.post(receipt("o3")).status == 200
        eventually(lambda: delivered(bridge) == 2, "o3 is delivered")
