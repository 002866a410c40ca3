"""What an operator may change, on SQLite: the verbs of `protocol.Controls`, each wrapped in one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in protocol

from dataclasses import dataclass

from bridge.outbox import accepting, hourly, journal, operating, previewing, pruning, standings, suppressing
from bridge.outbox.books import Place, Pruned
from bridge.outbox.sqlite import Database
from bridge.outbox.terms import Action, Filter, Paused, PauseScope, Suppression


@dataclass(frozen=True, slots=True)
class SqliteControls:
    """See `protocol.Controls`."""

    database: Database

    def pause(self, paused: Paused) -> bool:
        with self.database.write() as transaction:
            return operating.pause(transaction, paused)

    def resume(self, scope: PauseScope, name: str, *, now: int) -> bool:
        with self.database.write() as transaction:
            return operating.resume(transaction, scope, name, now=now)

    def hasten(self, touchpoint: str, *, now: int) -> bool:
        with self.database.write() as transaction:
            return standings.hasten(transaction, touchpoint, now=now)

    def cancel(self, wanted: Filter, *, reason: str, now: int) -> int:
        with self.database.write() as transaction:
            return operating.cancel(transaction, wanted, reason=reason, now=now)

    def hold(self, wanted: Filter, *, reason: str, now: int) -> int:
        with self.database.write() as transaction:
            return operating.hold(transaction, wanted, reason=reason, now=now)

    def release(self, wanted: Filter, *, now: int) -> int:
        with self.database.write() as transaction:
            return operating.release(transaction, wanted, now=now)

    def let_wait_again(self, *, held_at: int, reason: str, now: int) -> int:
        with self.database.write() as transaction:
            return previewing.let_wait_again(transaction, held_at=held_at, reason=reason, now=now)

    def suppress(self, suppression: Suppression) -> int | None:
        with self.database.write() as transaction:
            return suppressing.suppress(transaction, suppression)

    def unsuppress(self, contact: bytes) -> bool:
        with self.database.write() as transaction:
            return suppressing.unsuppress(transaction, contact)

    def note(self, action: Action) -> None:
        with self.database.write() as transaction:
            journal.note(transaction, action)

    def keep_hour(self, *, now: int) -> None:
        with self.database.write() as transaction:
            hourly.keep(transaction, now=now)

    def retried(self, refused_id: str, *, event_id: str, now: int) -> bool:
        with self.database.write() as transaction:
            return accepting.retried(transaction, refused_id, event_id=event_id, now=now)

    def prune(
        self, *, now: int, payloads_before: int, history_before: int, limit: int, place: Place | None = None
    ) -> Pruned:
        with self.database.write() as transaction:
            return pruning.prune(
                transaction,
                now=now,
                payloads_before=payloads_before,
                history_before=history_before,
                limit=limit,
                place=place,
            )

    def prunable(self, *, now: int, payloads_before: int, history_before: int) -> dict[str, int]:
        with self.database.read() as transaction:
            return pruning.prunable(
                transaction, now=now, payloads_before=payloads_before, history_before=history_before
            )
