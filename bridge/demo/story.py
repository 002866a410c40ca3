"""Plays the scenes on a running bridge, and tells what became of each."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec

from bridge.app.inforce import read_folder
from bridge.app.post import Posted, post_webhook, request_headers
from bridge.app.serve import Addresses, serve
from bridge.catalog import Loaded
from bridge.cli.output import table
from bridge.cli.welcome import welcome
from bridge.console import surface
from bridge.demo.scenes import SCENES, Scene
from bridge.demo.stage import copy_mappings, demo_settings, fresh_secret, start_sandbox, store_secrets
from bridge.outbox.store import open_store
from bridge.outbox.terms import Row
from bridge.sandbox import Fault
from bridge.settings import Settings

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


def run_demo(demo: Demo) -> None:
    """Run everything until Ctrl-C. Raises ConfigInvalid if the mapping files are not there or not valid."""
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as temporary:
        data = demo.data or Path(temporary) / "data"
        sandbox, base = start_sandbox(demo.sandbox_port)
        mappings = copy_mappings(demo.mappings, Path(temporary) / "mappings", base)
        settings = demo_settings({"port": demo.port, "admin_port": demo.admin_port}, data, mappings)
        loaded = read_folder(settings, os.environ)
        keys = store_secrets(settings, loaded, {scene.source for scene in SCENES})
        sandbox.fail(Fault(touchpoint=keys["after-payment"], status=503, times=2, message="busy, try again"))

        def tell(addresses: Addresses) -> None:
            story = _Story(demo, settings, loaded, keys, addresses, base)
            threading.Thread(target=story.tell, daemon=True).start()

        serve(settings, os.environ, on_ready=tell, surface=surface)


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
        secret = fresh_secret() if scene.forged else self.keys[name]
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
        welcome(self.settings, self.addresses.admin)
        if not self.demo.leave:
            click.echo("\nThe bridge goes on; end it with Ctrl-C.")


_COLUMNS = ("source", "webhook", "answer", "became", "attempts", "because")


def _became(store: Any, event_id: str) -> Row:
    """Say what the bridge decided of an event and what came of its delivery; a plan counts before other decisions."""
    decisions = sorted(store.ledger.decisions(event_id), key=lambda decision: decision["verdict"] != "planned")
    if not decisions or decisions[0]["verdict"] != "planned":
        return {"became": decisions[0]["verdict"], "because": decisions[0]["reason"]} if decisions else {}
    delivery = store.ledger.delivery(decisions[0]["delivery_id"])
    attempts = store.ledger.attempts(delivery["id"])
    said = [f"{attempt['status'] or attempt['outcome']}" for attempt in attempts]
    reason = f"the target answered {', '.join(said)}" if said else delivery["reason"]
    return {"became": delivery["state"], "attempts": str(len(attempts)), "because": reason}


def _program() -> str:
    """Give the path of this program's command, as somebody in another terminal would call it."""
    return str(Path(sys.executable).with_name("bridge"))
