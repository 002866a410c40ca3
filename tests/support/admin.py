"""The admin port on a real socket, in a thread of its own, for clients that are not asynchronous."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.api.access import StoredAccess
from bridge.api.person import Role
from bridge.app.servers import Listener, address, listen
from bridge.console import console_app
from tests.support.console import Console
from tests.support.office import an_api_key, office


@dataclass(frozen=True)
class Admin:
    """Where it listens, and a key that it lets in."""

    address: str
    key: str


@contextmanager
def admin_port(console: Console, role: Role = "admin") -> Iterator[Admin]:
    """Serve the console's folder; the key is of this role."""
    socket = listen("127.0.0.1", 0, "a test")
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    keys: list[str] = []

    async def serve() -> None:
        async with office(console) as opened:
            keys.append(await opened.write(lambda store: an_api_key(store, role)))
            listener = Listener(console_app(opened, StoredAccess(opened)), socket, "auto")
            listener.start()
            ready.set()
            await stopping.wait()
            await listener.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield Admin(address(socket), keys[0])
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
        socket.close()
