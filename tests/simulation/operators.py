"""What operators do in a simulation: each deed on the real store, and told to the witness."""

from collections.abc import Callable
from random import Random
from typing import Any

from bridge.app.replays import Again, next_page
from bridge.core.contact import digest
from bridge.core.ids import Kind, make_id
from bridge.core.model import State
from bridge.intake import NewId, Rules
from bridge.outbox.jobs import Job
from bridge.outbox.store import SqliteStore
from bridge.outbox.terms import Filter, Paused, Suppression
from tests.simulation.catalog import DAY, catalog
from tests.simulation.reasons import BY_OPERATOR
from tests.simulation.script import CONTACTS
from tests.simulation.virtual import Clock
from tests.simulation.witness import Witness

KEPT_PAYLOADS, KEPT_HISTORY = 30 * DAY, 45 * DAY


class Operators:
    """Everybody with a terminal."""

    def __init__(
        self, store: SqliteStore, clock: Clock, witness: Witness, draw: Random, *, new_id: NewId, rules: Rules
    ) -> None:
        self._store = store
        self._clock = clock
        self._witness = witness
        self._draw = draw
        self._again = Again(catalog(), rules, self._replay_id)
        self._new_id = new_id
        self._index_key = rules.index_key
        self.pruned_before = 0
        self.deeds: dict[str, Callable[[], None]] = {
            "hold": self.hold,
            "release": self.release,
            "cancel": self.cancel,
            "suppress": self.suppress,
            "unsuppress": self.unsuppress,
            "replay": self.replay,
            "prune": self.prune,
        }

    def pause(self, scope: Any, name: str) -> None:
        if self._store.controls.pause(Paused(scope, name, BY_OPERATOR, self._clock(), "operator")):
            self._witness.saw(f"paused {scope}")
        self._witness.paused.add((scope, name))

    def resume(self, scope: Any, name: str) -> None:
        self._store.controls.resume(scope, name, now=self._clock())
        self._witness.paused.discard((scope, name))
        if scope == "touchpoint":
            self._witness.refused.pop(name, None)

    def hold(self) -> None:
        for name in self._some("pending"):
            self._store.controls.hold(Filter(ids=(name,)), reason=BY_OPERATOR, now=self._clock())

    def release(self) -> None:
        for name in self._some("held"):
            self._release(name)

    def release_all(self) -> int:
        """Release everything; gives how many that were."""
        names = self._in("held")
        for name in names:
            self._release(name)
        return len(names)

    def _release(self, name: str) -> None:
        self._witness.gave_up([name])
        self._witness.hurried.add(name)
        self._store.controls.release(Filter(ids=(name,)), now=self._clock())
        self._witness.saw("released")

    def cancel(self) -> None:
        for name in (*self._some("held"), *self._some("pending")):
            self._witness.gave_up([name])
            self._store.controls.cancel(Filter(ids=(name,)), reason=BY_OPERATOR, now=self._clock())

    def suppress(self) -> None:
        contact = self._draw.choice(CONTACTS)
        mark = digest(self._index_key, contact)
        self._store.controls.suppress(Suppression(mark, "a…", BY_OPERATOR, self._clock(), "operator"))
        self._witness.suppress(contact)

    def unsuppress(self) -> None:
        for contact in sorted(self._witness.suppressed):
            self._store.controls.unsuppress(digest(self._index_key, contact))
        self._witness.suppressed.clear()

    def replay(self) -> None:
        """Replay what did not arrive, as `bridge replay` does."""
        now, store = self._clock(), self._store
        wanted = self._draw.choice([Filter(states=("dead",)), Filter(source="shop"), Filter(touchpoint="post")])
        newest = make_id("dlv", now, (1 << 80) - 1)
        job = Job(self._new_id("rpl"), "replay", "stored-body", wanted, newest, now)
        store.replays.start(job)
        until = now + 10_000
        driven = store.replays.drive(job.id, "operator", now=now, until=until)
        while driven is not None and driven.state == "running":
            page = next_page(store, driven, self._again, "operator", size=5)
            driven = store.replays.carry_out(page, now=now, until=until)
        if driven is not None and driven.made:
            self._witness.saw("replayed")

    def _replay_id(self, kind: Kind) -> str:
        made = self._new_id(kind)
        self._witness.replays.add(made)
        return made

    def prune(self) -> None:
        now = self._clock()
        self.pruned_before = now - KEPT_HISTORY
        place, is_first = None, True
        while place is not None or is_first:
            is_first = False
            pruned = self._store.controls.prune(
                now=now,
                payloads_before=now - KEPT_PAYLOADS,
                history_before=self.pruned_before,
                limit=20,
                place=place,
            )
            place = pruned.place
            if pruned.rows:
                self._witness.saw("pruned")

    def _some(self, state: State) -> list[str]:
        names = self._in(state)
        return self._draw.sample(names, min(len(names), self._draw.randint(1, 2)))

    def _in(self, state: State) -> list[str]:
        return sorted(row["id"] for row in self._store.ledger.deliveries(Filter(states=(state,)), limit=1_000))
