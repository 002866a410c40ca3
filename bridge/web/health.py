"""Says whether the process lives, whether it can do its work, and its metrics."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Health:
    """What health depends on; every callable answers at once, from memory, and says in words what is wrong or None.

    `store` and `stopping` make the bridge not ready; a full disk and stale mapping files do not, since it still
    delivers, or works with the last good files. `unapplied` says that the folder differs from what is in force, which
    with BRIDGE_APPLY=manual is as it should be until somebody applies it.
    """

    fingerprint: Callable[[], str]
    stale: Callable[[], str | None]
    store: Callable[[], str | None]
    disk: Callable[[], str | None]
    stopping: Callable[[], bool]
    unapplied: Callable[[], str | None] = lambda: None


def health_routes(health: Health) -> list[Route]:
    """Make the routes of both ports: `/livez` and `/readyz`."""

    async def live(_: Request) -> Response:
        return JSONResponse({"message": "alive"}, headers=_NO_STORE)

    async def ready(_: Request) -> Response:
        status, content = readiness(health)
        return JSONResponse(content, status, headers=_NO_STORE)

    return [Route("/livez", live), Route("/readyz", ready)]


def readiness(health: Health) -> tuple[int, dict[str, str]]:
    """Give the status and the content of `/readyz`."""
    stale, store, disk = health.stale(), health.store(), health.disk()
    problem = "the bridge is shutting down" if health.stopping() else store
    content = {
        "message": problem or "ready",
        "configuration": health.fingerprint(),
        "config": "stale" if stale else "current",
        "store": store or "ok",
        "disk": disk or "ok",
    }
    if stale:
        content["stale"] = stale
    if unapplied := health.unapplied():
        content["unapplied"] = unapplied
    return (503 if problem else 200), content


def admin_app(routes: Iterable[BaseRoute]) -> Starlette:
    """Make the application of the admin port."""
    return Starlette(routes=list(routes), exception_handlers={HTTPException: _in_json})


async def _in_json(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "Starlette hands over what was registered"
    return JSONResponse({"message": error.detail.lower()}, error.status_code, headers=error.headers)


def metrics_route(render: Callable[[], Awaitable[tuple[bytes, str]]]) -> Route:
    """Make the route of the admin port; `render` gives the text and its content type."""

    async def metrics(_: Request) -> Response:
        text, content_type = await render()
        return Response(text, headers={"content-type": content_type, **_NO_STORE})

    return Route("/metrics", metrics)
