"""A person at the console: a real Chromium on a real bridge with a sandbox target, and how many steps they took."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from bridge.api.person import Role
from bridge.demo.stage import start_sandbox
from bridge.outbox.store import open_store
from bridge.sandbox import Sandbox
from tests.support.office import signed_in
from tests.support.processes import Installation, Serving, eventually, installed, receipt

PATIENCE = 15_000  # ms that a page may take before a test fails
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; without one the tests are skipped on a laptop and fail in CI."""
    if CHROMIUM is None:
        reason = "there is no Chromium here; Debian's package is called chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class House:
    """A running bridge with a till that sends to a sandbox."""

    bridge: Installation
    serving: Serving
    sandbox: Sandbox

    def sign_in(self, role: Role, name: str = "") -> str:
        """Give the token of a new session."""
        store = open_store(self.bridge.data / "bridge.db", create=False)
        try:
            return signed_in(store, role, name)
        finally:
            store.close()

    def receive(self, *orders: str, state: str = "delivered", **more: str) -> list[str]:
        """Post a webhook of the till for each order and wait for its delivery's state; gives the events' ids."""
        ids = []
        for order in orders:
            reply = self.serving.post(receipt(order, **more))
            assert reply.status == 200, reply
            ids.append(reply.json["event"])
        for order in orders:
            self.bridge.until_state(order, state)
        return ids


@contextmanager
def house(folder: Path, **settings: str) -> Iterator[House]:
    """Start a bridge on the folder."""
    sandbox, base = start_sandbox(0)
    with installed(folder, **settings) as bridge:
        bridge.write_all(base, timeout="2s")
        bridge.store_secrets()
        yield House(bridge, bridge.serve(), sandbox)


@dataclass
class Operator:
    """Somebody at the console. Every click on what does something, and every search, is a step."""

    page: Page
    base: str
    steps: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:  # see `_see`
            self.complaints.append(f"{message.type}: {message.text}")

    def _see(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def open(self, path: str) -> None:
        """Go to a page, which is where the task begins."""
        self.page.goto(self.base + path)
        self.steps = 0

    def open_on(self, path: str) -> None:
        """Take a link of the left column."""
        self.steps += 1
        self.page.goto(self.base + path)

    def press(self, name: str, *, within: str = "main") -> None:
        """Take the button or link of that name; with `Replay 4` the one that begins so."""
        self.steps += 1
        scope = self.page.locator(within).last
        found = scope.get_by_role("button", name=name).or_(scope.get_by_role("link", name=name)).first
        found.click()

    def search(self, text: str) -> None:
        """Ask in the bar."""
        self.steps += 1
        self.page.locator("#q").fill(text)
        self.page.locator("#q").press("Enter")

    def write(self, label: str, text: str) -> None:
        """Fill a field; not a step of its own, the button beside it is."""
        self.page.get_by_label(label).first.fill(text)

    def sees(self, text: str, *, patience: float = 5.0) -> None:
        """Wait until the page says so."""
        eventually(lambda: text in self.page.locator("body").inner_text(), f"the page says {text!r}", patience=patience)

    @property
    def title(self) -> str:
        return self.page.locator("h1").first.inner_text()


@contextmanager
def at_console(
    browser: Browser, home: House, role: Role, *, script: bool = True, width: int = 1280
) -> Iterator[Operator]:
    """Sit somebody of that role down at the console, signed in."""
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, java_script_enabled=script, timezone_id="Europe/Berlin")  # type: ignore[arg-type]
    context.add_cookies([{"name": "session", "value": home.sign_in(role), "url": home.serving.admin}])
    context.set_default_timeout(PATIENCE)
    operator = Operator(context.new_page(), home.serving.admin)
    yield operator
    operator.page.goto("about:blank")  # closing waits, now and then for ever, for a page that is still on its way
    context.close()
    assert not operator.complaints, operator.complaints
