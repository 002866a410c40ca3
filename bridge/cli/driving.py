"""Driving a replay in the foreground, with progress and time left, or following the bridge that drives it."""

import getpass
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from bridge.app.clock import now
from bridge.app.replays import FIRST_PAGE, Again, next_page, next_size
from bridge.cli.output import printable
from bridge.outbox.jobs import Job
from bridge.outbox.store import SqliteStore
from bridge.outbox.terms import Action

_LEASE = 10_000  # ms
_SLICE = 2.0  # seconds; while a rate makes it wait, the lease is renewed so often
_BREATH = 0.02  # seconds between two pages: a bridge beside this goes first
_LOOK_EVERY = 0.5  # seconds between looks at what the bridge has done
INTERRUPTED = 130


def person() -> str:
    """Say who types: the name of their account."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"cli:{os.getuid()}"


def own(job: Job) -> Job:
    """Give a new replay with the lease on it, so that no bridge takes it before this command does."""
    return replace(job, driver=_driver_of(job), driven_until=now() + _LEASE)


def _driver_of(job: Job) -> str:
    return f"command {job.id}"


def drive(store: SqliteStore, job: Job, again: Again) -> int:
    """Carry out a replay, and say what came of it on standard error; gives the exit status.

    Ctrl-C pauses it. Where a bridge has taken it over, as after a long sleep of this computer, it is only followed.
    """
    driving = _Driving(store, again, _driver_of(job))
    with _progress(job) as shown:
        current: Job | None = job
        try:
            while current is not None and current.state == "running":
                current = driving.turn(current)
                shown(current)
        except KeyboardInterrupt:
            with store.together():
                store.replays.change(job.id, "pause", who=person(), now=now())
                store.controls.note(Action(now(), person(), "pause", job.id, "interrupted"))
            _after_interrupt(job.id, "is paused")
            return INTERRUPTED
    return follow(store, job.id) if current is None else 0


class _Driving:
    """Makes pages in the foreground, each so small that a bridge beside it hardly waits."""

    def __init__(self, store: SqliteStore, again: Again, driver: str) -> None:
        self._store = store
        self._again = again
        self._driver = driver
        self._size = FIRST_PAGE

    def turn(self, job: Job) -> Job | None:
        """Make the next page, or wait a little until it may be made; None if another drives it, or nobody any more."""
        wait = (job.next_at - now()) / 1000
        if wait > 0:
            time.sleep(min(wait, _SLICE))
        if wait > 0 or job.driver != self._driver:
            return self._store.replays.drive(job.id, self._driver, now=now(), until=now() + _LEASE)
        page = next_page(self._store, job, self._again, self._driver, size=self._size)
        begun = now()
        after = self._store.replays.carry_out(page, now=begun, until=begun + _LEASE)
        self._size = next_size(self._size, now() - begun)
        time.sleep(_BREATH)
        return after


def follow(store: SqliteStore, replay_id: str) -> int:
    """Show what the running bridge makes of a replay until it ends or is stopped; Ctrl-C ends only this."""
    current = store.replays.job(replay_id)
    if current is None or current.state != "running":
        return 0
    with _progress(current) as shown:
        try:
            while current is not None and current.state == "running":
                time.sleep(_LOOK_EVERY)
                current = store.replays.job(replay_id)
                shown(current)
        except KeyboardInterrupt:
            _after_interrupt(replay_id, "goes on in the running bridge")
            return INTERRUPTED
    return 0


@contextmanager
def _progress(job: Job) -> Iterator[Any]:
    with click.progressbar(length=job.found, label=f"Replay {job.id}", file=sys.stderr) as bar:
        at = job.taken
        bar.update(at)

        def shown(current: Job | None) -> None:
            nonlocal at
            if current is not None:
                bar.update(current.taken - at)
                at = current.taken

        yield shown


def _after_interrupt(replay_id: str, what: str) -> None:
    click.echo(f"\nReplay {replay_id} {what}. See `bridge replays show {replay_id}`;", err=True)
    click.echo(f"`bridge replays resume|pause|cancel|undo {replay_id}` says how it goes on.", err=True)


def result(job: Job) -> dict[str, Any]:
    """Give what a replay came to, for programs."""
    counts = {"replay": job.id, "state": job.state, "found": job.found, "taken": job.taken}
    return counts | {"made": job.made, "others": dict(job.others)}


def say(job: Job) -> None:
    """Print what a replay came to."""
    stopped = "" if job.state == "done" else f" ({job.state})"
    click.echo(f"Replay {job.id}: made {job.made} of {job.found}{stopped}.")
    for reason, count in job.others.items():
        click.echo(f"  {count} not made: {printable(reason)}")
