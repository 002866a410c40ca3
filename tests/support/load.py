"""A source under load: several connections that post signed webhooks, send them again until they are answered 200."""

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.processes import receipt, signed

CONNECTIONS = 8
ANSWER_PATIENCE = 20.0  # seconds; an answer that takes longer is a violation
PATIENCE = 60.0


@dataclass
class Sent:
    """One webhook: how often it was posted, and every 2xx: which event it is, and whether as a duplicate."""

    order: str
    posts: int = 0
    acks: list[tuple[str, bool]] = field(default_factory=list)


class Source:
    """Posts from the start of `posting` to its end, wherever `address` says; None means that nobody listens now."""

    def __init__(self, seed: int, *, pause: float) -> None:
        self.address: str | None = None
        self.sent: dict[str, Sent] = {}
        self.statuses: dict[int, int] = {}
        self.wrong: list[str] = []
        self._seed = seed
        self._pause = pause
        self._stopping = threading.Event()
        self._hopeless = threading.Event()

    @property
    def acknowledged(self) -> list[Sent]:
        return [sent for sent in list(self.sent.values()) if sent.acks]

    def stop(self) -> None:
        """Finish what is begun, begin no more."""
        self._stopping.set()

    def give_up(self) -> None:
        """End without waiting for answers."""
        self._hopeless.set()
        self._stopping.set()

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                group.create_task(self._connection(number))

    async def _connection(self, number: int) -> None:
        chance = random.Random(f"{self._seed} {number}")
        line = _Line()
        count = 0
        while not self._stopping.is_set():
            count += 1
            sent = self.sent[f"o{number}-{count}"] = Sent(f"o{number}-{count}")
            for _ in range(2 if chance.random() < 0.1 else 1):
                await self._deliver(line, sent)
            await asyncio.sleep(chance.random() * 2 * self._pause)
        line.close()

    async def _deliver(self, line: "_Line", sent: Sent) -> None:
        """Post until there is a 200, as a source with patience would."""
        body = receipt(sent.order)
        while not self._hopeless.is_set():
            sent.posts += 1
            status, content = await line.post(self.address, body)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                sent.acks.append((content["event"], content["duplicate"]))
                return
            if status not in {0, 503}:
                self.wrong.append(f"{sent.order} was answered {status} {content}")
                return
            await asyncio.sleep(0.03)


class _Line:
    """A connection that is opened again wherever the bridge listens now."""

    def __init__(self) -> None:
        self._address: str | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    async def post(self, address: str | None, body: bytes) -> tuple[int, Any]:
        """Give status and content of the answer; 0 where there was none."""
        if address is None:
            return 0, None
        if address != self._address:
            self.close()
            self._address = address
        try:
            async with asyncio.timeout(ANSWER_PATIENCE):
                return await self._exchange(address, body)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            return 0, None

    async def _exchange(self, address: str, body: bytes) -> tuple[int, Any]:
        if self._streams is None:
            host, _, port = address.removeprefix("http://").partition(":")
            self._streams = await asyncio.open_connection(host, int(port))
        reader, writer = self._streams
        fields = {"Host": "bridge.test", "Content-Length": str(len(body)), **signed(body)}
        lines = ["POST /hooks/till HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        content = json.loads(await reader.readexactly(length))
        if "connection: close" in head:
            self.close()
        return int(head.split()[1]), content


@contextmanager
def posting(seed: int, *, pause: float) -> Iterator[Source]:
    """Give a source that posts in a thread; each connection rests about `pause` seconds between two events."""
    source = Source(seed, pause=pause)
    thread = threading.Thread(target=source.run, daemon=True)
    thread.start()
    try:
        yield source
    except BaseException:
        source.give_up()
        raise
    source.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the source never got its answers"
