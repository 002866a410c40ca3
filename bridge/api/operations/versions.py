"""Changes of the mapping files over the API: planned, applied, listed, compared, restored."""

from typing import Annotated, Any

import msgspec

from bridge.api.operation import Call, Nothing, Operation
from bridge.api.verbs import changing
from bridge.api.verbs.mappings import Written
from bridge.app.planner import Plan
from bridge.app.versions import FileDiff, Listed

_TAG = "mappings"
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
VersionName = Annotated[str, msgspec.Meta(max_length=40)]


class PlanState(msgspec.Struct, frozen=True, kw_only=True):
    """A plan under way, or what it found: `found` as `bridge plan --json` says it, null until it `ended`.

    `configuration` is the fingerprint of the files that were planned, by which the plan is asked for again.
    """

    configuration: str
    in_force: str
    events: int
    last: int | None
    since: int | None
    began_at: int
    ended_at: int | None
    is_whole: bool
    failed: str
    found: dict[str, Any] | None


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files to write, none for the folder as it is; `plan`: only if that is still what was planned.

    `accept`: write down what examples become otherwise.
    """

    files: Annotated[list[Written], msgspec.Meta(max_length=200)] = []
    plan: VersionName = ""
    accept: bool = False


class ChangedFile(msgspec.Struct, frozen=True):
    """How a file differs: `added`, `removed` or `changed`, and the unified diff."""

    file: str
    change: str
    diff: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A time at which a version came into force, how, and by which files it differs from the one before."""

    configuration: str
    since: int
    how: str
    changed: list[str]


class Versions(msgspec.Struct, frozen=True):
    """Versions, newest first."""

    items: list[Version]


class VersionFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a version."""

    configuration: str
    files: dict[str, str]


class Differences(msgspec.Struct, frozen=True):
    """The files that differ."""

    files: list[ChangedFile]


class HowMany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many versions."""

    limit: Limit = 50


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two versions by fingerprint or its beginning: `folder` is the folder as it is, nothing is what is in force."""

    old: VersionName = ""
    new: VersionName = "folder"


def plan_state(plan: Plan) -> PlanState:
    """Give a plan as a value of the API."""
    return PlanState(
        configuration=plan.mark,
        in_force=plan.in_force,
        events=plan.events,
        last=plan.last,
        since=plan.since,
        began_at=plan.began,
        ended_at=plan.ended,
        is_whole=plan.is_whole,
        failed=plan.failed,
        found=None if plan.found is None else dict(plan.found),
    )


def version(listed: Listed) -> Version:
    """Give a version as a value of the API."""
    row = listed.version
    return Version(
        configuration=row.fingerprint, since=row.since, how=row.how, changed=[each.file for each in listed.changed]
    )


async def _plan(call: Call[Nothing, changing.Wish]) -> PlanState:
    return plan_state(await changing.plan(call.office, call.body))


async def _planned(call: Call[Nothing, Nothing]) -> PlanState:
    return plan_state(changing.plan_of(call.office, call.path["configuration"]))


async def _apply(call: Call[Nothing, Order]) -> changing.Applied:
    order = call.body
    return await changing.apply(call.office, call.person, order.files, plan=order.plan, accept=order.accept)


async def _history(call: Call[HowMany, Nothing]) -> Versions:
    return Versions([version(each) for each in await changing.history(call.office, limit=call.query.limit)])


async def _show(call: Call[Nothing, Nothing]) -> VersionFiles:
    name, files = await changing.find_version(call.office, call.path["version"])
    return VersionFiles(configuration=name, files=dict(files))


async def _diff(call: Call[Pair, Nothing]) -> Differences:
    found = await changing.differences(call.office, call.query.old, call.query.new)
    return Differences([_changed(each) for each in found])


def _changed(diff: FileDiff) -> ChangedFile:
    return ChangedFile(diff.file, diff.change, diff.diff)


async def _restore(call: Call[Nothing, Nothing]) -> changing.Applied:
    return await changing.restore(call.office, call.person, call.path["version"])


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="plan_mappings",
        method="POST",
        path="/mappings/plan",
        role="operator",
        tag=_TAG,
        summary="Begin to compare files with what is in force over stored events; waits a moment for the end",
        run=_plan,
        body=changing.Wish,
        answer=PlanState,
        status=202,
        declines=(409, 422),
    ),
    Operation(
        name="show_plan",
        method="GET",
        path="/mappings/plans/{configuration}",
        role="viewer",
        tag=_TAG,
        summary="How far a plan is, or what it found",
        run=_planned,
        answer=PlanState,
        declines=(404,),
    ),
    Operation(
        name="apply_mappings",
        method="POST",
        path="/mappings/apply",
        role="operator",
        tag=_TAG,
        summary="Write files into the folder and put it in force as a whole",
        run=_apply,
        body=Order,
        answer=changing.Applied,
        declines=(409, 422),
    ),
    Operation(
        name="list_versions",
        method="GET",
        path="/mappings/versions",
        role="viewer",
        tag=_TAG,
        summary="When which version of the mapping files came into force",
        run=_history,
        query=HowMany,
        answer=Versions,
    ),
    Operation(
        name="compare_versions",
        method="GET",
        path="/mappings/diff",
        role="viewer",
        tag=_TAG,
        summary="How two versions differ; by default what is in force and the folder",
        run=_diff,
        query=Pair,
        answer=Differences,
        declines=(404,),
    ),
    Operation(
        name="show_version",
        method="GET",
        path="/mappings/versions/{version}",
        role="viewer",
        tag=_TAG,
        summary="The files of a version",
        run=_show,
        answer=VersionFiles,
        declines=(404, 422),
    ),
    Operation(
        name="restore_version",
        method="POST",
        path="/mappings/versions/{version}/restore",
        role="operator",
        tag=_TAG,
        summary="Write the files of a version back into the folder and put it in force",
        run=_restore,
        answer=changing.Applied,
        declines=(404, 409, 422),
    ),
)
