"""From a verified request to events and what every mapping says of them. Pure: replay and `try` run the same code."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from bridge.core.configuration import Reading, Source
from bridge.core.contact import digest, searchable
from bridge.core.credentials import safe_headers, safe_query
from bridge.core.errors import MappingFailed, Unreadable
from bridge.core.ids import Kind
from bridge.core.language.context import STEPS, Context
from bridge.core.language.expression import Expression
from bridge.core.language.moments import read_moment
from bridge.core.mapping import number_text, propose
from bridge.core.model import Entry, Event, Inbound, Intake, Mark, Plan, Proposal, Unmatched

DAY = 86_400_000
DIGEST_WINDOW = DAY  # how long the digest of topic and body serves as an event id, where a source has none
MOST_EVENTS = 1_000  # events that one request may carry
MOST_FIELDS = 1_000  # fields of a form
LONGEST_NAME = 512  # characters of a topic; of an id or a tenant, before its digest takes its place
LARGEST_ENVELOPE = 8 * 1024  # bytes of JSON around the elements of a batch, which every one of its events keeps
ENVELOPES = ":envelopes"  # where an event keeps them: among its headers, by a name that no request can send

NewId = Callable[[Kind], str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What taking in depends on besides the request and its source.

    `index_key` is the key of the hashes by which people and orders are found. `config` is the fingerprint of the
    mapping files in force. `dedupe_window` is in ms.
    """

    index_key: bytes = field(repr=False)
    config: str = ""
    dedupe_window: int = 35 * DAY
    depth: int = 64


def take_in(inbound: Inbound, source: Source, *, new_id: NewId, rules: Rules) -> Intake:
    """Read a verified request, split it, and let every mapping say what it makes of each event.

    Raises Unreadable if the body is not what its content type says, is nested too deeply or is no batch where the
    source sends batches. Mapping errors are proposals that failed.
    """
    headers = safe_headers(inbound.headers)
    payload = read_body(inbound.body, headers.get("content-type", ""), depth=rules.depth)
    query = safe_query(inbound.query)
    entries = []
    for part in _split(payload, inbound.body, headers, source.reading):
        context = Context(payload=part.payload, headers=part.headers, query=query, received_at=inbound.received_at)
        context.tables, context.envelopes = source.tables, part.envelopes
        event = _event(inbound, part.body, source.reading, context, new_id=new_id, rules=rules)
        proposals = _proposals(source, context, new_id, rules.index_key)
        entries.append(Entry(_with_contacts(event, proposals), proposals))
    return Intake(tuple(entries))


def propose_again(event: Event, source: Source, *, new_id: NewId, rules: Rules) -> tuple[Proposal, ...]:
    """Run today's mappings over a stored event: the same event gives the same answer.

    Raises Unreadable if the payload was pruned or cannot be read.
    """
    payload = read_body(event.body, event.headers.get("content-type", ""), depth=rules.depth)
    context = Context(payload=payload, headers=event.headers, query=event.query, received_at=event.received_at)
    context.tables, context.envelopes = source.tables, _kept_envelopes(event)
    context.topic, context.tenant, context.event_id = event.topic, event.tenant, event.source_event_id
    return _proposals(source, context, new_id, rules.index_key)


def _proposals(source: Source, context: Context, new_id: NewId, index_key: bytes) -> tuple[Proposal, ...]:
    proposals = [
        proposal
        for mapping in source.mappings
        if mapping.takes(context.topic)
        for proposal in propose(mapping, context, index_key=index_key, new_delivery_id=lambda: new_id("dlv"))
    ]
    return tuple(proposals) or (Proposal("", 0, Unmatched(f"no mapping takes the topic {context.topic or '(none)'}")),)


def _event(inbound: Inbound, body: bytes, reading: Reading, context: Context, *, new_id: NewId, rules: Rules) -> Event:
    context.topic = _text(reading.topic, context)[:LONGEST_NAME]
    context.tenant = _name(_text(reading.tenant, context))
    own_id = _name(_text(reading.id, context))
    context.event_id = own_id or _digest_id(context.topic.encode(errors="replace") + b"\0" + body)
    return Event(
        id=new_id("evt"),
        source=inbound.source,
        topic=context.topic,
        source_event_id=context.event_id,
        tenant=context.tenant,
        headers=context.headers,
        query=context.query,
        body=body,
        received_at=inbound.received_at,
        dedupe_until=inbound.received_at + (rules.dedupe_window if own_id else DIGEST_WINDOW),
        occurred_at=_time(reading.time, context),
        marks=tuple(_marks(reading, context, rules.index_key)),
        config=rules.config,
        payload=context.payload,
    )


def _marks(reading: Reading, context: Context, index_key: bytes) -> Iterator[Mark]:
    for kind, expression in (("contact", reading.contact), *reading.refs):
        text = _text(expression, context)
        if searchable(text):
            yield Mark(kind, digest(index_key, text))


