"""The list of events: what came in, what was decided of it, what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bridge.api.choice import Choice, to_filter, to_query
from bridge.api.guard import guarded, person_of
from bridge.api.verbs import events as verbs
from bridge.console.forms import form
from bridge.console.pages import lists
from bridge.console.rendering import office_of, render, zone_of
from bridge.console.views import filtering
from bridge.console.views.listing import event_lines
from bridge.core.configuration import Source
from bridge.core.model import VERDICTS
from bridge.outbox.figures import Count, Page
from bridge.outbox.previews import Subject
from bridge.outbox.protocol import Ledger
from bridge.outbox.terms import Filter

PATH = "/events"


@dataclass(frozen=True, slots=True)
class _Read:
    """What one look at the store gave. `is_silent`: the source that is asked for never sent anything."""

    page: Page
    subjects: Mapping[str, Subject]
    number: Count
    counters: Mapping[str, int]
    wider: tuple[filtering.Nearest, Count] | None
    is_silent: bool


async def _list(request: Request) -> Response:
    office, asked, zone = office_of(request), lists.asked_of(request), zone_of(person_of(request))
    if (better := lists.canonical(asked, office, zone)) is not None:
        return RedirectResponse(f"{PATH}?{better}", 303)
    choice = lists.choice_of(asked)
    wanted = to_filter(choice, office)
    widened = [(each, to_filter(each.choice, office)) for each in filtering.nearest(choice)]
    read = await office.read(lambda store: _look(store.ledger, wanted, asked.before, widened))
    now, rows = office.now(), read.page.rows
    sources = office.in_force.catalog.sources
    return await render(
        request,
        "events.html",
        choice=choice,
        query=to_query(choice),
        is_filtered=choice != Choice(),
        tells_more=filtering.without(choice, "state", "verdict") != Choice(),
        title=filtering.found(read.number, choice, "event", "events")
        if choice != Choice()
        else filtering.events_title(read.counters),
        said=filtering.sentence(choice, "events", since=wanted.since, until=wanted.until, zone=zone),
        number=read.number,
        lines=event_lines(rows, read.subjects),
        verdicts=_verdicts(choice, read.counters),
        sources=sorted({*sources, *([choice.source] if choice.source else [])}),
        mappings=_mappings(sources.values(), choice),
        spans=list(lists.spans(choice, now=now, zone=zone)),
        hidden=lists.hidden(choice, _carried(choice)),
        removables=list(filtering.removables(choice)),
        whole=lists.whole(choice, office) if asked.all and choice != Choice() else [],
        before=asked.before,
        older=to_query(choice, before=read.page.older) if read.page.older else "",
        reached=read.page.reached,
        wider=read.wider,
        beside=filtering.beside(read.wider),
        to_show=filtering.to_show(read.wider, "event", "events"),
        is_silent=read.is_silent,
        seen=now,
        may_change=person_of(request).role != "viewer",
    )


def _mappings(sources: Iterable[Source], choice: Choice) -> list[str]:
    """Name the mappings that there are to choose from, and the chosen one even where it is none of them."""
    named = {f"{source.name}/{mapping.name}" for source in sources for mapping in source.mappings}
    return sorted(named | ({choice.mapping} if choice.mapping else set()))


def _carried(choice: Choice) -> tuple[str, ...]:
    """Name the fields that the form carries along; `until` is with `since` where that is given."""
    return ("id", "contact", "replay", "state", "touchpoint", "unknown", *(() if choice.since else ("until",)))


def _look(ledger: Ledger, wanted: Filter, before: str | None, widened: list[tuple[filtering.Nearest, Filter]]) -> _Read:
    page = ledger.page("events", replace(wanted, before=before), limit=lists.ROWS)
    is_kept = replace(wanted, verdicts=()).is_empty  # by counters
    counters = ledger.counters() if is_kept else {}
    number = Count(0, exact=False) if page.reached is not None else ledger.count("events", wanted)
    subjects = ledger.subjects([row["id"] for row in page.rows])
    is_empty = not page.rows and page.older is None and before is None
    counts = ((nearest, ledger.count("events", wider)) for nearest, wider in widened) if is_empty else iter(())
    found = next((each for each in counts if each[1].number), None)
    of_source = Filter(source=wanted.source)
    is_silent = is_empty and wanted.source is not None and not ledger.events(of_source, limit=1)
    return _Read(page, subjects, filtering.at_least(number, len(page.rows)), counters, found, is_silent)


def _verdicts(choice: Choice, counters: Mapping[str, int]) -> list[tuple[str, int | None, bool]]:
    """Give the verdicts with the kept numbers of decisions, where nothing else is filtered."""
    is_kept = filtering.without(choice, "verdict") == Choice()
    return [
        (
            each,
            counters.get(f"decisions.{each}", 0) - counters.get(f"pruned.decisions.{each}", 0) if is_kept else None,
            each in choice.verdict,
        )
        for each in VERDICTS
    ]


async def _find(request: Request) -> Response:
    """Lead to what was typed, under an address that does not hold it: a reference stands there as a hash."""
    office, sought = office_of(request), await form(request, lists.Sought)
    text, choice = sought.text.strip(), filtering.without(lists.from_query(sought.filter), "contact", "id")
    if not text:
        return RedirectResponse(f"{PATH}?{to_query(choice)}", 303)
    if page := lists.PAGES.get(text[:4]):
        return RedirectResponse(page + text, 303)
    found = await verbs.find(office, text, most=1)
    return RedirectResponse(f"{PATH}?{to_query(msgspec.structs.replace(choice, contact=found.contact))}", 303)


async def _news(request: Request) -> Response:
    """Say how many came since the page was made."""
    return await lists.news(request, "events")


ROUTES: tuple[Route, ...] = (
    guarded(PATH, _list, policy="viewer", name="events"),
    guarded(f"{PATH}/find", _find, policy="viewer", name="find events", methods=["POST"]),
    guarded(f"{PATH}/news", _news, policy="viewer", name="news of events"),
)
