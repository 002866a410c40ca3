"""The two listeners, hooks and admin: bound before anything starts, closed gently."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from uvicorn._types import ASGIApplication

from bridge.core.errors import ConfigInvalid

_BACKLOG = 1024


def listen(host: str, port: int, what: str) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one. Raises ConfigInvalid if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigInvalid.because(
            f"cannot listen on {host}:{port} for {what}: {error.strerror or type(error).__name__}",
            "stop what listens there, or choose another port",
        ) from None
    return listener


def address(listener: socket.socket) -> str:
    """Give the URL of a listener."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn's server, leaving signals to the bridge, which must drain before it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


class Listener:
    """One application on one socket, from `start` to `stop`."""

    def __init__(
        self, app: Starlette | ASGIApplication, listener: socket.socket, http: type[asyncio.Protocol] | str
    ) -> None:
        config = uvicorn.Config(
            app,
            http=http,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=3,
        )
        self._server = Server(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))

    async def stop(self) -> None:
        """Take no more connections, finish what is being answered, within three seconds."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
