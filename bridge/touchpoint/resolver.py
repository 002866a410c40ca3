"""Looking up names without letting one sick name server slow the others.

The event loop's own look-ups share a handful of threads, and a look-up cannot be cancelled: a few deliveries to a
name that does not resolve would stop everybody's. Here each name has at most one thread, shared by all who wait.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address

from bridge.touchpoint.address import Address

LookUp = Callable[[str], Sequence[Address]]


def look_up(host: str) -> list[Address]:
    """Ask the system's resolver, blocking; empty if it knows no such name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(text) for text in dict.fromkeys(str(entry[4][0]) for entry in found)]


class Resolver:
    """Gives the addresses of a name; empty if there are none."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._under_way: dict[str, asyncio.Future[Sequence[Address]]] = {}

    async def resolve(self, host: str) -> Sequence[Address]:
        """Wait for the answer to one question per name, asked once for all who want it now."""
        answer = self._under_way.get(host)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._under_way[host] = answer
            answer.add_done_callback(lambda _: self._under_way.pop(host, None))
            # A daemon: a name server that never answers must not hold up the end of the process.
            threading.Thread(target=self._ask, args=(host, answer), name="resolve", daemon=True).start()
        return await asyncio.shield(answer)

    def _ask(self, host: str, answer: "asyncio.Future[Sequence[Address]]") -> None:
        addresses = self._look_up(host)
        with suppress(RuntimeError):  # the loop has ended meanwhile, and with it everybody who waited
            answer.get_loop().call_soon_threadsafe(_give, answer, addresses)


def _give(answer: "asyncio.Future[Sequence[Address]]", addresses: Sequence[Address]) -> None:
    if not answer.done():
        answer.set_result(addresses)
