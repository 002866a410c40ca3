"""Changed mapping files: planned over stored events, put in force, put back; each as the command of that name does."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.api.reading import Moment, moment
from bridge.api.verbs.mappings import Written, conflict, declining, edits_of
from bridge.app import versions
from bridge.app.checking import Checked
from bridge.app.drafts import Draft, Edit, mark_of, unwritable
from bridge.app.inforce import with_allowance
from bridge.app.plan import Proposals
from bridge.app.planner import LAST, MOST, Plan
from bridge.app.versions import FileDiff, FolderChange, discard, put, stage
from bridge.catalog import Loaded
from bridge.core.errors import Problem, Unreadable
from bridge.outbox.protocol import Store
from bridge.outbox.safekeeping import How
from bridge.outbox.terms import Action

_QUICK = 0.8  # seconds that a plan is waited for, so that a short one is there at once
_MOST_TOLD = 10  # problems in a message


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to plan: the folder with these files, over the `last` stored events, or over all `since` then.

    With `accept`, examples that become something else are no error: that would be written down.
    """

    files: list[Written] = []
    accept: bool = False
    last: Annotated[int, msgspec.Meta(ge=1, le=MOST)] | None = None
    since: Moment | None = None


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force now, what was before, which files were written, and which a restored version did not have."""

    configuration: str
    before: str
    wrote: list[str]
    kept: list[str] = []


async def plan(office: Office, wish: Wish) -> Plan:
    """Begin to compare, and wait a moment for the end. Raises Declined for files with errors, or changed meanwhile."""
    if wish.last is not None and wish.since is not None:
        raise invalid("give either last or since")
    made, checked = await _draft(office, edits_of(wish.files))
    if made.conflicts:
        raise conflict(made.conflicts)
    since = moment(wish.since, now=office.now())
    last = None if since is not None else wish.last or LAST
    loaded, accepts = _sound(checked, accept=wish.accept), checked.restated if wish.accept else {}
    begun = office.workshop.planner.begin(made, loaded, last=last, since=since, accepts=accepts)
    try:
        async with asyncio.timeout(_QUICK):
            await begun.over.wait()
    except TimeoutError:
        pass  # whoever asked looks again
    return begun


def plan_of(office: Office, mark: str) -> Plan:
    """Give the latest plan of the files with this fingerprint. Raises Declined if it is not kept."""
    found = office.workshop.planner.find(mark)
    if found is None:
        raise not_found(f"plan of {mark[:40]}", "plans are kept until the bridge stops, the latest 20; plan again")
    return found


async def sides(office: Office, mark: str, event_id: str) -> tuple[Proposals, Proposals]:
    """Give what is in force and what was planned make of one event. Raises Declined where that cannot be said."""
    found = plan_of(office, mark)
    try:
        both = await office.workshop.planner.sides(found, event_id)
    except Unreadable as error:
        raise invalid(f"the event cannot be compared: {error}") from None
    if both is None:
        raise not_found(f"event {event_id[:40]} to compare", "or a lookup of it was never made")
    return both


async def apply(
    office: Office, person: Person, files: Sequence[Written], *, plan: str = "", accept: bool = False
) -> Applied:
    """Write the files into the folder and put it in force, whole. With `plan`, only if that is still what was planned.

    With `accept`, what examples become otherwise is written down, too. Raises Declined: 409 for what others changed, a
    folder that is filled from elsewhere or a plan of other files, 422 while an error stands.
    """
    async with office.workshop.writing:
        made, checked = await _draft(office, edits_of(files))
        if made.conflicts:
            raise conflict(made.conflicts)
        if plan and plan != made.mark:
            raise Declined(409, "the files changed since this plan; plan again")
        loaded = _sound(checked, accept=accept)
        examples = {name: after for name, (_, after) in checked.restated.items()} if accept else {}
        return await _carry_out(office, person, made.change(loaded, examples), verb="apply")


def written(plan: Plan) -> list[Written]:
    """Give the files of a plan as they are written."""
    made = plan.draft
    return [Written(name=name, text=made.files[name], opened=mark_of(made.before.get(name))) for name in made.edited]


async def restore(office: Office, person: Person, version: str) -> Applied:
    """Write the files of a version back into the folder and put it in force; files that it does not have are kept.

    Raises Declined.
    """
    name, files = await find_version(office, version)
    async with office.workshop.writing:
        with declining():
            wanted = await asyncio.to_thread(
                versions.restoration,
                office.settings.mappings,
                files,
                with_allowance(office.settings, office.environment),
            )
        return await _carry_out(office, person, wanted, verb="restore", detail=f"version {name}")


async def _carry_out(
    office: Office, person: Person, change: FolderChange, *, verb: Literal["apply", "restore"], detail: str = ""
) -> Applied:
    """Write the files; what they make is on record before a running bridge sees them."""
    before, after = office.in_force.catalog.fingerprint, change.loaded.catalog.fingerprint
    if change.write and (why := unwritable(change.folder, change.write)):
        raise Declined(409, f"{why}; commit the change where its files come from")
    try:
        staged = await asyncio.to_thread(stage, change)
    except OSError as error:
        raise Declined(409, f"the folder {change.folder} cannot be written to: {error.strerror}") from None
    names = ", ".join(sorted(change.write)) or "the folder as it was"
    note = Action(office.now(), person.name, verb, f"mappings {after}", detail or names)
    try:
        await office.write(lambda store: _keep(store, change, note, how=verb))
        await asyncio.to_thread(put, staged)
    finally:
        await asyncio.to_thread(discard, staged)
    await office.take_over()
    return Applied(configuration=after, before=before, wrote=sorted(change.write), kept=list(change.kept))


def _keep(store: Store, change: FolderChange, note: Action, *, how: How) -> None:
    with store.together():
        loaded = change.loaded
        store.strongbox.keep_configuration(loaded.catalog.fingerprint, loaded.files, now=note.at, how=how)
        store.controls.note(note)


async def history(office: Office, *, limit: int) -> list[versions.Listed]:
    """Give when which version came into force, newest first."""
    return await office.read(lambda store: versions.history(store.strongbox, limit=limit))


async def find_version(office: Office, beginning: str) -> tuple[str, versions.Files]:
    """Give a version by its fingerprint or the beginning of it. Raises Declined."""
    with declining():
        found = await office.read(lambda store: versions.found(store.strongbox, beginning)) if beginning else None
    if found is None:
        raise not_found(f"version {beginning[:40]}", "the history lists them")
    return found


async def differences(office: Office, old: str, new: str) -> list[FileDiff]:
    """Compare two versions; `folder` names the folder as it is, `` what is in force. Raises Declined."""
    before, after = [await _named(office, name) for name in (old, new)]
    return versions.diffs(before[1], after[1], old_name=before[0], new_name=after[0])


async def _named(office: Office, name: str) -> tuple[str, versions.Files]:
    if name == "folder":
        made, _ = await _draft(office, [])
        return "folder", _shown(office, made.files)
    if not name:
        return office.in_force.catalog.fingerprint, office.in_force.files
    return await find_version(office, name)


async def patch_of_plan(office: Office, mark: str) -> str:
    """Give the diff to commit where the folder's files come from: what a plan was made of. Raises Declined."""
    found = plan_of(office, mark)
    examples = {name: after for name, (_, after) in found.accepts.items()}
    change = found.draft.change(found.new, examples)
    before = {**change.before, **{name: old for name, (old, _) in found.accepts.items()}}
    return "".join(versions.patch(replace(change, before=before)))


