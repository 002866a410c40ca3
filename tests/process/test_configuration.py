"""Mapping files that change under a running bridge: what checks clean is in force at once, what does not, never."""

import shutil
from pathlib import Path

from tests.support.processes import TILL, Installation, Reply, Serving, eventually, installed, receipt
from tests.support.recorder import Recorder, recording

SECONDS = 10.0  # until a change must be in force; one or two are usual, a busy machine takes longer
BROKEN = TILL.replace("touchpoint: steady", "touchpoint: stedy")
CHANGED = TILL.replace("orderId: order}", "orderId: order, branch: {value: Vienna}}")


def attributes_of(serving: Serving, target: Recorder, order: str) -> set[str]:
    """Post an order and give the attributes with which it reached the target."""
    assert serving.post(receipt(order)).status == 200
    eventually(lambda: order in target.orders("token-steady"), f"{order} arrives")
    return next(set(one.body) for one in target.arrived if one.order == order)


def until(serving: Serving, *, config: str) -> Reply:
    def look() -> Reply | None:
        reply = serving.readiness()
        assert reply.status == 200
        return reply if reply.json["config"] == config else None

    return eventually(look, f"/readyz says {config}", patience=SECONDS)


def prepared(bridge: Installation, target: Recorder) -> Serving:
    bridge.write_all(target.url)
    bridge.store_secrets()
    return bridge.serve()


def test_a_change_that_checks_clean_is_in_force_at_once(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target)
        assert attributes_of(serving, target, "o1") == {"email", "orderId"}
        before = len(serving.lines)
        bridge.write("till.yaml", CHANGED)
        serving.wait_line("configuration.in-force", after=before)
        assert attributes_of(serving, target, "o2") == {"email", "orderId", "branch"}


def test_broken_files_leave_the_last_good_version_in_force_also_over_a_restart(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target)
        in_force = serving.readiness().json["configuration"]
        bridge.write("till.yaml", BROKEN)
        said = until(serving, config="stale").json
        assert said["configuration"] == in_force
        assert "till.yaml:13:17: the touchpoint 'stedy' is not in touchpoints.yaml" in said["stale"]
        [line] = serving.find("configuration.stale", level="error")
        assert not [problem for problem in line["problems"] if "warning" in problem]
        assert attributes_of(serving, target, "o1") == {"email", "orderId"}
        assert serving.terminate() == 0

        again = bridge.serve()
        assert until(again, config="stale").json["configuration"] == in_force
        assert again.find("configuration.problem", level="warning")
        assert attributes_of(again, target, "o2") == {"email", "orderId"}

        bridge.write("till.yaml", CHANGED)
        assert until(again, config="current").json["configuration"] != in_force
        assert attributes_of(again, target, "o3") == {"email", "orderId", "branch"}


def test_mending_back_to_what_is_in_force_is_noticed_too(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target)
        in_force = serving.readiness().json["configuration"]
        bridge.write("till.yaml", BROKEN)
        until(serving, config="stale")
        bridge.write("till.yaml", TILL)
        assert until(serving, config="current").json["configuration"] == in_force


def test_a_folder_that_is_gone_is_stale_and_noticed_when_it_is_back(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        assert prepared(bridge, target).terminate() == 0
        away = bridge.mappings.rename(tmp_path / "away")
        serving = bridge.serve()
        until(serving, config="stale")
        assert attributes_of(serving, target, "o1") == {"email", "orderId"}
        shutil.copytree(away, bridge.mappings)
        bridge.write("till.yaml", CHANGED)
        until(serving, config="current")
        assert attributes_of(serving, target, "o2") == {"email", "orderId", "branch"}


def test_with_manual_nothing_changes_until_it_is_applied(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path, BRIDGE_APPLY="manual") as bridge:
        serving = prepared(bridge, target)
        in_force = serving.readiness().json["configuration"]
        bridge.write("till.yaml", BROKEN)
        until(serving, config="stale")  # shows that the change was seen
        refused = bridge.run("apply")
        assert refused.returncode == 2
        assert "the touchpoint 'stedy' is not in touchpoints.yaml" in refused.stderr
        bridge.write("till.yaml", CHANGED)
        assert until(serving, config="current").json["configuration"] == in_force
        assert attributes_of(serving, target, "o1") == {"email", "orderId"}
        assert serving.terminate() == 0

        again = bridge.serve()
        assert attributes_of(again, target, "o2") == {"email", "orderId"}
        bridge.command("apply")
        again.wait_line("configuration.in-force")
        assert attributes_of(again, target, "o3") == {"email", "orderId", "branch"}
