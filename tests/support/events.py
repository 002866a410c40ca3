"""Small builders of requests, mappings and sources, for tests of what intake makes of them."""

import itertools
from collections.abc import Callable, Mapping as Table
from typing import Any

import msgspec

from bridge.core.configuration import Field, Mapping, Reading, Source
from bridge.core.ids import Kind
from bridge.core.language.expression import Context, compile_expression
from bridge.core.mapping import propose
from bridge.core.model import Failed, Inbound, Plan, Proposal, Skipped
from bridge.core.verification.scheme import Scheme
from bridge.intake import Rules

NOW = 1_800_000_000_000  # 15 January 2027, 08:00 UTC
INDEX_KEY = bytes(range(32))
RULES = Rules(INDEX_KEY, config="c0ffee")
ANNA = "anna@example.com"


def a_field(name: str, text: str | None = None, **knobs: Any) -> Field:
    return Field(name, expression=None if text is None else compile_expression(text), **knobs)


def a_mapping(body: Table[str, str] | None = None, *, fields: tuple[Field, ...] = (), **knobs: Any) -> Mapping:
    """A mail mapping; expressions are given as texts. Without a body it asks Anna."""
    texts = {"email": f"'{ANNA}'"} if body is None else body
    for name in ("when", "key", "for_each"):
        if name in knobs:
            knobs[name] = compile_expression(knobs[name])
    made = tuple(a_field(name, text) for name, text in texts.items())
    return Mapping(**{"name": "ask", "touchpoint": "post-purchase", "channel": "mail", "body": made + fields} | knobs)


def a_reading(**texts: Any) -> Reading:
    """A reading with its expressions given as texts; `refs` as pairs of texts, `each` as a tuple of paths."""
    each = texts.pop("each", ())
    refs = tuple((kind, compile_expression(text)) for kind, text in texts.pop("refs", ()))
    return Reading(**{name: compile_expression(text) for name, text in texts.items()}, refs=refs, each=each)


def a_source(*mappings: Mapping, reading: Reading | None = None, **knobs: Any) -> Source:
    columns: dict[str, Any] = {
        "name": "shop",
        "file": "shop.yaml",
        "scheme": Scheme("none"),
        "secrets": (),
        "reading": reading or a_reading(topic="topic", id="id"),
        "mappings": mappings,
    }
    return Source(**columns | knobs)


def an_inbound(payload: Any = None, *, body: bytes | None = None, **changes: Any) -> Inbound:
    columns: dict[str, Any] = {
        "source": "shop",
        "method": "POST",
        "url": "https://hooks.example.com/hooks/shop",
        "headers": {"content-type": "application/json"},
        "body": msgspec.json.encode(payload) if body is None else body,
        "received_at": NOW,
    }
    return Inbound(**columns | changes)


def counting_ids() -> Callable[[Kind], str]:
    """Ids in the order they are asked for: evt_1, dlv_2, …"""
    numbers = itertools.count(1)
    return lambda kind: f"{kind}_{next(numbers)}"


def proposals(mapping: Mapping, payload: Any, **around: Any) -> list[Proposal]:
    new_id = counting_ids()
    return propose(
        mapping, Context(payload=payload, **around), index_key=INDEX_KEY, new_delivery_id=lambda: new_id("dlv")
    )


def outcome(mapping: Mapping, payload: Any, **around: Any) -> Any:
    (proposal,) = proposals(mapping, payload, **around)
    return proposal.outcome


def planned(mapping: Mapping, payload: Any) -> Plan:
    found = outcome(mapping, payload)
    assert isinstance(found, Plan), found
    return found


def reason(mapping: Mapping, payload: Any) -> str:
    """Why nothing is planned."""
    found = outcome(mapping, payload)
    assert isinstance(found, Skipped | Failed), found
    return found.reason
