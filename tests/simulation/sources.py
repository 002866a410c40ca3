"""The systems that send events, and what is promised to them: what is acknowledged is kept."""

import json
from random import Random
from typing import Any

from bridge.core.model import Inbound
from bridge.intake import NewId, Rules, take_in
from bridge.outbox.store import SqliteStore
from tests.simulation.catalog import DAY, catalog
from tests.simulation.promises import check_kept
from tests.simulation.virtual import Clock
from tests.simulation.witness import Broken, Said, Witness

DEDUPE = 35 * DAY


class Sources:
    """Everybody who sends, through the real intake into the real store."""

    def __init__(
        self, store: SqliteStore, clock: Clock, witness: Witness, draw: Random, *, new_id: NewId, rules: Rules
    ) -> None:
        self._store = store
        self._clock = clock
        self._witness = witness
        self._draw = draw
        self._new_id = new_id
        self._rules = rules
        self._sent: dict[str, list[Inbound]] = {}
        self._known: dict[tuple[str, str], int] = {}  # until when the same id is the same event
        self._number = 0

    def send(self, source: str, topic: str, payload: dict[str, Any]) -> None:
        """Send a new event; now and then twice, as systems do that did not hear the answer."""
        self._number += 1
        body = json.dumps({**payload, "type": topic, "id": f"{source}-{self._number}"}).encode()
        headers = {"content-type": "application/json"}
        inbound = Inbound(source, "POST", f"https://bridge.example/hooks/{source}", headers, body)
        self._sent.setdefault(payload.get("order", ""), []).append(inbound)
        self._accept(inbound)
        if self._draw.random() < 0.1:
            self._accept(inbound)

    def send_again(self, order: str) -> None:
        """Send the last event about this order once more."""
        for inbound in self._sent.get(order, [])[-1:]:
            self._accept(inbound)

    def _accept(self, sent: Inbound) -> None:
        now = self._clock()
        inbound = Inbound(sent.source, sent.method, sent.url, sent.headers, sent.body, now)
        intake = take_in(inbound, catalog().sources[sent.source], new_id=self._new_id, rules=self._rules)
        [accepted] = self._store.outbox.accept([intake])
        [receipt], payload = accepted.receipts, json.loads(sent.body)
        name = (sent.source, payload["id"])
        is_known = self._known.get(name, 0) > now
        self._witness.note(now, f"accepted {receipt.event_id} {name} {payload['type']} duplicate={receipt.duplicate}")
        if receipt.duplicate != is_known:
            raise Broken(f"{name} is{'' if is_known else ' not'} known, and was taken as if it were otherwise")
        if is_known:
            self._witness.saw("duplicate")
            return
        self._known[name] = now + DEDUPE
        self._witness.acknowledged(receipt.event_id, Said(sent.source, payload["type"], payload, now))
        check_kept(self._store, self._witness, receipt.event_id)
