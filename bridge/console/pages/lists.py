"""What the lists of events and deliveries share: their filter in the address, their fields, where finding leads."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.api.choice import Choice, contact_hash, fixed, given, to_filter, to_query
from bridge.api.office import Office
from bridge.api.operations.deliveries import Before
from bridge.api.reading import fields, moment
from bridge.console.forms import query
from bridge.console.rendering import office_of
from bridge.console.views.filtering import NIGHT, last_night, today
from bridge.console.wording import exact
from bridge.outbox.figures import Counted

ROWS = 50  # of a page
PAGES = {"evt_": "/events/", "dlv_": "/deliveries/", "rpl_": "/replays/", "ref_": "/refused/"}  # by the kind of an id

_Span = Annotated[str, msgspec.Meta(max_length=40)]
_BETWEEN = "~"  # stands between two times in one field of the form
_SPANS = (
    ("", "Any time"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    (NIGHT, "Last night, 20:00 to 06:00"),
)


class Asked(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of a list: the filter, where the page begins, and whether a bulk action is to take all.

    `since` may also be `night`, or two times with `~` between them: `canonical` makes two fields of them.
    """

    since: _Span | None = None
    before: Before | None = None
    all: bool = False


class Since(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter, and the time (ms) at which its page was made."""

    seen: Annotated[int, msgspec.Meta(ge=0, le=1 << 47)]


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed: an address, number, order or id; and the filter that it narrows."""

    text: Annotated[str, msgspec.Meta(max_length=512)] = ""
    filter: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


async def news(request: Request, what: Counted) -> Response:
    """Say how many came since the page was made."""
    office, asked = office_of(request), query(request, Since)
    wanted = to_filter(choice_of(asked), office)
    since = max(asked.seen, wanted.since or 0)
    number = await office.read(lambda store: store.ledger.count(what, replace(wanted, since=since)))
    return JSONResponse({"number": number.number, "exact": number.exact}, headers={"cache-control": "no-store"})


def asked_of(request: Request) -> Asked:
    """Read the address of a list. Raises Declined (422)."""
    return query(request, Asked)


def canonical(asked: Asked, office: Office, zone: ZoneInfo) -> str | None:
    """Give the query that says the same with plain times and no address of anybody; None where it does already."""
    changes: dict[str, str] = {}
    if asked.since == NIGHT:
        begins, ends = last_night(office.now(), zone)
        changes = {"since": str(begins), "until": str(ends)}
    elif asked.since and _BETWEEN in asked.since:
        begins_at, _, ends_at = asked.since.partition(_BETWEEN)
        changes = {"since": begins_at, "until": ends_at}
    if asked.contact and (mark := contact_hash(asked.contact, office).hex()) != asked.contact:
        changes["contact"] = mark
    return to_query(msgspec.structs.replace(asked, **changes)) if changes else None


def choice_of(asked: msgspec.Struct) -> Choice:
    """Give the filter among the fields. Raises Declined (422) for a time that is none."""
    chosen = {name: getattr(asked, name) for name in Choice.__struct_fields__}
    moment(chosen["since"], now=0)
    return Choice(**chosen)


def from_query(text: str) -> Choice:
    """Give the filter that a query says, without where its page begins. Raises Declined (422)."""
    return choice_of(fields(parse_qsl(text), Asked))


def spans(choice: Choice, *, now: int, zone: ZoneInfo) -> Iterator[tuple[str, str, bool]]:
    """Give the choices of the field `since`: value, words, and whether it is the one; the current one is there too."""
    current = choice.since or ""
    if choice.since and choice.until:
        current = f"{choice.since}{_BETWEEN}{choice.until}"
    known = [*_SPANS, (str(today(now, zone)), "Today")]
    night = last_night(now, zone)
    if current == f"{night[0]}{_BETWEEN}{night[1]}":
        current = NIGHT
    for value, words in known:
        yield value, words, value == current
    if current not in {value for value, _ in known}:
        yield current, _spoken(choice, now=now, zone=zone), True


def _spoken(choice: Choice, *, now: int, zone: ZoneInfo) -> str:
    since, until = moment(choice.since, now=now), moment(choice.until, now=now, name="until")
    words = [] if since is None else [_short(since, zone)]
    return " to ".join([*words, *([] if until is None else [_short(until, zone)])])


def _short(time: int, zone: ZoneInfo) -> str:
    """Write day and minute: `12 May 2026, 20:00`."""
    return exact(time, zone).partition(" ")[2][:18].rpartition(":")[0]


def hidden(choice: Choice, names: Iterable[str]) -> list[tuple[str, str]]:
    """Give those fields that a form carries along without showing them."""
    shown = {name: value for name, value in given(choice).items() if name in names}
    several = (
        (name, each) for name, value in shown.items() for each in (value if isinstance(value, tuple) else (value,))
    )
    return [(name, "true" if each is True else str(each)) for name, each in several]


def whole(choice: Choice, office: Office) -> list[tuple[str, str]]:
    """Give all fields of the filter, with times that do not move on."""
    return hidden(fixed(choice, office), Choice.__struct_fields__)
