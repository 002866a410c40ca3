"""A real uvicorn on a free loopback port in this process, and clients that speak to it through plain sockets."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from bridge.web.protocol import ReceiveLimits, guarded_protocol

PATIENCE = 5.0  # seconds until a test that waits for an answer fails


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers with lower-case names, body. Status 0: closed without an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server that takes connections."""

    port: int
    state: ServerState
    lines: "list[Line]" = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connect(self) -> "Line":
        """Open a connection; it is closed with the server at the latest."""
        self.lines.append(Line(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    async def send(
        self, method: str, path: str, body: bytes = b"", *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own; gives the answer."""
        line = await self.connect()
        try:
            fields = {"Host": "bridge.test", "Content-Length": str(len(body)), **(headers or {})}
            await line.write(head(method, path, fields) + body)
            return await line.answer()
        finally:
            await line.close()

    async def post(self, path: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.send("POST", path, body, headers=headers)

    async def get(self, path: str) -> Answer:
        return await self.send("GET", path)


def head(method: str, path: str, fields: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


@dataclass
class Line:
    """One connection, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, data: bytes) -> None:
        """Write, as far as the other side still reads."""
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def answer(self) -> Answer:
        """Read one answer; interim ones are passed over."""
        async with asyncio.timeout(PATIENCE):
            try:
                text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            except (asyncio.IncompleteReadError, ConnectionError):
                return Answer(0, {}, b"")
            first, *lines = text.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            status = int(first.split()[1])
            if status < 200:
                return await self.answer()
            return Answer(status, headers, await self.reader.readexactly(int(headers.get("content-length", "0"))))

    async def rest(self) -> bytes:
        """Read all that still comes until the server closes; a reset counts as closing."""
        chunks = []
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while chunk := await self.reader.read(65536):
                    chunks.append(chunk)
        return b"".join(chunks)

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp, *, limits: ReceiveLimits | None = None, http: type[asyncio.Protocol] | None = None
) -> AsyncIterator[Running]:
    """Serve the application as uvicorn does, until the block ends; connections that are left over are cut."""
    protocol = http or guarded_protocol(limits or ReceiveLimits())
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="on", log_config=None, access_log=False)
    config.load()
    state, lifespan = ServerState(), config.lifespan_class(config)
    await lifespan.startup()
    assert not lifespan.should_exit, "the application's start-up failed"
    make: Any = config.http_protocol_class  # uvicorn declares it as any protocol at all
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = await asyncio.get_running_loop().create_server(
            lambda: make(config=config, server_state=state, app_state=lifespan.state), sock=listener
        )
        running = Running(listener.getsockname()[1], state)
        try:
            yield running
        finally:
            for line in running.lines:
                await line.close()
            server.close()
            for connection in list(state.connections):
                connection.transport.abort()
            if state.tasks:
                await asyncio.wait(state.tasks, timeout=PATIENCE)
            await lifespan.shutdown()
