"""Changing deliveries: cancelled, held, sent again; by ids or a filter, counted before, put on record after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.api.choice import Choice, described, to_filter
from bridge.api.errors import Declined, invalid
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.core.model import State
from bridge.core.story import hide_others
from bridge.outbox.previews import Share
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Filter

Verb = Literal["cancel", "hold", "release"]

TAKES: dict[Verb, tuple[State, ...]] = {"cancel": ("pending", "held"), "hold": ("pending",), "release": ("held",)}
_MOST_NAMED = 5  # ids in the journal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would take: how many, by touchpoint and state, and how many of them may have been taken."""

    number: int
    unknown: int
    shares: Sequence[Share]


@dataclass(frozen=True, slots=True)
class Done:
    """How many were changed, and when (ms): what a hold needs to be taken back."""

    number: int
    at: int


async def preview(office: Office, verb: Verb, choice: Choice) -> Preview:
    """Count exactly what a change would take; changes nothing. Raises Declined (422) for a choice of everything."""
    wanted = _meant(office, verb, choice)
    shares = await office.read(lambda store: store.ledger.shares(wanted, TAKES[verb]))
    return Preview(sum(each.number for each in shares), sum(each.unknown for each in shares), shares)


async def change(
    office: Office, person: Person, verb: Verb, choice: Choice, *, reason: str, expected: int | None = None
) -> Done:
    """Cancel or hold what waits, or send what is held; gives how many that were. Raises Declined.

    `expected` is the number that a preview found: where it is another by now, nothing is changed (409).
    """
    wanted = _meant(office, verb, choice)
    if not reason.strip():
        raise invalid("reason: say why, for the record")
    now = office.now()

    def work(store: Store) -> int:
        with store.together():
            number = _carry_out(store, verb, wanted, reason=reason.strip(), now=now)
            if expected is not None and number != expected:
                raise Declined(409, f"{number} match by now, not {expected}: look at them again; nothing was changed")
            if number:
                store.controls.note(_action(person, verb, choice, number, reason=reason.strip(), now=now))
            return number

    return Done(await office.write(work), now)


async def take_back_hold(office: Office, person: Person, *, held_at: int, reason: str) -> int:
    """Let what one hold stopped, and is held still, be due when it was; gives how many that were."""
    now = office.now()

    def work(store: Store) -> int:
        with store.together():
            number = store.controls.let_wait_again(held_at=held_at, reason=reason, now=now)
            if number:
                detail = f"{number} let wait as before; held because: {hide_others(reason, '')}"
                store.controls.note(Action(now, person.name, "undo", "hold", detail))
            return number

    return await office.write(work)


def _meant(office: Office, verb: Verb, choice: Choice) -> Filter:
    wanted = to_filter(choice, office)
    if wanted.is_empty:
        raise invalid(f"say which deliveries to {verb}: ids, or a filter such as `touchpoint`; nothing would mean all")
    return wanted


def _carry_out(store: Store, verb: Verb, wanted: Filter, *, reason: str, now: int) -> int:
    if verb == "cancel":
        return store.controls.cancel(wanted, reason=reason, now=now)
    if verb == "hold":
        return store.controls.hold(wanted, reason=reason, now=now)
    return store.controls.release(wanted, now=now)


def _action(person: Person, verb: Verb, choice: Choice, number: int, *, reason: str, now: int) -> Action:
    """Say what was changed and why; addresses and numbers in what somebody wrote are masked."""
    ids = len(choice.id)
    about = described(choice) if ids <= _MOST_NAMED else f"{ids} deliveries by id"
    return Action(now, person.name, verb, about, f"{number} changed: {hide_others(reason, '')}")
