"""What keeps `bridge serve` from starting: it says what is wrong and what to do, and ends with status 2."""

import base64
import socket
from pathlib import Path

import pytest

from tests.support.processes import TILL, Installation, installed

TARGET = "https://target.example.com"


@pytest.fixture
def bridge(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path)
    installation.write_all(TARGET)
    return installation


def test_a_second_bridge_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with installed(tmp_path) as bridge:
        bridge.write_all(TARGET)
        first = bridge.serve()
        status, said = bridge.fails_to_start()
        assert status == 2
        assert f"another bridge is running on {bridge.data}" in said
        assert "--data" in said
        assert first.readiness().status == 200


def test_a_killed_bridge_leaves_no_lock_behind(tmp_path: Path) -> None:
    with installed(tmp_path) as bridge:
        bridge.write_all(TARGET)
        bridge.serve().kill()
        assert bridge.serve().readiness().status == 200


def test_a_missing_key_file_is_refused_when_secrets_are_stored(bridge: Installation) -> None:
    bridge.store_secrets()
    (bridge.data / "bridge.key").unlink()
    status, said = bridge.fails_to_start()
    assert status == 2
    assert "bridge.key is missing, but secrets are stored that only it opens" in said
    assert not (bridge.data / "bridge.key").exists()


def test_a_wrong_key_is_refused_and_not_shown(bridge: Installation) -> None:
    bridge.store_secrets()
    other = base64.b64encode(b"k" * 32).decode()
    bridge.settings["BRIDGE_KEY"] = other
    status, said = bridge.fails_to_start()
    assert status == 2
    assert "the secret till was sealed with the master key" in said
    assert "which is not among those given" in said
    assert other not in said


@pytest.mark.parametrize(("variable", "what"), [("BRIDGE_PORT", "webhooks"), ("BRIDGE_ADMIN_PORT", "the admin port")])
def test_a_port_in_use_is_named(bridge: Installation, variable: str, what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        bridge.settings[variable] = str(port)
        status, said = bridge.fails_to_start()
    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port} for {what}: Address already in use" in said


def test_broken_mapping_files_at_the_first_start_are_all_listed(bridge: Installation) -> None:
    bridge.write("till.yaml", TILL.replace("body: {email: guest,", "body: {email: guest..,"))
    bridge.write("touchpoints.yaml", "touchpoints:\n  steady: {channel: pigeon}\n")
    status, said = bridge.fails_to_start()
    assert status == 2
    assert "till.yaml:15:" in said
    assert "touchpoints.yaml:2:" in said
    assert "Traceback" not in said


def test_wrong_settings_are_all_listed(bridge: Installation) -> None:
    bridge.settings |= {"BRIDGE_PORT": "http", "BRIDGE_DRAIN": "soon"}
    status, said = bridge.fails_to_start()
    assert status == 2
    assert "BRIDGE_PORT: 'http' cannot be used" in said
    assert "BRIDGE_DRAIN: 'soon' cannot be used" in said
