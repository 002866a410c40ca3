"""What a replay would take and make, before it begins: counted exactly, and tried on the first of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.app.clock import now
from bridge.app.replays import Again, selection, work_out
from bridge.core.configuration import Touchpoint
from bridge.core.durations import spoken_duration
from bridge.outbox.jobs import Job, Replayed
from bridge.outbox.lookups import AWAITED
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Row

COLUMNS = ("kind", "source", "mapping", "touchpoint", "state", "number")
_MADE_A_SECOND = 2_000  # deliveries that a bridge makes beside live traffic, where no rate holds it back


@dataclass(frozen=True, slots=True)
class Sample:
    """The first of what a replay takes, worked out: what each row would become, and how many wait for a lookup."""

    rows: int
    items: tuple[Replayed, ...]
    awaited: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a sample: how many of its `rows` would be made, and by reason how many would not."""

    rows: int
    made: int
    others: Mapping[str, int]


def draw(store: Store, job: Job, again: Again, *, most: int) -> Sample:
    """Work out the first rows that a replay takes; only reads."""
    chosen = selection(job, again.catalog)
    first = [] if chosen is None else store.replays.replayable(chosen, limit=most, after=None)
    worked_out, awaited = work_out(store.ledger, first, again, job.id)
    return Sample(len(first), tuple(worked_out), len(awaited))


def rehearse(store: Store, job: Job, sample: Sample) -> Tried:
    """Say what would become of a sample; nothing is kept, but the store's lock is held as long as it takes."""
    outcome = store.replays.rehearse(sample.items, include_delivered=job.include_delivered, now=now())
    awaited = {AWAITED: sample.awaited} if sample.awaited else {}
    return Tried(sample.rows, outcome.made, {**outcome.others, **awaited})


def in_order(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Give the counts of what a replay takes in the order in which they are shown."""
    return sorted(rows, key=lambda row: [str(row[name]) for name in COLUMNS])


def duration(job: Job) -> int:
    """Give how long (ms) making takes at the replay's rate, at least a second; 0 without a rate."""
    return 0 if job.rate is None else max(1_000, job.found * job.rate.period // job.rate.count)


def until_sent(job: Job, counts: Sequence[Row], touchpoints: Mapping[str, Touchpoint]) -> int:
    """Give how long (ms) it takes at least until all is sent: by the replay's rate and those of the touchpoints."""
    spans = [duration(job), job.found * 1_000 // _MADE_A_SECOND]
    going: dict[str, int] = {}
    for row in counts:
        going[row["touchpoint"]] = going.get(row["touchpoint"], 0) + row["number"]
    for name, number in going.items():
        rate = touchpoints[name].rate if name in touchpoints else None
        if rate is not None:
            spans.append(number * rate.period // rate.count)
    return job.wait + max(spans)


def spoken(ms: int) -> str:
    """Give a duration roughly, as people say it; at least a second."""
    return f"{max(1, round(ms / 1000))} s" if ms < 2 * 60_000 else spoken_duration(ms)
