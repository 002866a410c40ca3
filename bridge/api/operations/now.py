"""The bridge at a glance, over the API: what the page *Now* shows."""

from zoneinfo import ZoneInfo

import msgspec

from bridge.api.operation import Call, Nothing, Operation
from bridge.api.verbs import now as verbs
from bridge.app.glance import Glance, Touchpoint
from bridge.app.need import Kind, Need
from bridge.app.standing import Word
from bridge.outbox.figures import Count

_UTC = ZoneInfo("UTC")


class Help(msgspec.Struct, frozen=True):
    """What mends it: a page of the console, or where `posts` an address of it that takes a form."""

    label: str
    address: str
    posts: bool


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person is needed for.

    `number` is how many customers or events it is about, at least so many where not `exact`. It began at `since` and
    came up last at `last` (ms), where that is known. `about` names a touchpoint, a source or `source/mapping`.
    """

    kind: Kind
    about: str
    title: str
    detail: str
    number: int
    exact: bool
    since: int | None
    last: int | None
    remedies: list[Help]


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the hour that began at `begins` (ms), and what waited and was held at its end.

    Null where nothing is known, as the bridge was off. The last hour is not over yet.
    """

    begins: int
    received: int | None
    delivered: int | None
    dead: int | None
    waiting: int | None
    held: int | None


class Counted(msgspec.Struct, frozen=True):
    """How many; at least so many where not `exact`."""

    number: int
    exact: bool


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are due now, within the hour, then until midnight (UTC), then within seven days."""

    now: Counted
    hour: Counted
    today: Counted
    week: Counted


class Oldest(msgspec.Struct, frozen=True, kw_only=True):
    """The pending delivery that is due first, and why it waits."""

    id: str
    source: str
    mapping: str
    touchpoint: str
    key: str | None
    due_at: int
    because: str


class TouchpointNow(msgspec.Struct, frozen=True, kw_only=True):
    """How a touchpoint stands, how many deliveries wait for it, and when it answered last."""

    touchpoint: str
    state: Word
    reason: str
    since: int | None
    until: int | None
    by: str
    waiting: int
    last_answer_at: int | None


class Unbalanced(msgspec.Struct, frozen=True):
    """An equation of the books that does not hold."""

    equation: str
    left: int
    right: int


class Books(msgspec.Struct, frozen=True):
    """The kept counters, and which equations over them do not hold. `GET /audit` proves them against every row."""

    balanced: bool
    imbalances: list[Unbalanced]
    counters: dict[str, int]


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """The bridge as of `at` (ms). The verdict says times of day in UTC."""

    at: int
    verdict: str
    issues: list[Issue]
    hours: list[HourRow]
    due: Due
    oldest: Oldest | None
    touchpoints: list[TouchpointNow]
    books: Books


async def _show(call: Call[Nothing, Nothing]) -> Now:
    return _now(await verbs.look(call.office, _UTC))


def _now(seen: Glance) -> Now:
    oldest = None if seen.oldest is None else {**seen.oldest, "because": seen.because}
    return Now(
        at=seen.at,
        verdict=seen.verdict,
        issues=[_issue(need) for need in seen.needs],
        hours=msgspec.convert(seen.hours, list[HourRow], from_attributes=True),
        due=Due(**dict(zip(("now", "hour", "today", "week"), map(_counted, seen.due), strict=True))),
        oldest=None if oldest is None else msgspec.convert(oldest, Oldest),
        touchpoints=[_touchpoint(each) for each in seen.touchpoints],
        books=Books(
            balanced=not seen.imbalances,
            imbalances=[Unbalanced(each.equation, each.left, each.right) for each in seen.imbalances],
            counters=dict(seen.counters),
        ),
    )


def _issue(need: Need) -> Issue:
    return Issue(
        kind=need.kind,
        about=need.name,
        title=need.title,
        detail=need.detail,
        number=need.number,
        exact=need.exact,
        since=need.since,
        last=need.last,
        remedies=[Help(each.label, each.address, each.posts) for each in need.remedies],
    )


def _counted(count: Count) -> Counted:
    return Counted(count.number, count.exact)


def _touchpoint(each: Touchpoint) -> TouchpointNow:
    standing = each.standing
    return TouchpointNow(
        touchpoint=each.name,
        state=standing.state,
        reason=standing.reason,
        since=standing.since,
        until=standing.until,
        by=standing.by,
        waiting=each.waiting,
        last_answer_at=each.last_answer["ended_at"] if each.last_answer else None,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="show_now",
        method="GET",
        path="/now",
        role="viewer",
        tag="watching",
        summary="Whether everything is well, what needs a person, the last 24 hours, what waits",
        run=_show,
        answer=Now,
    ),
)
