"""The way into every route of the admin port: who asks is found, and the route's policy decides."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import Declined
from bridge.api.person import Person, Policy, may

Endpoint = Callable[[Request], Awaitable[Response]]


class Access(Protocol):
    """Finds who asks."""

    async def person(self, request: Request) -> Person | None:
        """Give the person whose session, key or proxy header the request carries. Raises StoreUnavailable."""

    def foreign(self, request: Request, person: Person | None) -> str:
        """Say why a changing request cannot be this person's own wish, as from another site's page; `` if it can."""


def guarded(path: str, endpoint: Endpoint, *, policy: Policy, name: str, methods: Sequence[str] = ("GET",)) -> Route:
    """Make a route that only those reach whom its policy allows; the policy can be read from `policy_of(route)`.

    The endpoint finds the person with `person_of(request)`. Raises Declined: 401 for nobody, 403 for too little.
    """

    async def checked(request: Request) -> Response:
        access: Access = request.app.state.access
        person = await access.person(request)
        if request.method not in {"GET", "HEAD"} and (reason := access.foreign(request, person)):
            raise Declined(403, reason)
        if policy != "public":
            _require(person, policy)
        request.scope["person"] = person
        return await endpoint(request)

    checked.policy = policy  # type: ignore[attr-defined] # a function carries what its route promises
    return Route(path, checked, methods=list(methods), name=name)


def policy_of(route: Route) -> Policy | None:
    """Give the route's policy; None for a route that was not made by `guarded`."""
    policy: Policy | None = getattr(route.endpoint, "policy", None)
    return policy


def person_of(request: Request) -> Person:
    """Give the person who asks, in an endpoint whose policy is not `public`."""
    person: Person = request.scope["person"]
    return person


async def still_allowed(request: Request, policy: Policy) -> bool:
    """Say whether who made the request would be let in now: a session may have ended since, or a role changed."""
    access: Access = request.app.state.access
    person = await access.person(request)
    return person is not None and may(person, policy)


def _require(person: Person | None, policy: Policy) -> None:
    if person is None:
        raise Declined(401, "sign in, or send an API key: `Authorization: Bearer KEY`")
    if not may(person, policy):
        raise Declined(403, f"this needs the role {policy}; {person.name} is {person.role}")
