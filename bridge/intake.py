"""From a verified request to events and what every mapping says of them. Pure: replay and `try` run the same code."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from bridge.core.batches import Part, kept_envelopes, split
from bridge.core.cancelling import stopping, uses_lookup
from bridge.core.configuration import Source
from bridge.core.contact import digest, searchable
from bridge.core.credentials import safe_headers, safe_query
from bridge.core.drift import Guard
from bridge.core.errors import MappingFailed, Unreadable
from bridge.core.ids import Kind
from bridge.core.language.context import Context
from bridge.core.lookup import choose
from bridge.core.manners import Manners
from bridge.core.mapping import propose
from bridge.core.marking import marks_of
from bridge.core.model import Entry, Event, Failed, Inbound, Intake, Mark, Proposal, Unmatched
from bridge.core.particulars import LONGEST_NAME, digest_id, name_of, text_of, time_of
from bridge.core.reading import read_body

DAY = 86_400_000
DIGEST_WINDOW = DAY  # how long the digest of topic and body serves as an event id, where a source has none
LARGEST_GLIMPSE = 64 * 1024  # bytes of a body that nobody proved and that is looked into nevertheless
PRIVACY = Mark("privacy", sha256(b"privacy").digest()[:16])  # by which all requests about people's data are found

NewId = Callable[[Kind], str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What taking in depends on besides the request and its source.

    `index_key` is the key of the hashes by which people and orders are found. `config` is the fingerprint of the
    mapping files in force. `dedupe_window` is in ms, `largest` in bytes: of a body that was sent compressed.
    `guard` watches the bodies for attributes that drift from what their targets accepted so far.
    """

    index_key: bytes = field(repr=False)
    config: str = ""
    dedupe_window: int = 35 * DAY
    depth: int = 64
    largest: int = 1 << 20
    guard: Guard | None = None


def take_in(inbound: Inbound, source: Source, *, new_id: NewId, rules: Rules) -> Intake:
    """Read a verified request, split it, and let every mapping say what it makes of each event.

    Raises Unreadable if the body is not what its content type says, is nested too deeply or is no batch where the
    source sends batches; where that would hold up all later events, it is one event whose decision failed instead.
    Mapping errors are proposals that failed. An event that a lookup takes has none yet.
    """
    headers = safe_headers(inbound.headers)
    try:
        payload = _read(inbound.body, headers, source.manners, rules)
        parts = list(split(payload, inbound.body, headers, source.reading))
    except Unreadable as error:
        if not source.manners.blocks:
            raise
        return _take_unread(inbound, headers, source, reason=str(error), new_id=new_id, rules=rules)
    query = safe_query(inbound.query)
    entries = []
    for part in parts:
        context = Context(payload=part.payload, headers=part.headers, query=query, received_at=inbound.received_at)
        context.tables, context.envelopes = source.tables, part.envelopes
        dedupe_until = _identify(part.body, source, context, rules)
        proposals: tuple[Proposal, ...] = ()
        if not (waits := waits_for_lookup(source, context)):
            proposals = _watched(_proposals(source, context, new_id, rules.index_key), source, rules)
        event = _event(
            inbound,
            part.body,
            source,
            context,
            dedupe_until=dedupe_until,
            proposals=proposals,
            new_id=new_id,
            rules=rules,
        )
        entries.append(Entry(event, proposals, lookup=waits))
    return Intake(tuple(entries))


def _read(body: bytes, headers: Mapping[str, str], manners: Manners, rules: Rules) -> Any:
    return read_body(
        body,
        headers.get("content-type", ""),
        coding=headers.get("content-encoding", ""),
        depth=rules.depth,
        limit=rules.largest,
        field=manners.field,
    )


def _take_unread(
    inbound: Inbound, headers: dict[str, str], source: Source, *, reason: str, new_id: NewId, rules: Rules
) -> Intake:
    context = Context(headers=headers, query=safe_query(inbound.query), received_at=inbound.received_at)
    dedupe_until = _identify(inbound.body, source, context, rules)
    event = _event(inbound, inbound.body, source, context, dedupe_until=dedupe_until, new_id=new_id, rules=rules)
    return Intake((Entry(event, _unread(reason)),))


