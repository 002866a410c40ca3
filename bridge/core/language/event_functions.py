"""Functions of the mapping language that see the event around the value, and the file's tables."""

from typing import Any
from urllib.parse import parse_qsl

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, read_integer, read_text, table
from bridge.core.language.context import Context
from bridge.core.language.moments import iso_text, read_moment
from bridge.core.language.text_functions import to_text


def _header(context: Context, name: Any) -> str | None:
    wanted = read_text("header", name)
    context.charge_text(wanted)
    return context.headers.get(wanted.lower())


def _query(context: Context, name: Any) -> str | None:
    wanted = read_text("query", name)
    context.charge(len(context.query) >> 2)
    pairs = parse_qsl(context.query, keep_blank_values=True, errors="replace")
    return next((text for key, text in pairs if key == wanted), None)


def _received_at(context: Context) -> str:
    return iso_text(read_moment(context.received_at // 1000))


def _envelope(context: Context, level: Any = 0) -> Any:
    outwards = read_integer("envelope", level)
    around = context.envelopes
    return around[-1 - outwards] if 0 <= outwards < len(around) else None


def _looked_up(context: Context, name: Any = "") -> Any:
    return context.looked_up.get(read_text("looked_up", name))


def _lookup(context: Context, name: Any, key: Any, otherwise: Any = None) -> Any:
    rows = context.tables.get(read_text("lookup", name))
    if rows is None:
        raise MappingFailed("lookup was given the name of a table that the file does not have")
    if key is None:
        return otherwise
    return rows.get(to_text("lookup", key), otherwise)


EVENT_FUNCTIONS = table(
    Function("payload", 0, 0, lambda context: context.payload, "the whole event, also within `for_each`"),
    Function(
        "envelope",
        0,
        1,
        _envelope,
        "what was around the element of a split batch; 1 is one level further out",
    ),
    Function(
        "header",
        1,
        1,
        _header,
        "the request's header of this name, in any case; null if absent",
        skips_null=True,
    ),
    Function(
        "query",
        1,
        1,
        _query,
        "the first value of this parameter of the URL, decoded",
        cost=10,
        skips_null=True,
    ),
    Function("topic", 0, 0, lambda context: context.topic, "the event's topic"),
    Function("tenant", 0, 0, lambda context: context.tenant, "the shop or account that the event is from"),
    Function("event_id", 0, 0, lambda context: context.event_id, "the event's id"),
    Function("received_at", 0, 0, _received_at, "when the event arrived: 2026-11-23T20:56:49Z", cost=10),
    Function(
        "lookup",
        2,
        3,
        _lookup,
        "the row of the file's table for this key, else the third argument, else null",
    ),
    Function(
        "looked_up",
        0,
        1,
        _looked_up,
        "what the source's `lookup:` found, or the further request of that name; null if nothing",
    ),
)
