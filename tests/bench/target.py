"""The fast target: `python -m tests.bench.target GAUGE [SECONDS]` counts every request in the gauge and answers it.

At once, or after so many seconds.
"""

import asyncio
import re
import sys
from typing import cast

import uvloop

from tests.bench.gauge import Gauge

_BODY = b'{"message":"ok"}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Taker(asyncio.Protocol):
    """One connection to the target."""

    def __init__(self, gauge: Gauge, delay: float) -> None:
        self._gauge = gauge
        self._delay = delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports do not inherit from it

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            match = _LENGTH.search(self._buffer, 0, end)
            size = end + 4 + (int(match[1]) if match else 0)
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._gauge.add()
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, _ANSWER)
            else:
                self._transport.write(_ANSWER)


async def _serve(gauge: Gauge, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Taker(gauge, delay), "127.0.0.1", 0, backlog=1024)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(Gauge(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
