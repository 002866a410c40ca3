"""Do the books balance, what does traffic use of the mapping files, what have targets accepted."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page
from bridge.api.reading import Moment, moment
from bridge.api.verbs.books import prove
from bridge.app.bookkeeping import as_record
from bridge.app.traffic import LAST, as_record as coverage_record, cover
from bridge.core.drift import ValueType
from bridge.outbox.protocol import Store

_MOST_EVENTS = 10_000  # some seconds of work
_SourceName = Annotated[str, msgspec.Meta(max_length=200, description="Only of this source")]
_TouchpointName = Annotated[str, msgspec.Meta(max_length=200, description="Only of this touchpoint")]
_Last = Annotated[int, msgspec.Meta(ge=1, le=_MOST_EVENTS, description="The newest so many events are looked at")]


class Books(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the books; what was received since the beginning of the day (UTC) of `since`."""

    source: _SourceName | None = None
    since: Moment | None = None


class Unequal(msgspec.Struct, frozen=True):
    """An equation that does not hold. `rows` are ids at fault where they are known, `more` how many are not named."""

    equation: str
    left: int
    right: int
    rows: Sequence[str]
    source: str | None
    day: str | None
    more: int


class Audit(msgspec.Struct, frozen=True):
    """The books as of one moment. Each of `days` has `day`, `source` and its counts that are not 0."""

    balanced: bool
    imbalances: Sequence[Unequal]
    counters: Mapping[str, int]
    days: Sequence[Mapping[str, int | str]]


class Traffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events to look at."""

    since: Moment | None = None
    last: _Last = LAST


class Nulls(msgspec.Struct, frozen=True):
    """How often a field came out null or empty, of how often it was worked out."""

    null: int
    of: int


class MappingUse(msgspec.Struct, frozen=True):
    """What traffic made of one mapping."""

    source: str
    mapping: str
    touchpoint: str
    events: int
    verdicts: Mapping[str, int]
    last_used_at: int | None
    fields: Mapping[str, Nulls]


class Unmatched(msgspec.Struct, frozen=True):
    """Events of a topic that no mapping takes."""

    source: str
    topic: str
    events: int


class PathChange(msgspec.Struct, frozen=True):
    """What changed at a path of a topic's payloads since a day (ms); shares from 0 to 1 of null or absent values."""

    source: str
    topic: str
    path: str
    what: Literal["appeared", "vanished", "nulls"]
    since: int
    before: float
    after: float


class Coverage(msgspec.Struct, frozen=True):
    """What stored events used of the mapping files in force, and what they have that nobody maps."""

    events: int
    not_worked_out: int
    mappings: Sequence[MappingUse]
    unmatched: Sequence[Unmatched]
    without_a_mapping_file: Mapping[str, int]
    stops: Mapping[str, int]
    changes: Sequence[PathChange]


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose attributes."""

    touchpoint: _TouchpointName | None = None


class AcceptedAttribute(msgspec.Struct, frozen=True):
    """A name and type of value that a target accepted, from when (ms) until when; `last_seen` is written once a day."""

    touchpoint: str
    name: str
    type: ValueType
    first_seen: int
    last_seen: int


async def _audit(call: Call[Books, Nothing]) -> Audit:
    since = moment(call.query.since, now=call.office.now())
    proof = await prove(call.office, source=call.query.source, since=since)
    return msgspec.convert(as_record(proof.balance), Audit)


async def _coverage(call: Call[Traffic, Nothing]) -> Coverage:
    catalog, since = call.office.in_force.catalog, moment(call.query.since, now=call.office.now())

    def record(store: Store) -> dict[str, Any]:
        coverage, trends = cover(store.ledger, catalog, last=call.query.last, since=since)
        return coverage_record(coverage, trends.changes())

    return msgspec.convert(await call.office.study(record), Coverage)


async def _attributes(call: Call[Where, Nothing]) -> Page[AcceptedAttribute]:
    found = await call.office.read(lambda store: store.ledger.attributes(call.query.touchpoint))
    return Page([msgspec.convert(each, AcceptedAttribute, from_attributes=True) for each in found], None)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="audit",
        method="GET",
        path="/audit",
        role="viewer",
        tag="records",
        summary="Prove that the books balance: nothing accepted was lost, nothing was made of nothing",
        run=_audit,
        query=Books,
        answer=Audit,
        declines=(422,),
    ),
    Operation(
        name="coverage",
        method="GET",
        path="/coverage",
        role="viewer",
        tag="records",
        summary="Which mappings and fields stored events use, and what changed in payloads",
        run=_coverage,
        query=Traffic,
        answer=Coverage,
        declines=(422,),
    ),
    Operation(
        name="list_attributes",
        method="GET",
        path="/attributes",
        role="viewer",
        tag="records",
        summary="The names and types of attributes that targets ever accepted",
        run=_attributes,
        query=Where,
        answer=Page[AcceptedAttribute],
    ),
)
