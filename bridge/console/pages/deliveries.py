"""The list of deliveries: filtered by its address, as a table and as a file, with news of what came since."""

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bridge.api.choice import Choice, fixed, to_filter, to_query
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.api.verbs import events as event_verbs
from bridge.console.forms import form
from bridge.console.pages import lists
from bridge.console.rendering import office_of, render, zone_of
from bridge.console.views import filtering
from bridge.console.views.listing import delivery_lines
from bridge.console.views.subject import about
from bridge.core.model import STATES
from bridge.outbox.figures import Count, Page
from bridge.outbox.previews import Subject
from bridge.outbox.protocol import Ledger, Store
from bridge.outbox.terms import Filter, Row

PATH = "/deliveries"
_MOST_EXPORTED = 10_000  # rows of a file
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Read:
    """What one look at the store gave; `wider` is the nearest filter that finds something, where this one does not."""

    page: Page
    subjects: Mapping[str, Subject]
    number: Count
    totals: Mapping[str, Mapping[Any, int]]
    wider: tuple[filtering.Nearest, Count] | None


async def _list(request: Request) -> Response:
    office, asked, zone = office_of(request), lists.asked_of(request), zone_of(person_of(request))
    if (better := lists.canonical(asked, office, zone)) is not None:
        return RedirectResponse(f"{PATH}?{better}", 303)
    choice = lists.choice_of(asked)
    wanted = to_filter(choice, office)
    read = await office.read(lambda store: _look(store.ledger, choice, wanted, asked.before, office))
    now, rows = office.now(), read.page.rows
    return await render(
        request,
        "deliveries.html",
        choice=choice,
        query=to_query(choice),
        is_filtered=choice != Choice(),
        tells_more=filtering.without(choice, "state", "verdict") != Choice(),
        title=_title(choice, read),
        said=filtering.sentence(choice, "deliveries", since=wanted.since, until=wanted.until, zone=zone),
        number=read.number,
        lines=delivery_lines(rows, read.subjects, now=now),
        states=_states(choice, wanted, read.totals),
        touchpoints=_names(office.in_force.touchpoints, read.totals, choice.touchpoint),
        sources=_names(office.in_force.catalog.sources, (), choice.source),
        mappings=_names(_mapping_names(office), (), choice.mapping),
        spans=list(lists.spans(choice, now=now, zone=zone)),
        hidden=lists.hidden(choice, _carried(choice)),
        removables=list(filtering.removables(choice)),
        whole=lists.whole(choice, office) if asked.all and choice != Choice() else [],
        replay_all=filtering.replay_all(choice, read.number) if person_of(request).role != "viewer" else "",
        replay_query=to_query(fixed(choice, office)),
        before=asked.before,
        older=to_query(choice, before=read.page.older) if read.page.older else "",
        reached=read.page.reached,
        wider=read.wider,
        beside=filtering.beside(read.wider),
        to_show=filtering.to_show(read.wider, "delivery", "deliveries"),
        seen=now,
        may_change=person_of(request).role != "viewer",
    )


def _carried(choice: Choice) -> tuple[str, ...]:
    """Name the fields that the form carries along; `until` is with `since` where that is given."""
    return ("id", "contact", "replay", "verdict", *(() if choice.since else ("until",)))


def _look(ledger: Ledger, choice: Choice, wanted: Filter, before: str | None, office: Office) -> _Read:
    page = ledger.page("deliveries", replace(wanted, before=before), limit=lists.ROWS)
    number = Count(0, exact=False) if page.reached is not None else ledger.count("deliveries", wanted)
    wider = None if page.rows or page.older or before else _wider(ledger, choice, office)
    subjects = ledger.subjects([row["id"] for row in page.rows])
    return _Read(page, subjects, filtering.at_least(number, len(page.rows)), ledger.touchpoint_totals(), wider)


def _wider(ledger: Ledger, choice: Choice, office: Office) -> tuple[filtering.Nearest, Count] | None:
    for nearest in filtering.nearest(choice):
        number = ledger.count("deliveries", to_filter(nearest.choice, office))
        if number.number:
            return nearest, number
    return None


def _title(choice: Choice, read: _Read) -> str:
    if choice != Choice():
        return filtering.found(read.number, choice, "delivery", "deliveries")
    numbers = {state: sum(each.get(state, 0) for each in read.totals.values()) for state in STATES}
    return filtering.deliveries_title(numbers)


