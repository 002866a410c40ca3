"""Connecting a source step by step; each step is an address, and what was done is seen from how things stand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import Declined, invalid, not_found
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.api.verbs import changing, sources as verbs
from bridge.api.verbs.mappings import Written, declining
from bridge.app.connecting import file_for, misnamed, touchpoints_of, usual_touchpoint, with_touchpoints
from bridge.app.drafts import unwritable
from bridge.app.inforce import with_allowance
from bridge.catalog import read_texts
from bridge.catalog.loading import TOUCHPOINTS_FILE
from bridge.console.forms import done, form, query
from bridge.console.pages.sources import latest
from bridge.console.rendering import office_of, render
from bridge.console.views import source as view, touchpoint as alike
from bridge.core.credentials import PROVEN_BY
from bridge.core.presets import PRESETS, Preset

_Name = Annotated[str, msgspec.Meta(max_length=200)]


class _Search(msgspec.Struct, frozen=True):
    q: _Name = ""


class _Wanted(msgspec.Struct, frozen=True):
    """How the source is to be called, and where to its first mapping sends."""

    name: _Name = ""
    touchpoint: _Name = ""


async def _choose(request: Request) -> Response:
    wanted = query(request, _Search).q
    return await render(request, "sources/choose.html", q=wanted, systems=view.systems(wanted))


async def _begin(request: Request) -> Response:
    """Show the file to begin with; a name that is taken leads on to that source's steps."""
    preset, given = _preset(request), query(request, _Wanted)
    name = given.name or preset.name
    made = await _beginning(office_of(request), preset, name, given.touchpoint)
    return await render(
        request,
        "sources/begin.html",
        preset=preset,
        name=name,
        wrong=misnamed(name),
        taken=name in office_of(request).in_force.sources,
        made=made,
    )


async def _write(request: Request) -> Response:
    """Write the file into the folder and put it in force. Raises Declined where that is for others to do."""
    preset, given, office = _preset(request), await form(request, _Wanted), office_of(request)
    if wrong := misnamed(given.name):
        raise invalid(f"the name {given.name!r} cannot be a source's: {wrong}")
    made = await _beginning(office, preset, given.name, given.touchpoint)
    if made.is_there:
        raise Declined(409, f"{given.name}.yaml is there already; it stays as it is")
    files = [Written(name=name, text=text, opened="") for name, text in made.files.items()]
    await changing.apply(office, person_of(request), files)
    to = f"/sources/{quote(given.name)}/connect?{urlencode({'system': preset.name})}"
    return done(to, f"{given.name}.yaml is written and in force.")


async def _steps(request: Request) -> Response:
    """Show how far it is, whatever was done here, by commands or in the folder."""
    name, office = request.path_params["name"], office_of(request)
    live = office.in_force.sources.get(name)
    if misnamed(name):
        raise not_found(f"source {name}", "connect one at /sources/connect")
    row = await verbs.row(office, name) if live else None
    found = await latest(request, name)
    made = view.progress(row, found["events"])
    known = live.source.preset if live else request.query_params.get("system", "")
    preset = PRESETS.get(known or "")
    return await render(
        request,
        "sources/steps.html",
        name=name,
        row=row,
        preset=preset,
        topics=sorted({topic for each in live.source.mappings for topic in each.topics}) if live else [],
        made=made,
        title=view.connecting_title(name, made),
        stale=office.in_force.stale,
        unapplied=office.in_force.unapplied,
        public=bool(office.settings.public_url),
        address=verbs.address(office, name),
        signs_url=live.source.scheme.signs_url if live else False,
        also_used=alike.also_used,
        verdicts_said=view.verdicts_said,
        proven_by=await _proven_by(office, made),
        **found,
    )


async def _proven_by(office: Office, made: view.Progress) -> str:
    """Name the secret that proved the event which is shown."""
    if made.event is None:
        return ""
    event_id = made.event["id"]
    row = await office.read(lambda store: store.ledger.event(event_id))
    return str(((row or {}).get("headers") or {}).get(PROVEN_BY, ""))


def _preset(request: Request) -> Preset:
    found = PRESETS.get(request.path_params["system"])
    if found is None:
        raise not_found("such system among those that the bridge knows", "search at /sources/connect")
    return found


@dataclass(frozen=True, slots=True)
class Beginning:
    """What to write: the `files` by name, where they go, and why they cannot be written from here (None: they can).

    `is_there` says that the source has its file already; `touchpoint` is the chosen one of the `touchpoints`.
    """

    files: Mapping[str, str]
    is_there: bool
    touchpoints: Sequence[str]
    touchpoint: str
    folder: str
    unwritable: str | None


async def _beginning(office: Office, preset: Preset, name: str, wanted: str) -> Beginning:
    folder, environment = office.settings.mappings, with_allowance(office.settings, office.environment)
    before, _ = await asyncio.to_thread(read_texts, folder) if folder.exists() else ({}, [])
    texts = with_touchpoints(before)
    with declining():
        touchpoints = touchpoints_of({TOUCHPOINTS_FILE: texts[TOUCHPOINTS_FILE]}, environment)
        usual = usual_touchpoint(touchpoints)
        if wanted and wanted not in touchpoints:
            raise invalid(f"there is no touchpoint {wanted}; there are: {', '.join(sorted(touchpoints))}")
        chosen = touchpoints[wanted] if wanted else usual
        text = "" if misnamed(name) else file_for(name, preset.name, chosen)
    files = {TOUCHPOINTS_FILE: texts[TOUCHPOINTS_FILE]} if TOUCHPOINTS_FILE not in before else {}
    files[f"{name}.yaml"] = text
    return Beginning(
        files, f"{name}.yaml" in before, sorted(touchpoints), chosen.name, str(folder), unwritable(folder, files)
    )


ROUTES: tuple[Route, ...] = (
    guarded("/sources/connect", _choose, policy="viewer", name="connect"),
    guarded("/sources/connect/{system}", _begin, policy="viewer", name="connect_system"),
    guarded("/sources/connect/{system}", _write, policy="operator", name="connect_write", methods=["POST"]),
    guarded("/sources/{name}/connect", _steps, policy="viewer", name="connect_steps"),
)
