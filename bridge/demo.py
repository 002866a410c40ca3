"""`bridge demo`: the sandbox, the bridge with the shipped mappings, and signed webhooks that show what can happen."""

import asyncio
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec
import uvicorn

from bridge.app.clock import now
from bridge.app.inforce import read_folder
from bridge.app.post import Posted, post_webhook, request_headers
from bridge.app.prepare import create_store, open_vault
from bridge.app.serve import Addresses, serve
from bridge.app.servers import address, listen
from bridge.catalog import Loaded
from bridge.cli.output import table
from bridge.core.errors import ConfigInvalid
from bridge.outbox.protocol import Filter, Row
from bridge.outbox.store import open_store
from bridge.sandbox import Fault, Sandbox, SandboxProtocol, sandbox_app
from bridge.settings import Settings, read_settings

_REAL_TARGET = "https://api.pressnxpress.com/v2"
_UNHURRIED, _QUICK = "first: 5s", "first: 300ms"  # so that the retries of the demo do not take a minute
_PATIENCE = 60.0  # seconds until the demo shows what there is


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo runs."""

    data: Path | None
    mappings: Path
    port: int
    admin_port: int
    sandbox_port: int
    leave: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One webhook of the demo. `change` edits the example; `forged` signs it with a secret that is not the source's."""

    says: str
    source: str
    example: str
    topic: str | None = None
    change: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    forged: bool = False


_ORDER = {"X-Shopify-Webhook-Id": "3f0c7a52-demo", "X-Shopify-Shop-Domain": "nordlicht.example"}
_NOBODY = {"email": None, "contact_email": None, "customer": None, "id": 5891234567890123499, "name": "#1003"}

SCENES = (
    Scene("an order was fulfilled", "shopify", "order-fulfilled", "orders/fulfilled", headers=_ORDER),
    Scene("the same webhook again", "shopify", "order-fulfilled", "orders/fulfilled", headers=_ORDER),
    Scene("a cancelled order: `when` says no", "shopify", "order-cancelled", "orders/fulfilled"),
    Scene("an order without an address", "shopify", "order-fulfilled", "orders/fulfilled", change=_NOBODY),
    Scene("a topic no mapping takes", "shopify", "order-fulfilled", "orders/create"),
    Scene("a forged webhook", "shopify", "order-fulfilled", "orders/fulfilled", forged=True),
    Scene("an invoice was paid; the target fails twice", "stripe", "invoice-paid"),
    Scene("an order was completed", "woocommerce", "order-completed", "order.updated"),
    Scene("a workflow enrolled a contact", "hubspot", "workflow-contact"),
    Scene("a push to main", "github", "push", "push"),
    Scene("a membership was renewed", "memberships", "renewed"),
    Scene("a receipt was closed: an SMS", "till", "receipt"),
)


def run_demo(demo: Demo) -> None:
    """Run everything until Ctrl-C. Raises ConfigInvalid if the mapping files are not there or not valid."""
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as temporary:
        data = demo.data or Path(temporary) / "data"
        sandbox, base = _start_sandbox(demo.sandbox_port)
        settings = _settings(demo, data, _copy_mappings(demo.mappings, Path(temporary) / "mappings", base))
        loaded = read_folder(settings, os.environ)
        keys = _store_secrets(settings, loaded)
        sandbox.fail(Fault(touchpoint=keys["after-payment"], status=503, times=2, message="busy, try again"))

        def tell(addresses: Addresses) -> None:
            story = _Story(demo, settings, loaded, keys, addresses, base)
            threading.Thread(target=story.tell, daemon=True).start()

        serve(settings, os.environ, on_ready=tell)


def run_sandbox(host: str, port: int) -> None:
    """Run the sandbox until Ctrl-C."""
    listener = listen(host, port, "the sandbox")
    base = address(listener)
    click.echo(f"The sandbox takes requests at {base}/v2 and {base}/api/v2; look at {base}/_sandbox/received")
    _sandbox_server(Sandbox()).run(sockets=[listener])


def _sandbox_server(sandbox: Sandbox) -> uvicorn.Server:
    config = uvicorn.Config(
        sandbox_app(sandbox), http=SandboxProtocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    return uvicorn.Server(config)


def _start_sandbox(port: int) -> tuple[Sandbox, str]:
    """Start the sandbox in a thread; it dies with the process."""
    sandbox = Sandbox()
    listener = _listen_somewhere(port)
    server = _sandbox_server(sandbox)
    threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True).start()
    return sandbox, address(listener)


def _listen_somewhere(port: int) -> socket.socket:
    try:
        return listen("127.0.0.1", port, "the sandbox")
    except ConfigInvalid:
        return listen("127.0.0.1", 0, "the sandbox")


def _free(port: int) -> str:
    """Give the port, or 0 for any where it is taken."""
    try:
        listen("127.0.0.1", port, "the demo").close()
    except ConfigInvalid:
        return "0"
    return str(port)


def _settings(demo: Demo, data: Path, mappings: Path) -> Settings:
    flags = {
        "data": str(data),
        "mappings": str(mappings),
        "port": _free(demo.port),
        "admin_port": _free(demo.admin_port),
        "public_url": "https://hooks.demo.example",
        "allow_private_targets": "on",
        "log": "text",
        "log_level": "error",
    }
    return read_settings({}, flags)


