"""Replays: what one would make, making it, how far it is, stopping it and taking it back."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import msgspec

from bridge.api.choice import Choice, Text, Word, described, given, to_filter
from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.app.census import Sample, Tried, draw, in_order, rehearse, until_sent
from bridge.app.drifting import silent_guard
from bridge.app.progress import as_row
from bridge.app.replays import Again, rule_of, selection
from bridge.app.undoing import UNDONE, Undoing
from bridge.core.configuration import Rate
from bridge.core.durations import parse_duration, parse_rate
from bridge.core.model import State
from bridge.core.story import hide_others
from bridge.outbox.jobs import Change, Job, ReplayMode, Selection
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Row

_TRIED = 100  # rows that a preview works out; the writer is held for some ms
_BREATH = 0.02  # seconds between two chunks of an undo: intake goes first
_NO_REASON = "no reason given"
_OF_PAST_EVENTS = {"mapping", "topic", "since", "until"}  # the filters that a backfill knows
_DECIDED = frozenset({"delivered", "held"})  # states of which a replay says why

Parsed = TypeVar("Parsed")


class How(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to replay: with the stored bodies or today's mapping, how fast (`10/s`), after which time (`10m`), and why.

    With `backfill` the choice's mapping (`source/name`) is new, and past events are taken through it.
    """

    mode: ReplayMode = "stored-body"
    include_delivered: bool = False
    backfill: bool = False
    rate: Word | None = None
    wait: Word | None = None
    reason: Annotated[Text, msgspec.Meta(description="Kept with the replay")] = ""


class Preview(msgspec.Struct, frozen=True):
    """What a replay would take: how many, `by` what, and what would become of the first `tried`.

    `asked_before` counts those whose person was asked, or may have been; `wants_reason` those that were delivered or
    are held, of which a replay says why. `takes_ms` is the time until all is sent.
    """

    found: int
    by: list[dict[str, Any]]
    tried: Tried
    asked_before: int
    wants_reason: int
    takes_ms: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """A replay that is not begun, and what it takes."""

    job: Job
    rows: list[Row]
    asked_before: int

    @property
    def wants_reason(self) -> int:
        return sum(_number(self.rows, state) for state in _DECIDED)


async def preview(office: Office, person: Person, choice: Choice, how: How) -> Preview:
    """Say what a replay would take and make; makes nothing. Raises Declined for a choice that cannot be meant."""
    counted, sample = await office.read(_prepared(office, person, choice, how, tried=_TRIED))
    tried = Tried(0, 0, {})
    if sample.rows:
        tried = await office.write(lambda store: rehearse(store, counted.job, sample))
    takes = until_sent(counted.job, counted.rows, office.in_force.touchpoints)
    numbers = (counted.asked_before, counted.wants_reason)
    return Preview(counted.job.found, in_order(counted.rows), tried, *numbers, takes)


async def make(office: Office, person: Person, choice: Choice, how: How, *, expected: int | None = None) -> Job:
    """Begin a replay, which the running bridge carries out. Raises Declined.

    `expected` is the number that a preview found: where it is another by now, nothing is begun (409).
    """
    counted, _ = await office.read(_prepared(office, person, choice, how, tried=0))
    job = counted.job
    if expected is not None and job.found != expected:
        raise Declined(409, f"{job.found} match by now, not {expected}; look at them again before you replay them")
    if not job.found:
        raise Declined(409, "nothing matches that can be replayed, so nothing was begun")
    if counted.wants_reason and not how.reason.strip():
        raise invalid(f"reason: say why, since {counted.wants_reason} of what it takes was delivered or is held")
    detail = f"{job.found} found; {job.description}; {job.mode}: {hide_others(job.why, '')}"

    def work(store: Store) -> None:
        with store.together():
            store.replays.start(job)
            store.controls.note(Action(job.started_at, person.name, "replay", job.id, detail))

    await office.write(work)
    return job


async def change(office: Office, person: Person, replay_id: str, verb: Change) -> Row:
    """Pause, resume or cancel a replay; gives it as it is then. Raises Declined where it is not in a state for that."""
    now = office.now()

    def work(store: Store) -> bool:
        with store.together():
            changed = store.replays.change(replay_id, verb, who=person.name, now=now)
            if changed:
                store.controls.note(Action(now, person.name, verb, replay_id))
            return changed

    job = await _found(office, replay_id)
    if not await office.write(work):
        raise Declined(409, f"it cannot be: {verb} {replay_id}, which is {job.state} already")
    return await show(office, replay_id)


