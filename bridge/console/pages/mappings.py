"""The mapping files: what is in force, what is wrong where, and writing them anew."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.verbs import changing, mappings as verbs
from bridge.api.verbs.mappings import FileText, Findings, Overview, Written
from bridge.api.verbs.use import use_of
from bridge.app.planner import LAST
from bridge.app.versions import diffs
from bridge.console.forms import form, query
from bridge.console.rendering import office_of, render, zone_of
from bridge.console.views import mapping_text as view, use
from bridge.console.views.mapping_diff import diff_lines
from bridge.console.wording import day

_FILTER_FROM = 20  # files
_HX = "hx-request"  # htmx asks for a part of the page


class _Wanted(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class _Edited(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=verbs.LARGEST)] = ""
    opened: Annotated[str, msgspec.Meta(max_length=40)] = ""


class _From(msgspec.Struct, frozen=True):
    plan: Annotated[str, msgspec.Meta(max_length=40)] = ""


class _ToPlan(_Edited, frozen=True):
    accept: bool = False
    last: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = LAST


async def _list(request: Request) -> Response:
    wanted = query(request, _Wanted)
    overview = await verbs.overview(office_of(request))
    return await render(
        request,
        "mappings/list.html",
        overview=overview,
        headline=headline_of(request, overview),
        files=view.chosen(overview.files, wanted.name),
        name=wanted.name,
        filters=len(overview.files) >= _FILTER_FROM,
    )


def headline_of(request: Request, overview: Overview) -> str:
    """Say how the folder stands, with the date in the reader's zone."""
    since = "before" if overview.since is None else day(overview.since, zone_of(person_of(request)))
    return view.headline(overview, since)


async def _file(request: Request) -> Response:
    name = request.path_params["file"]
    overview, file = await opened(request, name)
    faults = view.of_file(overview.problems, name)
    is_long = file.text.count("\n") > view.LONG
    return await render(
        request,
        "mappings/file.html",
        overview=overview,
        file=file,
        name=name,
        faults=faults,
        is_long=is_long,
        numbers="\n".join(map(str, range(1, file.text.count("\n") + 1))) if is_long else "",
        lines=view.troubled(file.text, _in(name, faults)) if is_long else view.lines_of(file.text, _in(name, faults)),
        differs=next(each.differs for each in overview.files if each.name == name),
        in_force=name.removesuffix(".yaml") in office_of(request).in_force.catalog.sources,
    )


async def _edit(request: Request) -> Response:
    """Show the editor: with the folder's text, or with that of a plan, to go on where it ended."""
    name = request.path_params["file"]
    overview, file = await opened(request, name)
    plan = query(request, _From).plan
    text, planned = file.text, None
    if plan:
        planned = changing.plan_of(office_of(request), plan)
        text = planned.draft.files.get(name, file.text)
    findings = await verbs.check(office_of(request), [Written(name=name, text=text, opened=file.opened)])
    return await editor(request, overview, file, text=text, findings=findings, planned=planned)


async def _check(request: Request) -> Response:
    """Check what was written: the part with the problems where script asks, else the whole page."""
    name = request.path_params["file"]
    given = await form(request, _Edited)
    written = Written(name=name, text=given.text, opened=given.opened)
    if request.headers.get(_HX):
        findings = await verbs.check(office_of(request), [written], quick=True)
        return await render(request, "mappings/findings.html", **found(name, findings))
    overview, file = await opened(request, name)
    findings = await verbs.check(office_of(request), [written])
    return await editor(request, overview, file, text=given.text, findings=findings, opened_as=given.opened)


async def _plan(request: Request) -> Response:
    """Begin a plan of what was written, or say what stands in its way."""
    name = request.path_params["file"]
    given = await form(request, _ToPlan)
    office, written = office_of(request), Written(name=name, text=given.text, opened=given.opened)
    findings = await verbs.check(office, [written])
    overview, file = await opened(request, name)
    standing = [
        each
        for each in findings.problems
        if each.severity == "error" and not (given.accept and each.file in findings.restates)
    ]
    if standing or given.opened != file.opened:
        status = 422 if standing else 409
        return await editor(
            request, overview, file, text=given.text, findings=findings, opened_as=given.opened, status=status
        )
    begun = await changing.plan(office, changing.Wish(files=[written], last=given.last, accept=given.accept))
    return Response(status_code=303, headers={"location": f"/mappings/plans/{begun.mark}"})


async def _use(request: Request) -> Response:
    """Show what traffic uses of a file: as a part of its page where script asks, else as a page."""
    name = request.path_params["file"]
    source = name.removesuffix(".yaml")
    coverage = await use_of(office_of(request), source)
    used = use.rows(coverage, source)
    is_part = bool(request.headers.get(_HX))
    return await render(
        request,
        "mappings/used.html" if is_part else "mappings/use.html",
        name=name,
        used=used,
        untaken=use.untaken(coverage, source),
        sentence=use.sentence(used, coverage.events),
    )


async def opened(request: Request, name: str) -> tuple[Overview, FileText]:
    """Give the folder and one file of it. Raises Declined."""
    office = office_of(request)
    return await verbs.overview(office), await verbs.text_of(office, name)


async def editor(
    request: Request,
    overview: Overview,
    file: FileText,
    *,
    text: str,
    findings: Findings,
    planned: Any = None,
    opened_as: str | None = None,
    status: int = 200,
) -> Response:
    """Show the editor with a text and what is wrong with it; what others changed since it was opened stands above."""
    text = text.replace("\r\n", "\n")
    is_behind = opened_as not in {None, file.opened}
    theirs = diffs({file.name: text}, {file.name: file.text}, old_name="yours", new_name="folder") if is_behind else []
    return await render(
        request,
        "mappings/edit.html",
        status=status,
        overview=overview,
        file=file,
        text=text,
        planned=planned,
        theirs=[diff_lines(each.diff) for each in theirs],
        **found(file.name, findings),
    )


def found(name: str, findings: Findings) -> dict[str, Any]:
    """Give what the part with the problems shows."""
    own = view.of_file(findings.problems, name)
    return {
        "name": name,
        "faults": own,
        "elsewhere": [each for each in findings.problems if each not in own],
        "ok": findings.ok,
        "restates": findings.restates,
        "blocked": any(each.severity == "error" and each.file not in findings.restates for each in findings.problems),
        "examples": findings.examples,
        "verdict": view.verdict(
            sum(each.severity == "error" for each in findings.problems),
            sum(each.severity == "warning" for each in own),
        ),
    }


def _in(name: str, faults: list[verbs.Fault]) -> list[verbs.Fault]:
    return [each for each in faults if each.file == name]


ROUTES: tuple[Route, ...] = (
    guarded("/mappings", _list, policy="viewer", name="mappings"),
    guarded("/mappings/{file}", _file, policy="viewer", name="mapping_file"),
    guarded("/mappings/{file}/use", _use, policy="viewer", name="mapping_use"),
    guarded("/mappings/{file}/edit", _edit, policy="viewer", name="mapping_edit"),
    guarded("/mappings/{file}/edit", _check, policy="viewer", name="mapping_check", methods=["POST"]),
    guarded("/mappings/{file}/plan", _plan, policy="operator", name="mapping_plan", methods=["POST"]),
)