async def patch_of_version(office: Office, version: str) -> tuple[str, FolderChange]:
    """Give the diff that puts a version back, and what it would change. Raises Declined."""
    _, files = await find_version(office, version)
    with declining():
        wanted = await asyncio.to_thread(
            versions.restoration, office.settings.mappings, files, with_allowance(office.settings, office.environment)
        )
    return "".join(versions.patch(wanted, shown=lambda texts: _shown(office, texts))), wanted


def _shown(office: Office, texts: versions.Files) -> versions.Files:
    return versions.showable(texts, office.environment, known=office.in_force.files)


async def _draft(office: Office, edits: Sequence[Edit]) -> tuple[Draft, Checked]:
    with declining():
        return await office.workshop.edited(edits)


def _sound(checked: Checked, *, accept: bool) -> Loaded:
    """Give what was loaded. Raises Declined while an error stands; with `accept`, differing examples are none."""
    errors = checked.blocking if accept else checked.errors
    if errors or checked.loaded is None:
        raise invalid(f"errors stand in the way: {_told(errors)}")
    return checked.loaded


def _told(problems: Sequence[Problem]) -> str:
    told = "; ".join(str(problem) for problem in problems[:_MOST_TOLD])
    return told if len(problems) <= _MOST_TOLD else f"{told}; and {len(problems) - _MOST_TOLD} more"