def _unread(reason: str) -> tuple[Proposal, ...]:
    return (Proposal("", 0, Failed(f"nothing was made of it, since it cannot be read: {reason}")),)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a request that nobody proved says of itself: its topic, and when it happened (ms since 1970)."""

    topic: str = ""
    occurred_at: int | None = None


def glimpse(inbound: Inbound, source: Source) -> Glimpse:
    """Look at a refused request; total, and at its headers alone where its body is large or cannot be read."""
    headers = safe_headers(inbound.headers)
    part = Part(None, b"", headers)
    rules = Rules(b"", largest=LARGEST_GLIMPSE)
    if len(inbound.body) <= LARGEST_GLIMPSE:
        with suppress(Unreadable):
            payload = _read(inbound.body, headers, source.manners, rules)
            part = next(split(payload, inbound.body, headers, source.reading))
    query = safe_query(inbound.query)
    context = Context(payload=part.payload, headers=part.headers, query=query, received_at=inbound.received_at)
    context.tables, context.envelopes = source.tables, part.envelopes
    topic = text_of(source.reading.topic, context)[:LONGEST_NAME]
    return Glimpse(topic, time_of(source.reading.time, context))


def waits_for_lookup(source: Source, context: Context) -> bool:
    """Say whether the event is to be looked up before its mappings run; not if nothing needs it anyway."""
    if not source.lookups:
        return False
    topic = context.topic
    if not any(mapping.takes(topic) for mapping in source.mappings) and not uses_lookup(source, topic):
        return False
    try:
        return choose(source.lookups, context) is not None
    except MappingFailed:
        return True  # whoever makes the lookups says what went wrong


def propose_again(
    event: Event, source: Source, *, new_id: NewId, rules: Rules, answers: Mapping[str, Any] | None = None
) -> tuple[Proposal, ...]:
    """Run today's mappings over a stored event and what was looked up for it: the same gives the same answer.

    Raises Unreadable if the payload was pruned or cannot be read.
    """
    context = context_of(event, source, rules=rules)
    context.looked_up = answers or {}
    return _watched(_proposals(source, context, new_id, rules.index_key), source, rules)


def read_again(event: Event, source: Source, *, rules: Rules) -> Event:
    """Give a stored event as today's `event:` reads it: topic, id, tenant, time and what it is found by.

    Raises Unreadable if the payload was pruned or cannot be read.
    """
    context = context_of(event, source, rules=rules)
    inbound = Inbound(event.source, "POST", "", event.headers, b"", event.received_at)
    dedupe_until = _identify(event.body, source, context, rules)
    read = _event(
        inbound, event.body, source, context, dedupe_until=dedupe_until, new_id=lambda _: event.id, rules=rules
    )
    return replace(read, query=event.query, config=event.config)


def propose_failure(event: Event, source: Source, reason: str, *, rules: Rules) -> tuple[Proposal, ...]:
    """Let every mapping that takes the topic fail for this reason; what the event cancels, it cancels nevertheless."""
    taking = (mapping for mapping in source.mappings if mapping.takes(event.topic))
    proposals = [Proposal(mapping.name, 0, Failed(reason)) for mapping in taking]
    with suppress(Unreadable):
        context = context_of(event, source, rules=rules)
        proposals += stopping(source, context, proposals, index_key=rules.index_key)
    return tuple(proposals) or _unmatched(event.topic, source)


def context_of(event: Event, source: Source, *, rules: Rules) -> Context:
    """Give what expressions see of a stored event. Raises Unreadable if it was pruned or cannot be read."""
    payload = _read(event.body, event.headers, source.manners, rules)
    context = Context(payload=payload, headers=event.headers, query=event.query, received_at=event.received_at)
    context.tables, context.envelopes = source.tables, kept_envelopes(event)
    context.topic, context.tenant, context.event_id = event.topic, event.tenant, event.source_event_id
    return context


def _proposals(source: Source, context: Context, new_id: NewId, index_key: bytes) -> tuple[Proposal, ...]:
    proposals = [
        proposal
        for mapping in source.mappings
        if mapping.takes(context.topic)
        for proposal in propose(mapping, context, index_key=index_key, new_delivery_id=lambda: new_id("dlv"))
    ]
    if source.cancellers or source.unsubscribing:
        proposals += stopping(source, context, proposals, index_key=index_key)
    return tuple(proposals) or _unmatched(context.topic, source)


def _watched(proposals: tuple[Proposal, ...], source: Source, rules: Rules) -> tuple[Proposal, ...]:
    return proposals if rules.guard is None else rules.guard.watched(proposals, source)


def _unmatched(topic: str, source: Source) -> tuple[Proposal, ...]:
    reason = f"no mapping takes the topic {topic or '(none)'}"
    if topic in source.manners.privacy:
        reason = f"a request about a person's data ({topic}); what is kept of them is yours to erase or to hand out"
    return (Proposal("", 0, Unmatched(reason)),)


def _identify(body: bytes, source: Source, context: Context, rules: Rules) -> int:
    """Read which event it is into the context; gives until when (ms) another with the same id is this one."""
    reading = source.reading
    context.topic = text_of(reading.topic, context)[:LONGEST_NAME]
    context.tenant = name_of(reading.tenant, context)
    context.event_id = name_of(reading.id, context)
    if context.event_id:
        return context.received_at + rules.dedupe_window
    context.event_id = digest_id(context.topic.encode(errors="replace") + b"\0" + body)
    return context.received_at + DIGEST_WINDOW


def _event(
    inbound: Inbound,
    body: bytes,
    source: Source,
    context: Context,
    *,
    dedupe_until: int,
    proposals: tuple[Proposal, ...] = (),
    new_id: NewId,
    rules: Rules,
) -> Event:
    own_marks = _marks(source, context, rules.index_key)
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
        dedupe_until=dedupe_until,
        occurred_at=time_of(source.reading.time, context),
        marks=marks_of(own_marks, proposals, index_key=rules.index_key),
        config=rules.config,
    )


def _marks(source: Source, context: Context, index_key: bytes) -> Iterator[Mark]:
    for kind, expression in (("contact", source.reading.contact), *source.reading.refs):
        text = text_of(expression, context)
        if searchable(text):
            yield Mark(kind, digest(index_key, text))
    if context.topic in source.manners.privacy:
        yield PRIVACY
