"""Who is never asked again, and removing a person everywhere. What is searched for stands in no address."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.choice import Text
from bridge.api.errors import Declined, invalid, not_found
from bridge.api.guard import guarded, person_of
from bridge.api.verbs import erasure, suppression as verbs
from bridge.console.forms import Undo, done, form, query
from bridge.console.rendering import office_of, render
from bridge.console.wording import several
from bridge.core.masking import masked

_PAGE = 50
_LATEST = 5  # erasures beside the list
_MOST_ERASURES = 500  # that are looked through for one
_KINDS = {
    "events": ("event", ""),
    "deliveries": ("delivery", "deliveries"),
    "lookups": ("lookup", ""),
    "refused": ("refused request", ""),
    "suppressions": ("entry of the list of those who are not asked", "entries of that list"),
    "keys": ("key", ""),
    "replays": ("replay", ""),
}


class _Cursor(msgspec.Struct, frozen=True):
    before: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class _Whom(msgspec.Struct, frozen=True):
    contact: Text = ""


class _Asked(msgspec.Struct, frozen=True):
    contact: Text
    allow: bool = False


class _Added(msgspec.Struct, frozen=True):
    contact: Text = ""
    reason: Text = ""


class _Marked(msgspec.Struct, frozen=True):
    mark: verbs.MarkText


class _Erased(msgspec.Struct, frozen=True):
    contact: Text
    expected: int
    typed: Annotated[str, msgspec.Meta(max_length=20)] = ""


async def _page(request: Request) -> Response:
    before = query(request, _Cursor).before
    office = office_of(request)
    entries = await verbs.listed(office, limit=_PAGE + 1, before=before)
    shown = entries[:_PAGE]
    more = len(entries) > _PAGE
    return await render(
        request,
        "suppression.html",
        entries=shown,
        title=_finding(len(shown), more=more or before is not None),
        older=f"/suppression?before={shown[-1].cursor}" if more else "",
        newest="/suppression" if before else "",
        erasures=await office.read(lambda store: store.erasures.erasures(limit=_LATEST)),
    )


def _finding(number: int, *, more: bool) -> str:
    if more:
        return "Who is never asked again"
    return f"{several(number, 'person is', 'people are')} never asked again" if number else "Everybody may be asked"


async def _ask(request: Request) -> Response:
    """Ask before somebody is put on the list, or taken off it."""
    asked, office = await form(request, _Asked), office_of(request)
    if asked.allow:
        entry = await verbs.find(office, verbs.mark_of(office, asked.contact))
        return await render(request, "suppression_remove.html", entry=entry)
    waiting = await verbs.waiting(office, asked.contact)
    return await render(
        request, "suppression_add.html", contact=asked.contact, waiting=waiting, most=verbs.MOST_COUNTED
    )


async def _add(request: Request) -> Response:
    added = await form(request, _Added)
    if not added.contact.strip():
        raise invalid("contact: write the address or number that is not to be asked again")
    result = await verbs.add(office_of(request), person_of(request), added.contact, reason=added.reason)
    if not result.added:
        return done("/suppression", f"{result.contact} was not to be asked already; the first reason stays")
    waited = several(result.cancelled, "waiting delivery was", "waiting deliveries were")
    what = f"{waited} cancelled" if result.cancelled else "nothing waited"
    undo = Undo("Undo", "/suppression/remove", {"mark": result.mark})
    return done("/suppression", f"{result.contact} is not asked again; {what}", undo=undo)


async def _removing(request: Request) -> Response:
    entry = await verbs.find(office_of(request), query(request, _Marked).mark)
    return await render(request, "suppression_remove.html", entry=entry)


async def _remove(request: Request) -> Response:
    mark = (await form(request, _Marked)).mark
    entry = await verbs.remove(office_of(request), person_of(request), mark=mark)
    return done("/suppression", f"{entry.contact} may be asked again, by events that come from now on")


# -- erasing ---------------------------------------------------------------------------------------------------


async def _erasing(request: Request) -> Response:
    return await render(request, "erase.html")


async def _look(request: Request) -> Response:
    whom = await form(request, _Whom)
    found = await erasure.preview(office_of(request), whom.contact)
    return await render(
        request,
        "erase_confirm.html",
        contact=whom.contact.strip(),
        shown=masked("contact", whom.contact.strip()),
        found=found,
        listed=_listed(found.counts),
    )


def _listed(counts: Mapping[str, int]) -> list[str]:
    """Say how many rows of what there are."""
    return [several(number, *_KINDS.get(kind, (kind, kind))) for kind, number in counts.items()]


async def _erase(request: Request) -> Response:
    wanted = await form(request, _Erased)
    if wanted.typed.strip() != str(wanted.expected):
        raise invalid(f"type the number {wanted.expected} to go on; nothing was erased")
    try:
        done_with = await erasure.erase(
            office_of(request), person_of(request), wanted.contact, expected=wanted.expected
        )
    except Declined as error:
        if error.status != 409:
            raise
        return done("/suppression/erase", f"Not erased: {error.message}")
    left = "; what is on its way now was left, so do it once more when that is settled" if done_with.in_flight else ""
    text = f"{several(done_with.rows, 'row was', 'rows were')} emptied{left}"
    return done(f"/suppression/erasures/{done_with.number}", text)


async def _certificate(request: Request) -> Response:
    number: int = request.path_params["number"]
    kept = await office_of(request).read(lambda store: store.erasures.erasures(limit=_MOST_ERASURES))
    found = next((each for each in kept if each.number == number), None)
    if found is None:
        raise not_found(f"erasure {number}", f"the newest {_MOST_ERASURES} are shown")
    return await render(request, "erasure.html", erasure=found, listed=_listed(found.counts))


ROUTES: tuple[Route, ...] = (
    guarded("/suppression", _page, policy="viewer", name="suppression"),
    guarded("/suppression/ask", _ask, policy="operator", name="ask_suppression", methods=["POST"]),
    guarded("/suppression/add", _add, policy="operator", name="suppress_form", methods=["POST"]),
    guarded("/suppression/remove", _removing, policy="operator", name="ask_unsuppress"),
    guarded("/suppression/remove", _remove, policy="operator", name="unsuppress_form", methods=["POST"]),
    guarded("/suppression/erase", _erasing, policy="admin", name="erase_page"),
    guarded("/suppression/erase", _erase, policy="admin", name="erase_form", methods=["POST"]),
    guarded("/suppression/erase/look", _look, policy="admin", name="erase_look", methods=["POST"]),
    guarded("/suppression/erasures/{number:int}", _certificate, policy="viewer", name="erasure"),
)
