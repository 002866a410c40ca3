"""Do the books balance, and who changed what."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bridge.api.guard import guarded
from bridge.api.reading import Moment, moment
from bridge.api.verbs.books import entries, glance, is_reading, read_again
from bridge.app.bookkeeping import counts_of
from bridge.console.forms import form, query
from bridge.console.rendering import office_of, render
from bridge.console.views import books

_PATIENCE = 0.3  # seconds within which small books are read
_SMALL = 20_000  # events; the page of larger books comes at once and says that they are being read
_ROWS = 50
_FEW = 8
_Name = Annotated[str, msgspec.Meta(max_length=200)]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    source: _Name | None = None
    since: Moment | None = None


class _Actions(msgspec.Struct, frozen=True, kw_only=True):
    who: _Name | None = None
    verb: _Name | None = None
    since: Moment | None = None
    before: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)] | None = None


async def _page(request: Request) -> Response:
    office, wanted = office_of(request), query(request, _Part)
    since = moment(wanted.since, now=office.now())
    counters = await office.read(lambda store: store.ledger.counters())
    patience = _PATIENCE if counters.get("events.accepted", 0) < _SMALL else 0
    proof = await glance(office, source=wanted.source, since=since, patience=patience)
    of = books.part(wanted.source, wanted.since or "")
    balance = proof.balance if proof else None
    counts = counts_of(balance, is_part=bool(of)) if balance else {} if of else counters
    return await render(
        request,
        "audit.html",
        title=books.finding(balance, of=of),
        proof=proof,
        is_reading=is_reading(office, source=wanted.source, since=since),
        sums=books.sums(counts) if counts else [],
        wrong=list(books.wrong(balance)) if balance else [],
        days=books.days(balance) if balance else [],
        all_days=len(balance.days) if balance else 0,
        source=wanted.source or "",
        sources=sorted({*office.in_force.catalog.sources, *([wanted.source] if wanted.source else [])}),
        since=wanted.since or "",
        spans={**({wanted.since: wanted.since} if wanted.since else {}), **books.SPANS},
        here_again=_address("/audit", source=wanted.source, since=wanted.since),
        actions=await entries(office, limit=_FEW),
        page_of=books.page_of,
    )


async def _prove(request: Request) -> Response:
    office, wanted = office_of(request), await form(request, _Part)
    since = moment(wanted.since, now=office.now())
    await read_again(office, source=wanted.source, since=since, patience=_PATIENCE)
    return RedirectResponse(_address("/audit", source=wanted.source, since=wanted.since), 303)


async def _journal(request: Request) -> Response:
    office, wanted = office_of(request), query(request, _Actions)
    since = moment(wanted.since, now=office.now())
    found = await entries(office, limit=_ROWS + 1, before=wanted.before, who=wanted.who, verb=wanted.verb, since=since)
    people, verbs = await office.read(lambda store: store.ledger.actors())
    shown, more = found[:_ROWS], len(found) > _ROWS
    filters = {"who": wanted.who, "verb": wanted.verb, "since": wanted.since}
    return await render(
        request,
        "journal.html",
        actions=shown,
        people=sorted({*people, *([wanted.who] if wanted.who else [])}),
        verbs=sorted({*verbs, *([wanted.verb] if wanted.verb else [])}),
        chosen={name: value or "" for name, value in filters.items()},
        is_filtered=any(filters.values()),
        older=_address("/audit/journal", **filters, before=str(shown[-1].number)) if more else "",
        newest=_address("/audit/journal", **filters) if wanted.before else "",
        page_of=books.page_of,
    )


def _address(path: str, **fields: str | None) -> str:
    given = urlencode({name: value for name, value in fields.items() if value})
    return f"{path}?{given}" if given else path


ROUTES: tuple[Route, ...] = (
    guarded("/audit", _page, policy="viewer", name="audit page"),
    guarded("/audit/prove", _prove, policy="viewer", name="prove the books", methods=["POST"]),
    guarded("/audit/journal", _journal, policy="viewer", name="journal page"),
)
