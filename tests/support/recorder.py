"""A target in a thread of this process that records every request and answers as it is told."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Answer:
    """How a request is answered: after a delay (s), with a status, or by closing without one (None)."""

    status: int | None = 200
    delay: float = 0.0
    retry_after: str = ""

    @property
    def takes(self) -> bool:
        """Say whether such a target has the request in the end, whatever its sender sees."""
        return self.status is None or 200 <= self.status < 300


@dataclass(frozen=True)
class Arrived:
    """One whole request that reached the target, and what was decided to answer."""

    token: str
    key: str
    body: dict[str, Any]
    answer: Answer

    @property
    def order(self) -> str:
        return str(self.body["orderId"])


class Recorder:
    """Listens from the start of the block of `recording` to its end. `answers` decides; set it at any time."""

    def __init__(self) -> None:
        self.answers: Callable[[str, str], Answer] = lambda _token, _key: Answer()
        self.arrived: list[Arrived] = []
        self.answered = 0
        self.url = ""
        self._changed = threading.Condition()
        self._connections: set[asyncio.Task[None]] = set()
        self._open = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def orders(self, token: str) -> list[str]:
        """Give the orders that arrived with a touchpoint's token, in the order of arrival."""
        return [one.order for one in list(self.arrived) if one.token == token]

    def wait_for(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        with self._changed:
            in_time = self._changed.wait_for(lambda: len(self.arrived) >= count, PATIENCE)
        assert in_time, f"{len(self.arrived)} of {count} requests arrived"

    # -- in the thread ----------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._open.set()
        await self._stop.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        body = await reader.readexactly(int(headers["content-length"]))
        answer = self._record(first.split()[1], body)
        await asyncio.sleep(answer.delay)
        if answer.status is None:
            return False
        extra = f"Retry-After: {answer.retry_after}\r\n" if answer.retry_after else ""
        content = b'{"message":"seen"}'
        line = f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\n{extra}"
        writer.write(f"{line}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()
        self.answered += 1
        return True

    def _record(self, path: str, body: bytes) -> Answer:
        parts = urlsplit(path)
        token, key = parts.path.split("/")[-2], parse_qs(parts.query)["apiKey"][0]
        answer = self.answers(token, key)
        with self._changed:
            self.arrived.append(Arrived(token, key, json.loads(body), answer))
            self._changed.notify_all()
        return answer

    def run(self) -> None:
        """Listen until `stop`."""
        asyncio.run(self._listen())

    def until_open(self) -> None:
        """Wait until it listens."""
        assert self._open.wait(PATIENCE)

    def stop(self) -> None:
        """End `run`."""
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Give a target that listens on a free port."""
    recorder = Recorder()
    thread = threading.Thread(target=recorder.run, daemon=True)
    thread.start()
    recorder.until_open()
    try:
        yield recorder
    finally:
        recorder.stop()
        thread.join(PATIENCE)
