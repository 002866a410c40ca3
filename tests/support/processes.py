"""The real program as real processes: `python -m bridge serve` on a temporary folder, and commands beside it."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bridge.app.clock import now
from bridge.app.prepare import create_store, open_vault
from bridge.outbox.driver import sqlite3
from bridge.settings import read_settings

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds until a test that waits for something fails; a busy machine needs some of them
SECRETS = {"till": "the till signs with this", "pxp-api-key": "key-1", "steady": "token-steady", "eager": "token-eager"}

TOUCHPOINTS = """\
touchpoints:
  steady:
    channel: mail
    api_key: ${secret:pxp-api-key}
    token: ${secret:steady}
    base_url: BASE/v2
    timeout: TIMEOUT
    retry: {first: 100ms, factor: 1.5, longest: 1s}
    ambiguous: hold
  eager:
    channel: mail
    api_key: ${secret:pxp-api-key}
    token: ${secret:eager}
    base_url: BASE/v2
    timeout: TIMEOUT
    retry: {first: 100ms, factor: 1.5, longest: 1s}
    ambiguous: retry
"""

TILL = """\
source: till
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {sources: [{from: header, name: X-Till-Signature}]}
  template: [body]
  secrets: ["${secret:till}"]
event: {topic: type, id: id}
mappings:
  - name: steady
    on: [closed]
    touchpoint: steady
    key: order
    body: {email: guest, orderId: order}
"""

EAGER = """\
  - name: eager
    on: [closed]
    touchpoint: eager
    key: order
    body: {email: guest, orderId: order}
"""

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str, *, patience: float = PATIENCE) -> Found:
    """Give what `look` gives as soon as it is something true; fail when that takes too long."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.02)
    return found


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(
    method: str, url: str, body: bytes = b"", *, headers: Mapping[str, str] | None = None, patience: float = PATIENCE
) -> Reply:
    """Send one request on a connection of its own. Raises OSError where nobody listens or answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=patience)
    try:
        connection.request(method, parts.path, body, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(type(error).__name__) from error
    finally:
        connection.close()


def receipt(order: str, **more: str) -> bytes:
    """Make the body of a webhook of the till about one order."""
    return json.dumps(
        {"type": "closed", "id": f"id-{order}", "order": order, "guest": f"{order}@example.com", **more}
    ).encode()


def signed(body: bytes, secret: str = SECRETS["till"]) -> dict[str, str]:
    """Give the headers with which the till posts the body."""
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return {"Content-Type": "application/json", "X-Till-Signature": signature}


class Process:
    """A process this test started, and every line it wrote to standard error."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], **options: Any) -> None:
        self._popen = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A shell ignores Ctrl-C for what it starts in the background, also for all that is started from there.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call, no lock
            **options,
        )
        self.pid = self._popen.pid
        self.lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._is_silent = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stderr is not None
        for line in self._popen.stderr:
            with self._changed:
                self.lines.append(_parsed(line))
                self._changed.notify_all()
        with self._changed:
            self._is_silent = True
            self._changed.notify_all()

    def wait_line(self, event: str, *, after: int = 0, **keys: Any) -> dict[str, Any]:
        """Wait for a log line with this event and keys, from the line `after` on."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_silent or self.find(event, after=after, **keys), PATIENCE)
            found = self.find(event, after=after, **keys)
        assert found, f"no line {event} {keys}, but:\n{self.said}"
        return found[0]

    def find(self, event: str, *, after: int = 0, **keys: Any) -> list[dict[str, Any]]:
        """Give the lines with this event and keys so far."""
        wanted = {"event": event, **keys}
        return [line for line in self.lines[after:] if all(line.get(name) == value for name, value in wanted.items())]

    @property
    def said(self) -> str:
        """Everything it wrote."""
        return "\n".join(str(line.get("text") or json.dumps(line)) for line in self.lines)

    @property
    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        self._popen.send_signal(number)

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait for its end and give its exit status."""
        status = self._popen.wait(patience)
        self._reader.join(patience)
        if self._popen.stderr is not None:
            self._popen.stderr.close()
        return status

    def kill(self) -> int:
        """Kill it with signal 9 and give its exit status."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def terminate(self) -> int:
        """Ask it to end and give its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()


