"""Stored secrets: who uses each, its first success, storing and removing. A value goes in and never comes out."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import invalid
from bridge.api.guard import guarded, person_of
from bridge.api.verbs import secrets as verbs
from bridge.console.destination import destination
from bridge.console.forms import done, form, query
from bridge.console.rendering import office_of, render
from bridge.console.views import secret as view
from bridge.console.views.touchpoint import FILTER_FROM, used
from bridge.vault import LONGEST_SECRET

_Value = Annotated[str, msgspec.Meta(max_length=LONGEST_SECRET)]


class _Wanted(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class _New(msgspec.Struct, frozen=True):
    """A secret: in one line, or in `lines` as a key in PEM has."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    value: _Value = ""
    lines: _Value = ""
    to: Annotated[str, msgspec.Meta(max_length=500)] = "/secrets"

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "_New(…)"


async def _list(request: Request) -> Response:
    wanted = query(request, _Wanted).name
    rows = await verbs.rows(office_of(request))
    return await render(
        request,
        "secrets/list.html",
        title=view.headline(rows),
        all_rows=len(rows),
        rows=[row for row in rows if wanted.strip().lower() in row["name"]],
        name=wanted,
        filters=len(rows) >= FILTER_FROM,
        used=used,
    )


async def _store(request: Request) -> Response:
    given = await form(request, _New)
    value = (given.value or given.lines).strip()  # what is copied brings blanks with it; no token ends with one
    if not value:
        raise invalid("write the secret's value, too; nothing was stored")
    resumed = await verbs.store(office_of(request), person_of(request), name=given.name, value=value)
    return done(destination(given.to), view.stored_said(given.name, resumed))


async def _ask(request: Request) -> Response:
    row = await verbs.row(office_of(request), request.path_params["name"])
    return await render(request, "secrets/remove.html", row=row, users=[used(use) for use in row["used_by"]])


async def _remove(request: Request) -> Response:
    name = request.path_params["name"]
    await verbs.remove(office_of(request), person_of(request), name=name)
    return done("/secrets", f"{name} is removed. What needs it waits until it is stored again.")


async def _show(request: Request) -> Response:
    """Send on to the list, which has all there is to say of one."""
    row = await verbs.row(office_of(request), request.path_params["name"])
    return Response(status_code=303, headers={"location": f"/secrets#{quote(row['name'], safe='')}"})


ROUTES: tuple[Route, ...] = (
    guarded("/secrets", _list, policy="viewer", name="secrets"),
    guarded("/secrets", _store, policy="operator", name="secret_store", methods=["POST"]),
    guarded("/secrets/{name}", _show, policy="viewer", name="secret"),
    guarded("/secrets/{name}/remove", _ask, policy="operator", name="secret_remove_ask"),
    guarded("/secrets/{name}/remove", _remove, policy="operator", name="secret_remove", methods=["POST"]),
)
