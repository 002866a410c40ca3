"""Why somebody got something, or nothing: one search, one sentence, and the story as a timeline."""

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.person import may
from bridge.api.verbs import why as verbs
from bridge.app.why import MOST
from bridge.console.forms import query
from bridge.console.rendering import office_of, render, zone_of
from bridge.console.views import remedies
from bridge.console.views.story import entries
from bridge.console.views.verdict import verdict
from bridge.console.wording import clock, machine, short_day
from bridge.core.findings import Findings
from bridge.core.sentence import conclude

_PAGE = 100  # entries


class _Asked(msgspec.Struct, frozen=True):
    """What is asked for, and which part of the story; `source` and `tenant` choose among several."""

    q: Annotated[str, msgspec.Meta(max_length=512)] = ""
    first: Literal["newest", "oldest"] = "newest"
    after: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    source: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    tenant: Annotated[str, msgspec.Meta(max_length=512)] | None = None


async def _page(request: Request) -> Response:
    asked = query(request, _Asked)
    if not asked.q.strip():
        return await render(request, "why.html", asked=asked, findings=None)
    office = office_of(request)
    everything = await verbs.why(office, asked.q)
    findings = _narrowed(everything, asked)
    if findings.is_empty:
        alike = await verbs.alike(office, asked.q)
        return await render(request, "why_nothing.html", asked=asked, findings=findings, alike=alike, **_kept(request))
    told = entries(findings, office.in_force.catalog)
    ordered = told if asked.first == "newest" else told[::-1]
    shown = ordered[asked.after : asked.after + _PAGE]
    person = person_of(request)
    zone = zone_of(person)
    return await render(
        request,
        "why.html",
        asked=asked,
        findings=findings,
        verdict=verdict(findings),
        sentence=conclude(findings).split("`"),
        entries=shown,
        total=len(told),
        most=MOST,
        older=_address(asked, after=asked.after + _PAGE) if len(ordered) > asked.after + _PAGE else "",
        turned=_address(asked, first="oldest" if asked.first == "newest" else "newest", after=0),
        places=_places(everything, asked),
        everywhere=_address(asked, source=None, tenant=None, after=0) if asked.source else "",
        keys=remedies.keys(findings),
        sources=sorted({str(each.event["source"]) for each in findings.courses if each.event}),
        remedies=remedies.remedies(findings) if may(person, "operator") else [],
        is_contact=remedies.is_contact(findings),
        day=lambda time: short_day(time, office.now(), zone),
        clock=lambda time: Markup('<time datetime="{}" data-clock>{}</time>').format(machine(time), clock(time, zone)),
        **_kept(request),
    )


def _narrowed(findings: Findings, asked: _Asked) -> Findings:
    """Leave only what is of the chosen source and tenant."""
    if asked.source is None:
        return findings
    chosen = (asked.source, asked.tenant or "")
    courses = tuple(each for each in findings.courses if each.event and _place(each.event) == chosen)
    return replace(findings, courses=courses) if courses else findings


def _place(event: object) -> tuple[str, str]:
    row = event if isinstance(event, dict) else {}
    return str(row.get("source", "")), str(row.get("tenant", ""))


def _places(findings: Findings, asked: _Asked) -> list[tuple[str, int, str]]:
    """Give where the same text stands for several things: label, events, and the way to only that; none for one."""
    numbers: dict[tuple[str, str], int] = {}
    for course in findings.courses:
        if course.event:
            numbers[_place(course.event)] = numbers.get(_place(course.event), 0) + 1
    if len(numbers) < 2 or findings.kind == "contact":
        return []
    return [
        (" · ".join(filter(None, place)), number, _address(asked, source=place[0], tenant=place[1], after=0))
        for place, number in numbers.items()
    ]


def _address(asked: _Asked, **changes: object) -> str:
    fields = {name: getattr(asked, name) for name in asked.__struct_fields__} | changes
    defaults = {"first": "newest", "after": 0}
    return f"/why?{urlencode({name: value for name, value in fields.items() if value and value != defaults.get(name)})}"


def _kept(request: Request) -> dict[str, int]:
    """Say since when what is kept: payloads, and the history without them."""
    office = office_of(request)
    now, settings = office.now(), office.settings
    return {"payloads_since": now - settings.keep_payloads, "history_since": now - settings.keep_history}


ROUTES: tuple[Route, ...] = (guarded("/why", _page, policy="viewer", name="why_page"),)