def _parsed(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {"text": line.rstrip()}


class Serving(Process):
    """A running `bridge serve`."""

    hooks = ""
    admin = ""

    def until_ready(self) -> "Serving":
        """Wait until it listens."""
        line = self.wait_line("bridge.ready")
        self.hooks, self.admin = line["hooks"], line["admin"]
        return self

    def post(self, body: bytes, *, secret: str = SECRETS["till"], source: str = "till") -> Reply:
        """Post a signed webhook of the till."""
        return request("POST", f"{self.hooks}/hooks/{source}", body, headers=signed(body, secret))

    def readiness(self) -> Reply:
        return request("GET", f"{self.hooks}/readyz")


@dataclass
class Installation:
    """A data folder, a folder of mapping files, and everything that was started on them."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def mappings(self) -> Path:
        return self.folder / "mappings"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see: nothing of this process's own settings."""
        return {
            "PATH": os.environ["PATH"],
            "BRIDGE_DATA": str(self.data),
            "BRIDGE_MAPPINGS": str(self.mappings),
            "BRIDGE_PORT": "0",
            "BRIDGE_ADMIN_PORT": "0",
            "BRIDGE_LOG": "json",
            "BRIDGE_ALLOW_PRIVATE_TARGETS": "on",
            "BRIDGE_MIN_FREE_DISK": "0",
            **self.settings,
        }

    def write(self, name: str, text: str) -> None:
        """Write a mapping file as editors and deployments do: beside it, then renamed."""
        self.mappings.mkdir(parents=True, exist_ok=True)
        beside = self.mappings / f".{name}.new"
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.mappings / name)

    def write_all(self, base: str, *, timeout: str = "10s", eager: bool = False) -> None:
        """Write the touchpoints, at this target, and the till with one mapping or two."""
        self.write("touchpoints.yaml", TOUCHPOINTS.replace("BASE", base).replace("TIMEOUT", timeout))
        self.write("till.yaml", TILL + EAGER if eager else TILL)

    def store_secrets(self, **others: str) -> None:
        """Store the secrets of the till and both touchpoints, as `bridge secrets set` does but without its start."""
        settings = read_settings(self.environment)
        store = create_store(settings)
        try:
            vault = open_vault(store, settings)
            for name, text in {**SECRETS, **others}.items():
                vault.put(name, text, now=now())
        finally:
            store.close()

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "bridge", *arguments],
            check=False,
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def command(self, *arguments: str, given: str = "") -> str:
        """Run a command that is expected to succeed, and give what it printed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, f"{arguments}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def states(self) -> dict[str, str]:
        """Give the state of the newest delivery of each order."""
        connection = sqlite3.connect(f"{(self.data / 'bridge.db').as_uri()}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT json_extract(body, '$.orderId'), state FROM deliveries ORDER BY id")
            return dict(rows.fetchall())
        finally:
            connection.close()

    def until_state(self, order: str, state: str) -> None:
        """Wait until the newest delivery of the order is in this state."""
        eventually(lambda: self.states().get(order) == state, f"{order} is {state}")

    def spawn(self, *, under: Sequence[str] = (), **options: Any) -> Serving:
        """Start `serve` without waiting for it."""
        process = Serving([*under, sys.executable, "-m", "bridge", "serve"], self.environment, **options)
        self.started.append(process)
        return process

    def serve(self) -> Serving:
        """Start `serve` and wait until it listens."""
        return self.spawn().until_ready()

    def fails_to_start(self) -> tuple[int, str]:
        """Start `serve`, which is expected to end by itself; gives its exit status and what it said."""
        process = self.spawn()
        status = process.wait()
        return status, process.said

    def end(self) -> None:
        """Kill what still runs of what was started here."""
        for process in self.started:
            process.kill()


@contextmanager
def installed(folder: Path, **settings: str) -> Iterator[Installation]:
    """Give an empty installation; its processes do not outlive the block."""
    installation = Installation(folder, settings)
    try:
        yield installation
    finally:
        installation.end()
