"""What stands around every request of the admin port: a bound on its body, and an answer whatever goes wrong."""

from collections.abc import Awaitable, Callable
from secrets import token_hex

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.errors import Declined
from bridge.telemetry import log, stack_of


class Bounded:
    """Lets nobody read more than `largest` bytes of a body: raises Declined (413) in who reads it."""

    def __init__(self, app: ASGIApp, *, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._largest:
                raise Declined(413, f"the body is larger than {self._largest >> 20} MiB")
            return message

        await self._app(scope, bounded, send)


class Numbered:
    """Logs an unexpected error once, with a number, and answers with what `say` makes of the number."""

    def __init__(self, app: ASGIApp, *, say: Callable[[Request, str], Awaitable[Response]]) -> None:
        self._app = app
        self._say = say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, who asks gets an answer
            number = token_hex(2)
            _log(scope, error, number)
            if not has_begun:  # else the server cuts the answer off
                response = await self._say(Request(scope, receive), number)
                await response(scope, receive, send)


def _log(scope: Scope, error: Exception, number: str) -> None:
    """Say where it failed, by the route's path: what stands in its places may be a person's."""
    route = getattr(scope.get("route"), "path", "")
    log(
        "request.failed",
        level="error",
        number=number,
        method=scope["method"],
        route=route,
        kind=type(error).__name__,
        at=stack_of(error),
    )
