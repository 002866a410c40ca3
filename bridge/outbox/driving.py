"""Replays as jobs: put on record, driven under a lease, paused, resumed, cancelled, carried out page by page."""

import json
from typing import Any

import msgspec

from bridge.core.configuration import Rate
from bridge.core.model import State
from bridge.outbox import lookups, replaying
from bridge.outbox.jobs import Change, Job, Page
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import operating, replaying as sql
from bridge.outbox.tally import Tally
from bridge.outbox.terms import Filter, Row

_AFTER_ALL_IDS = "~"


def start(transaction: Transaction, job: Job) -> None:
    """Put a replay on record."""
    rate = (job.rate.count, job.rate.period) if job.rate else (None, None)
    row = {
        "id": job.id,
        "kind": job.kind,
        "mode": job.mode,
        "state": job.state,
        "who": job.who,
        "why": job.why,
        "description": job.description,
        "selection": msgspec.json.encode(job.wanted).decode(),
        "include_delivered": int(job.include_delivered),
        "newest": job.newest,
        "rate_count": rate[0],
        "rate_period": rate[1],
        "wait": job.wait,
        "started_at": job.started_at,
        "found": job.found,
        "after": job.after,
        "next_at": job.next_at,
        "taken": job.taken,
        "made": job.made,
        "others": json.dumps(dict(job.others)),
        "ended_at": job.ended_at,
        "changed_by": job.changed_by,
        "driver": job.driver,
        "driven_until": job.driven_until,
    }
    transaction.run(sql.START, row)


def job(transaction: Transaction, replay_id: str) -> Job | None:
    """Give a replay."""
    rows = transaction.records(sql.JOB, {"id": replay_id})
    return _job(rows[0]) if rows else None


def jobs(transaction: Transaction, *, limit: int, before: str | None) -> list[Job]:
    """Give a page of replays, newest first."""
    parameters = {"limit": limit, "before": _AFTER_ALL_IDS if before is None else before}
    return [_job(row) for row in transaction.records(sql.JOBS, parameters)]


def running(transaction: Transaction) -> list[Job]:
    """Give the replays that run, oldest first."""
    return [_job(row) for row in transaction.records(sql.RUNNING)]


def _job(row: Row) -> Job:
    count, period = row.pop("rate_count"), row.pop("rate_period")
    wanted = msgspec.json.decode(row.pop("selection"), type=Filter)
    decoded: dict[str, Any] = {
        "wanted": wanted,
        "rate": None if count is None else Rate(count, period),
        "others": json.loads(row["others"]),
        "include_delivered": bool(row["include_delivered"]),
    }
    return Job(**row | decoded)


def change(transaction: Transaction, replay_id: str, change: Change, *, who: str, now: int) -> bool:
    """Pause, resume or cancel; False where the replay is not in a state for that."""
    return bool(transaction.run(sql.CHANGE[change], {"id": replay_id, "who": who, "now": now}))


def drive(transaction: Transaction, replay_id: str, driver: str, *, now: int, until: int) -> Job | None:
    """Take or renew the lease; None while another has it, or if the replay does not run."""
    lease = {"id": replay_id, "driver": driver, "now": now, "until": until}
    return job(transaction, replay_id) if transaction.run(sql.DRIVE, lease) else None


def carry_out(transaction: Transaction, page: Page, *, now: int, until: int) -> Job | None:
    """Make a page's deliveries and note how far the replay is; None, without effect, if it is not the driver's."""
    held = transaction.records(sql.HELD_JOB, {"id": page.replay_id, "driver": page.driver})
    if not held:
        return None
    before = _job(held[0])
    lookups.await_lookups(transaction, page.awaited, now=now)
    outcome = replaying.make(transaction, page.replay_id, page.items, now=now)
    others = dict(outcome.others)
    if page.awaited:
        others[lookups.AWAITED] = len(page.awaited)
    replaying.note(transaction, page.replay_id, outcome.made, others)
    progress = {
        "id": page.replay_id,
        "state": "done" if page.is_last else "running",
        "after": page.after,
        "next_at": now + _pause(before.rate, outcome.made),
        "taken": before.taken + page.taken,
        "ended_at": now if page.is_last else None,
        "until": until,
    }
    transaction.run(sql.PROGRESS, progress)
    return job(transaction, page.replay_id)


def _pause(rate: Rate | None, made: int) -> int:
    """Give how long (ms) so many deliveries take at the rate."""
    return 0 if rate is None else made * rate.period // rate.count


def take_back(transaction: Transaction, replay_id: str, *, reason: str, now: int, limit: int, after: str) -> list[str]:
    """Cancel some of what a replay made and what waits or is held; gives their ids, in order."""
    rows = transaction.rows(sql.TAKEN_BACK, {"id": replay_id, "limit": limit, "after": after})
    tally = Tally()
    for _, state, touchpoint, source, day in rows:
        tally.move(touchpoint, state, "cancelled", of=(source, day))
    changes = [{"id": row[0], "new_reason": reason, "now": now} for row in rows]
    transaction.run_many(operating.CANCEL.format(conditions="id = :id"), changes)
    tally.write(transaction)
    return [row[0] for row in rows]


def states(transaction: Transaction, replay_id: str) -> dict[State, int]:
    """Count by state the deliveries that a replay made."""
    return dict(transaction.rows(sql.STATES_OF_REPLAY, {"id": replay_id}))


def waiting(transaction: Transaction, *, now: int, most: int) -> int:
    """Count the deliveries of all replays that are due and wait, up to `most`."""
    number: int = transaction.rows(sql.WAITING, {"now": now, "most": most})[0][0]
    return number
