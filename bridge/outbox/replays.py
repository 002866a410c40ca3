"""Replays on SQLite: the verbs of `jobs.Replays`, each wrapped in one transaction."""

# ruff: noqa: D102 - each verb is described where it is promised, in jobs

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.model import State
from bridge.outbox import driving, replayable, replaying
from bridge.outbox.jobs import Change, Job, Outcome, Page, Replayed, Selection
from bridge.outbox.sqlite import Database
from bridge.outbox.terms import Row


@dataclass(frozen=True, slots=True)
class SqliteReplays:
    """See `jobs.Replays`."""

    database: Database

    def replayable(self, selection: Selection, *, limit: int, after: str | None) -> list[Row]:
        with self.database.read() as transaction:
            return replayable.replayable(transaction, selection, limit=limit, after=after)

    def count_replayable(self, selection: Selection) -> list[Row]:
        with self.database.read() as transaction:
            return replayable.count(transaction, selection)

    def start(self, job: Job) -> None:
        with self.database.write() as transaction:
            driving.start(transaction, job)

    def job(self, replay_id: str) -> Job | None:
        with self.database.read() as transaction:
            return driving.job(transaction, replay_id)

    def jobs(self, *, limit: int, before: str | None = None) -> list[Job]:
        with self.database.read() as transaction:
            return driving.jobs(transaction, limit=limit, before=before)

    def running(self) -> list[Job]:
        with self.database.read() as transaction:
            return driving.running(transaction)

    def change(self, replay_id: str, change: Change, *, who: str, now: int) -> bool:
        with self.database.write() as transaction:
            return driving.change(transaction, replay_id, change, who=who, now=now)

    def drive(self, replay_id: str, driver: str, *, now: int, until: int) -> Job | None:
        with self.database.write() as transaction:
            return driving.drive(transaction, replay_id, driver, now=now, until=until)

    def carry_out(self, page: Page, *, now: int, until: int) -> Job | None:
        with self.database.write() as transaction:
            return driving.carry_out(transaction, page, now=now, until=until)

    def rehearse(self, items: Sequence[Replayed], *, include_delivered: bool, now: int) -> Outcome:
        with self.database.trial() as transaction:
            return replaying.make(transaction, "", items, now=now, include_delivered=include_delivered)

    def take_back(self, replay_id: str, *, reason: str, now: int, limit: int, after: str = "") -> list[str]:
        with self.database.write() as transaction:
            return driving.take_back(transaction, replay_id, reason=reason, now=now, limit=limit, after=after)

    def states(self, replay_id: str) -> dict[State, int]:
        with self.database.read() as transaction:
            return driving.states(transaction, replay_id)

    def waiting(self, *, now: int, most: int) -> int:
        with self.database.read() as transaction:
            return driving.waiting(transaction, now=now, most=most)
