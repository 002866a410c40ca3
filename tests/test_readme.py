"""The README, followed: every `sh` block of the documents is run in order, in a folder like a fresh checkout's."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.catalog import load_catalog
from bridge.outbox.driver import sqlite3
from tests.support.documents import ROOT
from tests.support.fences import BLOCKS, Block, block_with
from tests.support.processes import PATIENCE, eventually, request
from tests.support.recorder import recording

SHELL = [block for block in BLOCKS if block.language == "sh" and block.document == "README.md"]
TARGET = "https://api.pressnxpress.com"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Checkout:
    """A folder with the mapping files, in which a person types; what runs in the background ends with it."""

    folder: Path
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    background: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "BRIDGE_PORT": str(self.port),
            "BRIDGE_ADMIN_PORT": str(self.admin_port),
            "BRIDGE_ALLOW_PRIVATE_TARGETS": "on",
            "BRIDGE_MIN_FREE_DISK": "0",
        }

    def run(self, text: str) -> subprocess.CompletedProcess[str]:
        """Run a block; nothing of the mistakes in it is passed over."""
        return subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", text],
            check=False,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def serve(self, text: str) -> None:
        """Run a block that goes on, in the background, until it is ready."""
        with (self.folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {text.strip()}"],
                cwd=self.folder,
                env=self.environment,
                stderr=log,
            )
        self.background.append(process)
        eventually(lambda: b"bridge.ready" in (self.folder / "serve.log").read_bytes(), "the bridge is ready")


@contextmanager
def checkout(folder: Path, base: str) -> Iterator[Checkout]:
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    path = folder / "mappings" / "touchpoints.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(TARGET, base), encoding="utf-8")
    made = Checkout(folder)
    try:
        yield made
    finally:
        for process in made.background:
            process.kill()
            process.wait(PATIENCE)


def test_there_are_blocks_to_run() -> None:
    assert len(SHELL) >= 7
    assert {block.document for block in BLOCKS if block.language == "sh"} == {"README.md", "docs/api.md"}


def test_every_block_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    said: dict[Block, str] = {}
    with recording() as target, checkout(tmp_path, target.url) as person:
        for block in SHELL:
            if block.text.startswith("bridge serve"):
                person.serve(block.text)
                continue
            done = person.run(block.text)
            assert done.returncode == 0, f"{block}: {done.stdout}{done.stderr}"
            said[block] = done.stdout
        target.wait_for(1)
        [process] = person.background
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    [arrived] = target.arrived
    assert (arrived.token, arrived.key, arrived.order) == ("the-touchpoint-token", "the-api-token", "#1001")
    answers(said)
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {"bridge.db", "bridge.key", "bridge.lock"}
    backup(tmp_path)


def answers(said: dict[Block, str]) -> None:
    """The commands of the README say what it says they do."""
    assert said[block_with("bridge --version")] == "bridge, version 0.1.0\n"
    assert re.search(
        r"^mappings is fine: \d+ sources, \d+ touchpoints\.\n\Z", said[block_with("bridge check\n")], re.MULTILINE
    )
    assert '200 {"event":"evt_' in said[block_with("bridge send shopify")]
    assert "planned" in said[block_with("bridge try shopify")]
    assert "Found 0; made nothing." in said[block_with("bridge replay --since 12h --rate")]
    assert "\nOrder #1001 (shopify orders/fulfilled, " in said[block_with("bridge why '#1001'")]
    assert "a…@example.com" in said[block_with("bridge suppress add")]
    assert "wrong texts went out (by operator, since " in said[block_with("wrong texts went out")]
    balanced = "Balanced: 1 events, 1 deliveries planned and 0 replayed, 1 delivered."
    assert balanced in said[block_with("bridge audit\nbridge doctor")]


def backup(folder: Path) -> None:
    """The backup is a database with the same events, and nothing else lies beside it."""
    [written] = (folder / "backups").iterdir()
    connection = sqlite3.connect(written)
    assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]
    connection.close()


def test_the_rehearsal_points_the_mapping_files_at_the_sandbox(tmp_path: Path) -> None:
    [line] = [line for line in block_with("bridge sandbox &").text.splitlines() if line.startswith("sed ")]
    with checkout(tmp_path, TARGET) as person:
        assert person.run(line).returncode == 0
        touchpoints = load_catalog(tmp_path / "mappings", {}).catalog.touchpoints
        assert {each.base_url for each in touchpoints.values()} == {"http://127.0.0.1:8090/v2"}


def test_the_sandbox_tells_where_it_listens_and_what_it_got() -> None:
    command = [str(Path(sys.executable).with_name("bridge")), "sandbox", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert base is not None
        body = json.dumps({"email": "anna@example.com"}).encode()
        headers = {"Content-Type": "application/json"}
        url = f"{base[0]}/v2/channel/mail/token-1/enqueue"
        assert request("POST", url, body, headers=headers).status == 401
        received = request("GET", f"{base[0]}/_sandbox/received")
        assert (received.status, received.json) == (200, {"total": 0, "received": []})
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


OUTCOMES = [
    ("shopify", "an order was fulfilled", "200", "delivered"),
    ("shopify", "the same webhook again", "200", "duplicate"),
    ("shopify", "a cancelled order: `when` says no", "200", "skipped"),
    ("shopify", "an order was called off", "200", "cancelling"),
    ("shopify", "its fulfilment comes late", "200", "suppressed"),
    ("shopify", "an order without an address", "200", "failed"),
    ("shopify", "a topic no mapping takes", "200", "unmatched"),
    ("shopify", "a forged webhook", "401", "refused"),
    ("stripe", "an invoice was paid; the target fails twice", "200", "delivered"),
    ("woocommerce", "an order was completed", "200", "delivered"),
    ("hubspot", "a workflow enrolled a contact", "200", "delivered"),
    ("github", "a push to main", "200", "delivered"),
    ("memberships", "a membership was renewed", "200", "delivered"),
    ("till", "a receipt was closed: an SMS", "200", "delivered"),
    ("zendesk", "a ticket was solved", "200", "delivered"),
    ("typeform", "a form was submitted", "200", "delivered"),
    ("calendly", "a meeting was booked", "200", "delivered"),
    ("paddle", "a customer was created", "200", "delivered"),
    ("docusign", "a contract was signed", "200", "delivered"),
    ("shopware", "an order was shipped", "200", "delivered"),
]


def test_the_demo_shows_what_the_readme_promises() -> None:
    program = str(Path(sys.executable).with_name("bridge"))
    arguments = ["demo", "--exit", "--port", "0", "--admin-port", "0", "--sandbox-port", "0"]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [program, *arguments], check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    table = [tuple(re.split(r" {2,}", line)[:4]) for line in done.stdout.splitlines()]
    start = table.index(("source", "webhook", "answer", "became"))
    assert table[start + 1 : start + 21] == OUTCOMES
    assert "the target answered 503, 503, 200" in done.stdout
    assert "twenty signed webhooks of thirteen systems" in " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert (len(OUTCOMES), len({source for source, *_ in OUTCOMES})) == (20, 13)


@pytest.mark.parametrize("target", ["run", "test"])
def test_make_knows_how_to_do_it_without_doing_it(target: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed here")
    command = ["make", "--no-print-directory", "--dry-run", "--always-make", target, "VENV=.venv-elsewhere"]
    environment = {"PATH": os.environ["PATH"]}  # the tests may run under make, which tells its children so
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0
    last = {"run": ".venv-elsewhere/bin/bridge demo", "test": ".venv-elsewhere/bin/python -m pytest"}[target]
    assert done.stdout.splitlines()[-1] == last
