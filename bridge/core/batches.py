"""Batches: a request that carries several events, split into them, and what was around each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from bridge.core.configuration import Reading
from bridge.core.credentials import is_credential
from bridge.core.errors import Unreadable
from bridge.core.model import Event

MOST_EVENTS = 1_000  # events that one request may carry
LARGEST_ENVELOPE = 8 * 1024  # bytes of JSON around the elements of a batch, which every one of its events keeps
ENVELOPES = ":envelopes"  # where an event keeps them: among its headers, by a name that no request can send


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a request: of a batch the element, with what was around it, the outermost first."""

    payload: Any
    body: bytes
    headers: dict[str, str]
    envelopes: tuple[Any, ...] = ()


def split(payload: Any, body: bytes, headers: dict[str, str], reading: Reading) -> Iterator[Part]:
    """Give the parts of a request; the body of a batch's event is the event alone, as JSON."""
    if not reading.each:
        yield Part(payload, body, headers)
        return
    elements: list[tuple[Any, tuple[Any, ...]]] = [(payload, ())]
    for path in reading.each:
        names = [] if path == "@" else path.split(".")
        elements = [part for element, around in elements for part in _children(element, names, around)]
    if not 0 < len(elements) <= MOST_EVENTS:
        raise Unreadable(f"a batch of 1 to {MOST_EVENTS} events was expected, this one has {len(elements)}")
    bare = {name: value for name, value in headers.items() if name != "content-encoding"}
    for element, around in elements:
        if not isinstance(element, dict | list):
            raise Unreadable("an event of this batch is neither an object nor a list")
        yield Part(element, msgspec.json.encode(element), bare | _batch_headers(around), around)


def _batch_headers(envelopes: tuple[Any, ...]) -> dict[str, str]:
    json = {"content-type": "application/json"}
    if not envelopes:
        return json
    kept = msgspec.json.encode(envelopes)
    if len(kept) > LARGEST_ENVELOPE:
        raise Unreadable(f"what is around the events of this batch is larger than {LARGEST_ENVELOPE} bytes")
    return json | {ENVELOPES: kept.decode()}


def kept_envelopes(event: Event) -> tuple[Any, ...]:
    """Give what was around a stored event of a batch. Raises Unreadable if it is damaged."""
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
    return [(child, envelopes) for child in (found if isinstance(found, list) else [found])]


def _without(element: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Give the object without what the names lead to, and without what does not belong to one.

    Lists beside it hold other elements; credentials (the SessionId of an outbound message) are not to be kept.
    """
    name, *further = names
    kept = {
        key: value
        for key, value in element.items()
        if key != name and not isinstance(value, list) and not (isinstance(value, str) and is_credential(key))
    }
    return kept | {name: _without(element[name], further)} if further else kept


def unsplit(element: Any, envelopes: tuple[Any, ...], each: tuple[str, ...]) -> Any:
    """Give a request that carries this one event of a batch, as the source would have sent it."""
    around = list(envelopes)
    for path in reversed(each):
        element = [element]
        if path != "@":
            element = _within(around.pop() if around else {}, path.split("."), element)
    return element


def _within(envelope: Any, names: list[str], value: Any) -> Any:
    name, *further = names
    inner = envelope.get(name, {}) if isinstance(envelope, dict) else {}
    return {**envelope, name: _within(inner, further, value) if further else value}
