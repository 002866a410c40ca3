"""Mapping files that change while deliveries wait: nothing that was decided is lost, and nothing is half in force."""

import json
from pathlib import Path

from tests.support.processes import EAGER, TILL, Installation, Serving, eventually, installed, receipt
from tests.support.recorder import Recorder, recording

BOTH = TILL + EAGER
CHANGED = TILL.replace("orderId: order}", "orderId: order, branch: {value: Vienna}}")
PARKED = "its touchpoint is not in the mapping files any more"


def prepared(bridge: Installation, target: Recorder, *, till: str = TILL) -> Serving:
    bridge.write_all(target.url)
    bridge.write("till.yaml", till)
    bridge.store_secrets()
    return bridge.serve()


def rewrite(bridge: Installation, serving: Serving, **texts: str) -> None:
    """Change mapping files, and wait until they are in force."""
    before = len(serving.lines)
    for name, text in texts.items():
        bridge.write(f"{name}.yaml", text)
    serving.wait_line("configuration.in-force", after=before)


def deliveries(bridge: Installation) -> list[tuple[str, str, str]]:
    rows = json.loads(bridge.command("deliveries", "list", "--json"))
    return sorted((row["mapping"], row["state"], row["reason"]) for row in rows)


def test_what_waits_is_sent_after_its_mapping_was_removed(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target, till=BOTH)
        bridge.command("pause", "all")
        assert serving.post(receipt("o1")).status == 200
        rewrite(bridge, serving, till=TILL)
        assert [(mapping, state) for mapping, state, _ in deliveries(bridge)] == [
            ("eager", "pending"),
            ("steady", "pending"),
        ]
        bridge.command("resume", "all")
        eventually(lambda: target.orders("token-eager") == ["o1"], "what waited for the removed mapping is sent")
        eventually(lambda: target.orders("token-steady") == ["o1"], "and so is the rest")
        assert serving.post(receipt("o2")).status == 200
        eventually(lambda: target.orders("token-steady") == ["o1", "o2"], "the other mapping goes on")
        assert target.orders("token-eager") == ["o1"]


def test_what_waits_for_a_removed_touchpoint_is_held_until_it_is_back(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target, till=BOTH)
        whole = (bridge.mappings / "touchpoints.yaml").read_text(encoding="utf-8")
        bridge.command("pause", "all")
        assert serving.post(receipt("o1")).status == 200
        bridge.write("till.yaml", TILL)
        rewrite(bridge, serving, touchpoints=whole[: whole.index("  eager:")])
        bridge.command("resume", "all")
        eventually(
            lambda: ("eager", "held", PARKED) in deliveries(bridge), "the delivery of the removed touchpoint is held"
        )
        eventually(lambda: target.orders("token-steady") == ["o1"], "the other touchpoint goes on")
        assert target.orders("token-eager") == []

        rewrite(bridge, serving, touchpoints=whole)
        eventually(lambda: target.orders("token-eager") == ["o1"], "what was held is sent")
        assert bridge.run("audit").returncode == 0


def test_every_version_is_on_record_with_how_it_came(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        serving = prepared(bridge, target)
        first = serving.readiness().json["configuration"]
        rewrite(bridge, serving, till=CHANGED)
        before = len(serving.lines)
        bridge.command("mappings", "restore", first[:8])
        line = serving.wait_line("configuration.in-force", after=before)
        assert line["configuration"] == first
        assert serving.readiness().json["configuration"] == first
        assert serving.terminate() == 0
        assert bridge.serve().readiness().json["configuration"] == first
        rows = json.loads(bridge.command("mappings", "history", "--json"))
        assert [row["how"] for row in rows] == ["restore", "reload", "start"]
        assert rows[0]["configuration"] == rows[2]["configuration"] == first


def test_with_manual_a_changed_folder_is_named_until_it_is_applied(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path, BRIDGE_APPLY="manual") as bridge:
        serving = prepared(bridge, target)
        assert "unapplied" not in serving.readiness().json
        bridge.write("till.yaml", CHANGED)
        says = "not applied: 1 file differs; see `bridge plan`, then `bridge apply`"
        eventually(lambda: serving.readiness().json.get("unapplied") == says, "/readyz names the difference")
        assert serving.readiness().json["config"] == "current"
        assert serving.wait_line("configuration.not-applied")["files"] == "till.yaml"
        doctor = bridge.run("doctor")
        assert says in doctor.stdout
        assert serving.post(receipt("o1")).status == 200
        eventually(lambda: target.orders("token-steady") == ["o1"], "o1 arrives")
        assert set(target.arrived[0].body) == {"email", "orderId"}

        assert '"changed": 1' in bridge.command("plan", "--json")
        bridge.command("apply")
        eventually(lambda: "unapplied" not in serving.readiness().json, "what was applied differs no more")
        assert serving.post(receipt("o2")).status == 200
        eventually(lambda: target.orders("token-steady") == ["o1", "o2"], "o2 arrives")
        assert set(target.arrived[1].body) == {"email", "orderId", "branch"}
