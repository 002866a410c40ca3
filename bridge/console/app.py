"""The application of the admin port: the API, the console's pages and their files."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from bridge.api.errors import Declined
from bridge.api.guard import Access, guarded
from bridge.api.office import Office
from bridge.api.operation import PREFIX, routes
from bridge.api.operations import OPERATIONS
from bridge.console.assets import serve_asset
from bridge.console.failing import Bounded, Numbered
from bridge.console.headers import SecurityHeaders
from bridge.console.pages import ROUTES
from bridge.console.rendering import render_problem
from bridge.core.errors import StoreUnavailable

_LARGEST_BODY = 4 << 20  # bytes: a folder of mapping files
_SIGN_IN = "/sign-in"


def console_routes() -> list[Route]:
    """Give every route of the admin port besides health and metrics; each carries its policy."""
    files = guarded("/static/{name}", serve_asset, policy="public", name="static")
    return [*routes(OPERATIONS), *ROUTES, files]


def console_app(office: Office, access: Access) -> Starlette:
    """Make the application; `access` finds who asks."""
    around = [
        Middleware(SecurityHeaders),
        Middleware(Numbered, say=_failed),
        Middleware(Bounded, largest=_LARGEST_BODY),
    ]
    app = Starlette(routes=console_routes(), exception_handlers=_HANDLERS, middleware=around)
    app.router.redirect_slashes = False  # the redirect would be made from the Host header
    app.state.office = office
    app.state.access = access
    return app


async def _declined(request: Request, error: Exception) -> Response:
    assert isinstance(error, Declined), "Starlette hands over what was registered"
    if error.status == 401 and not _is_api(request) and request.method == "GET":
        return RedirectResponse(f"{_SIGN_IN}?{_coming_back(request)}", 303)
    headers = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "5"}}.get(error.status)
    return await _say(request, error.status, error.message, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "Starlette hands over what was registered"
    message = "there is nothing at this address" if error.status_code == 404 else error.detail.lower()
    headers = {"allow": _allowed(request)} if error.status_code == 405 else error.headers
    return await _say(request, error.status_code, message, headers=headers)


async def _failed(request: Request, number: str) -> Response:
    message = f"a mistake of the bridge, number {number} in the log; tell who looks after it"
    try:
        return await _say(request, 500, message)
    except Exception:  # noqa: BLE001 - the page that says so may be what fails
        return PlainTextResponse(message, 500)


def _allowed(request: Request) -> str:
    """Name the methods of all routes of the path that says the most of the address; Starlette knows those of one."""
    known = [route for route in request.app.routes if isinstance(route, Route)]
    paths = [route.path for route in known if route.matches(request.scope)[0] != Match.NONE]
    path = min(paths, key=lambda path: path.count("{"))
    return ", ".join(sorted({method for route in known if route.path == path for method in route.methods or ()}))


async def _unavailable(request: Request, error: Exception) -> Response:
    return await _say(request, 503, str(error), headers={"retry-after": "5"})


async def _say(request: Request, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    if _is_api(request):
        return JSONResponse({"message": message}, status, headers=headers)
    await _recognise(request)
    response = await render_problem(request, status, message)
    response.headers.update(headers or {})
    return response


async def _recognise(request: Request) -> None:
    """Find who asks also where no route did, so that they keep their way around."""
    access: Access = request.app.state.access
    if "person" not in request.scope:
        with suppress(StoreUnavailable):
            request.scope["person"] = await access.person(request)


def _is_api(request: Request) -> bool:
    return request.url.path == PREFIX or request.url.path.startswith(PREFIX + "/")


def _coming_back(request: Request) -> str:
    """Say where to go after signing in: where the reader wanted to go."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlencode({"next": path}) if path != "/" else ""


_HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Declined: _declined,
    HTTPException: _refused,
    StoreUnavailable: _unavailable,
}
