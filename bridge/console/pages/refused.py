"""Refused requests: grouped by source and cause, looked at, and taken in after all with today's secrets."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.choice import given, to_query
from bridge.api.errors import Declined, invalid
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.api.person import may
from bridge.api.verbs import refused as verbs
from bridge.api.verbs.refused import RefusedChoice
from bridge.app.refusals import Cause, cause_of
from bridge.app.retries import Retried
from bridge.console.forms import done, form, query
from bridge.console.rendering import office_of, render
from bridge.console.wording import several

_PAGE = 50
_TYPED_FROM = 101  # from so many on the number is typed
_SHOWN_BODY = 64 * 1024  # characters
_TRIED = 60  # requests that the page of causes tries again, without keeping anything


class _Listed(RefusedChoice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    before: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class _Agreed(msgspec.Struct, frozen=True):
    expected: int
    typed: Annotated[str, msgspec.Meta(max_length=20)] = ""


async def _page(request: Request) -> Response:
    listed = query(request, _Listed)
    choice = _choice(listed)
    office = office_of(request)
    causes = await verbs.causes(office)
    if choice == RefusedChoice() and not listed.before:
        prospects = await _prospects(office, causes) if may(person_of(request), "operator") else {}
        groups = [(each, f"/refused/retry?{to_query(_of(each))}", prospects.get(each)) for each in causes]
        return await render(request, "refused.html", groups=groups, title=_finding(causes))
    rows = await verbs.listed(office, choice, limit=_PAGE + 1, before=listed.before)
    shown = rows[:_PAGE]
    return await render(
        request,
        "refused_list.html",
        choice=choice,
        rows=shown,
        title=_title(choice, causes),
        retry=f"/refused/retry?{to_query(choice, open=True)}",
        sources=sorted({each.source for each in causes}),
        older=f"/refused?{to_query(choice, before=shown[-1]['id'])}" if len(rows) > _PAGE else "",
        newest=f"/refused?{to_query(choice)}" if listed.before else "",
    )


def _choice(listed: _Listed) -> RefusedChoice:
    return RefusedChoice(**{name: getattr(listed, name) for name in RefusedChoice.__struct_fields__})


def _finding(causes: Sequence[Cause]) -> str:
    """Say in a sentence what was refused."""
    waiting = sum(each.open for each in causes)
    sources = len({each.source for each in causes if each.open})
    if not causes:
        return "Nothing was refused"
    if not waiting:
        return "All that was refused has been taken in since"
    return f"{several(waiting, 'request was', 'requests were')} refused, from {several(sources, 'source')}"


def _title(choice: RefusedChoice, causes: Sequence[Cause]) -> str:
    """Say what the list shows; the groups know how many there are of a source and cause."""
    fits = [
        each
        for each in causes
        if (choice.source, each.source) in {(None, each.source), (each.source, each.source)}
        and choice.cause in (None, each.cause)
        and choice.status in (None, each.status)
    ]
    number = sum(each.open if choice.open else each.number for each in fits)
    of = f" from {choice.source}" if choice.source else ""
    if set(given(choice)) - {"source", "cause", "status", "open"}:
        return f"Refused requests{of} that match"
    return f"{several(number, 'refused request')}{of}{': ' + choice.cause if choice.cause else ''}"


def _of(cause: Cause) -> RefusedChoice:
    return RefusedChoice(source=cause.source, status=cause.status, cause=cause.cause, open=True)


async def _prospects(office: Office, causes: Sequence[Cause]) -> dict[Cause, verbs.RetryPreview]:
    """Try the groups that are small enough for that while somebody waits: how many could be taken in now."""
    found: dict[Cause, verbs.RetryPreview] = {}
    rest = _TRIED
    for cause in causes:
        if 0 < cause.open <= rest:
            rest -= cause.open
            found[cause] = await verbs.preview(office, _of(cause))
    return found


async def _show(request: Request) -> Response:
    refused = await verbs.show(office_of(request), request.path_params["id"])
    body = refused.body.decode("utf-8", "replace")
    cause = cause_of(refused.reason)
    alike = f"/refused?{urlencode({'source': refused.source, 'status': refused.status, 'cause': cause})}"
    return await render(
        request,
        "refused_one.html",
        refused=refused,
        headers=sorted(refused.headers.items()),
        body=_printable(body[:_SHOWN_BODY]),
        cut=len(body) > _SHOWN_BODY,
        size=len(refused.body),
        alike=alike,
    )


def _printable(text: str) -> str:
    """Give the text without what no browser shows; line ends and tabs stay."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)


async def _asking(request: Request) -> Response:
    choice = query(request, RefusedChoice)
    preview = await verbs.preview(office_of(request), choice)
    back = f"/refused/{choice.id[0]}" if len(choice.id) == 1 else "/refused"
    return await render(
        request,
        "refused_retry.html",
        preview=preview,
        question=f"Retry {several(preview.found, 'refused request')} with today's secrets?",
        typed=preview.found if preview.found >= _TYPED_FROM else None,
        action=f"/refused/retry?{to_query(choice)}",
        source=choice.source,
        back=back,
    )


async def _retry(request: Request) -> Response:
    choice, agreed = query(request, RefusedChoice), await form(request, _Agreed)
    if agreed.expected >= _TYPED_FROM and agreed.typed.strip() != str(agreed.expected):
        raise invalid(f"type the number {agreed.expected} to go on; nothing was tried")
    try:
        results = await verbs.retry(office_of(request), person_of(request), choice, expected=agreed.expected)
    except Declined as error:
        if error.status != 409:
            raise
        return done(f"/refused/retry?{to_query(choice)}", f"Not tried: {error.message}")
    return done(_after(results), _outcome(results))


def _after(results: Sequence[Retried]) -> str:
    """Lead to the event of a single request, else back to what is refused."""
    if len(results) == 1:
        [only] = results
        return f"/events/{only.receipts[0].event_id}" if only.receipts else f"/refused/{only.refused_id}"
    return "/refused"


def _outcome(results: Sequence[Retried]) -> str:
    """Say how many were taken in, and why the others were not."""
    taken = [each for each in results if each.receipts]
    before = sum(all(receipt.duplicate for receipt in each.receipts) for each in taken)
    known = f", of which {several(before, 'had', 'had')} come before" if before else ""
    reasons = sorted({each.reason for each in results if each.reason})
    others = f"; {len(results) - len(taken)} not: {reasons[0]}" if reasons else ""
    more = f", and {several(len(reasons) - 1, 'more reason')}" if len(reasons) > 1 else ""
    return f"{several(len(taken), 'request was', 'requests were')} taken in{known}{others}{more}"


ROUTES: tuple[Route, ...] = (
    guarded("/refused", _page, policy="viewer", name="refused"),
    guarded("/refused/retry", _asking, policy="operator", name="ask_retry_refused"),
    guarded("/refused/retry", _retry, policy="operator", name="retry_refused_form", methods=["POST"]),
    guarded("/refused/{id}", _show, policy="viewer", name="refused_request"),
)
