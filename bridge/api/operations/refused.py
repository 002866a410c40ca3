"""Refused requests over the API: looked at, grouped by cause, taken in after all."""

from typing import Annotated, Any

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page, page_of
from bridge.api.verbs import refused as verbs
from bridge.app.refusals import Cause

_TAG = "refused"


class RefusedWanted(verbs.RefusedChoice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which refused requests, how many, and the id after which the page begins."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    before: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class RefusedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was not accepted. `topic` is what it claims; `event_id` is what it became when it was retried."""

    id: str
    source: str
    status: int
    topic: str
    reason: str
    method: str
    url: str
    received_at: int
    retried_at: int | None
    event_id: str


class RefusedListed(RefusedRequest, frozen=True, kw_only=True):
    """A request that was not accepted, with the `size` of its body in bytes."""

    size: int


class RefusedShown(RefusedRequest, frozen=True, kw_only=True):
    """A request that was not accepted, as it came, without credentials."""

    headers: dict[str, str]
    body: str


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which refused requests to take in after all; `expected` is the number that the preview found."""

    filter: verbs.RefusedChoice
    expected: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class RetryWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which refused requests would be taken in."""

    filter: verbs.RefusedChoice


class Became(msgspec.Struct, frozen=True):
    """An event that a request became; a duplicate had come before."""

    event: str
    duplicate: bool


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a refused request: its events, or the reason why it was not taken in."""

    id: str
    taken: bool
    events: list[Became]
    reason: str


class Causes(msgspec.Struct, frozen=True):
    """Refused requests grouped by source and cause."""

    causes: list[Cause]


class RetryDone(msgspec.Struct, frozen=True):
    """What became of each request."""

    refused: list[Retried]


async def _list(call: Call[RefusedWanted, Nothing]) -> Page[RefusedListed]:
    wanted = call.query
    rows = await verbs.listed(call.office, wanted, limit=wanted.limit + 1, before=wanted.before)
    return page_of([msgspec.convert(row, RefusedListed) for row in rows], wanted.limit, lambda row: row.id)


async def _causes(call: Call[Nothing, Nothing]) -> Causes:
    return Causes(await verbs.causes(call.office))


async def _show(call: Call[Nothing, Nothing]) -> RefusedShown:
    refused = await verbs.show(call.office, call.path["id"])
    plain = {name: getattr(refused, name) for name in RefusedRequest.__struct_fields__}
    return RefusedShown(**plain, headers=dict(refused.headers), body=refused.body.decode("utf-8", "replace"))


async def _preview(call: Call[Nothing, RetryWanted]) -> verbs.RetryPreview:
    return await verbs.preview(call.office, call.body.filter)


async def _retry(call: Call[Nothing, Retry]) -> RetryDone:
    results = await verbs.retry(call.office, call.person, call.body.filter, expected=call.body.expected)
    return RetryDone(
        [
            Retried(
                id=each.refused_id,
                taken=not each.reason,
                events=[Became(receipt.event_id, receipt.duplicate) for receipt in each.receipts],
                reason=each.reason,
            )
            for each in results
        ]
    )


def _operation(name: str, summary: str, **others: Any) -> Operation:
    return Operation(name=name, summary=summary, tag=_TAG, **others)


OPERATIONS: tuple[Operation, ...] = (
    _operation(
        "list_refused",
        "Requests that were not accepted, newest first, and why",
        method="GET",
        path="/refused",
        role="viewer",
        run=_list,
        query=RefusedWanted,
        answer=Page[RefusedListed],
    ),
    _operation(
        "list_refused_causes",
        "Refused requests grouped by source and cause, those that are open first",
        method="GET",
        path="/refused/causes",
        role="viewer",
        run=_causes,
        answer=Causes,
    ),
    _operation(
        "preview_retry",
        "How many refused requests could be taken in now, with today's secrets; stores nothing",
        method="POST",
        path="/refused/preview",
        role="operator",
        run=_preview,
        body=RetryWanted,
        answer=verbs.RetryPreview,
        declines=(422,),
    ),
    _operation(
        "retry_refused",
        "Prove refused requests as of the time they came in, with today's secrets, and take them in",
        method="POST",
        path="/refused/retry",
        role="operator",
        run=_retry,
        body=Retry,
        answer=RetryDone,
        declines=(409, 422),
    ),
    _operation(
        "show_refused",
        "One refused request as it came, without credentials",
        method="GET",
        path="/refused/{id}",
        role="viewer",
        run=_show,
        answer=RefusedShown,
        declines=(404,),
    ),
)
