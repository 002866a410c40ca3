"""What is stopped from sending: everything, touchpoints, sources, mappings."""

from typing import Annotated, Literal

import msgspec

from bridge.api.operation import Call, Changed, Nothing, Operation, Page
from bridge.api.verbs import pauses as verbs
from bridge.outbox.terms import PauseScope

_Name = Annotated[str, msgspec.Meta(max_length=500, description="A name; `source/name` of a mapping, empty for `all`")]
_Reason = Annotated[str, msgspec.Meta(max_length=500, description="Shown wherever the pause is")]


class Pause(msgspec.Struct, frozen=True):
    """What is paused since when (ms), and whether by an operator or because the target refused."""

    scope: PauseScope
    name: str
    reason: str
    since: int
    by: Literal["operator", "target"]


class Resuming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go on."""

    scope: PauseScope
    name: _Name = ""


class Pausing(Resuming, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to stop, and why."""

    reason: _Reason = ""


async def _list(call: Call[Nothing, Nothing]) -> Page[Pause]:
    paused = await call.office.read(lambda store: store.ledger.pauses())
    return Page([msgspec.convert(each, Pause, from_attributes=True) for each in paused], None)


async def _pause(call: Call[Nothing, Pausing]) -> Changed:
    wanted = call.body
    return Changed(
        await verbs.pause(call.office, call.person, scope=wanted.scope, name=wanted.name, reason=wanted.reason)
    )


async def _resume(call: Call[Nothing, Resuming]) -> Changed:
    return Changed(await verbs.resume(call.office, call.person, scope=call.body.scope, name=call.body.name))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_pauses",
        method="GET",
        path="/pauses",
        role="viewer",
        tag="operating",
        summary="What is paused, since when and why",
        run=_list,
        answer=Page[Pause],
    ),
    Operation(
        name="pause",
        method="POST",
        path="/pause",
        role="operator",
        tag="operating",
        summary="Stop sending: everything, or a touchpoint, source or mapping; receiving goes on",
        run=_pause,
        body=Pausing,
        answer=Changed,
        declines=(404, 422),
    ),
    Operation(
        name="resume",
        method="POST",
        path="/resume",
        role="operator",
        tag="operating",
        summary="Go on sending; the time paused does not count towards giving up",
        run=_resume,
        body=Resuming,
        answer=Changed,
        declines=(422,),
    ),
)
