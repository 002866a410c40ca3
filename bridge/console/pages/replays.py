"""Replays: what is being sent again, making one, watching, stopping and undoing it."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.choice import Choice, fixed, given, to_query
from bridge.api.errors import Declined, invalid
from bridge.api.guard import guarded, person_of
from bridge.api.reading import fields
from bridge.api.verbs import replays as verbs
from bridge.api.verbs.replays import How
from bridge.console.forms import Undo, done, form, query
from bridge.console.pages import replays_view as view
from bridge.console.rendering import office_of, render
from bridge.console.wording import several
from bridge.outbox.jobs import Change

_PAGE = 50
_HOW = frozenset(How.__struct_fields__)
_DONE: dict[Change, tuple[str, Undo | None]] = {
    "pause": ("The replay is paused; what it made already is sent", Undo("Resume", "resume")),
    "resume": ("The replay goes on", Undo("Pause", "pause")),
    "cancel": ("The replay is stopped; what it made already is sent", Undo("Undo that too", "undo")),
}


class _Cursor(msgspec.Struct, frozen=True):
    before: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class _Agreed(msgspec.Struct, frozen=True):
    expected: int
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    typed: Annotated[str, msgspec.Meta(max_length=20)] = ""


async def _list(request: Request) -> Response:
    before = query(request, _Cursor).before
    rows = await verbs.listed(office_of(request), limit=_PAGE + 1, before=before)
    shown = rows[:_PAGE]
    return await render(
        request,
        "replays.html",
        rows=shown,
        finding=view.finding(rows),
        pace=view.pace,
        older=f"/replays?before={shown[-1]['id']}" if len(rows) > _PAGE else "",
        newest="/replays" if before else "",
    )


def _read(request: Request) -> tuple[Choice, How]:
    """Read what to replay and how; both stand in the address."""
    items = request.query_params.multi_items()
    how = fields([each for each in items if each[0] in _HOW], How)
    return fields([each for each in items if each[0] not in _HOW], Choice), how


async def _new(request: Request) -> Response:
    office, (choice, how) = office_of(request), _read(request)
    preview, wrong = None, ""
    if choice != Choice():
        choice = fixed(choice, office)
        try:
            preview = await verbs.preview(office, person_of(request), choice, how)
        except Declined as error:
            wrong = error.message
    context: dict[str, Any] = {} if preview is None else _about(preview, choice, how)
    return await render(
        request,
        "replay_new.html",
        preview=preview,
        wrong=wrong,
        how=how,
        chosen=view.chosen(choice),
        touchpoints=sorted(office.in_force.touchpoints),
        kept=[(name, each) for name, value in given(choice).items() for each in _several(value)],
        **context,
    )


def _about(preview: verbs.Preview, choice: Choice, how: How) -> dict[str, Any]:
    return {
        "kinds": view.kinds(preview),
        "question": view.question(preview, how, choice.mapping),
        "summary": view.summary(preview, how),
        "warning": view.warning(preview),
        "tried": view.tried(preview),
        "in_vain": view.is_in_vain(preview),
        "typed": preview.found if preview.found >= view.TYPED_FROM else None,
        "action": f"/replays?{_address(choice, how)}",
    }


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ("true" if value is True else value,)


def _address(choice: Choice, how: How) -> str:
    return to_query(choice, **{name: value for name, value in given(how).items() if name != "reason"})


async def _make(request: Request) -> Response:
    office, (choice, how) = office_of(request), _read(request)
    agreed = await form(request, _Agreed)
    if agreed.expected >= view.TYPED_FROM and agreed.typed.strip() != str(agreed.expected):
        raise invalid(f"type the number {agreed.expected} to go on; nothing was replayed")
    how = msgspec.structs.replace(how, reason=agreed.reason)
    try:
        job = await verbs.make(office, person_of(request), choice, how, expected=agreed.expected)
    except Declined as error:
        if error.status != 409:
            raise
        return done(f"/replays/new?{_address(choice, how)}", f"Not begun: {error.message}")
    text = f"Replaying {job.found:,}; what still waits can be taken back"
    return done(f"/replays/{job.id}", text, undo=Undo("Undo", f"/replays/{job.id}/undo"))


async def _show(request: Request) -> Response:
    row = await verbs.show(office_of(request), request.path_params["id"])
    waits = sum(row["deliveries"].get(state, 0) for state in ("pending", "held"))
    outcomes = view.outcomes(row["deliveries"], row["id"])
    return await render(
        request, "replay.html", row=row, title=view.standing(row), waits=waits, outcomes=outcomes, pace=view.pace
    )


def _changing(verb: Change) -> Route:
    async def change(request: Request) -> Response:
        replay_id = request.path_params["id"]
        await verbs.change(office_of(request), person_of(request), replay_id, verb)
        text, undo = _DONE[verb]
        if undo is not None:
            undo = Undo(undo.label, f"/replays/{replay_id}/{undo.action}")
        return done(f"/replays/{replay_id}", text, undo=undo)

    path = f"/replays/{{id}}/{verb}"
    return guarded(path, change, policy="operator", name=f"{verb}_replay_form", methods=["POST"])


async def _stop(request: Request) -> Response:
    row = await verbs.show(office_of(request), request.path_params["id"])
    return await render(request, "replay_stop.html", row=row, verb="cancel", waits=0)


async def _undoing(request: Request) -> Response:
    row = await verbs.show(office_of(request), request.path_params["id"])
    waits = sum(row["deliveries"].get(state, 0) for state in ("pending", "held"))
    return await render(request, "replay_stop.html", row=row, verb="undo", waits=waits)


async def _undo(request: Request) -> Response:
    replay_id = request.path_params["id"]
    office = office_of(request)
    cancelled = await verbs.undo(office, person_of(request), replay_id)
    states = (await verbs.show(office, replay_id))["deliveries"]
    sent = states.get("delivered", 0) + states.get("sending", 0)
    late = f"; {several(sent, 'was', 'were')} sent already or on the way" if sent else ""
    return done(
        f"/replays/{replay_id}",
        f"Undone: {several(cancelled, 'waiting request', 'waiting requests')} cancelled{late}",
    )


ROUTES: tuple[Route, ...] = (
    guarded("/replays", _list, policy="viewer", name="replays"),
    guarded("/replays", _make, policy="operator", name="make_replay_form", methods=["POST"]),
    guarded("/replays/new", _new, policy="operator", name="new_replay"),
    guarded("/replays/{id}", _show, policy="viewer", name="replay"),
    _changing("pause"),
    _changing("resume"),
    guarded("/replays/{id}/cancel", _stop, policy="operator", name="stop_replay"),
    _changing("cancel"),
    guarded("/replays/{id}/undo", _undoing, policy="operator", name="undo_replay_page"),
    guarded("/replays/{id}/undo", _undo, policy="operator", name="undo_replay_form", methods=["POST"]),
)
