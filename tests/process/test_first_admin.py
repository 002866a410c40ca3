"""The first start of the real program: a link for the first admin, printed once, used once."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.processes import PATIENCE, ROOT, Installation, eventually, installed, request

PASSWORD = "a horse and three batteries"


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        installation.write_all("http://127.0.0.1:9")
        installation.store_secrets()
        yield installation


@contextmanager
def serving(bridge: Installation, name: str) -> Iterator[Path]:
    """Start `serve`, and end it with the block; gives the file that has what it prints."""
    printed, logged = bridge.folder / f"{name}.out", bridge.folder / f"{name}.log"
    with printed.open("wb") as out, logged.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "serve"], cwd=ROOT, env=bridge.environment, stdout=out, stderr=log
        )
    try:
        eventually(lambda: "bridge.ready" in logged.read_text("utf-8"), "the bridge is ready")
        yield printed
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def link_in(printed: Path) -> str:
    look = re.compile(r"http://127\.0\.0\.1:\d+/join/[\w-]{43}")
    return eventually(lambda: look.search(printed.read_text("utf-8")), "a link")[0]


def joined(link: str, name: str) -> int:
    """Use the link as a browser would; gives the status."""
    form = urlencode({"name": name, "password": PASSWORD, "again": PASSWORD}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    return request("POST", link, form, headers=headers).status


def test_each_start_prints_a_link_until_somebody_has_used_one(bridge: Installation) -> None:
    with serving(bridge, "first") as printed:
        first = link_in(printed)
        assert request("GET", first).status == 200
    with serving(bridge, "second") as printed:
        second = link_in(printed)
        at = f"http://{urlsplit(second).netloc}"
        assert request("GET", at + urlsplit(first).path).status == 404
        assert joined(second, "anna") == 303
        assert joined(second, "eve") == 404
    with serving(bridge, "third") as printed:
        pass
    assert printed.read_text("utf-8") == ""
    people = bridge.command("users", "list", "--json")
    assert re.findall(r'"name": "(\w+)"', people) == ["anna"]
    for link in (first, second):
        token = link.rpartition("/")[2].encode()
        assert all(token not in file.read_bytes() for file in bridge.data.iterdir() if file.is_file())
        assert all(token not in file.read_bytes() for file in bridge.folder.glob("*.log"))