def _with_contacts(event: Event, proposals: Sequence[Proposal]) -> Event:
    """Let the event be found by everyone whom it asks, whether or not its source says who it is about."""
    asked = (p.outcome.contact for p in proposals if isinstance(p.outcome, Plan) and p.outcome.contact)
    marks = tuple(dict.fromkeys((*event.marks, *(Mark("contact", contact) for contact in asked))))
    return event if marks == event.marks else replace(event, marks=marks)


def _evaluate(expression: Expression | None, context: Context) -> Any:
    """Read one thing about the event; what cannot be read is null, since an event is never refused for it."""
    if expression is None:
        return None
    context.steps = STEPS
    try:
        return expression.evaluate(context.payload, context)
    except MappingFailed:
        return None


def _text(expression: Expression | None, context: Context) -> str:
    value = _evaluate(expression, context)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        return number_text(value)
    except ValueError:
        return ""


def _name(text: str) -> str:
    """Keep names bounded without making two of them one, which would take a new event for a duplicate."""
    return text if len(text) <= LONGEST_NAME else _digest_id(text.encode(errors="replace"))


def _digest_id(content: bytes) -> str:
    return "sha256:" + sha256(content).hexdigest()


def _time(expression: Expression | None, context: Context) -> int | None:
    try:
        moment = read_moment(_evaluate(expression, context)).time
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)


# -- bodies -----------------------------------------------------------------------------------------------


def read_body(body: bytes, content_type: str, *, depth: int = 64) -> Any:
    """Parse a JSON or form body. Integers stay exact. Raises Unreadable, in words for whoever sends or operates."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _read_form(body)
    if kind in {"", "text/plain", "application/octet-stream"} or kind.endswith("json"):
        return _read_json(body, depth)
    raise Unreadable(f"the content type {kind[:60]!r} is not supported; send JSON or a urlencoded form")


def _read_json(body: bytes, depth: int) -> Any:
    try:
        payload = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise Unreadable(f"the JSON body is nested more than {depth} deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"the body is not valid JSON: {str(error)[:120]}") from None
    if not isinstance(payload, (dict, list)):
        raise Unreadable("the JSON body is neither an object nor a list")
    if body.count(b"{") + body.count(b"[") > depth:  # fewer brackets cannot nest deeper
        _check_depth(payload, depth)
    return payload


def _check_depth(payload: Any, depth: int) -> None:
    level = [payload]
    for _ in range(depth):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise Unreadable(f"the JSON body is nested more than {depth} deep")


def _read_form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Unreadable(f"the body is not a urlencoded form in UTF-8 of at most {MOST_FIELDS} fields") from None
    form: dict[str, Any] = {}
    for name, value in pairs:
        form[name] = value if name not in form else [*_as_list(form[name]), value]
    return form


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# -- batches ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """One event of a request: of a batch the element, with what was around it, the outermost first."""

    payload: Any
    body: bytes
    headers: dict[str, str]
    envelopes: tuple[Any, ...] = ()


def _split(payload: Any, body: bytes, headers: dict[str, str], reading: Reading) -> Iterator[_Part]:
    """Give the parts of a request; the body of a batch's event is the event alone, as JSON."""
    if not reading.each:
        yield _Part(payload, body, headers)
        return
    elements: list[tuple[Any, tuple[Any, ...]]] = [(payload, ())]
    for path in reading.each:
        names = [] if path == "@" else path.split(".")
        elements = [part for element, around in elements for part in _children(element, names, around)]
    if not 0 < len(elements) <= MOST_EVENTS:
        raise Unreadable(f"a batch of 1 to {MOST_EVENTS} events was expected, this one has {len(elements)}")
    for element, around in elements:
        if not isinstance(element, dict | list):
            raise Unreadable("an event of this batch is neither an object nor a list")
        yield _Part(element, msgspec.json.encode(element), headers | _batch_headers(around), around)


def _batch_headers(envelopes: tuple[Any, ...]) -> dict[str, str]:
    json = {"content-type": "application/json"}
    if not envelopes:
        return json
    kept = msgspec.json.encode(envelopes)
    if len(kept) > LARGEST_ENVELOPE:
        raise Unreadable(f"what is around the events of this batch is larger than {LARGEST_ENVELOPE} bytes")
    return json | {ENVELOPES: kept.decode()}


def _kept_envelopes(event: Event) -> tuple[Any, ...]:
    try:
        return tuple(msgspec.json.decode(event.headers.get(ENVELOPES, "[]"), type=list[Any]))
    except msgspec.DecodeError:
        raise Unreadable("what was around this event of a batch is damaged in the store") from None


def _children(element: Any, names: list[str], around: tuple[Any, ...]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Follow the names to the list (a single object counts as one); each child also gets what is around it."""
    found = element
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        return []
    envelopes = (*around, _without(element, names)) if names else around
    return [(child, envelopes) for child in _as_list(found)]


def _without(element: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Give the object without what the names lead to, and without lists beside it: they hold other elements."""
    name, *further = names
    kept = {key: value for key, value in element.items() if key != name and not isinstance(value, list)}
    return kept | {name: _without(element[name], further)} if further else kept
