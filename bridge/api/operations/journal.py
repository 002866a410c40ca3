"""Who changed what, and when."""

from typing import Annotated

import msgspec

from bridge.api.operation import Call, Nothing, Operation, Page, page_of
from bridge.api.reading import Moment, moment
from bridge.api.verbs.books import JournalEntry, entries

_Who = Annotated[str, msgspec.Meta(max_length=200, description="Only of this person, or `key:NAME`, `cli:ACCOUNT`")]
_Verb = Annotated[str, msgspec.Meta(max_length=50, description="Only this verb, as of the commands: `pause`")]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
_Before = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$", description="`next` of the page before")]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which actions."""

    who: _Who | None = None
    verb: _Verb | None = None
    since: Moment | None = None
    limit: _Limit = 50
    before: _Before | None = None


async def _list(call: Call[Wanted, Nothing]) -> Page[JournalEntry]:
    wanted = call.query
    found = await entries(
        call.office,
        limit=wanted.limit + 1,
        before=None if wanted.before is None else int(wanted.before),
        who=wanted.who,
        verb=wanted.verb,
        since=moment(wanted.since, now=call.office.now()),
    )
    return page_of(found, wanted.limit, lambda entry: str(entry.number))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_actions",
        method="GET",
        path="/actions",
        role="viewer",
        tag="records",
        summary="The journal: who changed what and when, the latest first",
        run=_list,
        query=Wanted,
        answer=Page[JournalEntry],
        declines=(422,),
    ),
)
