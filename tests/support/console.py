"""The command line in this process, on a folder of its own: what a command says and ends with, and books to look at."""

import hashlib
import hmac
import io
import itertools
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.app.clock import now
from bridge.app.prepare import create_store, open_vault
from bridge.catalog import load_catalog
from bridge.cli import run
from bridge.core.ids import Kind, make_id
from bridge.core.model import Inbound
from bridge.core.outcome import Dead, Delivered, Hold, Ruling
from bridge.intake import Rules, take_in
from bridge.outbox.store import SqliteStore, open_store
from bridge.settings import SETTINGS, Settings, read_settings
from tests.support.books import a_refusal, settled

SECRETS = {"till": "the till signs with this", "pxp-api-key": "key-1", "steady": "token-1", "eager": "token-2"}
FILES = {
    "touchpoints.yaml": """\
touchpoints:
  steady:
    channel: mail
    api_key: ${secret:pxp-api-key}
    token: ${secret:steady}
  eager:
    channel: mail  # as well
    api_key: ${secret:pxp-api-key}
    token: ${secret:eager}
""",
    "till.yaml": """\
source: till
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {sources: [{from: header, name: X-Till-Signature}]}
  template: [body]
  secrets: ["${secret:till}"]
event: {topic: type, id: id, tenant: shop, contact: guest}
mappings:
  - name: visit
    on: [closed]
    when: consent != `false`
    touchpoint: steady
    key: order
    body: {email: guest, orderId: order}
""",
}
RULINGS: dict[str, Ruling] = {
    "delivered": Delivered("enqueued"),
    "dead": Dead("the target answered 422: unknown attribute"),
    "held": Hold("the request was sent, but no answer was seen"),
}


def receipt(order: str, **more: Any) -> bytes:
    """Make the body of a webhook of the till."""
    payload = {"type": "closed", "id": f"id-{order}", "order": order, "guest": f"{order}@example.com", "shop": "vie"}
    return json.dumps({**payload, **more}).encode()


def signature(body: bytes) -> dict[str, str]:
    """Give the header with which the till signs."""
    return {"X-Till-Signature": hmac.digest(SECRETS["till"].encode(), body, hashlib.sha256).hex()}


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it printed, each line with single blanks."""
        return [" ".join(line.split()) for line in self.out.splitlines()]


class _Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


class Console:
    """Runs commands in `folder`, which has a folder `mappings`; the database comes with the first `store`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._numbers = itertools.count()
        for setting in SETTINGS:
            monkeypatch.delenv(setting.variable, raising=False)
        monkeypatch.chdir(folder)
        (folder / "mappings").mkdir()
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder of mapping files."""
        path = self.folder / "mappings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Change a text that a mapping file holds once."""
        text = (self.folder / "mappings" / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def set(self, variable: str, value: str) -> None:
        """Set an environment variable until the test ends."""
        self._monkeypatch.setenv(variable, value)

    def run(self, *arguments: str, given: bytes = b"", terminal: bool = False) -> Said:
        """Run a command with this standard input, which passes for a terminal if it is to be one."""
        stdin = io.TextIOWrapper(_Terminal(given) if terminal else io.BytesIO(given))
        self._monkeypatch.setattr(sys, "stdin", stdin)
        self._capsys.readouterr()
        status = run(list(arguments))
        said = self._capsys.readouterr()
        return Said(status, said.out, said.err)

    def new_id(self, kind: Kind) -> str:
        """Make an id that sorts after all before it, also within a millisecond."""
        return make_id(kind, now(), next(self._numbers))

    @property
    def settings(self) -> Settings:
        return read_settings(os.environ)

    @property
    def database(self) -> Path:
        return self.folder / "data" / "bridge.db"

    @contextmanager
    def store(self) -> Iterator[SqliteStore]:
        """Open the store, made if it is not there."""
        store = open_store(self.database, create=False) if self.database.exists() else create_store(self.settings)
        try:
            yield store
        finally:
            store.close()

    def keep_secrets(self, **others: str) -> None:
        """Store the secrets that the mapping files name."""
        with self.store() as store:
            vault = open_vault(store, self.settings)
            for name, text in {**SECRETS, **others}.items():
                vault.put(name, text, now=now())

    def receive(self, *orders: str, query: str = "", **more: Any) -> list[str]:
        """Take in a webhook of the till for each order, by the mapping files as they are; gives the events' ids."""
        catalog = load_catalog(self.folder / "mappings", os.environ).catalog
        with self.store() as store:
            rules = Rules(open_vault(store, self.settings).index_key(now=now()), catalog.fingerprint)
            ids = []
            for order in orders:
                body = receipt(order, **more)
                inbound = Inbound("till", "POST", f"?{query}", {"content-type": "application/json"}, body, now())
                intake = take_in(inbound, catalog.sources["till"], new_id=self.new_id, rules=rules)
                [accepted] = store.outbox.accept([intake])
                ids += [each.event_id for each in accepted.receipts]
        return ids

    def send(self, *states: str, touchpoint: str = "steady") -> list[str]:
        """Settle the deliveries that are due, the oldest first, so that they are in these states; gives their ids."""
        with self.store() as store:
            free = {touchpoint: len(states)}
            taken = store.outbox.claim(now=now(), lease_until=now() + 60_000, free=free, caps={}).deliveries
            assert len(taken) == len(states)
            ordered = sorted(taken, key=lambda each: each.id)
            results = [settled(each, RULINGS[state], at=now()) for each, state in zip(ordered, states, strict=True)]
            store.outbox.settle(results, now=now())
        return [each.id for each in ordered]

    def refuse(self, *reasons: str) -> list[str]:
        """Keep refused requests of the till; gives their ids."""
        refused = [
            a_refusal(
                0, id=self.new_id("ref"), source="till", reason=reason, body=b"what \x1b[31mcame", received_at=now()
            )
            for reason in reasons
        ]
        with self.store() as store:
            store.outbox.refuse(refused)
        return [each.id for each in refused]
