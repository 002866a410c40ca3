"""A stored event becomes a masked example beside the mapping files, as `bridge example` makes it."""

import asyncio

import msgspec

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.api.verbs.mappings import declining
from bridge.app.drafts import unwritable
from bridge.app.example import free_paths, make_example, write_example
from bridge.core.configuration import Source
from bridge.core.errors import Unreadable
from bridge.core.model import Event
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Row


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The two files of an example. `read_only` says why they were not written; then they are to be made by hand.

    `otherwise` says where the masked payload is decided otherwise than the original.
    """

    payload: str
    expect: str
    payload_text: str
    expect_text: str
    otherwise: list[str]
    read_only: str


async def keep_example(office: Office, person: Person, event_id: str, *, name: str = "") -> Kept:
    """Make an example of a stored event by the folder's files, and write it where the folder can be written to.

    Raises Declined.
    """

    def work(store: Store) -> tuple[Event | None, Row | None]:
        entry = store.ledger.entry(event_id)
        return (entry.event if entry else None), store.ledger.lookup(event_id)

    event, looked_up = await office.read(work)
    if event is None:
        raise not_found(f"event {event_id[:40]}", "or its payload is not kept any more")
    source = await _source(office, event.source)
    async with office.workshop.writing:
        kept = await asyncio.to_thread(_made, office, event, source, looked_up, name)
    if not kept.read_only:
        note = Action(office.now(), person.name, "example", event_id, kept.expect)
        await office.write(lambda store: store.controls.note(note))
    return kept


async def _source(office: Office, name: str) -> Source:
    with declining():
        _, checked = await office.workshop.folder()
    if checked.loaded is None:
        raise invalid("the mapping files have errors; mend them first, so that an example can be made")
    source = checked.loaded.catalog.sources.get(name)
    if source is None:
        raise not_found(f"mapping file of the source {name}")
    return source


def _made(office: Office, event: Event, source: Source, looked_up: Row | None, name: str) -> Kept:
    folder = office.settings.mappings
    try:
        with declining():
            example = make_example(event, source, answers=looked_up and looked_up["results"])
            paths = free_paths(folder / "examples" / source.name, name or None, event.topic)
    except Unreadable as error:
        raise invalid(f"no example can be made of {event.id}: {error}") from None
    read_only = unwritable(folder, ()) or ""
    if not read_only:
        try:
            write_example(example, paths)
        except OSError as error:
            raise Declined(409, f"the example cannot be written: {error.strerror}") from None
    return Kept(
        payload=str(paths[0]),
        expect=str(paths[1]),
        payload_text=example.payload,
        expect_text=example.expect,
        otherwise=list(example.otherwise),
        read_only=read_only,
    )
