"""How far a replay is, for people and programs."""

from typing import Any

from bridge.app.census import spoken
from bridge.app.replays import time_left
from bridge.core.durations import format_duration
from bridge.outbox.jobs import Job


def as_row(job: Job, *, now: int) -> dict[str, Any]:
    """Give a replay as a row; `left` and `left_ms` are None where nobody can say."""
    left = time_left(job, now)
    share = f" ({100 * min(job.taken, job.found) // job.found} %)" if job.found else ""
    return {
        "id": job.id,
        "state": job.state,
        "kind": job.kind,
        "mode": job.mode,
        "progress": f"{job.taken} of {job.found}{share}",
        "found": job.found,
        "taken": job.taken,
        "made": job.made,
        "others": dict(job.others),
        "rate": None if job.rate is None else f"{job.rate.count}/{format_duration(job.rate.period)}",
        "left": None if left is None else spoken(left),
        "left_ms": left,
        "wait": None if not job.wait else format_duration(job.wait),
        "driver": _driver(job, now),
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "who": job.who,
        "why": job.why,
        "changed_by": job.changed_by,
        "description": job.description,
    }


def _driver(job: Job, now: int) -> str:
    if job.state != "running":
        return ""
    if job.driven_until <= now:
        return "nobody; a running bridge takes it over"
    return "the bridge" if job.driver == "bridge" else "the command that began it"
