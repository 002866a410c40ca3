"""What edited mapping files would change: planned over real events, then put in force."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.reading import Moment
from bridge.api.verbs import changing, mappings as verbs
from bridge.app.drafts import unwritable
from bridge.app.planner import LAST, MOST, Plan
from bridge.app.versions import FileDiff, diffs
from bridge.console.forms import Undo, done, form
from bridge.console.rendering import office_of, render
from bridge.console.views.mapping_diff import diff_lines
from bridge.console.views.plan import behind, facts, headline, rows, tiles
from bridge.console.views.sides import pair
from bridge.core.errors import ConfigInvalid

_AGAIN = "1"  # seconds until an unfinished plan is looked at again


class _Span(msgspec.Struct, frozen=True):
    last: Annotated[int, msgspec.Meta(ge=1, le=MOST)] | None = None
    since: Moment | None = None


async def _begin(request: Request) -> Response:
    """Plan the folder as it is."""
    given = await form(request, _Span)
    begun = await changing.plan(office_of(request), changing.Wish(last=_last(given), since=given.since))
    return RedirectResponse(f"/mappings/plans/{begun.mark}", 303)


async def _again(request: Request) -> Response:
    """Plan the same files over other events."""
    given = await form(request, _Span)
    plan = changing.plan_of(office_of(request), request.path_params["plan"])
    wish = changing.Wish(files=changing.written(plan), last=_last(given), since=given.since, accept=bool(plan.accepts))
    begun = await changing.plan(office_of(request), wish)
    return RedirectResponse(f"/mappings/plans/{begun.mark}", 303)


def _last(given: _Span) -> int | None:
    return None if given.since else given.last or LAST


async def _page(request: Request) -> Response:
    office = office_of(request)
    plan = changing.plan_of(office, request.path_params["plan"])
    if plan.ended is None:
        response = await render(request, "mappings/planning.html", plan=plan)
        response.headers["refresh"] = _AGAIN
        return response
    made = plan.draft
    return await render(
        request,
        "mappings/plan.html",
        plan=plan,
        headline=headline(plan),
        tiles=tiles(plan),
        rows=rows(plan),
        facts=facts(plan),
        behind=await _behind(request, plan),
        read_only=unwritable(made.folder, made.edited or made.files) or "",
        changes=[(each.file, diff_lines(each.diff)) for each in _changes(request, plan)],
        edited=made.edited,
        is_in_force=made.mark == office.in_force.catalog.fingerprint,
    )


def _changes(request: Request, plan: Plan) -> list[FileDiff]:
    before = {name: old for name, (old, _) in plan.accepts.items()}
    after = {name: new for name, (_, new) in plan.accepts.items()}
    files = office_of(request).in_force.files
    return diffs({**files, **before}, {**plan.draft.files, **after}, old_name="in force", new_name="planned")


async def _behind(request: Request, plan: Plan) -> str:
    """Say why the plan is not of what would come into force now; `` if it is."""
    office = office_of(request)
    try:
        made, _ = await office.workshop.folder()
    except ConfigInvalid:
        return "the folder of mapping files cannot be read"
    return behind(plan, made.files, in_force=office.in_force.catalog.fingerprint)


async def _event(request: Request) -> Response:
    """Show what one event becomes by both, whole."""
    mark, event = request.path_params["plan"], request.path_params["event"]
    old, new = await changing.sides(office_of(request), mark, event)
    return await render(request, "mappings/sides.html", mark=mark, event=event, sides=pair(old, new))


async def _ask(request: Request) -> Response:
    """Ask before files come into force whose plan says that something fails, or is not of today."""
    plan = changing.plan_of(office_of(request), request.path_params["plan"])
    return await render(
        request, "mappings/apply.html", plan=plan, facts=facts(plan), behind=await _behind(request, plan)
    )


async def _apply(request: Request) -> Response:
    office, mark = office_of(request), request.path_params["plan"]
    plan = changing.plan_of(office, mark)
    applied = await changing.apply(
        office, person_of(request), changing.written(plan), plan=mark, accept=bool(plan.accepts)
    )
    undo = Undo("Undo", f"/mappings/history/{applied.before}/restore", {})
    back = f"/mappings/{plan.draft.edited[0]}" if len(plan.draft.edited) == 1 else "/mappings"
    what = ", ".join(applied.wrote[:3]) or "The folder"
    return done(back, f"{what} is in force: version {applied.configuration}.", undo=undo if applied.wrote else None)


async def _patch(request: Request) -> Response:
    """Give the diff to commit as a file."""
    mark = request.path_params["plan"]
    text = await changing.patch_of_plan(office_of(request), mark)
    headers = {"content-disposition": f'attachment; filename="{mark}.patch"', "cache-control": "no-store"}
    return PlainTextResponse(text, headers=headers)


async def _folder(request: Request) -> Response:
    """Offer a plan of the folder as it is."""
    office = office_of(request)
    overview = await verbs.overview(office)
    return await render(request, "mappings/plan_folder.html", overview=overview, last=LAST)


ROUTES: tuple[Route, ...] = (
    guarded("/mappings/plan", _folder, policy="viewer", name="plan_folder"),
    guarded("/mappings/plan", _begin, policy="operator", name="plan_begin", methods=["POST"]),
    guarded("/mappings/plans/{plan}", _page, policy="viewer", name="plan"),
    guarded("/mappings/plans/{plan}", _again, policy="operator", name="plan_again", methods=["POST"]),
    guarded("/mappings/plans/{plan}/events/{event}", _event, policy="viewer", name="plan_event"),
    guarded("/mappings/plans/{plan}/patch", _patch, policy="viewer", name="plan_patch"),
    guarded("/mappings/plans/{plan}/apply", _ask, policy="operator", name="apply_ask"),
    guarded("/mappings/plans/{plan}/apply", _apply, policy="operator", name="apply", methods=["POST"]),
)
