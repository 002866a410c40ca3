"""The line between the main process and an intake process: a pair of sockets, whole messages on it."""

import asyncio
import os
import pickle
import socket
from collections.abc import Callable
from typing import cast

from bridge.app.messages import Frames, Told, framed
from bridge.settings import Settings

_LENGTH = 4  # bytes that say how long the settings are


class Line(asyncio.Protocol):
    """One end. `hear` is called with each message in order, `on_end` once, when the other end is gone."""

    def __init__(self, expected: object, *, hear: Callable[[Told], None], on_end: Callable[[], None]) -> None:
        self._frames = Frames(expected)
        self._hear = hear
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None

    async def open(self, end: socket.socket) -> None:
        """Begin to listen on this end, which is the line's from now on."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=end)

    def say(self, message: Told) -> None:
        """Send a message; nothing happens where the other end is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(framed(message))

    def close(self) -> None:
        """Hang up, when what was said has gone out."""
        if self._transport is not None:
            self._transport.close()

    # -- asyncio's verbs ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def data_received(self, data: bytes) -> None:
        """Hear what is complete."""
        for message in self._frames.take(data):
            self._hear(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended makes no difference
        """Say that nobody is there any more."""
        self._transport = None
        self._on_end()


def give_beginning(end: socket.socket, settings: Settings, hooks: socket.socket) -> None:
    """Give a process that was just started its settings and the listening socket, before anything is said."""
    content = pickle.dumps(settings)
    socket.send_fds(end, [len(content).to_bytes(_LENGTH, "big") + content], [hooks.fileno()])


def take_beginning(end: socket.socket) -> tuple[Settings, socket.socket]:
    """Wait for what `give_beginning` gives; ends the process where nobody is there to give it."""
    length, descriptors, _, _ = socket.recv_fds(end, _LENGTH, 1)
    if not descriptors:
        os._exit(0)
    content = end.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
    settings: Settings = pickle.loads(content)  # noqa: S301 - on a private pair of sockets, from the very same program
    return settings, socket.socket(fileno=descriptors[0])
