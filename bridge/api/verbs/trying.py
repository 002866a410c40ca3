"""What an event would become by edited mapping files; nothing is sent, nothing is stored."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from bridge.api.errors import invalid, not_found
from bridge.api.office import Office
from bridge.api.verbs.mappings import Fault, FileName, Written, declining, edits_of, fault
from bridge.app.post import request_headers
from bridge.app.rules import intake_rules
from bridge.app.trying import NO_KEY, Tried, shown, try_event, try_request, used_values
from bridge.core.configuration import Source
from bridge.core.errors import MappingFailed, Unreadable
from bridge.core.model import Event, Verdict
from bridge.core.shape import paths_of
from bridge.intake import context_of
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter, Row

LARGEST_PAYLOAD = 1 << 20  # characters
_MOST_HEADERS = 50
_OFFERED = 20  # stored events to choose from

Name = Annotated[str, msgspec.Meta(max_length=512)]


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stored event (`event`), or a `payload` with its `topic` and `headers`, through the folder with these files.

    With both, the payload stands for the event's own. `looked_up` are the answers of the source's lookup, in order.
    """

    source: FileName
    files: list[Written] = []
    event: Annotated[str, msgspec.Meta(max_length=40)] = ""
    payload: Annotated[str, msgspec.Meta(max_length=LARGEST_PAYLOAD)] = ""
    topic: Name = ""
    headers: Annotated[dict[str, str], msgspec.Meta(max_length=_MOST_HEADERS)] = {}
    looked_up: Annotated[list[Any], msgspec.Meta(max_length=10)] = []


class Lookup(msgspec.Struct, frozen=True):
    """The addresses that would be asked, and whether an answer is lacking."""

    asks: list[str]
    waits: bool


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one mapping says of one element: see decisions. `used` has the payload's values that it reads, by path."""

    mapping: str
    element: int
    verdict: Verdict
    reason: str
    touchpoint: str | None
    key: str | None
    body: dict[str, Any] | None
    due_at: int | None
    expires_at: int | None
    sending: str | None
    used: dict[str, Any] = {}


class Became(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is read, and its decisions; none yet where it waits for its lookup."""

    topic: str
    event_id: str
    tenant: str
    lookup: Lookup | None = None
    decisions: list[Outcome]


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. With errors among the `problems` nothing was tried; `unreadable` says why a payload is none.

    `paths` are those of the payload, true where they hold something.
    """

    problems: list[Fault]
    unreadable: str = ""
    events: list[Became] = []
    paths: dict[str, bool] = {}


async def attempt(office: Office, trial: Trial) -> Attempted:
    """Try it. Raises Declined for a source or an event that is not there."""
    stored = await _stored(office, trial.event) if trial.event else None
    with declining():
        _, checked = await office.workshop.edited(edits_of(trial.files), quick=True)
    problems = [fault(each) for each in checked.problems]
    if checked.loaded is None:
        return Attempted(problems=problems)
    source = checked.loaded.catalog.sources.get(trial.source)
    if source is None:
        raise not_found(f"source {trial.source[:80]}", "it has no mapping file")
    try:
        tried = await asyncio.to_thread(_tried, office, source, trial, stored)
    except Unreadable as error:
        return Attempted(problems=problems, unreadable=str(error))
    events = [msgspec.convert(each, Became) for each in tried[0]]
    return Attempted(problems=problems, events=events, paths=tried[1])


class Recent(msgspec.Struct, frozen=True):
    """A stored event to choose."""

    id: str
    topic: str
    received_at: int


async def latest(office: Office, source: str) -> list[Recent]:
    """Give the latest events of a source whose payload is kept."""
    events = await office.read(lambda store: store.ledger.stored(Filter(source=source), limit=_OFFERED))
    return [Recent(each.id, each.topic, each.received_at) for each in events]


async def payload_of(office: Office, event_id: str) -> str:
    """Give the payload of a stored event as JSON to edit. Raises Declined."""
    event, _ = await _stored(office, event_id)
    return _as_json(event, office)


def _as_json(event: Event, office: Office) -> str:
    source = office.in_force.catalog.sources.get(event.source)
    try:
        payload = msgspec.json.decode(event.body) if source is None else _payload(event, source, office)
    except (msgspec.DecodeError, Unreadable):
        return event.body.decode("utf-8", "replace")
    return msgspec.json.format(msgspec.json.encode(payload), indent=2).decode()


def _payload(event: Event, source: Source, office: Office) -> Any:
    return context_of(event, source, rules=intake_rules(office.settings, NO_KEY, "")).payload


async def _stored(office: Office, event_id: str) -> tuple[Event, Row | None]:
    def work(store: Store) -> tuple[Event | None, Row | None]:
        entry = store.ledger.entry(event_id)
        return (entry.event if entry else None), store.ledger.lookup(event_id)

    event, lookup = await office.read(work)
    if event is None:
        raise not_found(f"event {event_id}", "or its payload is not kept any more; choose another one")
    return event, lookup


def _tried(
    office: Office, source: Source, trial: Trial, stored: tuple[Event, Row | None] | None
) -> tuple[list[dict[str, Any]], dict[str, bool]]:
    rules = intake_rules(office.settings, NO_KEY, "")
    if stored is None:
        headers = request_headers(source, trial.topic or None, _sendable(trial.headers))
        made = try_request(
            source,
            trial.payload.encode(errors="replace"),
            headers=headers,
            answers=trial.looked_up,
            received_at=office.now(),
            rules=rules,
        )
    else:
        event, lookup = stored
        if event.source != source.name:
            raise invalid(f"the event is of {event.source}, not of {source.name}")
        given = trial.payload.replace("\r\n", "\n").strip()
        body = given.encode(errors="replace") if given not in {"", _as_json(event, office)} else None
        made = [try_event(event, source, body=body, answers=lookup and lookup["results"], rules=rules)]
    paths = paths_of([_payload(each.event, source, office) for each in made])
    return [_with_used(each, source, office) for each in made], paths


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.strip(): value.strip() for name, value in headers.items() if name.strip()}


def _with_used(tried: Tried, source: Source, office: Office) -> dict[str, Any]:
    record = shown(tried)
    rules = intake_rules(office.settings, NO_KEY, "")
    for decision, proposal in zip(record["decisions"], tried.proposals, strict=True):
        try:
            decision["used"] = used_values(tried.event, source, proposal, rules=rules)
        except (MappingFailed, Unreadable):
            decision["used"] = {}  # the decision's reason says what went wrong
    return record


def headers_of(lines: Sequence[str]) -> dict[str, str]:
    """Read `Name: value` lines. Raises Declined for a line that is none."""
    pairs = [line.partition(":") for line in lines if line.strip()]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise invalid(f"headers: write `Name: value`, one on each line, not {wrong[0][:40]!r}")
    return {name.strip(): value.strip() for name, _, value in pairs}
