"""Stopping and going on: everything, a touchpoint, a source, one mapping of a source."""

from bridge.api.errors import Declined, invalid
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.app.pausing import misnamed, stops_nothing
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Paused, PauseScope

NO_REASON = "no reason given"


async def pause(office: Office, person: Person, *, scope: PauseScope, name: str, reason: str = "") -> bool:
    """Stop sending; False if it was paused already, which stays as it is. `name` is `` for all, or `source/mapping`.

    Receiving goes on, what waits stays, what is on its way is finished. Raises Declined for a name not in force.
    """
    _check(scope, name)
    if nothing := stops_nothing(scope, name, office.in_force.catalog):
        raise Declined(404, nothing)
    paused = Paused(scope, name, reason or NO_REASON, office.now(), "operator")

    def work(store: Store) -> bool:
        with store.together():
            fresh = store.controls.pause(paused)
            if fresh:
                store.controls.note(Action(paused.since, person.name, "pause", about(scope, name), reason))
            return fresh

    return await office.write(work)


async def resume(office: Office, person: Person, *, scope: PauseScope, name: str) -> bool:
    """Go on sending; False if it was not paused. The time paused does not count towards giving up."""
    _check(scope, name)
    now = office.now()

    def work(store: Store) -> bool:
        with store.together():
            resumed = store.controls.resume(scope, name, now=now)
            if resumed:
                store.controls.note(Action(now, person.name, "resume", about(scope, name)))
            return resumed

    return await office.write(work)


def about(scope: PauseScope, name: str) -> str:
    """Name what is paused: `all`, `touchpoint post-purchase`."""
    return f"{scope} {name}".strip()


def _check(scope: PauseScope, name: str) -> None:
    if wrong := misnamed(scope, name):
        raise invalid(wrong)
