"""Pages from templates: everything that comes from outside is escaped, and a name that is missing is an error."""

import shlex
import time as clock
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bridge.api.office import Office
from bridge.api.person import Person
from bridge.console import wording
from bridge.console.assets import asset
from bridge.console.forms import forget_notice, notice_of
from bridge.core.errors import StoreUnavailable
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Paused

_NO_STORE = {"cache-control": "no-store"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bridge.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, several=wording.several, span=wording.span)
    environment.filters.update(count=wording.count, counted=wording.counted_as, size=wording.size)
    environment.filters.update(begun=wording.begun, shell=shlex.quote)
    return environment


def warm(*, pause: float = 0.05) -> None:
    """Compile the templates ahead of the first request, with a pause (s) after each, as others want the processor."""
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)
        clock.sleep(pause)


def office_of(request: Request) -> Office:
    """Give the bridge that the page is about."""
    office: Office = request.app.state.office
    return office


def time_element(now: int, zone: ZoneInfo, time: int | None, *, absolute: bool = False, words: str = "") -> Markup:
    """Write a time relative to now or in these words, the exact one on hover; with `absolute` the exact one as text."""
    if time is None:
        return Markup("not yet")
    exact = wording.exact(time, zone)
    shown = exact if absolute else words or wording.relative(time, now, zone)
    kind = Markup(" data-exact") if absolute else ""
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(wording.machine(time), exact, kind, shown)


def zone_of(person: Person | None) -> ZoneInfo:
    """Give the zone in which times are written for the reader."""
    try:
        return ZoneInfo(person.zone if person else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


async def render(request: Request, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Answer with the page.

    Templates know `person` (None where nobody has signed in), `here` (the path), `nav`, `notice`, `now`, and write
    times with `ago(time)`, `at(time)` and `lasting(since)`.
    """
    office = office_of(request)
    person: Person | None = request.scope.get("person")
    now, zone, notice = office.now(), zone_of(person), notice_of(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            person=person,
            here=request.url.path,
            nav=await _needs(office) if person else {},
            notice=notice,
            now=now,
            ago=lambda time, words="": time_element(now, zone, time, words=words),
            at=lambda time: time_element(now, zone, time, absolute=True),
            lasting=lambda time: time_element(now, zone, time, words=wording.lasting(time, now, zone)),
            **context,
        )
    )
    response = HTMLResponse(text, status, headers=_NO_STORE)
    if notice is not None:
        forget_notice(response)
    return response


async def render_problem(request: Request, status: int, message: str) -> HTMLResponse:
    """Answer with a page that says what is wrong, and what is not lost."""
    again = request.url.path if request.method == "GET" and status != 404 else ""
    return await render(request, "problem.html", status=status, code=status, message=message, again=again)


def _standing(store: Store) -> tuple[dict[str, int], int, list[Paused]]:
    return store.ledger.counters(), store.ledger.still_refused(), store.ledger.pauses()


async def _needs(office: Office) -> dict[str, str]:
    """Say beside which pages of the left column a person is needed; from counters and short lists only."""
    try:
        counters, refused, pauses = await office.read(_standing)
    except StoreUnavailable:
        return {}  # the page itself says what cannot be read
    held = counters.get("deliveries.held", 0)
    paused = sum(each.scope == "touchpoint" for each in pauses)
    errors = sum(problem.severity == "error" for problem in office.in_force.stale)
    needs = {
        "deliveries": f"{wording.count(held)} held" if held else "",
        "refused": wording.count(refused) if refused else "",
        "mappings": wording.several(errors, "error") if errors else "not applied" if office.in_force.unapplied else "",
        "touchpoints": f"{paused} paused" if paused else "",
    }
    return {name: text for name, text in needs.items() if text}
