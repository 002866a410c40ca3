"""Examples under a running bridge: a change that makes one differ is not in force before either is mended."""

from pathlib import Path

from tests.support.processes import TILL, Installation, eventually, installed, receipt
from tests.support.recorder import Recorder, recording

CHANGED = TILL.replace("orderId: order}", "orderId: order, branch: {value: Vienna}}")
EXPECTED = "topic: closed\nmappings:\n  steady: {email: o1@example.com, orderId: o1}\n"
MENDED = EXPECTED.replace("orderId: o1}", "orderId: o1, branch: Vienna}")
REASON = 'a.expect.yaml:3:11: steady.branch: expected nothing, got "Vienna"'


def prepared(bridge: Installation, target: Recorder, *, expected: str = EXPECTED) -> None:
    bridge.write_all(target.url)
    (bridge.mappings / "examples" / "till").mkdir(parents=True)
    (bridge.mappings / "examples" / "till" / "a.json").write_bytes(receipt("o1"))
    write_example(bridge, expected)
    bridge.store_secrets()


def write_example(bridge: Installation, text: str) -> None:
    (bridge.mappings / "examples" / "till" / "a.expect.yaml").write_text(text, encoding="utf-8")


def test_a_failing_example_keeps_what_runs_until_the_example_is_mended(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target)
        serving = bridge.serve()
        in_force = serving.readiness().json["configuration"]
        bridge.write("till.yaml", CHANGED)
        serving.wait_line("configuration.stale", level="error")
        said = serving.readiness().json
        assert (said["config"], said["configuration"]) == ("stale", in_force)
        assert said["stale"].endswith(REASON)
        before = len(serving.lines)
        write_example(bridge, MENDED)
        serving.wait_line("configuration.in-force", after=before)
        assert serving.readiness().json["config"] == "current"


def test_a_start_takes_the_last_version_where_an_example_fails(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target)
        serving = bridge.serve()
        in_force = serving.readiness().json["configuration"]
        assert serving.terminate() == 0
        bridge.write("till.yaml", CHANGED)
        again = bridge.serve()
        said = again.readiness().json
        assert (said["config"], said["configuration"]) == ("stale", in_force)
        assert said["stale"].endswith(REASON)


def test_a_first_start_with_a_failing_example_is_refused_with_the_reason(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target, expected=MENDED)
        status, said = bridge.fails_to_start()
        assert status == 2
        assert 'steady.branch: expected "Vienna", got nothing' in said


def test_examples_of_what_is_in_force_already_are_not_run_again(tmp_path: Path) -> None:
    """They have proved nothing new, and a restart is to be quick."""
    with recording() as target, installed(tmp_path) as bridge:
        prepared(bridge, target)
        assert bridge.serve().terminate() == 0
        write_example(bridge, MENDED)
        serving = bridge.serve()
        assert serving.readiness().json["config"] == "current"


def test_where_changes_are_applied_a_failing_example_is_named_and_apply_refuses(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path, BRIDGE_APPLY="manual") as bridge:
        prepared(bridge, target)
        serving = bridge.serve()
        bridge.write("till.yaml", CHANGED)
        serving.wait_line("configuration.stale")
        assert bridge.run("apply").returncode == 2
        before = len(serving.lines)
        write_example(bridge, MENDED)
        serving.wait_line("configuration.not-applied", after=before)
        bridge.command("apply")
        eventually(lambda: serving.find("configuration.in-force", after=before), "what was applied is in force")