async def undo(office: Office, person: Person, replay_id: str, *, reason: str = "") -> int:
    """Make no more, and cancel what was made and still waits, chunk after chunk; gives how many that were."""
    now = office.now()

    def work(store: Store) -> None:
        with store.together():
            store.replays.change(replay_id, "cancel", who=person.name, now=now)
            store.controls.note(Action(now, person.name, "undo", replay_id, hide_others(reason, "")))

    await _found(office, replay_id)
    await office.write(work)
    undoing = Undoing(replay_id, reason or UNDONE)
    more = True
    while more:
        more = await office.write(undoing.step)
        await asyncio.sleep(_BREATH)
    return undoing.cancelled


async def show(office: Office, replay_id: str) -> Row:
    """Give a replay, and how many of its `deliveries` are in which state. Raises Declined (404)."""
    job = await _found(office, replay_id)
    states: dict[State, int] = dict(await office.read(lambda store: store.replays.states(replay_id)))
    return as_row(job, now=office.now()) | {"deliveries": states}


async def listed(office: Office, *, limit: int, before: str | None = None) -> list[Row]:
    """Give a page of replays, newest first."""
    jobs = await office.read(lambda store: store.replays.jobs(limit=limit, before=before))
    return [as_row(job, now=office.now()) for job in jobs]


async def _found(office: Office, replay_id: str) -> Job:
    job = await office.read(lambda store: store.replays.job(replay_id))
    if job is None:
        raise not_found(f"replay {replay_id}", "the list of replays has those that are kept")
    return job


def _prepared(
    office: Office, person: Person, choice: Choice, how: How, *, tried: int
) -> Callable[[Store], tuple[_Counted, Sample]]:
    """Give the work on a reading store that counts what the replay takes and works out the first so many."""
    _check(office, choice, how)
    job = _job(office, person, choice, how)

    def work(store: Store) -> tuple[_Counted, Sample]:
        guard = silent_guard(store.ledger.attributes(), office.settings)
        again = Again(office.in_force.catalog, replace(office.rules, guard=guard), office.new_id, job.mode)
        taken = selection(job, again.catalog)
        rows = [] if taken is None else store.replays.count_replayable(taken)
        asked = 0 if taken is None else _asked_before(store, taken, rows)
        counted = _Counted(replace(job, found=sum(row["number"] for row in rows)), rows, asked)
        return counted, draw(store, job, again, most=tried) if tried else Sample(0, (), 0)

    return work


def _number(rows: Iterable[Row], state: str) -> int:
    return sum(row["number"] for row in rows if (row["kind"], row["state"]) == ("delivery", state))


def _asked_before(store: Store, taken: Selection, rows: list[Row]) -> int:
    """Count those that were delivered, or are held and may have been taken."""
    delivered = _number(rows, "delivered")
    if not _number(rows, "held"):
        return delivered
    unsure = replace(taken, wanted=replace(taken.wanted, fate_unknown=True))
    return delivered + _number(store.replays.count_replayable(unsure), "held")


def _job(office: Office, person: Person, choice: Choice, how: How) -> Job:
    rate = _read(parse_rate, how.rate, "rate")
    return Job(
        office.new_id("rpl"),
        kind="backfill" if how.backfill else "replay",
        mode="current-mapping" if how.backfill else how.mode,
        wanted=to_filter(choice, office),
        newest=office.new_id("dlv"),  # what this replay makes is newer, and must not be replayed by it
        started_at=office.now(),
        who=person.name,
        why=how.reason.strip() or _NO_REASON,
        description=described(choice),
        include_delivered=how.include_delivered,
        rate=None if rate is None else Rate(*rate),
        wait=_read(parse_duration, how.wait, "wait") or 0,
    )


def _read(parse: Callable[[str], Parsed], text: str | None, name: str) -> Parsed | None:
    try:
        return None if text is None else parse(text.strip())
    except ValueError as error:
        raise invalid(f"{name}: {error}") from None


def _check(office: Office, choice: Choice, how: How) -> None:
    if choice == Choice():
        raise invalid("say what to replay: ids, or a filter such as `since` or `touchpoint`; nothing would mean all")
    if any(each.startswith("ref_") for each in choice.id):
        raise invalid("refused requests are not replayed but retried, apart from deliveries and events")
    if not how.backfill:
        return
    source, slash, name = (choice.mapping or "").rpartition("/")
    if not slash or rule_of(office.in_force.catalog, source, name) is None:
        raise invalid("mapping: say which mapping in force is new, as SOURCE/NAME; past events go through it")
    if set(given(choice)) - _OF_PAST_EVENTS or how.include_delivered:
        raise invalid("past events are chosen by `since`, `until` and `topic` only")