def _states(
    choice: Choice, wanted: Filter, totals: Mapping[str, Mapping[Any, int]]
) -> list[tuple[str, int | None, bool]]:
    """Give the states with their kept numbers, where the filter has no more than what those are kept by."""
    is_kept = replace(wanted, states=(), touchpoint=None).is_empty
    counted = [states for name, states in totals.items() if choice.touchpoint in {None, name}]
    return [
        (state, sum(each.get(state, 0) for each in counted) if is_kept else None, state in choice.state)
        for state in STATES
    ]


def _names(known: Any, others: Any, current: str | None) -> list[str]:
    return sorted({*known, *others, *([current] if current else [])})


def _mapping_names(office: Office) -> list[str]:
    sources = office.in_force.catalog.sources.values()
    return [f"{source.name}/{mapping.name}" for source in sources for mapping in source.mappings]


# -- finding, news, a file -----------------------------------------------------------------------------------------


async def _find(request: Request) -> Response:
    """Lead to what was typed, under an address that does not hold it: a person stands there as a hash."""
    office, sought = office_of(request), await form(request, lists.Sought)
    text, choice = sought.text.strip(), lists.from_query(sought.filter)
    if not text:
        return RedirectResponse(f"{PATH}?{to_query(filtering.without(choice, 'contact', 'id'))}", 303)
    if page := lists.PAGES.get(text[:4]):
        return RedirectResponse(page + text, 303)
    found = await event_verbs.find(office, text)
    wanted = Filter(contact=bytes.fromhex(found.contact))
    is_person = bool(await office.read(lambda store: store.ledger.deliveries(wanted, limit=1))) or not found.events
    narrowed = {"contact": found.contact, "id": ()} if is_person else {"id": tuple(found.events), "contact": None}
    return RedirectResponse(f"{PATH}?{to_query(msgspec.structs.replace(choice, **narrowed))}", 303)


async def _news(request: Request) -> Response:
    """Say how many came since the page was made."""
    return await lists.news(request, "deliveries")


_COLUMNS = (
    *("id", "state", "source", "mapping", "touchpoint", "key", "attempts"),
    *("created_at", "due_at", "state_at", "reason", "message"),
)


async def _file(request: Request) -> Response:
    """Give the list as CSV, at most 10,000 rows: what a spreadsheet could take for a formula is text."""
    office, choice = office_of(request), lists.choice_of(lists.asked_of(request))
    wanted = to_filter(choice, office)
    headers = {"content-disposition": 'attachment; filename="deliveries.csv"', "cache-control": "no-store"}
    return StreamingResponse(_csv(office, wanted), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(office: Office, wanted: Filter) -> AsyncIterator[str]:
    yield _line((*_COLUMNS, "name", "contact", "about"))
    before: str | None = None
    for _ in range(_MOST_EXPORTED // _CHUNK):
        rows, subjects = await office.read(_chunk(wanted, before))
        yield "".join(_line(_cells(row, subjects.get(row["id"]))) for row in rows)
        if len(rows) < _CHUNK:
            return
        before = rows[-1]["id"]


def _chunk(wanted: Filter, before: str | None) -> Any:
    def work(store: Store) -> tuple[list[Row], dict[str, Subject]]:
        rows = store.ledger.deliveries(replace(wanted, before=before), limit=_CHUNK)
        return rows, store.ledger.subjects([row["id"] for row in rows])

    return work


def _cells(row: Row, subject: Subject | None) -> list[object]:
    person = about(subject.body if subject else None, key=row["key"], delivery_id=row["id"])
    return [*(row[name] for name in _COLUMNS), person.name, person.address, person.what]


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([plain_cell(each) for each in cells])
    return out.getvalue()


# Where a formula may begin, also in a line of its own and where a spreadsheet takes ; or a tab for the end of a cell,
# with the signs of full width that some take for the others.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\s{0,8}[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")


def plain_cell(value: object) -> object:
    """Give a cell that no spreadsheet takes for a formula (OWASP, CSV injection): such text begins with '."""
    return _FORMULA.sub("'", value) if isinstance(value, str) else "" if value is None else value


ROUTES: tuple[Route, ...] = (
    guarded(PATH, _list, policy="viewer", name="deliveries"),
    guarded(f"{PATH}/find", _find, policy="viewer", name="find deliveries", methods=["POST"]),
    guarded(f"{PATH}/news", _news, policy="viewer", name="news of deliveries"),
    guarded(f"{PATH}/file.csv", _file, policy="viewer", name="deliveries as a file"),
)
