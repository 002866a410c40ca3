"""Who is never asked again, and erasing a person, over the API."""

from typing import Annotated, Any

import msgspec

from bridge.api.choice import Text
from bridge.api.errors import invalid
from bridge.api.operation import Call, Nothing, Operation, Page, page_of
from bridge.api.verbs import erasure, suppression as verbs

_TAG = "people who are asked"
_Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=512, description="An address or number")]


class SuppressionPaging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many, and the cursor after which the page begins."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    before: Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[0-9]{1,18}(-([0-9a-f]{2}){0,16})?$")] | None = None


class Suppressing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is not to be asked again, and why."""

    contact: _Contact
    reason: Text = ""


class Allowing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may be asked again: an address or number, or the mark of an entry of the list."""

    contact: _Contact | None = None
    mark: verbs.MarkText | None = None


class Whom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose data it is about."""

    contact: _Contact


class Erasing(Whom, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose data to erase; `expected` is the number of rows that the preview found."""

    expected: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)] | None = None


async def _list(call: Call[SuppressionPaging, Nothing]) -> Page[verbs.Entry]:
    entries = await verbs.listed(call.office, limit=call.query.limit + 1, before=call.query.before)
    return page_of(entries, call.query.limit, lambda entry: entry.cursor)


async def _add(call: Call[Nothing, Suppressing]) -> verbs.Suppressed:
    return await verbs.add(call.office, call.person, call.body.contact, reason=call.body.reason)


async def _remove(call: Call[Nothing, Allowing]) -> verbs.Entry:
    wanted = call.body
    if (wanted.contact is None) == (wanted.mark is None):
        raise invalid("give either `contact` or `mark`")
    mark = wanted.mark or verbs.mark_of(call.office, wanted.contact or "")
    return await verbs.remove(call.office, call.person, mark=mark)


async def _trace(call: Call[Nothing, Whom]) -> erasure.Traced:
    return await erasure.preview(call.office, call.body.contact)


async def _erase(call: Call[Nothing, Erasing]) -> erasure.Certificate:
    return await erasure.erase(call.office, call.person, call.body.contact, expected=call.body.expected)


def _operation(name: str, summary: str, **others: Any) -> Operation:
    return Operation(name=name, summary=summary, tag=_TAG, **others)


OPERATIONS: tuple[Operation, ...] = (
    _operation(
        "list_suppressions",
        "Who is never asked again, masked, the latest first",
        method="GET",
        path="/suppressions",
        role="viewer",
        run=_list,
        query=SuppressionPaging,
        answer=Page[verbs.Entry],
    ),
    _operation(
        "suppress",
        "Never ask an address or number again, and cancel what waits for it",
        method="POST",
        path="/suppressions",
        role="operator",
        run=_add,
        body=Suppressing,
        answer=verbs.Suppressed,
        declines=(422,),
    ),
    _operation(
        "unsuppress",
        "Allow somebody to be asked again, by events that come from now on",
        method="POST",
        path="/suppressions/remove",
        role="operator",
        run=_remove,
        body=Allowing,
        answer=verbs.Entry,
        declines=(404, 422),
    ),
    _operation(
        "preview_erasure",
        "Count what is stored about a person; changes nothing, and looks at everything that is stored",
        method="POST",
        path="/erasures/preview",
        role="admin",
        run=_trace,
        body=Whom,
        answer=erasure.Traced,
        declines=(422,),
    ),
    _operation(
        "erase",
        "Erase what is stored about a person, for good; the books stay balanced",
        method="POST",
        path="/erasures",
        role="admin",
        run=_erase,
        body=Erasing,
        answer=erasure.Certificate,
        declines=(409, 422),
    ),
)
