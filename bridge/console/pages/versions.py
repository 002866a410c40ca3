"""The versions of the mapping files that were in force: listed, compared, put back."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of
from bridge.api.verbs import changing
from bridge.app.drafts import unwritable
from bridge.console.forms import Undo, done, query
from bridge.console.rendering import office_of, render
from bridge.console.views.mapping_diff import diff_lines
from bridge.outbox.terms import Action

_SHOWN = 50
_LOOKED_AT = 500  # actions among which that of a version is looked for
_Name = Annotated[str, msgspec.Meta(max_length=40)]


class _Against(msgspec.Struct, frozen=True):
    against: _Name = ""


async def _history(request: Request) -> Response:
    office = office_of(request)
    listed = await changing.history(office, limit=_SHOWN + 1)
    actions = await office.read(lambda store: store.ledger.actions(limit=_LOOKED_AT))
    done_by = {(each.at, each.about.removeprefix("mappings ")): each.who for each in actions if _is_ours(each)}
    return await render(
        request,
        "mappings/history.html",
        versions=listed[:_SHOWN],
        more=len(listed) > _SHOWN,
        done_by=done_by,
        in_force=office.in_force.catalog.fingerprint,
    )


def _is_ours(action: Action) -> bool:
    return action.verb in {"apply", "restore"} and action.about.startswith("mappings ")


async def _version(request: Request) -> Response:
    """Show how a version differs: from the one before it, what is in force, the folder, or any other."""
    office = office_of(request)
    name, files = await changing.find_version(office, request.path_params["version"])
    against = query(request, _Against).against
    other = "" if against in {"", "in-force"} else against
    found = await changing.differences(office, other, name)
    return await render(
        request,
        "mappings/version.html",
        version=name,
        files=sorted(files),
        against=against or "in-force",
        changes=[(each.file, each.change, diff_lines(each.diff)) for each in found],
        is_in_force=name == office.in_force.catalog.fingerprint,
    )


async def _differences(request: Request) -> Response:
    """Show how the folder differs from what is in force."""
    found = await changing.differences(office_of(request), "", "folder")
    changes = [(each.file, each.change, diff_lines(each.diff)) for each in found]
    return await render(request, "mappings/differences.html", changes=changes)


async def _ask(request: Request) -> Response:
    """Ask before a version is put back; where the folder cannot be written to, show the diff to commit."""
    office = office_of(request)
    name, _ = await changing.find_version(office, request.path_params["version"])
    patch, change = await changing.patch_of_version(office, name)
    return await render(
        request,
        "mappings/restore.html",
        version=name,
        writes=sorted(change.write),
        kept=change.kept,
        read_only=unwritable(change.folder, change.write) or "",
        lines=diff_lines(patch),
    )


async def _restore(request: Request) -> Response:
    office = office_of(request)
    restored = await changing.restore(office, person_of(request), request.path_params["version"])
    undo = Undo("Undo", f"/mappings/history/{restored.before}/restore", {})
    wrote = f"{', '.join(restored.wrote)} written" if restored.wrote else "the folder held its files already"
    return done("/mappings", f"{restored.configuration} is in force: {wrote}.", undo=undo if restored.wrote else None)


async def _patch(request: Request) -> Response:
    """Give the diff that puts a version back as a file."""
    version = request.path_params["version"]
    text, _ = await changing.patch_of_version(office_of(request), version)
    headers = {"content-disposition": 'attachment; filename="restore.patch"', "cache-control": "no-store"}
    return PlainTextResponse(text, headers=headers)


ROUTES: tuple[Route, ...] = (
    guarded("/mappings/history", _history, policy="viewer", name="mapping_history"),
    guarded("/mappings/differences", _differences, policy="viewer", name="mapping_differences"),
    guarded("/mappings/history/{version}", _version, policy="viewer", name="mapping_version"),
    guarded("/mappings/history/{version}/patch", _patch, policy="viewer", name="version_patch"),
    guarded("/mappings/history/{version}/restore", _ask, policy="operator", name="restore_ask"),
    guarded("/mappings/history/{version}/restore", _restore, policy="operator", name="restore", methods=["POST"]),
)
