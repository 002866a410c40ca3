"""An operation of the API: one row from which its route and its description are made."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.guard import guarded, person_of, still_allowed
from bridge.api.office import Office
from bridge.api.person import Person, Role
from bridge.api.reading import document, fields

PREFIX = "/api"
_HEADERS = {"content-type": "application/json", "cache-control": "no-store"}

Query = TypeVar("Query", bound=msgspec.Struct)
Body = TypeVar("Body", bound=msgspec.Struct)
Item = TypeVar("Item")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No fields."""


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """A page of a list; `next` is what to send as `before` for the page after it, null on the last one."""

    items: Sequence[Item]
    next: str | None


class Changed(msgspec.Struct, frozen=True):
    """Whether anything is different now; not if it was so already."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """One request for an operation, read and allowed.

    `still_allowed` asks again, for what takes long: whether the session or key is valid and its role suffices.
    """

    office: Office
    person: Person
    path: Mapping[str, str]
    query: Query
    body: Body
    headers: Mapping[str, str]
    still_allowed: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is served at `method` and `path` (below /api), for whom, and what goes in and out.

    `run` gives a value of the type `answer`, or a Response of the content type `media`. It raises Declined with 404
    where the path names something, or one of the statuses in `declines`; 422 there means that more must hold of query
    and body than their types say.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    role: Role
    tag: str
    summary: str
    run: Callable[[Call[Any, Any]], Awaitable[object]]
    answer: Any
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    status: int = 200
    declines: tuple[int, ...] = ()
    media: str = "application/json"


def page_of(items: Sequence[Item], limit: int, cursor: Callable[[Item], str]) -> Page[Item]:
    """Make a page of what was asked for with one more than `limit`: that one more says that there is a next page."""
    more = len(items) > limit
    shown = items[:limit]
    return Page(shown, cursor(shown[-1]) if more and shown else None)


def routes(operations: Iterable[Operation]) -> list[Route]:
    """Make the routes of the operations."""
    return [_route(operation) for operation in operations]


def _route(operation: Operation) -> Route:
    async def answer(request: Request) -> Response:
        query = fields(request.query_params.multi_items(), operation.query, of_form=False)
        body = await document(request, operation.body or Nothing)
        call = Call(
            request.app.state.office,
            person_of(request),
            request.path_params,
            query,
            body,
            request.headers,
            partial(still_allowed, request, operation.role),
        )
        result = await operation.run(call)
        if isinstance(result, Response):
            return result
        return Response(msgspec.json.encode(result), operation.status, _HEADERS)

    return guarded(
        PREFIX + operation.path, answer, policy=operation.role, name=operation.name, methods=[operation.method]
    )
