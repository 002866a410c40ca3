"""*Now*: is everything well, and what needs a person."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.person import may
from bridge.api.verbs.now import latest, look
from bridge.console.forms import query
from bridge.console.rendering import office_of, render, zone_of
from bridge.console.views import now as view
from bridge.console.views.touchpoint import CHIPS


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of the page: `all` shows every issue."""

    all: bool = False


async def page(request: Request) -> Response:
    """Show the bridge at a glance."""
    asked, person = query(request, Asked), person_of(request)
    zone = zone_of(person)
    seen = await look(office_of(request), zone)
    needs = seen.needs if asked.all else seen.needs[: view.FEW]
    return await render(
        request,
        "now.html",
        seen=seen,
        mark=view.worst(seen),
        needs=[(each, view.mark(each)) for each in needs],
        more=len(seen.needs) - len(needs),
        urgent=sum(not each.hurts_nobody for each in seen.needs),
        tiles=view.tiles(seen, zone),
        first_hour=view.clock(seen.hours[0].begins, zone),
        middle_hour=view.clock(seen.hours[len(seen.hours) // 2].begins, zone),
        table=view.table(seen, zone),
        touchpoints=view.touchpoints(seen),
        chips=CHIPS,
        sums=view.sums(seen),
        operates=may(person, "operator"),
        latest=seen.latest,
    )


async def happening(request: Request) -> Response:
    """Show only what happened last, for the panel that follows it."""
    return await render(request, "parts/happening.html", latest=await latest(office_of(request)))


ROUTES: tuple[Route, ...] = (
    guarded("/", page, policy="viewer", name="now"),
    guarded("/now/happening", happening, policy="viewer", name="happening"),
)
