"""Replays over the API: previewed, made, watched, stopped and undone."""

from typing import Annotated, Any

import msgspec

from bridge.api.choice import Choice, Text
from bridge.api.operation import Call, Nothing, Operation, Page, page_of
from bridge.api.verbs import replays as verbs
from bridge.app.progress import as_row
from bridge.core.model import State
from bridge.outbox.jobs import Change, ReplayKind, ReplayMode, ReplayState

_TAG = "replays"
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Paging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many, and the id after which the page begins."""

    limit: Limit = 50
    before: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A replay: what it takes and how far it is. `left` is the time until all is made, by its rate or its speed."""

    id: str
    state: ReplayState
    kind: ReplayKind
    mode: ReplayMode
    progress: str
    found: int
    taken: int
    made: int
    others: dict[str, int]
    rate: str | None
    left: str | None
    left_ms: int | None
    wait: str | None
    driver: str
    started_at: int
    ended_at: int | None
    who: str
    why: str
    changed_by: str
    description: str


class Watched(Replay, frozen=True, kw_only=True):
    """A replay, and how many of the deliveries that it made are in which state."""

    deliveries: dict[State, int]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to replay, and how."""

    filter: Choice
    how: verbs.How = verbs.How()


class Order(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to replay, and how; `expected` is the number that the preview found."""

    expected: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)] | None = None


class Reasoned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Text = ""


class Undone(msgspec.Struct, frozen=True):
    """How many waiting deliveries of a replay were cancelled."""

    cancelled: int


async def _list(call: Call[Paging, Nothing]) -> Page[Replay]:
    rows = await verbs.listed(call.office, limit=call.query.limit + 1, before=call.query.before)
    return page_of([msgspec.convert(row, Replay) for row in rows], call.query.limit, lambda row: row.id)


async def _show(call: Call[Nothing, Nothing]) -> Watched:
    return msgspec.convert(await verbs.show(call.office, call.path["id"]), Watched)


async def _preview(call: Call[Nothing, Wanted]) -> verbs.Preview:
    return await verbs.preview(call.office, call.person, call.body.filter, call.body.how)


async def _make(call: Call[Nothing, Order]) -> Replay:
    wanted = call.body
    job = await verbs.make(call.office, call.person, wanted.filter, wanted.how, expected=wanted.expected)
    return msgspec.convert(as_row(job, now=call.office.now()), Replay)


async def _undo(call: Call[Nothing, Reasoned]) -> Undone:
    return Undone(await verbs.undo(call.office, call.person, call.path["id"], reason=call.body.reason))


def _changing(verb: Change, summary: str) -> Operation:
    async def run(call: Call[Nothing, Nothing]) -> Watched:
        return msgspec.convert(await verbs.change(call.office, call.person, call.path["id"], verb), Watched)

    return Operation(
        name=f"{verb}_replay",
        method="POST",
        path=f"/replays/{{id}}/{verb}",
        role="operator",
        tag=_TAG,
        summary=summary,
        run=run,
        answer=Watched,
        declines=(404, 409),
    )


def _operation(name: str, summary: str, **others: Any) -> Operation:
    return Operation(name=name, summary=summary, tag=_TAG, **others)


OPERATIONS: tuple[Operation, ...] = (
    _operation(
        "list_replays",
        "Replays, newest first: how far they are and how long they still take",
        method="GET",
        path="/replays",
        role="viewer",
        run=_list,
        query=Paging,
        answer=Page[Replay],
    ),
    _operation(
        "preview_replay",
        "What a replay would take, and what would become of the first of it; makes nothing",
        method="POST",
        path="/replays/preview",
        role="operator",
        run=_preview,
        body=Wanted,
        answer=verbs.Preview,
        declines=(422,),
    ),
    _operation(
        "make_replay",
        "Make new deliveries, linked to the old ones; the running bridge carries it out",
        method="POST",
        path="/replays",
        role="operator",
        run=_make,
        body=Order,
        answer=Replay,
        status=201,
        declines=(409, 422),
    ),
    _operation(
        "show_replay",
        "A replay, and what became of the deliveries that it made",
        method="GET",
        path="/replays/{id}",
        role="viewer",
        run=_show,
        answer=Watched,
        declines=(404,),
    ),
    _changing("pause", "Make no more for now; what was made is sent"),
    _changing("resume", "Go on where a paused replay stopped"),
    _changing("cancel", "Make no more, for good; what was made is sent, unless it is undone"),
    _operation(
        "undo_replay",
        "Make no more, and cancel what was made and still waits",
        method="POST",
        path="/replays/{id}/undo",
        role="operator",
        run=_undo,
        body=Reasoned,
        answer=Undone,
        declines=(404,),
    ),
)