def _copy_mappings(folder: Path, into: Path, base: str) -> Path:
    """Copy the mapping files, with the sandbox in the place of the real target. Raises ConfigInvalid if absent."""
    if not (folder / "touchpoints.yaml").exists():
        raise ConfigInvalid.because(f"there are no mapping files in {folder}", "say where they are with --mappings")
    into.mkdir()
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        (into / path.name).write_text(text.replace(_REAL_TARGET, f"{base}/v2").replace(_UNHURRIED, _QUICK), "utf-8")
    return into


def _store_secrets(settings: Settings, loaded: Loaded) -> dict[str, str]:
    """Store a fresh secret for everything that the mapping files name; `whsec_` secrets are base64."""
    catalog = loaded.catalog
    names = {name for source in catalog.sources.values() for name in source.secret_names}
    names |= {name for touchpoint in catalog.touchpoints.values() for name in touchpoint.secret_names}
    keys = {name: "whsec_" + secrets.token_hex(16) for name in names}
    store = create_store(settings)
    try:
        vault = open_vault(store, settings)
        for name, text in keys.items():
            vault.put(name, text, now=now())
    finally:
        store.close()
    return keys


@dataclass(frozen=True, slots=True)
class _Story:
    """Posts the scenes and tells what became of each."""

    demo: Demo
    settings: Settings
    loaded: Loaded
    keys: dict[str, str] = field(repr=False)
    addresses: Addresses
    target: str

    def tell(self) -> None:
        """Post everything, wait until nothing waits any more, print the table."""
        click.echo(f"The bridge listens at {self.addresses.hooks}, the sandbox target at {self.target}.")
        click.echo(f"Sending {len(SCENES)} signed webhooks …\n")
        try:
            posted = [(scene, self._post(scene)) for scene in SCENES]
            self._wait()
            table([self._row(*each) for each in posted], _COLUMNS, empty="")
            self._where_to_look()
        finally:
            if self.demo.leave:
                os.kill(os.getpid(), signal.SIGINT)

    def _post(self, scene: Scene) -> Posted:
        source = self.loaded.catalog.sources[scene.source]
        path = self.demo.mappings / "examples" / scene.source / f"{scene.example}.json"
        body = path.read_bytes()
        if scene.change:
            body = msgspec.json.encode(msgspec.json.decode(body) | scene.change)
        [name] = source.secret_names
        secret = "whsec_" + secrets.token_hex(16) if scene.forged else self.keys[name]
        headers = request_headers(source, scene.topic, scene.headers)
        public_url = self.settings.public_url
        return post_webhook(source, secret, body, base=self.addresses.hooks, public_url=public_url, headers=headers)

    def _read(self, look: Callable[[Any], Any]) -> Any:
        store = open_store(self.settings.database_path, create=False, reads_only=True)
        try:
            return look(store)
        finally:
            store.close()

    def _wait(self) -> None:
        """Wait until nothing waits to be sent, or the patience is over."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            counters = self._read(lambda store: store.ledger.counters())
            if not counters.get("deliveries.pending") and not counters.get("deliveries.sending"):
                return
            time.sleep(0.1)

    def _row(self, scene: Scene, posted: Posted) -> Row:
        answer = msgspec.json.decode(posted.answer)
        row: Row = {"source": scene.source, "webhook": scene.says, "answer": posted.status}
        if "events" in answer:
            answer = answer["events"][0]
        if "event" not in answer:
            return row | {"became": "refused", "because": answer.get("message", "")}
        if answer["duplicate"]:
            return row | {"became": "duplicate", "because": f"is {answer['event']}"}
        became: Row = self._read(lambda store: _became(store, answer["event"]))
        return row | became

    def _where_to_look(self) -> None:
        data = f"--data {self.settings.data}"
        click.echo(f"\nWhere to look, in another terminal (`bridge` is {_program()}):")
        for command in ("events list", "deliveries list", "refused list", "audit"):
            click.echo(f"  bridge {command} {data}")
        click.echo(f"  curl {self.target}/_sandbox/received        what the target got")
        click.echo(f"  curl {self.addresses.admin}/metrics         the metrics")
        if not self.demo.leave:
            click.echo("\nThe bridge goes on; end it with Ctrl-C.")


_COLUMNS = ("source", "webhook", "answer", "became", "attempts", "because")


def _became(store: Any, event_id: str) -> Row:
    """Say what the bridge decided of an event and what came of its delivery."""
    [decision] = store.ledger.decisions(event_id)
    if decision["verdict"] != "planned":
        return {"became": decision["verdict"], "because": decision["reason"]}
    [delivery] = store.ledger.deliveries(Filter(ids=(event_id,)), limit=1)
    attempts = store.ledger.attempts(delivery["id"])
    said = [f"{attempt['status'] or attempt['outcome']}" for attempt in attempts]
    reason = f"the target answered {', '.join(said)}" if said else delivery["reason"]
    return {"became": delivery["state"], "attempts": str(len(attempts)), "because": reason}


def _program() -> str:
    """Give the path of this program's command, as somebody in another terminal would call it."""
    import sys  # noqa: PLC0415 - only here

    return str(Path(sys.executable).with_name("bridge"))
